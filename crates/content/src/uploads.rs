//! The types of an upload: sessions, parts as planned, received and completed, and the reasons to refuse bytes.

use std::fmt;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::{Sha256Digest, Timestamp};

use crate::error::Error;

/// A backend's own name for an upload that was begun; opaque, to be kept in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadSession(String);

impl UploadSession {
    /// As it was kept, or as a backend names it.
    pub fn new(session: impl Into<String>) -> Self {
        Self(session.into())
    }

    /// To be kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a part is promised to be, before its bytes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPlan {
    /// Its place.
    pub index: PartIndex,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Sha256Digest,
}

/// A part as [`crate::Backend::complete`] puts it into the content: what was acknowledged.
pub type CompletedPart = PartPlan;

/// Where and how a client sends the bytes of a part.
#[derive(Clone, PartialEq, Eq)]
pub struct PartTarget {
    /// The HTTP method.
    pub method: &'static str,
    /// The URL. Anybody who has it can send the part, so it must not be logged.
    pub url: String,
    /// Headers that the request must have, besides its length.
    pub headers: Vec<(String, String)>,
    /// When it stops being accepted.
    pub expires_at: Timestamp,
}

impl fmt::Debug for PartTarget {
    /// Without the URL, which is a permission.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartTarget").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What the server accepts as the bytes of one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivePart {
    /// Its place; [`PartIndex::FIRST`] for a direct upload.
    pub index: PartIndex,
    /// Its exact size in bytes, if it was promised.
    pub expected_size: Option<u64>,
    /// Its SHA-256, if it was promised.
    pub expected_sha256: Option<Sha256Digest>,
    /// The most bytes that are taken.
    pub max_size: u64,
}

impl ReceivePart {
    /// Exactly the part that was planned.
    pub const fn planned(part: &PartPlan) -> Self {
        let PartPlan { index, size, sha256 } = *part;
        Self { index, expected_size: Some(size), expected_sha256: Some(sha256), max_size: size }
    }
}

/// The bytes of a part, as they come from the client.
pub type Body<'a> = BoxStream<'a, Result<Bytes, BodyError>>;

/// Why the bytes stopped coming.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A part whose bytes are durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedPart {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, computed from the bytes as they arrived.
    pub sha256: Sha256Digest,
}

/// A part that is in storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UploadedPart {
    /// Its place.
    pub index: PartIndex,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, where storage has kept it.
    pub sha256: Option<Sha256Digest>,
}

/// Why the bytes of a part were not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// More bytes came than were promised; the rest was not read.
    #[error("more bytes came than the {expected} that were promised")]
    TooLong {
        /// The promised size in bytes.
        expected: u64,
    },
    /// Fewer bytes came than were promised.
    #[error("{received} bytes came, but {expected} were promised")]
    TooShort {
        /// The promised size in bytes.
        expected: u64,
        /// How many bytes came.
        received: u64,
    },
    /// More bytes came than this way of uploading takes; the rest was not read.
    #[error("at most {limit} bytes are taken in one request")]
    OverLimit {
        /// The most bytes that are taken.
        limit: u64,
    },
    /// Other bytes came than were promised.
    #[error("the bytes that came hash to {received}, but {expected} was promised")]
    WrongHash {
        /// What was promised.
        expected: Sha256Digest,
        /// What came.
        received: Sha256Digest,
    },
    /// The client broke off.
    #[error("the upload broke off after {received} bytes")]
    Interrupted {
        /// How many bytes came.
        received: u64,
        /// What the connection said.
        #[source]
        source: BodyError,
    },
    /// Storage did not take them: [`Error::SessionGone`], [`Error::StorageFull`], [`Error::Unavailable`].
    #[error(transparent)]
    Storage(#[from] Error),
}
