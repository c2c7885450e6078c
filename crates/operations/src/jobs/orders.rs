//! What operations order: the payloads of jobs that a change causes. How each is carried out stands in its own file, where its type
//! implements `Job`.

use olivine_domain::binaries::Binary;
use olivine_domain::bulk_operations::BulkOperation;
use olivine_domain::bundles::Bundle;
use olivine_domain::contents::{Content, Generation};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use serde::{Deserialize, Serialize};

/// Complete an upload in storage, read its content back and compare it with the record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct VerifyBinary {
    /// The binary.
    #[serde(with = "super::payload::id")]
    pub(crate) binary: Id<Binary>,
    /// The attempt at uploading.
    #[serde(with = "super::payload::generation")]
    pub(crate) generation: Generation,
}

/// Delete a content and whatever was uploaded for it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct DeleteContent {
    /// The content; called so in jobs of versions that knew binaries only.
    #[serde(with = "super::payload::id", rename = "binary")]
    pub(crate) content: Id<Content>,
    /// The attempt at uploading.
    #[serde(with = "super::payload::generation")]
    pub(crate) generation: Generation,
    /// Where; `None` in jobs of the version that knew one place only.
    #[serde(with = "super::payload::optional_id", default, skip_serializing_if = "Option::is_none")]
    pub(crate) storage: Option<Id<StorageBackend>>,
    /// What is to be found there.
    #[serde(default, skip_serializing_if = "Held::is_anything")]
    pub(crate) held: Held,
}

/// What a storage has, by the records, of a content that is to be deleted there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Held {
    /// The complete content: if it is not there, it was lost.
    Complete,
    /// Perhaps a part of it, perhaps nothing.
    #[default]
    Anything,
}

impl Held {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_anything(&self) -> bool {
        *self == Self::Anything
    }
}

/// Copy a verified content to another storage.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Replicate {
    /// The content; called so in jobs of versions that knew binaries only.
    #[serde(with = "super::payload::id", rename = "binary")]
    pub(crate) content: Id<Content>,
    /// The attempt at uploading.
    #[serde(with = "super::payload::generation")]
    pub(crate) generation: Generation,
    /// Where to.
    #[serde(with = "super::payload::id")]
    pub(crate) storage: Id<StorageBackend>,
}

/// Look whether the contents of a bundle are still where they should be, because a device could not install it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CheckContents {
    /// The bundle.
    #[serde(with = "super::payload::id")]
    pub(crate) bundle: Id<Bundle>,
}

/// Order the copies that are missing, and the deletion of those that should be gone.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Spread {}

/// Look for contents that belong into the archive storage of their organization or out of it, and order that they are moved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ArchiveContents {
    /// Of this organization; `None` for all, again and again.
    #[serde(with = "super::payload::optional_id", default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<Id<Organization>>,
}

/// Bring a verified content to the storage where it belongs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MoveContent {
    /// The content.
    #[serde(with = "super::payload::id")]
    pub(crate) content: Id<Content>,
    /// The attempt at uploading.
    #[serde(with = "super::payload::generation")]
    pub(crate) generation: Generation,
}

/// Carry a bulk operation on until it is over.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CarryOutBulkOperation {
    /// The bulk operation.
    #[serde(with = "super::payload::id")]
    pub(crate) operation: Id<BulkOperation>,
}
