//! Certificates and keys in the forms in which people have them, made by the real `openssl` and `ssh-keygen`. Each command that an error
//! advises is run on the very file that the error is about.

#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use olivine_domain::certificates::{Certificate, InvalidCertificate};
use olivine_domain::key_files;
use olivine_domain::signing_keys::{InvalidKey, KeyAlgorithm, KeyMaterial, PublicKey};

/// A folder in which commands run.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn sh(&self, script: &str) -> Vec<u8> {
        let output = Command::new("sh").arg("-euc").arg(script).current_dir(&self.0).output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.0.join(file)).unwrap()
    }

    fn text(&self, file: &str) -> String {
        String::from_utf8(self.read(file)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A P-256 key, its public half, a certificate for it, and the authority of another one.
const MAKE: &str = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=SN-1 -keyout d.key -out d.pem 2>log
    openssl pkey -in d.key -pubout -out d.pub";

/// A text as other systems save it.
fn spellings(pem: &str) -> Vec<(&'static str, Vec<u8>)> {
    let marked = format!("\u{feff}{pem}");
    let blanks = pem.lines().map(|line| format!("  {line} \t\n")).collect::<Vec<_>>().concat();
    vec![
        ("as it is", pem.as_bytes().to_vec()),
        ("with a byte-order mark", marked.as_bytes().to_vec()),
        ("UTF-16, little endian", marked.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16, big endian", marked.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("lines of Windows", pem.replace('\n', "\r\n").into_bytes()),
        ("lines of an old Mac", pem.replace('\n', "\r").into_bytes()),
        ("blanks around lines", blanks.into_bytes()),
        ("without line breaks", pem.replace('\n', " ").into_bytes()),
        ("literal \\n", pem.replace('\n', "\\n").into_bytes()),
        ("literal \\r\\n, in quotes", format!("\"{}\"", pem.replace('\n', "\\r\\n")).into_bytes()),
        ("text before", format!("subject=CN = x\n\n{pem}").into_bytes()),
        ("base64", STANDARD.encode(pem).into_bytes()),
        (
            "base64 of UTF-16",
            STANDARD
                .encode(marked.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
                .into_bytes(),
        ),
    ]
}

/// The same in binary form.
fn binaries(der: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    [
        ("DER", der.to_vec()),
        ("base64 of DER", STANDARD.encode(der).into_bytes()),
        ("base64url of DER", URL_SAFE_NO_PAD.encode(der).into_bytes()),
    ]
}

#[test]
fn a_certificate_is_read_in_each_of_its_forms() {
    let folder = Folder::new("certificate-forms");
    folder.sh(MAKE);
    folder.sh("openssl x509 -in d.pem -outform der -out d.der
         openssl x509 -in d.pem -text -out text.pem
         openssl x509 -in d.pem -trustout -out trusted.pem
         openssl x509 -in d.pem -trustout -addtrust clientAuth -setalias x -out settings.pem
         sed 's/ CERT/ X509 CERT/' d.pem > x509.pem");
    let own = Certificate::from_file(&folder.read("d.pem")).unwrap();
    let mut forms: Vec<_> = binaries(&folder.read("d.der")).into();
    forms.extend(spellings(&folder.text("d.pem")));
    for file in ["text.pem", "trusted.pem", "settings.pem", "x509.pem"] {
        forms.push((file, folder.read(file)));
    }
    for (form, bytes) in forms {
        assert_eq!(Certificate::from_file(&bytes).as_ref(), Ok(&own), "{form}");
        let ders = key_files::certificates(&bytes);
        assert_eq!(ders, Ok(vec![own.der().to_vec()]), "{form}");
        let key = KeyMaterial::read(&bytes).unwrap_or_else(|error| panic!("{form}: {error}"));
        let kept = key.certificate().unwrap().pem();
        assert_eq!(
            KeyMaterial::from_stored(key.public_key().spki_der(), Some(kept)),
            Ok(key.clone()),
            "{form}"
        );
    }
}

#[test]
fn a_public_key_is_read_in_each_of_its_forms() {
    let folder = Folder::new("key-forms");
    for (kind, make) in [
        ("ed25519", "openssl genpkey -algorithm ed25519 -out key"),
        ("rsa", "ssh-keygen -q -t rsa -b 2048 -N '' -m PEM -f key"),
        ("ecdsa", "ssh-keygen -q -t ecdsa -N '' -m PEM -f key"),
    ] {
        folder.sh(&format!("rm -f key key.pub; {make}; openssl pkey -in key -pubout -out pub.pem; openssl pkey -in key -pubout -outform der -out pub.der"));
        let own = key(&folder.read("pub.pem"));
        let mut forms: Vec<_> = binaries(&folder.read("pub.der")).into();
        forms.extend(spellings(&folder.text("pub.pem")));
        if kind != "ed25519" {
            forms.push(("a line of OpenSSH", folder.read("key.pub")));
            forms.push(("RFC 4716", folder.sh("ssh-keygen -e -f key.pub")));
        }
        if kind == "rsa" {
            forms.push(("PKCS#1", folder.sh("openssl rsa -pubin -in pub.pem -RSAPublicKey_out 2>log")));
            forms.push((
                "PKCS#1 in DER",
                folder.sh("openssl rsa -pubin -in pub.pem -RSAPublicKey_out -outform der 2>log"),
            ));
        }
        for (form, bytes) in forms {
            assert_eq!(key(&bytes), own, "{kind}, {form}");
        }
    }
}

fn key(bytes: &[u8]) -> PublicKey {
    KeyMaterial::read(bytes).unwrap_or_else(|error| panic!("{error}")).public_key().clone()
}

#[test]
fn an_ed25519_key_of_ssh_keygen_is_read() {
    let folder = Folder::new("openssh");
    folder.sh("ssh-keygen -q -t ed25519 -N '' -C 'somebody at work' -f id");
    let own = key(&folder.read("id.pub"));
    assert_eq!(own.algorithm(), KeyAlgorithm::Ed25519);
    // The line holds the 32 bytes after their length and the name of the algorithm.
    let line = folder.text("id.pub");
    let blob = STANDARD.decode(line.split(' ').nth(1).unwrap()).unwrap();
    assert_eq!(own.spki_der().last_chunk::<32>(), blob.last_chunk::<32>());
    assert_eq!(key(format!("\u{feff}{line}").as_bytes()), own);
    assert_eq!(key(&folder.sh("ssh-keygen -e -f id.pub")), own);
}

/// Each private key is called one, and nothing of it is shown: neither as certificate nor as key.
#[test]
fn a_private_key_is_called_one_in_each_form() {
    let folder = Folder::new("private-keys");
    folder.sh(MAKE);
    folder.sh("openssl genrsa -out rsa.key 2048
         openssl genpkey -algorithm ed25519 -out ed.key
         openssl ec -in d.key -out sec1.key 2>log
         openssl rsa -in rsa.key -traditional -out pkcs1.key
         openssl rsa -in rsa.key -traditional -aes128 -passout pass:x -out legacy.key
         openssl pkcs8 -topk8 -in d.key -passout pass:x -out encrypted.key
         openssl pkcs8 -topk8 -in d.key -passout pass:x -v1 PBE-SHA1-3DES -out encrypted12.key
         ssh-keygen -q -t ed25519 -N '' -f openssh.key
         ssh-keygen -q -t ed25519 -N secret -f locked.key");
    let mut forms = Vec::new();
    for file in ["d", "rsa", "ed", "sec1", "pkcs1", "legacy", "encrypted", "encrypted12", "openssh", "locked"]
    {
        let pem = folder.text(&format!("{file}.key"));
        forms.extend(spellings(&pem).into_iter().map(|(form, bytes)| (format!("{file}, {form}"), bytes)));
        forms.push((format!("{file}, without its dashes"), pem.replace('-', "").into_bytes()));
        forms.push((format!("{file}, in a URL"), pem.replace(' ', "%20").replace('\n', "%0A").into_bytes()));
        forms.push((format!("{file}, cut off"), pem.as_bytes()[..60].to_vec()));
        if file != "legacy" {
            let body: String = pem.lines().filter(|line| !line.starts_with("----")).collect();
            let bytes = STANDARD.decode(&body).unwrap();
            forms.extend(binaries(&bytes).map(|(form, bytes)| (format!("{file}, {form}"), bytes)));
            let label = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
            forms.push((format!("{file}, under another label"), label.into_bytes()));
        }
    }
    let jwk = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#;
    forms.push(("a key as JSON".to_owned(), jwk.to_vec()));
    forms.push((
        "a key of PuTTY".to_owned(),
        b"PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAA\n".to_vec(),
    ));
    forms.push((
        "a key of minisign".to_owned(),
        b"untrusted comment: minisign encrypted secret key\nRWRTY0Iy\n".to_vec(),
    ));
    for (form, bytes) in forms {
        // Under the label of a certificate, a key that only OpenSSH reads is still no certificate.
        let problem = Certificate::from_file(&bytes).unwrap_err();
        let strange = form.starts_with("openssh, under") || form.starts_with("locked, under");
        if !strange {
            assert_eq!(problem, InvalidCertificate::PrivateKey, "{form}");
            assert_eq!(KeyMaterial::read(&bytes), Err(InvalidKey::PrivateKey), "{form}");
            assert!(key_files::kind_of(&bytes).is_none(), "{form}");
        }
        assert!(problem.to_string().is_ascii() && problem.to_string().len() < 300, "{form}: {problem}");
    }
    let (certificate, own) = (folder.text("d.pem"), folder.text("d.key"));
    for both in [format!("{certificate}{own}"), format!("{own}{certificate}")] {
        for (form, bytes) in spellings(&both) {
            assert_eq!(Certificate::from_file(&bytes), Err(InvalidCertificate::PrivateKeyBeside), "{form}");
            assert_eq!(KeyMaterial::read(&bytes), Err(InvalidKey::PrivateKey), "{form}");
            assert_eq!(
                key_files::certificates(&bytes).unwrap().len(),
                1,
                "{form}: a file of this machine is read"
            );
        }
    }
    let long = format!("{own}{}", "x".repeat(100_000));
    assert_eq!(Certificate::from_text(&long), Err(InvalidCertificate::PrivateKey));
    assert_eq!(KeyMaterial::parse(&long), Err(InvalidKey::PrivateKey));
}

#[test]
fn words_about_private_keys_accuse_nobody_else() {
    let folder = Folder::new("innocent");
    folder.sh(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=ACME PRIVATE KEY CA' -keyout k -out c.pem 2>log
         openssl x509 -in c.pem -text -out text.pem
         openssl ecparam -name prime256v1 -param_enc explicit -out parameters.pem",
    );
    Certificate::from_file(&folder.read("text.pem")).unwrap();
    KeyMaterial::read(&folder.read("text.pem")).unwrap();
    let parameters = KeyMaterial::read(&folder.read("parameters.pem")).unwrap_err().to_string();
    assert!(parameters.starts_with("these are only the parameters of a key"), "{parameters}");
}

/// The commands that a text advises.
fn commands(text: &str) -> Vec<&str> {
    let is_command = |part: &&str| part.starts_with("openssl ") || part.starts_with("ssh-keygen ");
    text.split('\'').filter(is_command).collect()
}

/// Follows each piece of advice for the file, and returns what comes of it.
fn follow(folder: &Folder, advice: &str, file: &str, options: &str) -> Vec<Vec<u8>> {
    let follow = |command: &str| {
        fs::write(folder.0.join("cert.pem"), "").unwrap();
        fs::copy(folder.0.join("d.key"), folder.0.join("private_key.pem")).unwrap();
        let printed = folder.sh(&format!("{} {options}", command.replace("FILE", file)));
        if command.contains("-out cert.pem") { folder.read("cert.pem") } else { printed }
    };
    commands(advice).into_iter().map(follow).collect()
}

#[test]
fn each_advice_is_right_for_the_very_file_that_it_is_given_for() {
    let folder = Folder::new("advice");
    folder.sh(MAKE);
    folder.sh("openssl pkcs12 -export -in d.pem -inkey d.key -passout pass: -out new.p12
         openssl pkcs12 -export -legacy -in d.pem -inkey d.key -passout pass: -out old.p12
         openssl crl2pkcs7 -nocrl -certfile d.pem -out d.p7b
         openssl crl2pkcs7 -nocrl -certfile d.pem -outform der -out der.p7b
         openssl req -new -key d.key -subj /CN=x -out d.csr
         openssl req -in d.csr -outform der -out der.csr
         openssl ecparam -name prime256v1 -out d.parameters
         cat d.pem d.key > both.pem
         cat d.pem d.pub > beside.pem
         ssh-keygen -q -t ed25519 -N '' -f ca
         ssh-keygen -q -t ed25519 -N '' -f id
         ssh-keygen -q -s ca -I x id.pub");
    for (file, options, says) in [
        ("new.p12", "-passin pass:", "PKCS#12"),
        ("old.p12", "-passin pass: -legacy", "PKCS#12"),
        ("d.p7b", "", "PKCS#7"),
        ("der.p7b", "", "PKCS#7 in binary form"),
        ("d.csr", "", "certificate request"),
        ("der.csr", "", "certificate request"),
        ("d.parameters", "", "parameters of a key"),
        ("d.pub", "", "public key, not a certificate"),
        ("id.pub", "", "OpenSSH public key"),
        ("id-cert.pub", "", "OpenSSH certificate"),
        ("both.pem", "", "PRIVATE KEY beside the certificate"),
        ("beside.pem", "", "something else beside"),
    ] {
        let bytes = folder.read(file);
        for given in [bytes.clone(), STANDARD.encode(&bytes).into_bytes()] {
            let problem = Certificate::from_file(&given).unwrap_err().to_string();
            assert!(problem.contains(says), "{file}: {problem}");
        }
        let advice = Certificate::from_file(&bytes).unwrap_err().to_string();
        for result in follow(&folder, &advice, file, options) {
            Certificate::from_file(&result).unwrap_or_else(|error| panic!("{file}: {advice}: {error}"));
        }
        let Err(problem) = KeyMaterial::read(&bytes) else { continue };
        // Where a key is wanted, what is advised for a private key is about the file that holds it.
        let advice = problem.to_string().replace("-in key.pem", "-in d.key");
        for result in follow(&folder, &advice, file, options) {
            KeyMaterial::read(&result).unwrap_or_else(|error| panic!("{file}: {advice}: {error}"));
        }
    }
}

#[test]
fn the_command_for_a_request_in_der_reads_der() {
    let folder = Folder::new("request");
    folder.sh(MAKE);
    folder.sh("openssl req -new -key d.key -subj /CN=x -outform der -out der.csr");
    let advice = KeyMaterial::read(&folder.read("der.csr")).unwrap_err().to_string();
    let [printed] = &follow(&folder, &advice, "der.csr", "")[..] else { panic!("{advice}") };
    assert_eq!(key(printed), key(&folder.read("d.pub")));
}

#[test]
fn what_is_damaged_or_nothing_is_said_to_be_that() {
    for (given, says) in [
        (&b"-----BEGIN CERTIFICATE-----\nMIIB"[..], "damaged or incomplete"),
        (b"-----BEGIN CERTIFICATE-----\nM!IB\n-----END CERTIFICATE-----", "damaged or incomplete"),
        (b"\xff\xd8\xff\xe0 a picture", "not text in UTF-8 (see its byte 1)"),
        (b"M\0I\0I\0B\0", "UTF-16 without a byte-order mark"),
        (b"<html>", "not an X.509 certificate"),
        (b"", "not an X.509 certificate"),
        (b"{\"kty\":\"OKP\"}", "JSON"),
        (b"\xfe\xed\xfe\xed\0\0\0\x02", "Java keystore"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n-----END PGP PUBLIC KEY BLOCK-----", "OpenPGP"),
        (b"untrusted comment: minisign public key 1\nRWQx\n", "minisign"),
    ] {
        let problem = Certificate::from_file(given).unwrap_err().to_string();
        assert!(problem.contains(says), "{given:?}: {problem}");
        let key = KeyMaterial::read(given).unwrap_err().to_string();
        assert!(key.contains(says) || says.contains("X.509"), "{given:?}: {key}");
    }
    let blob = |kind: &str| {
        let length = u32::try_from(kind.len()).unwrap().to_be_bytes();
        STANDARD.encode([&length[..], kind.as_bytes(), &[0, 0, 0, 1, 7]].concat())
    };
    for (kind, says) in [("sk-ssh-ed25519@openssh.com", "security key"), ("ssh-dss", "found DSA")] {
        let problem = KeyMaterial::parse(&format!("{kind} {} x", blob(kind))).unwrap_err().to_string();
        assert!(problem.contains(says), "{problem}");
    }
}
