//! Binary parts: the chunks of a multipart upload.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One part of a multipart upload: a chunk of a binary's content.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BinaryPart {
    /// The resource name (PRN) of this part: `prn:1:<organization>:binary_part:<uuid>`. Requests name a part by its binary and its `index`.
    pub prn: String,
    /// The PRN of the organization that the part belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The PRN of the binary whose content this is a part of.
    pub binary_prn: String,
    /// The part's number, from 1. The content is the parts in this order.
    pub index: u16,
    /// The number of bytes in this part.
    pub size: u64,
    /// The SHA-256 of this part's bytes: `sha256:` and 64 lowercase hexadecimal digits.
    pub hash: String,
    /// The part's state: `uploadable` (its bytes are awaited), `valid`, `invalid_size` or `invalid_hash` (announce and send it again).
    #[schema(example = "valid")]
    pub state: String,
    /// When the part was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the part was last changed, in UTC (RFC 3339).
    pub updated_at: String,
    /// The URL to send the part's bytes to. It is only in the answer that announces the part, while its bytes are awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presigned_upload_url: Option<String>,
    /// How to send the part's bytes: the method, URL and headers. It is there whenever `presigned_upload_url` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadTarget>,
}

crate::envelopes! {
    BinaryPart,
    BinaryPartEnvelope {
        /// The binary part that the request is about, as it is after the request.
        binary_part
    },
    BinaryPartList {
        /// The binary parts of this page, in the order that was asked for.
        binary_parts,
        /// The cursor of the next page of binary parts: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// An HTTP request, signed in advance, that stores a part's bytes. It needs no API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadTarget {
    /// The HTTP method of the request.
    #[schema(example = "PUT")]
    pub method: String,
    /// The URL of the request. It works until `expires_at`.
    pub url: String,
    /// The headers that the request must have, by name.
    pub headers: BTreeMap<String, String>,
    /// When the URL stops working, in UTC (RFC 3339). Announce the part again for a new one.
    pub expires_at: String,
}

/// A part to announce, before its bytes are sent. Announcing an index again replaces the part.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BinaryPartPut {
    /// The number of bytes in the part: 5 MiB to 5 GiB. Only the last part may be smaller.
    pub size: u64,
    /// The SHA-256 of the part's bytes, 64 hexadecimal digits, with or without `sha256:` before them.
    pub hash: String,
    /// The size of the whole content in bytes, as the uploader knows it. If the binary declares a size, this must equal it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_binary_size: Option<u64>,
}
