//! Binary signatures: one signature by one key for one binary's content.
//!
//! The rule that decides whether a signature is valid is [`verify`], for the server and for devices alike; it must
//! never exist a second time.

use std::fmt;
use std::str::FromStr;

use crate::binaries::Binary;
use crate::organizations::Organization;
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::signing_keys::{KeyStatus, SigningKey};
use crate::time::Timestamp;

mod encoding;
mod verification;

pub use encoding::{MalformedSignature, SignatureBytes};
pub use verification::{ContentVerifier, SignatureInvalid, Verdict, verify};

/// The fields by which lists of binary signatures can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "binary_prn", kind: FieldKind::Prn },
    Field { name: "signing_key_prn", kind: FieldKind::Prn },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
];

/// A signature that was found valid when it was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinarySignature {
    /// Its key.
    pub id: Id<BinarySignature>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// What is signed.
    pub binary: Id<Binary>,
    /// Who signed; one signature per key and binary.
    pub signing_key: Id<SigningKey>,
    /// The form in which it was found valid.
    pub scheme: Scheme,
    /// The signature itself.
    pub signature: SignatureBytes,
    /// When it was attached.
    pub inserted_at: Timestamp,
}

impl Resource for BinarySignature {
    const TYPE: Option<&'static str> = Some("binary_signature");
    const A_NAME: &'static str = "a binary signature";
}

impl Searchable for BinarySignature {
    const FIELDS: FieldTable = SEARCH;
}

/// Whether signatures by this key count towards the signature policy: a revoked key's never do, a disabled key's
/// old ones still do. A certificate's validity matters only at the moment of signing.
pub fn counts(key: &SigningKey) -> bool {
    match key.status {
        KeyStatus::Active | KeyStatus::Disabled => true,
        KeyStatus::Revoked => false,
    }
}

/// The forms in which a signature can be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RSA PKCS#1 v1.5 with SHA-256 over the content.
    RsaPkcs1v15Sha256,
    /// RSA PSS with SHA-256 over the content.
    RsaPssSha256,
    /// ECDSA P-256 with SHA-256 over the content.
    EcdsaP256Sha256,
    /// Ed25519 over the 64 lowercase hexadecimal digits of the content's SHA-256.
    Ed25519HexDigest,
    /// Pure Ed25519 over the content.
    Ed25519Content,
}

/// The text is not a signature scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a signature scheme")]
pub struct InvalidScheme(pub String);

impl Scheme {
    /// Each one.
    pub const ALL: [Self; 5] = [
        Self::RsaPkcs1v15Sha256,
        Self::RsaPssSha256,
        Self::EcdsaP256Sha256,
        Self::Ed25519HexDigest,
        Self::Ed25519Content,
    ];

    /// As it is stored and displayed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaPkcs1v15Sha256 => "rsa_pkcs1v15_sha256",
            Self::RsaPssSha256 => "rsa_pss_sha256",
            Self::EcdsaP256Sha256 => "ecdsa_p256_sha256",
            Self::Ed25519HexDigest => "ed25519_hex_digest",
            Self::Ed25519Content => "ed25519_content",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scheme {
    type Err = InvalidScheme;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.as_str() == text)
            .ok_or_else(|| InvalidScheme(text.chars().take(50).collect()))
    }
}
