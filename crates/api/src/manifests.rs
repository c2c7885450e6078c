//! Manifests: what a device is to fetch, verify and install.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::Raw;

/// One binary of an update: what the device downloads, verifies and installs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ManifestEntry {
    /// The PRN of the artifact: the type of this binary.
    pub artifact_prn: String,
    /// The name of the artifact. Only in answers of the Admin API, not in those to devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "main-firmware")]
    pub artifact_name: Option<String>,
    /// The PRN of the artifact version that the file belongs to.
    pub artifact_version_prn: String,
    /// The version of the artifact, as text.
    #[schema(example = "1.2.3")]
    pub artifact_version: String,
    /// The PRN of the binary to download.
    pub binary_prn: String,
    /// The target that the file was built for, or `portable`.
    #[schema(example = "arm-linux-gnueabihf")]
    pub target: String,
    /// The number of bytes to download.
    pub size: u64,
    /// The SHA-256 that the downloaded bytes must have: `sha256:` and 64 lowercase hexadecimal digits.
    pub hash: String,
    /// Metadata for the device, fixed when the bundle was made: given with the bundle, else of the binary, the artifact version or the
    /// artifact.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
    /// The signatures to verify before installing. Signatures of revoked keys are not among them.
    pub signatures: Vec<ManifestSignature>,
    /// Where to download the bytes, without a certificate or API key; `Range` and `If-Range` work. Null if the check was only to explain.
    pub url: Option<String>,
    /// When the download URL stops working, in UTC (RFC 3339). Check for an update again for a new one.
    pub url_expires_at: Option<String>,
}

/// One signature over a binary of an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestSignature {
    /// The PRN of the key that made this signature.
    pub signing_key_prn: String,
    /// The id of the key: the SHA-256 of its public key (DER), 64 hexadecimal digits.
    pub keyid: String,
    /// The signature over the binary, in base64.
    pub signature: String,
    /// The public key in PEM. A device must verify with keys that it has, not with this one.
    pub public_value: String,
}
