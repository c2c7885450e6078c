//! Key pairs of the tests, and the digests that are signed.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The SHA-256 of some bytes, as lowercase hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

/// An Ed25519 key pair.
#[derive(Debug)]
pub struct SigningPair(Ed25519KeyPair);

impl SigningPair {
    /// A new key pair.
    pub fn generate() -> Self {
        Self(Ed25519KeyPair::generate().expect("the system has random numbers"))
    }

    /// The key pair with the private key in this PKCS#8 document.
    pub fn from_pkcs8(der: &[u8]) -> Self {
        Self(Ed25519KeyPair::from_pkcs8(der).expect("an Ed25519 private key"))
    }

    /// The value for `POST /v1/signing_keys`: the raw public key in base64.
    pub fn public_value(&self) -> String {
        STANDARD.encode(self.0.public_key())
    }

    /// The signature of a content in base64, as defined in lifecycle.md: over the hexadecimal digits of its SHA-256.
    pub fn sign(&self, content: &[u8]) -> String {
        STANDARD.encode(self.0.sign(sha256_hex(content).as_bytes()))
    }
}
