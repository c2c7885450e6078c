//! Signing keys: the public keys that an organization trusts to sign.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A public key that may sign binaries.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SigningKey {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// For people.
    #[schema(example = "production-2024")]
    pub name: String,
    /// The SHA-256 of the DER `SubjectPublicKeyInfo` in hexadecimal digits.
    pub keyid: String,
    /// `ed25519`, `rsa` or `ecdsa_p256`.
    pub algorithm: String,
    /// The public key as PEM.
    pub public_value: String,
    /// The certificate as PEM, where the key was registered by one.
    pub certificate: Option<String>,
    /// From when the certificate is valid.
    pub not_before: Option<String>,
    /// Until when the certificate is valid.
    pub not_after: Option<String>,
    /// `active`, `disabled` (no new signatures) or `revoked` (its signatures no longer count).
    pub state: String,
    /// When it was registered.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

crate::envelopes!(SigningKey, SigningKeyEnvelope { signing_key }, SigningKeyList { signing_keys });

/// A key to trust.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyCreate {
    /// For people: 1–128 characters.
    #[schema(example = "production-2024")]
    pub name: String,
    /// A PEM public key, a PEM X.509 certificate, a public key of OpenSSH, or the base64 of a raw 32-byte Ed25519 key.
    pub value: String,
}

/// Changes to a signing key; what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyUpdate {
    /// For people: 1–128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// `active`, `disabled`, or `revoked`, which can't be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        help = "active, disabled (no new signatures) or revoked (its signatures no longer count; can't be undone)"
    )]
    pub state: Option<String>,
}
