//! Keys as `openssl` makes them, in each form.

use std::path::PathBuf;
use std::process::Command;

use olivine_domain::binary_signatures::{SignatureBytes, Verdict, verify};
use tempfile::TempDir;

use super::*;

struct Keys(TempDir);

impl Keys {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Runs `openssl` with words that may name files of the folder as `@file`.
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
fn what_can_not_sign_is_refused_with_a_reason() {
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

#[test]
fn the_keyid_is_that_of_openssl() {
    let keys = Keys::new();
    let file = keys.openssl("genpkey -algorithm ed25519 -out @key.pem");
    keys.openssl("pkey -in @key.pem -pubout -outform DER -out @key.der");
    let der = std::fs::read(keys.0.path().join("key.der")).unwrap();
    let key = PrivateKey::read(&file, no_passphrase).unwrap();
    assert_eq!(key.public_key().unwrap().keyid().to_string(), Sha256Digest::of(&der).to_hex());
}
