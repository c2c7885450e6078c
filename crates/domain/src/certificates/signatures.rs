//! Who signed a certificate. There are three answers: an algorithm that can't be verified here says nothing about who signed.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::prelude::X509Certificate;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::certificate::Certificate;
use super::fitness::curve;
use super::unfit::Unfit;
use super::weakness::{Weakness, key_weakness, signature_weakness};

/// Whether one certificate's key signed another certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureCheck {
    /// It did.
    Signed,
    /// It did not: the certificate names another issuer.
    OtherIssuer,
    /// It did not: the names fit, but the signature is another key's.
    NotSigned,
    /// This can't be found out.
    Unknown(CannotVerify),
}

/// Why it can't be found out who signed a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotVerify {
    /// An algorithm that is not known here.
    #[error(
        "its signature algorithm ({0}) is not supported: sign with Ed25519, or with RSA or ECDSA (P-256, P-384, P-521) and SHA-256, \
         SHA-384 or SHA-512"
    )]
    Algorithm(String),
    /// An algorithm or a key that is too weak to prove anything.
    #[error("its signature proves nothing: {0}")]
    Weak(Weakness),
    /// It can't be read well enough.
    #[error("{0}")]
    Unreadable(#[from] Box<Unfit>),
}

impl Certificate {
    /// Whether `authority` signed it: the names fit, and so does the signature.
    pub fn signature_by(&self, authority: &Self) -> SignatureCheck {
        if self.facts.issuer_hash != authority.facts.subject_hash {
            return SignatureCheck::OtherIssuer;
        }
        match self.verify(authority) {
            Ok(true) => SignatureCheck::Signed,
            Ok(false) => SignatureCheck::NotSigned,
            Err(reason) => SignatureCheck::Unknown(reason),
        }
    }

    /// Why nobody's signature of it can be verified here, if that is so: its algorithm alone decides that.
    pub fn signature_problem(&self) -> Option<CannotVerify> {
        let parsed = self.parsed().ok()?;
        if let Some(weakness) = signature_weakness(&parsed) {
            return Some(CannotVerify::Weak(weakness));
        }
        match parsed.signature_algorithm.algorithm.to_id_string().as_str() {
            "1.2.840.113549.1.1.11"
            | "1.2.840.113549.1.1.12"
            | "1.2.840.113549.1.1.13"
            | "1.2.840.10045.4.3.2"
            | "1.2.840.10045.4.3.3"
            | "1.2.840.10045.4.3.4"
            | "1.3.101.112" => None,
            "1.2.840.113549.1.1.10" => pss(&parsed.signature_algorithm).err(),
            oid => Some(CannotVerify::Algorithm(called(oid, None))),
        }
    }

    fn verify(&self, authority: &Self) -> Result<bool, CannotVerify> {
        let (own, signer) = (self.parsed().map_err(Box::new)?, authority.parsed().map_err(Box::new)?);
        if let Some(weakness) = signature_weakness(&own).or_else(|| key_weakness(signer.public_key())) {
            return Err(CannotVerify::Weak(weakness));
        }
        let algorithm = algorithm(&own, signer.public_key())?;
        let key = UnparsedPublicKey::new(algorithm, &signer.public_key().subject_public_key.data);
        Ok(key.verify(own.tbs_certificate.as_ref(), &own.signature_value.data).is_ok())
    }
}

/// How a certificate's signature is verified with this key.
fn algorithm(
    certificate: &X509Certificate<'_>,
    key: &SubjectPublicKeyInfo<'_>,
) -> Result<&'static dyn VerificationAlgorithm, CannotVerify> {
    let identifier = &certificate.signature_algorithm;
    let oid = identifier.algorithm.to_id_string();
    let curve = curve(key);
    let found: Option<&'static dyn VerificationAlgorithm> = match (oid.as_str(), curve.as_deref()) {
        ("1.2.840.113549.1.1.11", _) => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        ("1.2.840.113549.1.1.12", _) => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        ("1.2.840.113549.1.1.13", _) => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        ("1.2.840.113549.1.1.10", _) => return pss(identifier),
        ("1.2.840.10045.4.3.2", Some("P-256")) => Some(&signature::ECDSA_P256_SHA256_ASN1),
        ("1.2.840.10045.4.3.3", Some("P-256")) => Some(&signature::ECDSA_P256_SHA384_ASN1),
        ("1.2.840.10045.4.3.4", Some("P-256")) => Some(&signature::ECDSA_P256_SHA512_ASN1),
        ("1.2.840.10045.4.3.2", Some("P-384")) => Some(&signature::ECDSA_P384_SHA256_ASN1),
        ("1.2.840.10045.4.3.3", Some("P-384")) => Some(&signature::ECDSA_P384_SHA384_ASN1),
        ("1.2.840.10045.4.3.4", Some("P-384")) => Some(&signature::ECDSA_P384_SHA512_ASN1),
        ("1.2.840.10045.4.3.2", Some("P-521")) => Some(&signature::ECDSA_P521_SHA256_ASN1),
        ("1.2.840.10045.4.3.3", Some("P-521")) => Some(&signature::ECDSA_P521_SHA384_ASN1),
        ("1.2.840.10045.4.3.4", Some("P-521")) => Some(&signature::ECDSA_P521_SHA512_ASN1),
        ("1.3.101.112", _) => Some(&signature::ED25519),
        _ => None,
    };
    found.ok_or_else(|| CannotVerify::Algorithm(called(&oid, curve)))
}

/// RSA-PSS with one hash throughout and a salt of its length (RFC 4055, 3.1).
fn pss(identifier: &AlgorithmIdentifier<'_>) -> Result<&'static dyn VerificationAlgorithm, CannotVerify> {
    let unsupported = |what: &str| CannotVerify::Algorithm(format!("RSA-PSS with {what}"));
    let parameters = identifier.parameters.as_ref().map(RsaSsaPssParams::try_from);
    let Some(Ok(parameters)) = parameters else { return Err(unsupported("parameters that can't be read")) };
    let hash = parameters.hash_algorithm_oid().to_id_string();
    let mask = parameters.mask_gen_algorithm();
    let mask = mask.map_err(|_| unsupported("parameters that can't be read"))?;
    let (algorithm, salt): (&'static dyn VerificationAlgorithm, u32) = match hash.as_str() {
        "2.16.840.1.101.3.4.2.1" => (&signature::RSA_PSS_2048_8192_SHA256, 32),
        "2.16.840.1.101.3.4.2.2" => (&signature::RSA_PSS_2048_8192_SHA384, 48),
        "2.16.840.1.101.3.4.2.3" => (&signature::RSA_PSS_2048_8192_SHA512, 64),
        _ => return Err(unsupported("another hash")),
    };
    if mask.hash.to_id_string() != hash {
        return Err(unsupported("different hashes"));
    }
    if parameters.salt_length() != salt {
        return Err(unsupported("a salt that is not as long as the hash"));
    }
    Ok(algorithm)
}

/// What people call an algorithm.
fn called(oid: &str, curve: Option<String>) -> String {
    let name = match oid {
        "1.2.840.113549.1.1.14" => "RSA with SHA-224",
        "1.2.840.10045.4.3.1" => "ECDSA with SHA-224",
        "1.2.840.10045.4.3.2" => "ECDSA with SHA-256",
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => return format!("object identifier {other}"),
    };
    curve.map_or_else(|| name.to_owned(), |curve| format!("{name} and a key on the curve {curve}"))
}
