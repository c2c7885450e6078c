//! Public keys: which ones are accepted, and the one form in which each is kept and named.
//!
//! A key is always re-encoded from its parsed value, so that one key has one `SubjectPublicKeyInfo` and one keyid,
//! in whatever form it was given. Nothing that is unfit to verify signatures ever becomes a [`PublicKey`].

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, VerificationAlgorithm};
use ed25519_dalek::VerifyingKey;
use x509_parser::asn1_rs::Tag;
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};

use super::refusals::InvalidKey;
use crate::hash::Sha256Digest;

/// What stands before the 32 bytes of an Ed25519 key in its `SubjectPublicKeyInfo` (RFC 8410).
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The kinds of keys that may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// RSA.
    Rsa {
        /// The modulus's size: 2048 to 8192.
        bits: u16,
    },
    /// ECDSA on the curve P-256 (also called prime256v1 and secp256r1).
    EcdsaP256,
}

impl KeyAlgorithm {
    /// `ed25519`, `rsa` or `ecdsa_p256`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Rsa { .. } => "rsa",
            Self::EcdsaP256 => "ecdsa_p256",
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    /// For people: `Ed25519`, `RSA-2048`, `ECDSA P-256`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::EcdsaP256 => f.write_str("ECDSA P-256"),
        }
    }
}

/// What a key is named by besides its PRN: the SHA-256 of its DER `SubjectPublicKeyInfo`. Accepted as 64 hexadecimal
/// digits of either case, displayed in lowercase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 32]);

/// The text is not a keyid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a keyid is 64 hexadecimal digits: the SHA-256 of the key's DER SubjectPublicKeyInfo")]
pub struct InvalidKeyId;

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for KeyId {
    type Err = InvalidKeyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidKeyId)?;
        Ok(Self(bytes))
    }
}

/// A public key that is fit to verify signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    spki: Vec<u8>,
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo`, as it was stored or as a user registers it.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, InvalidKey> {
        let Ok(([], spki)) = SubjectPublicKeyInfo::from_der(der) else {
            return Err(InvalidKey::Malformed { what: "public key" });
        };
        // Without the look at its tag, explicit curve parameters would be read as an absurd curve name.
        let parameters = spki.algorithm.parameters.as_ref().filter(|any| any.tag() == Tag::Oid);
        let curve = parameters.and_then(|any| any.as_oid().ok()).map(|oid| oid.to_id_string());
        let bits = spki.subject_public_key.data.as_ref();
        match (spki.algorithm.algorithm.to_id_string().as_str(), curve.as_deref()) {
            ("1.3.101.112", _) => Self::from_ed25519(bits),
            ("1.2.840.113549.1.1.1", _) => Self::from_rsa_pkcs1(bits),
            ("1.2.840.10045.2.1", Some("1.2.840.10045.3.1.7")) => Self::from_p256_point(bits),
            (algorithm, curve) => Err(InvalidKey::Unsupported { found: name_of(algorithm, curve) }),
        }
    }

    /// Takes the 32 bytes of an Ed25519 key. Points of low order are refused (any signature would fit them), and so
    /// are encodings that are not the only one of their point.
    pub fn from_ed25519(bytes: &[u8]) -> Result<Self, InvalidKey> {
        let malformed = InvalidKey::Malformed { what: "Ed25519 public key" };
        let Ok(raw) = <&[u8; 32]>::try_from(bytes) else { return Err(malformed) };
        let Ok(key) = VerifyingKey::from_bytes(raw) else { return Err(malformed) };
        if key.is_weak() {
            Err(InvalidKey::LowOrderPoint)
        } else if key.to_edwards().compress().as_bytes() == raw {
            Ok(Self { algorithm: KeyAlgorithm::Ed25519, spki: [&ED25519_PREFIX[..], raw].concat() })
        } else {
            Err(malformed)
        }
    }

    /// Takes a DER `RSAPublicKey` (PKCS#1, RFC 8017).
    pub fn from_rsa_pkcs1(der: &[u8]) -> Result<Self, InvalidKey> {
        let malformed = InvalidKey::Malformed { what: "RSA public key" };
        let Ok(bits) = RsaParameters::public_modulus_len(der) else { return Err(malformed) };
        match u16::try_from(bits) {
            Ok(bits @ 2048..=8192) => {
                let spki = canonical_spki(&signature::RSA_PKCS1_2048_8192_SHA256, der).ok_or(malformed)?;
                Ok(Self { algorithm: KeyAlgorithm::Rsa { bits }, spki })
            }
            _ => Err(InvalidKey::Unsupported { found: format!("RSA with {bits} bits") }),
        }
    }

    /// Takes a point of P-256, compressed or not.
    pub(super) fn from_p256_point(point: &[u8]) -> Result<Self, InvalidKey> {
        canonical_spki(&signature::ECDSA_P256_SHA256_ASN1, point)
            .map(|spki| Self { algorithm: KeyAlgorithm::EcdsaP256, spki })
            .ok_or(InvalidKey::Malformed { what: "ECDSA P-256 public key" })
    }

    /// The kind of the key.
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The DER `SubjectPublicKeyInfo`, for storage.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// What the key is named by besides its PRN.
    pub fn keyid(&self) -> KeyId {
        KeyId(*Sha256Digest::of(&self.spki).as_bytes())
    }

    /// The PEM text of the `SubjectPublicKeyInfo`, as `openssl pkey -pubin` writes it.
    pub fn public_value(&self) -> String {
        crate::pem::text("PUBLIC KEY", &self.spki)
    }

    /// The 32 bytes of an Ed25519 key.
    pub(crate) fn ed25519_bytes(&self) -> Option<&[u8; 32]> {
        self.spki.strip_prefix(&ED25519_PREFIX).and_then(|bytes| bytes.try_into().ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.algorithm, self.keyid())
    }
}

/// The only `SubjectPublicKeyInfo` of a key, if the key is one that the algorithm can use.
fn canonical_spki(algorithm: &'static dyn VerificationAlgorithm, key: &[u8]) -> Option<Vec<u8>> {
    let key = ParsedPublicKey::new(algorithm, key).ok()?;
    key.as_der().ok().map(|der| der.as_ref().to_vec())
}

/// What people call the keys that are refused.
fn name_of(algorithm: &str, curve: Option<&str>) -> String {
    let name = match (algorithm, curve) {
        ("1.2.840.10045.2.1", Some("1.3.132.0.33")) => "ECDSA P-224",
        ("1.2.840.10045.2.1", Some("1.3.132.0.34")) => "ECDSA P-384",
        ("1.2.840.10045.2.1", Some("1.3.132.0.35")) => "ECDSA P-521",
        ("1.2.840.10045.2.1", Some("1.3.132.0.10")) => "ECDSA secp256k1",
        ("1.2.840.10045.2.1", Some(other)) => return format!("ECDSA on the curve {other}"),
        ("1.2.840.10045.2.1", None) => "ECDSA with explicit curve parameters",
        ("1.2.840.113549.1.1.10", _) => "RSA restricted to PSS (id-RSASSA-PSS)",
        ("1.2.840.10040.4.1", _) => "DSA",
        ("1.3.101.113", _) => "Ed448",
        ("1.3.101.110", _) => "X25519, which can't sign",
        (other, _) => return format!("a key of the algorithm {other}"),
    };
    name.to_owned()
}
