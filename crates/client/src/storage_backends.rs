//! Storage backends: where an organization keeps its contents.

use olivine_api::storage_backends::{
    StorageBackend, StorageBackendCreate, StorageBackendEnvelope, StorageBackendList, StorageBackendUpdate,
};
use olivine_domain::storage_backends::StorageBackend as Named;

use crate::resource::resource;

resource!(
    StorageBackend,
    "storage_backends",
    Named,
    StorageBackendEnvelope { storage_backend },
    StorageBackendList
);

impl crate::Create for StorageBackend {
    type New = StorageBackendCreate;
}
impl crate::Update for StorageBackend {
    type Change = StorageBackendUpdate;
}
impl crate::Delete for StorageBackend {}
