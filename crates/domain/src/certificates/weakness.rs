//! Weaknesses because of which a certificate proves nothing: a broken hash, or a key that can be computed.

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::SubjectPublicKeyInfo;
use x509_parser::public_key::RSAPublicKey;

/// The smallest RSA key that proves anything, in bits.
const SMALLEST_RSA: usize = 2048;

/// What makes a certificate prove nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Others with the same signature can be made.
    #[error("it is signed with {0}, which is broken: sign with SHA-256")]
    Hash(&'static str),
    /// Its key can be computed.
    #[error("an RSA key of {0} bits is too short: use {SMALLEST_RSA} bits or more")]
    ShortRsa(usize),
}

/// What is wrong with a certificate's signature or its key.
pub(super) fn weakness(certificate: &X509Certificate<'_>) -> Option<Weakness> {
    signature_weakness(certificate).or_else(|| key_weakness(certificate.public_key()))
}

/// What is wrong with the algorithm that a certificate is signed by.
pub(super) fn signature_weakness(certificate: &X509Certificate<'_>) -> Option<Weakness> {
    let hash = match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.2" => "MD2",
        "1.2.840.113549.1.1.3" => "MD4",
        "1.2.840.113549.1.1.4" | "1.3.14.3.2.3" => "MD5",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" => "SHA-1",
        _ => return None,
    };
    Some(Weakness::Hash(hash))
}

/// What is wrong with a key.
pub(super) fn key_weakness(key: &SubjectPublicKeyInfo<'_>) -> Option<Weakness> {
    // Of RSA, as such and for PSS only.
    let is_rsa = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"]
        .contains(&key.algorithm.algorithm.to_id_string().as_str());
    let Ok(([], rsa)) = RSAPublicKey::from_der(&key.subject_public_key.data) else { return None };
    let bits = rsa.key_size();
    (is_rsa && bits < SMALLEST_RSA).then_some(Weakness::ShortRsa(bits))
}
