use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use rustls::pki_types::pem::PemObject as _;

use super::*;

const DAY: Duration = Duration::from_hours(24);

/// A certificate for a name that is valid from day 100 to day 200, and its key.
fn made(name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(1970, 1, 1) + DAY * 100;
    params.not_after = date_time_ymd(1970, 1, 1) + DAY * 200;
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn read(certificate: &[u8], key: &[u8]) -> anyhow::Result<Identity> {
    let folder = tempfile::tempdir().unwrap();
    let (cert_path, key_path) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert_path, certificate).unwrap();
    std::fs::write(&key_path, key).unwrap();
    let certificate = File { path: &cert_path, setting: Some("server.tls_certificate") };
    Identity::read(certificate, File { path: &key_path, setting: Some("server.tls_key") })
}

fn problem(certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> String {
    let Err(error) = read(certificate.as_ref(), key.as_ref()) else { panic!("it is taken") };
    format!("{error:#}")
}

#[test]
fn what_is_wrong_with_a_file_is_said_in_plain_words() {
    let ((one, key), (other, _)) = (made("a.example"), made("b.example"));
    assert!(problem("", &key).contains("cert.pem (server.tls_certificate) is empty"));
    assert!(problem(&key, &key).contains("cert.pem (server.tls_certificate): this is a private key"));
    assert!(problem(&one, &one).contains("key.pem (server.tls_key): this is a certificate"));
    let said = problem(&other, &key);
    assert!(said.contains("key.pem (server.tls_key) is not that of the first certificate in"), "{said}");
    assert!(said.contains("cert.pem (server.tls_certificate): give the key"), "{said}");
    assert!(problem(other + &one, &key).contains("the server's own comes first"));
    let cut = one.replace("-----END CERTIFICATE-----", "");
    assert!(problem(cut, &key).contains("cert.pem (server.tls_certificate): the PEM text is damaged"));
    let cut = key.replace("-----END PRIVATE KEY-----", "");
    assert!(problem(&one, cut).contains("key.pem (server.tls_key)"));
    assert!(problem(&one, "hello").contains("it has no private key"));
    assert!(problem("hello", &key).contains("it is not an X.509 certificate"));
}

/// A text as other systems save it.
fn spellings(pem: &str) -> Vec<Vec<u8>> {
    let marked = format!("\u{feff}{pem}");
    vec![
        pem.as_bytes().to_vec(),
        marked.as_bytes().to_vec(),
        marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        pem.replace('\n', "\r\n").into_bytes(),
        pem.replace('\n', "\r").into_bytes(),
        pem.replace('\n', " \t\n").into_bytes(),
        pem.replace('\n', "\\n").into_bytes(),
        format!("subject=CN = a.example\n\n{pem}").into_bytes(),
    ]
}

#[test]
fn files_of_other_systems_are_read() {
    let (certificate, key) = made("a.example");
    let alone = read(certificate.as_bytes(), key.as_bytes()).unwrap().digest();
    let (certificates, keys) = (spellings(&certificate), spellings(&key));
    for (number, (certificate, key)) in certificates.iter().zip(&keys).enumerate() {
        assert_eq!(read(certificate, key).map(|identity| identity.digest()).unwrap(), alone, "{number}");
    }
    let der = |pem: &str| rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec();
    let private = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    assert_eq!(read(&der(&certificate), private.secret_der()).unwrap().digest(), alone, "binary");
}

/// Runs a script in a folder.
fn sh(folder: &std::path::Path, script: &str) {
    let output =
        std::process::Command::new("sh").arg("-euc").arg(script).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What openssl makes that is not what the setting takes. Each command that is advised is run, and what it makes is taken.
#[test]
fn what_openssl_makes_besides_is_called_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    sh(
        folder,
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a.example -keyout d.key -out d.pem
        openssl pkey -in d.key -pubout -out d.pub
        openssl req -new -key d.key -subj /CN=a.example -out d.csr
        openssl pkcs12 -export -in d.pem -inkey d.key -passout pass: -out d.p12
        openssl crl2pkcs7 -nocrl -certfile d.pem -out d.p7b
        openssl pkey -in d.key -aes256 -passout pass:secret -out d.encrypted
        openssl pkey -in d.key -traditional -out d.sec1
        openssl genrsa -traditional -out rsa.pkcs1 2048
        openssl req -x509 -key rsa.pkcs1 -subj /CN=a.example -out rsa.pem
        openssl ecparam -name prime256v1 -out d.param",
    );
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
    for (certificate, key) in [("d.pem", "d.key"), ("d.pem", "d.sec1"), ("rsa.pem", "rsa.pkcs1")] {
        read(&file(certificate), &file(key)).map(drop).unwrap();
    }
    let neither = [
        ("d.p12", "PKCS#12"),
        ("d.pub", "this is a public key"),
        ("d.csr", "this is a certificate request"),
        ("d.p7b", "PKCS#7"),
        ("d.param", "only the parameters of a key"),
    ];
    for (name, expected) in neither.into_iter().chain([("d.key", "this is a private key")]) {
        let said = problem(file(name), file("d.key"));
        assert!(said.contains("cert.pem (server.tls_certificate): ") && said.contains(expected), "{said}");
    }
    let no_key = [
        ("d.pem", "this is a certificate"),
        ("d.encrypted", "this private key is encrypted"),
        ("rsa.pkcs1", "is not that of the first certificate"),
    ];
    for (name, expected) in neither.into_iter().chain(no_key) {
        let said = problem(file("d.pem"), file(name));
        assert!(said.contains("key.pem (server.tls_key)") && said.contains(expected), "{said}");
    }
    for (name, asks) in [("d.p12", "-passin pass:"), ("d.encrypted", "-passin pass:secret")] {
        let said = problem(file("d.pem"), file(name));
        let command = said.split('\'').nth(1).unwrap();
        let input = command.split(' ').find(|word| word.ends_with("key.pem")).unwrap();
        sh(folder, &(command.replacen(input, name, 1) + " " + asks));
        read(&file("d.pem"), &file("key.pem")).map(drop).unwrap();
    }
}

#[test]
fn of_several_keys_in_a_file_the_one_that_fits_is_taken() {
    let ((one, key), (_, other)) = (made("a.example"), made("b.example"));
    let alone = read(one.as_bytes(), key.as_bytes()).unwrap().digest();
    assert_eq!(read(one.as_bytes(), (other.clone() + &key).as_bytes()).unwrap().digest(), alone);
    assert_eq!(read(one.as_bytes(), (key + &other).as_bytes()).unwrap().digest(), alone);
}

#[test]
fn an_operator_is_warned_before_clients_refuse() {
    let (certificate, key) = made("a.example");
    let identity = read(certificate.as_bytes(), key.as_bytes()).unwrap();
    let at = |day: u32| identity.validity_problem(Timestamp::from_micros(0).unwrap().plus(DAY * day));
    assert!(at(99).unwrap().contains("is valid from"));
    assert_eq!(at(100), None);
    assert_eq!(at(186), None);
    assert!(at(187).unwrap().contains("expires on"));
    assert!(at(201).unwrap().contains("has expired on"));
    for (url, is_right) in [
        ("https://a.example", true),
        ("https://A.example:8443/x", true),
        ("https://b.example", false),
        ("https://127.0.0.1:8080", false),
        ("https://[::1]:8080", false),
    ] {
        assert_eq!(identity.name_problem(url).is_none(), is_right, "{url}");
    }
}
