//! Binary signatures: one signature over one binary by one key.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::binaries::Binary;
use crate::signing_keys::SigningKey;

/// One signature by one key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BinarySignature {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// The binary that was signed.
    pub binary_prn: String,
    /// The key that signed.
    pub signing_key_prn: String,
    /// The key's id: the SHA-256 of its DER `SubjectPublicKeyInfo` in hexadecimal digits.
    pub keyid: String,
    /// `rsa_pkcs1v15_sha256`, `rsa_pss_sha256`, `ecdsa_p256_sha256`, `ed25519_hex_digest` or `ed25519_content`.
    pub scheme: String,
    /// Base64.
    pub signature: String,
    /// When it was attached.
    pub inserted_at: String,
    /// The binary itself, with `expand[]=binary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary: Option<Box<Binary>>,
    /// The key itself, with `expand[]=signing_key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<SigningKey>,
}

crate::envelopes!(
    BinarySignature,
    BinarySignatureEnvelope { binary_signature },
    BinarySignatureList { binary_signatures }
);

/// A signature as a binary shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmbeddedSignature {
    /// Its name everywhere.
    pub prn: String,
    /// The key that signed.
    pub signing_key_prn: String,
    /// The key's id.
    pub keyid: String,
    /// How it was made.
    pub scheme: String,
    /// Base64.
    pub signature: String,
    /// Whether it counts: false once its key was revoked.
    pub valid: bool,
    /// When it was attached.
    pub inserted_at: String,
}

/// A signature to attach. The key is named by PRN or by key id.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BinarySignatureCreate {
    /// The binary that was signed.
    pub binary_prn: String,
    /// The key that signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key_prn: Option<String>,
    /// The id of the key that signed, in place of its PRN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyid: Option<String>,
    /// Base64 (line breaks and spaces are ignored) or hexadecimal digits.
    pub signature: String,
}
