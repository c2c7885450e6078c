//! Signing keys: the public keys that an organization trusts to sign.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A public key whose signatures the organization trusts. Private keys never reach the server.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SigningKey {
    /// The resource name (PRN) of this signing key. Use it wherever the API asks for a signing key:
    /// `prn:1:<organization>:signing_key:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the signing key belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The signing key's name, for people.
    #[schema(example = "production-2024")]
    pub name: String,
    /// The signing key's id: the SHA-256 of the public key (DER `SubjectPublicKeyInfo`), 64 hexadecimal digits.
    pub keyid: String,
    /// The kind of key: `ed25519`, `rsa` or `ecdsa_p256`.
    #[schema(example = "ed25519")]
    pub algorithm: String,
    /// The public key itself, in PEM.
    pub public_value: String,
    /// The certificate that the key was registered with, in PEM. Null: it was registered as a bare key.
    pub certificate: Option<String>,
    /// When the key's certificate begins to be valid, in UTC (RFC 3339). Null: there is no certificate.
    pub not_before: Option<String>,
    /// When the key's certificate expires, in UTC (RFC 3339). Null: there is no certificate.
    pub not_after: Option<String>,
    /// The key's state: `active`, `disabled` (makes no new signatures) or `revoked` (its signatures no longer count).
    #[schema(example = "active")]
    pub state: String,
    /// When the signing key was registered, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the signing key was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    SigningKey,
    SigningKeyEnvelope {
        /// The signing key that the request is about, as it is after the request.
        signing_key
    },
    SigningKeyList {
        /// The signing keys of this page, in the order that was asked for.
        signing_keys,
        /// The cursor of the next page of signing keys: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A public key to trust.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyCreate {
    /// The signing key's name, for people: 1–128 characters.
    #[schema(example = "production-2024")]
    pub name: String,
    /// The public key: in PEM, as an X.509 certificate in PEM, in the form of OpenSSH, or a raw Ed25519 key (32 bytes) in base64. Private
    /// keys are refused.
    pub value: String,
}

/// Changes to a signing key. Fields that are absent stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyUpdate {
    /// The signing key's new name, for people: 1–128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// The state to set: `active`, `disabled` (no new signatures) or `revoked` (its signatures no longer count, which can't be undone).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        help = "The state to set: active, disabled (no new signatures) or revoked (its signatures no longer count, which can't be undone)"
    )]
    pub state: Option<String>,
}
