//! Private keys made by `openssl`, in each form.

use std::path::PathBuf;
use std::process::Command;

use olivine_domain::binary_signatures::{SignatureBytes, Verdict, verify};
use olivine_domain::signing_keys::KeyMaterial;
use tempfile::TempDir;

use super::*;

struct Keys(TempDir);

impl Keys {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Runs `openssl` with these arguments. `@file` stands for a file in the test's folder.
    fn openssl(&self, line: &str) -> PathBuf {
        let words = line.split(' ').map(|word| match word.strip_prefix('@') {
            Some(name) => self.0.path().join(name).into_os_string(),
            None => word.into(),
        });
        let words: Vec<_> = words.collect();
        let output = Command::new("openssl").args(&words).output().unwrap();
        assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
        words.last().unwrap().into()
    }
}

fn no_passphrase() -> Result<String, Failure> {
    panic!("this key is not encrypted")
}

fn text(failure: Failure) -> String {
    match failure {
        Failure::Local(text, _) => text,
        other => panic!("{other:?}"),
    }
}

fn signs_what_the_server_verifies(key: &PrivateKey) {
    let digest = Sha256Digest::of(b"content");
    let public = key.public_key().unwrap();
    let signature = SignatureBytes::from_bytes(key.sign(&digest).unwrap());
    assert!(matches!(verify(&public, &signature, &digest), Verdict::Valid(_)));
}

#[test]
fn each_form_of_each_kind_signs() {
    let keys = Keys::new();
    let files = [
        keys.openssl("genpkey -algorithm ed25519 -out @ed25519.pem"),
        keys.openssl("genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out @rsa.pem"),
        keys.openssl("rsa -in @rsa.pem -traditional -out @rsa-pkcs1.pem"),
        keys.openssl("ecparam -name prime256v1 -genkey -out @ec-sec1.pem"),
        keys.openssl("pkcs8 -topk8 -nocrypt -in @ec-sec1.pem -out @ec.pem"),
    ];
    for file in files {
        signs_what_the_server_verifies(&PrivateKey::read(&file, no_passphrase).unwrap());
    }
}

#[test]
fn encrypted_keys_open_with_their_passphrase_only() {
    let keys = Keys::new();
    keys.openssl("genpkey -algorithm ed25519 -out @plain.pem");
    let scrypt = keys.openssl("pkcs8 -topk8 -scrypt -passout pass:open -in @plain.pem -out @scrypt.pem");
    let pbkdf2 =
        keys.openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:open -in @plain.pem -out @pbkdf2.pem");
    for file in [scrypt, pbkdf2] {
        signs_what_the_server_verifies(&PrivateKey::read(&file, || Ok("open".to_owned())).unwrap());
        let wrong = PrivateKey::read(&file, || Ok("wrong".to_owned())).err().unwrap();
        assert!(text(wrong).contains("passphrase"));
    }
}

#[test]
fn a_key_that_can_not_sign_is_refused_with_a_reason() {
    let keys = Keys::new();
    keys.openssl("genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out @rsa.pem");
    for (file, reason) in [
        (
            keys.openssl("rsa -in @rsa.pem -traditional -aes128 -passout pass:x -out @legacy.pem"),
            "openssl pkcs8",
        ),
        (keys.openssl("rsa -in @rsa.pem -pubout -out @public.pem"), "public half"),
        (keys.openssl("ecparam -name secp384r1 -genkey -out @p384.pem"), "P-256"),
        (keys.openssl("genpkey -algorithm x25519 -out @x25519.pem"), "can't sign"),
        (PathBuf::from("pkcs11:token=x;pin-value=1234"), "not supported yet"),
        (keys.0.path().join("missing.pem"), "can't read"),
    ] {
        let problem = text(PrivateKey::read(&file, no_passphrase).err().unwrap());
        assert!(problem.contains(reason) && !problem.contains("1234"), "{problem}");
    }
}

/// Runs the command that an error message recommends for a file, and returns the file that it creates.
fn follow(keys: &Keys, advice: &str, file: &std::path::Path, options: &str) -> PathBuf {
    let command =
        advice.split('\'').find(|part| part.starts_with("openssl ") || part.starts_with("ssh-keygen "));
    let copy = keys.0.path().join("copy");
    std::fs::copy(file, &copy).unwrap();
    let command = command.unwrap_or_else(|| panic!("no advice in: {advice}"));
    let command = command.replace("FILE", file.to_str().unwrap()).replace("COPY", copy.to_str().unwrap());
    let script = format!("chmod 600 copy; {command} {options}");
    let output = Command::new("sh").arg("-euc").arg(&script).current_dir(keys.0.path()).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    if command.contains("-out key.pem") { keys.0.path().join("key.pem") } else { copy }
}

impl Keys {
    fn ssh_keygen(&self, kind: &str, passphrase: &str, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        let status =
            Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", passphrase, "-f"]).arg(&path).status();
        assert!(status.unwrap().success(), "{kind}");
        path
    }
}

#[test]
fn an_ed25519_key_of_ssh_keygen_signs_for_its_registered_public_key() {
    let keys = Keys::new();
    let file = keys.ssh_keygen("ed25519", "", "id");
    let key = PrivateKey::read(&file, no_passphrase).unwrap();
    signs_what_the_server_verifies(&key);
    let registered = KeyMaterial::read(&std::fs::read(keys.0.path().join("id.pub")).unwrap()).unwrap();
    assert_eq!(registered.public_key(), &key.public_key().unwrap());
    let text = std::fs::read_to_string(&file).unwrap();
    for damaged in [
        text.replace("-----END", "-----"),
        text.replacen("AAAA", "AA", 1),
        text[..200].to_owned() + "\n" + END,
    ] {
        std::fs::write(&file, damaged).unwrap();
        let problem = self::text(PrivateKey::read(&file, no_passphrase).err().unwrap());
        assert!(problem.ends_with("this OpenSSH key is damaged or incomplete"), "{problem}");
    }
}

const END: &str = "-----END OPENSSH PRIVATE KEY-----";

#[test]
fn the_recommended_command_converts_each_key_into_one_that_signs() {
    let keys = Keys::new();
    keys.openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout @d.key -out @d.pem",
    );
    for (file, options) in [
        (keys.ssh_keygen("rsa", "", "rsa"), "-q -P '' -N ''"),
        (keys.ssh_keygen("ecdsa", "", "ecdsa"), "-q -P '' -N ''"),
        (keys.ssh_keygen("rsa", "opens", "rsa-locked"), "-q -P opens -N opens"),
        (keys.ssh_keygen("ed25519", "opens", "ed25519-locked"), "-q -P opens"),
        (
            keys.openssl("pkcs12 -export -in @d.pem -inkey @d.key -passout pass: -out @new.p12"),
            "-passin pass: -passout pass:opens",
        ),
        (
            keys.openssl("pkcs12 -export -legacy -in @d.pem -inkey @d.key -passout pass: -out @old.p12"),
            "-passin pass: -passout pass:opens -legacy",
        ),
        (keys.openssl("pkcs8 -topk8 -nocrypt -in @d.key -outform der -out @d.der"), ""),
    ] {
        let advice = text(PrivateKey::read(&file, no_passphrase).err().unwrap());
        let converted = follow(&keys, &advice, &file, options);
        let key = PrivateKey::read(&converted, || Ok("opens".to_owned()));
        signs_what_the_server_verifies(&key.unwrap_or_else(|failure| panic!("{advice}: {failure:?}")));
    }
    keys.openssl("genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out @rsa.pem");
    let legacy = keys.openssl("rsa -in @rsa.pem -traditional -aes128 -passout pass:opens -out @legacy.pem");
    let advice = text(PrivateKey::read(&legacy, no_passphrase).err().unwrap());
    let advice = advice.replace("OLD", "FILE").replace("NEW", "key.pem");
    let converted = follow(&keys, &advice, &legacy, "-passin pass:opens -passout pass:opens");
    signs_what_the_server_verifies(&PrivateKey::read(&converted, || Ok("opens".to_owned())).unwrap());
}

#[test]
fn a_key_is_read_as_windows_saves_it() {
    let keys = Keys::new();
    let file = keys.openssl("genpkey -algorithm ed25519 -out @key.pem");
    let pem = std::fs::read_to_string(&file).unwrap();
    let marked = format!("\u{feff}{pem}");
    for bytes in [
        marked.replace('\n', "\r\n").into_bytes(),
        marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        pem.replace('\n', "\r").into_bytes(),
        pem.replace('\n', " \n").into_bytes(),
        pem.trim_end().replace('\n', "\\n").into_bytes(),
    ] {
        std::fs::write(&file, &bytes).unwrap();
        signs_what_the_server_verifies(&PrivateKey::read(&file, no_passphrase).unwrap());
    }
}

#[test]
fn the_keyid_is_that_of_openssl() {
    let keys = Keys::new();
    let file = keys.openssl("genpkey -algorithm ed25519 -out @key.pem");
    keys.openssl("pkey -in @key.pem -pubout -outform DER -out @key.der");
    let der = std::fs::read(keys.0.path().join("key.der")).unwrap();
    let key = PrivateKey::read(&file, no_passphrase).unwrap();
    assert_eq!(key.public_key().unwrap().keyid().to_string(), Sha256Digest::of(&der).to_hex());
}
