use rcgen::{CertificateParams, KeyPair, date_time_ymd};

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

fn read(certificate: &str, key: &str) -> anyhow::Result<Identity> {
    let folder = tempfile::tempdir().unwrap();
    let (cert_path, key_path) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert_path, certificate).unwrap();
    std::fs::write(&key_path, key).unwrap();
    Identity::read(&cert_path, &key_path)
}

fn problem(certificate: &str, key: &str) -> String {
    let Err(error) = read(certificate, key) else { panic!("it is taken") };
    format!("{error:#}")
}

#[test]
fn what_is_wrong_with_a_file_is_said_in_plain_words() {
    let ((one, key), (other, _)) = (made("a.example"), made("b.example"));
    assert!(problem("", &key).contains("cert.pem is empty"));
    assert!(problem(&key, &key).contains("cert.pem has no certificate in PEM"));
    assert!(problem(&one, &one).contains("key.pem has no private key in PEM"));
    assert!(problem(&other, &key).contains("is not that of the first certificate"));
    assert!(problem(&(other.clone() + &one), &key).contains("the server's own comes first"));
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let said = problem(&one, &encrypted);
    assert!(said.contains("is encrypted"), "{said}");
    let cut = one.replace("-----END CERTIFICATE-----", "");
    assert!(problem(&cut, &key).contains("cert.pem"), "{}", problem(&cut, &key));
}

#[test]
fn of_several_keys_in_a_file_the_one_that_fits_is_taken() {
    let ((one, key), (_, other)) = (made("a.example"), made("b.example"));
    let alone = read(&one, &key).unwrap().digest();
    assert_eq!(read(&one, &(other.clone() + &key)).unwrap().digest(), alone);
    assert_eq!(read(&one, &(key + &other)).unwrap().digest(), alone);
}

#[test]
fn an_operator_is_warned_before_clients_refuse() {
    let (certificate, key) = made("a.example");
    let identity = read(&certificate, &key).unwrap();
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
