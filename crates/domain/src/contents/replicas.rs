//! The copies of a content in other storages than its first.

use super::{Content, ContentKey, Generation};
use crate::organizations::Organization;
use crate::prn::Id;
use crate::storage_backends::StorageBackend;
use crate::time::Timestamp;

/// Another copy of a content than the first, or one that is yet to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// The content.
    pub content: Id<Content>,
    /// Where the copy is.
    pub storage: Id<StorageBackend>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// The attempt at uploading that it is a copy of.
    pub generation: Generation,
    /// Whether it is there.
    pub state: ReplicaState,
    /// Why the last attempt at copying or deleting failed.
    pub error: Option<String>,
    /// When it was ordered.
    pub inserted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Replica {
    /// The name of what it is a copy of.
    pub const fn key(&self) -> ContentKey {
        let Self { organization, content, generation, .. } = *self;
        ContentKey { organization, content, generation }
    }

    /// Whether it is there, and a copy of this content as it is now.
    pub fn is_complete_copy_of(&self, content: ContentKey) -> bool {
        self.state == ReplicaState::Complete && self.key() == content
    }
}

/// Where a copy is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReplicaState {
    /// Ordered, or under way; what failed is tried again.
    Copying,
    /// It is there, and was compared with the content's hash.
    Complete,
    /// It is to be deleted; tried until storage confirms.
    Deleting,
}

impl ReplicaState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Copying, Self::Complete, Self::Deleting];

    /// As it is stored and displayed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copying => "copying",
            Self::Complete => "complete",
            Self::Deleting => "deleting",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}
