//! Binary signatures: one signature over one binary by one key.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::binaries::Binary;
use crate::signing_keys::SigningKey;

/// A signature over a binary by one signing key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BinarySignature {
    /// The resource name (PRN) of this signature. Use it wherever the API asks for a signature:
    /// `prn:1:<organization>:binary_signature:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the signature belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The PRN of the binary that is signed.
    pub binary_prn: String,
    /// The PRN of the signing key that made the signature.
    pub signing_key_prn: String,
    /// The id of the signing key: the SHA-256 of its public key (DER `SubjectPublicKeyInfo`), 64 hexadecimal digits.
    pub keyid: String,
    /// How the signature was made: `rsa_pkcs1v15_sha256`, `rsa_pss_sha256`, `ecdsa_p256_sha256`, `ed25519_hex_digest` (over the 64
    /// hexadecimal digits of the hash) or `ed25519_content` (over the content itself).
    pub scheme: String,
    /// The signature's bytes in base64.
    pub signature: String,
    /// When the signature was attached, in UTC (RFC 3339).
    pub inserted_at: String,
    /// The whole binary, if the request asked for it with `expand[]=binary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary: Option<Box<Binary>>,
    /// The whole signing key, if the request asked for it with `expand[]=signing_key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<SigningKey>,
}

crate::envelopes! {
    BinarySignature,
    BinarySignatureEnvelope {
        /// The binary signature that the request is about, as it is after the request.
        binary_signature
    },
    BinarySignatureList {
        /// The binary signatures of this page, in the order that was asked for.
        binary_signatures,
        /// The cursor of the next page of binary signatures: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A signature, as the record of its binary shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmbeddedSignature {
    /// The signature's own PRN, to read or delete it by: `prn:1:<organization>:binary_signature:<uuid>`.
    pub prn: String,
    /// The PRN of the key that made this signature.
    pub signing_key_prn: String,
    /// The id of the key that made it: the SHA-256 of the public key, 64 hexadecimal digits.
    pub keyid: String,
    /// How it was made, such as `ed25519_hex_digest` or `rsa_pss_sha256`.
    pub scheme: String,
    /// The bytes of the signature, in base64.
    pub signature: String,
    /// Whether the signature counts. It is false once its key is revoked.
    pub valid: bool,
    /// When it was attached to the binary, in UTC (RFC 3339).
    pub inserted_at: String,
}

/// A signature to attach to a binary. Name the key either by its PRN or by its key id.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BinarySignatureCreate {
    /// The PRN of the binary that you signed. It must be verified, so `signable` or `signed`.
    pub binary_prn: String,
    /// The PRN of the signing key that you signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key_prn: Option<String>,
    /// The id of the signing key, instead of its PRN: the SHA-256 of its public key, 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyid: Option<String>,
    /// The signature in base64 (spaces and line breaks are ignored) or in hexadecimal digits.
    pub signature: String,
}
