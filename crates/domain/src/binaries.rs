//! Binaries: the record of a content, and the lifecycle that takes it from `uploadable` to `signed` or `destroyed`.
//!
//! The rules are those of the design page "Binaries: record, content, lifecycle, signatures"; the table itself is in [`lifecycle`].

pub mod lifecycle;

pub use lifecycle::{Action, BinaryState, Effect, LifecycleRefusal, decide};

use crate::artifact_versions::ArtifactVersion;
use crate::contents::{Content, ContentKey, ContentKind, ContentState, Generation};
use crate::hash::Sha256Digest;
use crate::metadata::CustomMetadata;
use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::storage_backends::StorageBackend;
use crate::target::Target;
use crate::text::Description;
use crate::time::Timestamp;

/// The fields by which lists of binaries can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "artifact_version_prn", kind: FieldKind::Prn },
    Field { name: "target", kind: FieldKind::Text },
    Field { name: "hash", kind: FieldKind::Text },
    Field { name: "state", kind: FieldKind::Enum(&BinaryState::NAMES) },
    Field { name: "destroyed", kind: FieldKind::Boolean },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "size", kind: FieldKind::Integer },
    Field { name: "bytes_uploaded", kind: FieldKind::Integer },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// The record of a binary. Its content is stored apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// Its key.
    pub id: Id<Binary>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// The artifact version that it is the content of.
    pub artifact_version: Id<ArtifactVersion>,
    /// The hardware that it is for.
    pub target: Target,
    /// The SHA-256 of its content, as promised by the uploader; verified before it becomes `signable`.
    pub hash: Sha256Digest,
    /// The size of its content in bytes: declared at creation, or known since the upload was completed.
    pub size: Option<u64>,
    /// Whether `size` was declared at creation. A reset forgets a size that was not.
    pub size_declared: bool,
    /// Where it is in its lifecycle.
    pub state: BinaryState,
    /// What people say of it.
    pub description: Option<Description>,
    /// The user's own data.
    pub custom_metadata: Option<CustomMetadata>,
    /// The bytes of content that are in storage.
    pub bytes_uploaded: u64,
    /// The attempt at uploading: grows with each reset, so that what belongs to an older attempt changes nothing.
    pub generation: Generation,
    /// Where its content is, and where it is uploaded to.
    pub storage: Id<StorageBackend>,
    /// The storage backend's upload session of this generation, once begun.
    pub upload_session: Option<String>,
    /// Whether it ever was `signed`, and so may be known to others.
    pub ever_signed: bool,
    /// Why the last verification did not succeed.
    pub verification_error: Option<VerificationError>,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Resource for Binary {
    const TYPE: Option<&'static str> = Some("binary");
    const A_NAME: &'static str = "a binary";
}

impl Searchable for Binary {
    const FIELDS: FieldTable = SEARCH;
}

impl Binary {
    /// Whether its content is gone for good.
    pub fn is_destroyed(&self) -> bool {
        self.state.of_content() == ContentState::Destroyed
    }

    /// Whether its content was read back and found to be right.
    pub fn is_verified(&self) -> bool {
        self.state.of_content() == ContentState::Verified
    }

    /// The size that the uploader declared at creation, if they did.
    pub fn declared_size(&self) -> Option<u64> {
        self.size.filter(|_| self.size_declared)
    }

    /// The key of a binary's content: the binary's own.
    pub const fn content_of(binary: Id<Self>) -> Id<Content> {
        Id::new(binary.uuid())
    }

    /// The key of its content.
    pub const fn content_id(&self) -> Id<Content> {
        Self::content_of(self.id)
    }

    /// The name of its content in storage.
    pub const fn content_key(&self) -> ContentKey {
        let Self { organization, generation, .. } = *self;
        ContentKey { organization, content: self.content_id(), generation }
    }

    /// The record of its content.
    pub fn content(&self) -> Content {
        Content {
            id: self.content_id(),
            organization: self.organization,
            kind: ContentKind::Binary,
            generation: self.generation,
            state: self.state.of_content(),
            hash: self.hash,
            size: self.size,
            bytes_uploaded: self.bytes_uploaded,
            storage: self.storage,
            upload_session: self.upload_session.clone(),
            updated_at: self.updated_at,
        }
    }
}

/// Why a verification did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationError {
    /// What was wrong.
    pub code: VerificationErrorCode,
    /// What was expected: a hash, or a number of bytes.
    pub expected: Option<String>,
    /// What was found instead.
    pub actual: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What was wrong with a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerificationErrorCode {
    /// Its SHA-256 is another than the record's.
    HashMismatch,
    /// Its size is another than the record's.
    SizeMismatch,
    /// Storage could not give it back, also not after several tries.
    StorageFailed,
}

impl VerificationErrorCode {
    /// All codes.
    pub const ALL: [Self; 3] = [Self::HashMismatch, Self::SizeMismatch, Self::StorageFailed];

    /// The name in the API and in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HashMismatch => "hash_mismatch",
            Self::SizeMismatch => "size_mismatch",
            Self::StorageFailed => "storage_failed",
        }
    }

    /// The code of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }
}

/// Compares what the server read back from storage with what the record promises.
pub fn check_content(
    binary: &Binary,
    size: u64,
    hash: Sha256Digest,
    now: Timestamp,
) -> Result<(), VerificationError> {
    let (code, expected, actual) = match binary.size {
        Some(expected) if expected != size => {
            (VerificationErrorCode::SizeMismatch, expected.to_string(), size.to_string())
        }
        _ if hash != binary.hash => {
            (VerificationErrorCode::HashMismatch, binary.hash.to_string(), hash.to_string())
        }
        _ => return Ok(()),
    };
    Err(VerificationError { code, expected: Some(expected), actual: Some(actual), at: now })
}
