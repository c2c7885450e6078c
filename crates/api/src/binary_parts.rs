//! Binary parts: the chunks of a multipart upload.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One chunk of a binary's content.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BinaryPart {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// The binary whose content it is a part of.
    pub binary_prn: String,
    /// Its place, from 1.
    pub index: u16,
    /// Bytes.
    pub size: u64,
    /// `sha256:` and 64 lowercase hexadecimal digits.
    pub hash: String,
    /// `uploadable`, `valid`, `invalid_size` or `invalid_hash`.
    pub state: String,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// Where its bytes go, when it was just created and they are still awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presigned_upload_url: Option<String>,
    /// How its bytes go there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadTarget>,
}

crate::envelopes!(BinaryPart, BinaryPartEnvelope { binary_part }, BinaryPartList { binary_parts });

/// A request that stores the bytes, signed in advance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadTarget {
    /// The HTTP method.
    #[schema(example = "PUT")]
    pub method: String,
    /// The URL, good until `expires_at`.
    pub url: String,
    /// Headers to send along.
    pub headers: BTreeMap<String, String>,
    /// When the URL stops working.
    pub expires_at: String,
}

/// A part to create, or to create anew with other bytes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BinaryPartPut {
    /// Bytes: 5 MiB to 5 GiB, the last part may be smaller.
    pub size: u64,
    /// The SHA-256 of the part's bytes.
    pub hash: String,
    /// The size of the whole binary as the uploader believes it to be; must be the binary's where that was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_binary_size: Option<u64>,
}
