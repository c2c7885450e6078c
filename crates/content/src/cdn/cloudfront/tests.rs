//! Policies as Amazon's own libraries write them, and signatures that `openssl` verifies over them.

use std::path::Path;
use std::process::Command;

use olivine_domain::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::cdn::{Cdn, Signer};

/// The moment of the tests of aws-sdk-go-v2 (`feature/cloudfront/sign`), whose policies these are.
const EXPIRES: i64 = 1_257_894_000;

#[test]
fn policies_are_amazons_own_to_the_byte() {
    assert_eq!(
        policy("https://example.com/a", EXPIRES, None),
        r#"{"Statement":[{"Resource":"https://example.com/a","Condition":{"DateLessThan":{"AWS:EpochTime":1257894000}}}]}"#
    );
    let canned = policy("http://example.com/a", EXPIRES, None);
    assert_eq!(
        url_safe(canned.as_bytes()),
        "eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoiaHR0cDovL2V4YW1wbGUuY29tL2EiLCJDb25kaXRpb24iOnsiRGF0ZUxlc3NUaGFuIjp7IkFXUzpFcG9j\
         aFRpbWUiOjEyNTc4OTQwMDB9fX1dfQ__"
    );
    // As botocore's `CloudFrontSigner.build_policy` writes it.
    assert_eq!(
        policy("https://c/a", EXPIRES, Some(1_257_893_640)),
        r#"{"Statement":[{"Resource":"https://c/a","Condition":{"DateLessThan":{"AWS:EpochTime":1257894000},"DateGreaterThan":{"AWS:EpochTime":1257893640}}}]}"#
    );
}

#[test]
fn what_means_something_in_a_query_is_replaced() {
    // In plain base64: ++//+w==
    assert_eq!(url_safe(&[0xfb, 0xef, 0xff, 0xfb]), "--~~-w__");
}

fn openssl(folder: &Path, line: &str) {
    let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A key of each kind and notation that `openssl` writes.
fn keys() -> (TempDir, [&'static str; 4]) {
    let folder = tempfile::tempdir().unwrap();
    for line in [
        "genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out rsa-pkcs8.pem",
        "pkey -in rsa-pkcs8.pem -traditional -out rsa-pkcs1.pem",
        "genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out ec-pkcs8.pem",
        "ecparam -name prime256v1 -genkey -out ec-sec1.pem",
    ] {
        openssl(folder.path(), line);
    }
    (folder, ["rsa-pkcs8.pem", "rsa-pkcs1.pem", "ec-pkcs8.pem", "ec-sec1.pem"])
}

fn argument<'a>(url: &'a str, name: &str) -> &'a str {
    let query = url.split_once('?').unwrap().1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

fn original(text: &str) -> Vec<u8> {
    STANDARD.decode(text.replace('-', "+").replace('_', "=").replace('~', "/")).unwrap()
}

#[test]
fn openssl_verifies_every_kind_of_key_and_policy() {
    let (folder, keys) = keys();
    let path = |name: &str| folder.path().join(name);
    let now = Timestamp::from_micros((EXPIRES - 60) * 1_000_000).unwrap();
    let ends = Timestamp::from_micros(EXPIRES * 1_000_000).unwrap();
    for key in keys {
        let pem = Secret::new(std::fs::read_to_string(path(key)).unwrap());
        openssl(folder.path(), &format!("pkey -in {key} -pubout -out public.pem"));
        for kind in [
            Policy::Canned,
            Policy::Custom { starts_before: None },
            Policy::Custom { starts_before: Some(Duration::from_mins(5)) },
        ] {
            let signer = Signer::CloudFront(CloudFront::new("K2JCJMDEHXQW5F", &pem, kind).unwrap());
            let cdn = Cdn::new("https://d111111abcdef8.cloudfront.net/x", signer).unwrap();
            let url = cdn.sign("org/binary/1", ends, now).unwrap().url;
            let resource = "https://d111111abcdef8.cloudfront.net/x/org/binary/1";
            assert!(url.starts_with(resource), "{url}");
            assert!(url.ends_with("&Key-Pair-Id=K2JCJMDEHXQW5F&Hash-Algorithm=SHA256"), "{url}");
            let text = if kind == Policy::Canned {
                assert_eq!(argument(&url, "Expires"), EXPIRES.to_string());
                policy(resource, EXPIRES, None).into_bytes()
            } else {
                original(argument(&url, "Policy"))
            };
            let starts = String::from_utf8(text.clone())
                .unwrap()
                .contains(r#""DateGreaterThan":{"AWS:EpochTime":1257893640}"#);
            assert_eq!(starts, matches!(kind, Policy::Custom { starts_before: Some(_) }));
            std::fs::write(path("policy"), &text).unwrap();
            std::fs::write(path("signature"), original(argument(&url, "Signature"))).unwrap();
            openssl(folder.path(), "dgst -sha256 -verify public.pem -signature signature policy");
        }
    }
}

#[test]
fn other_keys_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    for line in [
        "genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:3072 -out rsa-3072.pem",
        "genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-384 -out p384.pem",
        "genpkey -algorithm ed25519 -out ed25519.pem",
        "pkey -in p384.pem -pubout -out public.pem",
        "pkey -in p384.pem -aes256 -passout pass:secret -out encrypted.pem",
    ] {
        openssl(folder.path(), line);
    }
    for (key, problem) in [
        ("rsa-3072.pem", "RSA keys with 2048 bits"),
        ("p384.pem", "ECDSA keys on P-256"),
        ("ed25519.pem", "CloudFront takes"),
        ("public.pem", "no PEM private key"),
        ("encrypted.pem", "without a passphrase"),
    ] {
        let pem = Secret::new(std::fs::read_to_string(folder.path().join(key)).unwrap());
        let error = CloudFront::new("K", &pem, Policy::Canned).unwrap_err();
        assert_eq!(error.field, "private_key");
        assert!(error.problem.contains(problem), "{key}: {error}");
    }
}

#[test]
fn debug_shows_no_key() {
    let (folder, keys) = keys();
    let pem = Secret::new(std::fs::read_to_string(folder.path().join(keys[0])).unwrap());
    let signer = CloudFront::new("K2JCJMDEHXQW5F", &pem, Policy::Canned).unwrap();
    assert_eq!(
        format!("{signer:?} {pem:?}"),
        r#"CloudFront { key_pair_id: "K2JCJMDEHXQW5F", policy: Canned, .. } …"#
    );
}
