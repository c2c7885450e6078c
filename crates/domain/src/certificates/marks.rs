//! The marks by which a removed certificate is recognized.
//!
//! A fingerprint is not enough: outside of the signed part, anybody can change bytes. An ECDSA signature (r, s) is also good as (r, n−s),
//! and authorities make both, so a rule for s would refuse half of the honest certificates. Marks on what is signed and on the key refuse
//! each form of a certificate, and each other certificate of its key.

use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo, X509Certificate};
use x509_parser::public_key::{PublicKey, RSAPublicKey};

use crate::hash::{Sha256Digest, Sha256Hasher};

/// By what a removed certificate is recognized besides its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The SHA-256 of the part that is signed (`TBSCertificate`).
    pub signed: Sha256Digest,
    /// A SHA-256 of its public key: of an RSA key's modulus, of an elliptic curve point's first coordinate, else of the key's bits. So it is
    /// the same for each form in which a key may be written, and for keys that follow from each other.
    pub key: Sha256Digest,
}

impl Marks {
    pub(super) fn of(parsed: &X509Certificate<'_>) -> Self {
        Self { signed: Sha256Digest::of(parsed.tbs_certificate.as_ref()), key: key_mark(parsed.public_key()) }
    }
}

fn key_mark(key: &SubjectPublicKeyInfo<'_>) -> Sha256Digest {
    let bits = key.subject_public_key.data.as_ref();
    let marked = |kind: &[u8], own: &[u8]| {
        let mut hasher = Sha256Hasher::new();
        hasher.update(kind);
        hasher.update(own);
        hasher.finish()
    };
    if let Ok(PublicKey::EC(_)) = key.parsed() {
        let curve = key.algorithm.parameters.as_ref().map_or(&[][..], |parameters| parameters.data);
        let own = match bits {
            [2 | 3, x @ ..] => x,
            [4, both @ ..] => both.split_at(both.len() / 2).0,
            other => other,
        };
        return marked(&[b"ec", curve].concat(), own);
    }
    match RSAPublicKey::from_der(bits) {
        Ok(([], rsa)) => marked(b"rsa", without_zeros(rsa.modulus)),
        _ => marked(key.algorithm.algorithm.as_bytes(), bits),
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let begins = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    number.split_at(begins).1
}
