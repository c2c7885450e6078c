//! Signing keys: the public keys that an organization trusts to sign its binaries.
//!
//! This module must never hold or show a private key: one that is given by mistake is refused without an echo.

use std::fmt;
use std::str::FromStr;

use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::text::Name;
use crate::time::Timestamp;

mod certificate;
mod material;
mod public_key;
mod refusals;

pub use certificate::Certificate;
pub use material::KeyMaterial;
pub use public_key::{InvalidKeyId, KeyAlgorithm, KeyId, PublicKey};
pub use refusals::{InvalidKey, KeyRefusal, MAX_LENGTH};

/// The fields by which lists of signing keys can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "keyid", kind: FieldKind::Text },
    Field { name: "algorithm", kind: FieldKind::Enum(&["ed25519", "rsa", "ecdsa_p256"]) },
    Field { name: "state", kind: FieldKind::Enum(&["active", "disabled", "revoked"]) },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// A public key that an organization trusts to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its key.
    pub id: Id<SigningKey>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// Unique in the organization.
    pub name: Name,
    /// The public key, and the certificate that it came in.
    pub material: KeyMaterial,
    /// What it may still do.
    pub status: KeyStatus,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was registered.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

crate::changes::new! {
    SigningKey { name: Name, material: KeyMaterial }
    at first { status: KeyStatus::Active }
}
crate::changes::change! {
    SigningKey { name: Name, status: KeyStatus }
}

impl Resource for SigningKey {
    const TYPE: Option<&'static str> = Some("signing_key");
    const A_NAME: &'static str = "a signing key";
}

impl Searchable for SigningKey {
    const FIELDS: FieldTable = SEARCH;
}

/// What a signing key may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyStatus {
    /// It may sign, and its signatures count.
    Active,
    /// It may not sign any more; the signatures that it made still count.
    Disabled,
    /// It may not sign, and none of its signatures counts.
    Revoked,
}

/// The text is not a status of a signing key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a signing key's status: active, disabled or revoked")]
pub struct InvalidKeyStatus(pub String);

impl KeyStatus {
    /// As it is stored and displayed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for KeyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyStatus {
    type Err = InvalidKeyStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Active, Self::Disabled, Self::Revoked]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| InvalidKeyStatus(text.chars().take(50).collect()))
    }
}

impl SigningKey {
    /// The public key.
    pub const fn public_key(&self) -> &PublicKey {
        self.material.public_key()
    }

    /// The certificate that the key was registered with, if it was.
    pub const fn certificate(&self) -> Option<&Certificate> {
        self.material.certificate()
    }

    /// What the key is named by besides its PRN.
    pub fn keyid(&self) -> KeyId {
        self.public_key().keyid()
    }

    /// The kind of the key.
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.public_key().algorithm()
    }

    /// Whether a signature by this key may be attached at this moment.
    pub fn check_may_sign(&self, now: Timestamp) -> Result<(), KeyRefusal> {
        match self.status {
            KeyStatus::Active => {
                self.certificate().map_or(Ok(()), |certificate| certificate.check_valid_at(now))
            }
            KeyStatus::Disabled => Err(KeyRefusal::Disabled),
            KeyStatus::Revoked => Err(KeyRefusal::Revoked),
        }
    }
}
