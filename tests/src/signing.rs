//! Keys that belong to the tests, and the digests that signatures are over.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The SHA-256 of some bytes, as lowercase hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

/// An Ed25519 key pair that nobody else has.
#[derive(Debug)]
pub struct SigningPair(Ed25519KeyPair);

impl SigningPair {
    /// A fresh one.
    pub fn generate() -> Self {
        Self(Ed25519KeyPair::generate().expect("the system has random numbers"))
    }

    /// The one whose private key is in this PKCS#8 document.
    pub fn from_pkcs8(der: &[u8]) -> Self {
        Self(Ed25519KeyPair::from_pkcs8(der).expect("an Ed25519 private key"))
    }

    /// What `POST /v1/signing_keys` takes: the base64 of the raw public key.
    pub fn public_value(&self) -> String {
        STANDARD.encode(self.0.public_key())
    }

    /// The base64 of a signature of a content, as lifecycle.md defines it: over the hexadecimal digits of its SHA-256.
    pub fn sign(&self, content: &[u8]) -> String {
        STANDARD.encode(self.0.sign(sha256_hex(content).as_bytes()))
    }
}
