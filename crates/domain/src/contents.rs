//! Contents: the bytes that storages hold. Each has a record and a key of its own, whatever it is the content of, so that uploads, copies,
//! moves, audits, deletions, quotas, links and tokens are the same for all kinds.
//!
//! A binary's content has the binary's id. Until no server of a version without contents writes to the database, the record of such a
//! content is kept by the database from the binary's row (migration 0007).

pub mod archive_storage;
pub mod replicas;

use std::fmt;

use crate::hash::Sha256Digest;
use crate::organizations::Organization;
use crate::prn::Id;
use crate::storage_backends::StorageBackend;
use crate::time::Timestamp;

/// What is known of a content, without what it is the content of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its key.
    pub id: Id<Content>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// What it is the content of.
    pub kind: ContentKind,
    /// The attempt at uploading it that counts.
    pub generation: Generation,
    /// Whether it is there.
    pub state: ContentState,
    /// Its SHA-256, promised at first, later verified.
    pub hash: Sha256Digest,
    /// Its size in bytes, once it is known.
    pub size: Option<u64>,
    /// The bytes of it that are in storage.
    pub bytes_uploaded: u64,
    /// Where it is, and where it is uploaded to; copies aside.
    pub storage: Id<StorageBackend>,
    /// The storage backend's upload session of this generation, once begun.
    pub upload_session: Option<String>,
    /// When this record was last changed. A verified content was written before, and is never written again.
    pub updated_at: Timestamp,
}

impl Content {
    /// Its name in storage.
    pub const fn key(&self) -> ContentKey {
        ContentKey { organization: self.organization, content: self.id, generation: self.generation }
    }

    /// Whether it was read back from storage and found to be right.
    pub fn is_verified(&self) -> bool {
        self.state == ContentState::Verified
    }

    /// Whether it is gone for good.
    pub fn is_destroyed(&self) -> bool {
        self.state == ContentState::Destroyed
    }

    /// The bytes that count against the organization's quota: what was declared, or what is there if that is more.
    pub fn reserved_bytes(&self) -> u64 {
        if self.is_destroyed() { 0 } else { self.size.unwrap_or(0).max(self.bytes_uploaded) }
    }
}

/// The name of one content in storage: one attempt at uploading it.
///
/// A reset of an upload makes a new generation and so a new key; nothing is ever overwritten in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentKey {
    /// The owner.
    pub organization: Id<Organization>,
    /// The content.
    pub content: Id<Content>,
    /// The attempt at uploading it.
    pub generation: Generation,
}

impl fmt::Display for ContentKey {
    /// `organization/content/generation`: the key in object stores and the folder on disk.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.organization, self.content, self.generation.get())
    }
}

/// The number of an attempt at uploading a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u32);

impl Generation {
    /// The first attempt.
    pub const FIRST: Self = Self(1);

    /// From storage.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// For storage.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The next attempt.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a content is the content of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentKind {
    /// A binary, whose id it has.
    Binary,
}

impl ContentKind {
    /// All kinds.
    pub const ALL: [Self; 1] = [Self::Binary];

    /// The name in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "binary",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Whether a content is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentState {
    /// Its upload is not over.
    Uploading,
    /// All of it was uploaded; what it is, nobody has looked yet.
    Unverified,
    /// It was read back from storage and is what was promised.
    Verified,
    /// It is gone for good.
    Destroyed,
}

impl ContentState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Uploading, Self::Unverified, Self::Verified, Self::Destroyed];

    /// The name in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Unverified => "unverified",
            Self::Verified => "verified",
            Self::Destroyed => "destroyed",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}
