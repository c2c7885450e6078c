//! One bucket of an object store: where it is, and how its objects are named.

use std::fmt;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::list::PaginatedListStore;
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::signer::Signer;
use olivine_domain::storage_backends::{Bucket, StorageUrl};

use super::client::StoreClient;
use crate::open::settings::Storage;
use olivine_domain::contents::ContentKey;

/// The size of the pieces in which what goes through the server is written and read: well above the least size of a part.
pub(super) const CHUNK: u64 = 8 * 1024 * 1024;

/// What differs between the clouds beyond what `object_store` hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Uploads in parts have an id; parts are checked against their SHA-256.
    S3,
    /// As S3, but parts can't be checked.
    Gcs,
    /// A part is a block with a name of our choice; there is no upload that could be looked up.
    Azure,
}

/// One bucket, or what lies below a prefix in it.
#[derive(Clone)]
pub(super) struct ObjectStores {
    pub(super) url: StorageUrl,
    pub(super) dialect: Dialect,
    pub(super) checksums: bool,
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) lists: Arc<dyn PaginatedListStore>,
    pub(super) multipart: Arc<dyn MultipartStore>,
    pub(super) signer: Arc<dyn Signer>,
    pub(super) client: StoreClient,
}

impl ObjectStores {
    pub(super) fn new<S>(storage: &Storage, dialect: Dialect, store: S, client: StoreClient) -> Self
    where
        S: ObjectStore + PaginatedListStore + MultipartStore + Signer + Clone,
    {
        Self {
            url: storage.url.clone(),
            dialect,
            checksums: storage.checksums,
            objects: Arc::new(store.clone()),
            lists: Arc::new(store.clone()),
            multipart: Arc::new(store.clone()),
            signer: Arc::new(store),
            client,
        }
    }

    /// What all names in the bucket begin with: nothing, or the prefix and a slash.
    pub(super) fn prefix(&self) -> String {
        match self.url.bucket() {
            Some(Bucket { prefix, .. }) if !prefix.is_empty() => format!("{prefix}/"),
            _ => String::new(),
        }
    }

    /// The name of a complete content.
    pub(super) fn name(&self, key: &ContentKey) -> String {
        format!("{}{key}", self.prefix())
    }

    /// The object of a complete content.
    pub(super) fn path(&self, key: &ContentKey) -> Path {
        Path::from(self.name(key))
    }
}

impl fmt::Debug for ObjectStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStores").field("url", &self.url.to_string()).finish_non_exhaustive()
    }
}
