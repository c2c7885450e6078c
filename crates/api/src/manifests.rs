//! Manifests: what a device is to fetch, verify and install.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::Raw;

/// One binary of an update.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ManifestEntry {
    /// What it is.
    pub artifact_prn: String,
    /// Which version.
    pub artifact_version_prn: String,
    /// The version's own text.
    pub artifact_version: String,
    /// The binary.
    pub binary_prn: String,
    /// For whom it is.
    pub target: String,
    /// Bytes.
    pub size: u64,
    /// `sha256:` and 64 lowercase hexadecimal digits.
    pub hash: String,
    /// The most specific metadata that there was when the bundle was made.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
    /// Who signed it.
    pub signatures: Vec<ManifestSignature>,
    /// Where the content is, for some time; takes `Range` and `If-Range`. Null where the question was only to explain.
    pub url: Option<String>,
    /// Until when the URL is good.
    pub url_expires_at: Option<String>,
}

/// One signature over a binary of an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestSignature {
    /// The key.
    pub signing_key_prn: String,
    /// The SHA-256 of the public key's DER, in hexadecimal digits.
    pub keyid: String,
    /// Base64.
    pub signature: String,
    /// The public key as PEM. A device trusts the keys that it has, not the ones that it is told.
    pub public_value: String,
}
