//! Storage backends: where an organization keeps its contents.

use olivine_api::storage_backends::{
    StorageBackend, StorageBackendCheck, StorageBackendCheckEnvelope, StorageBackendCreate,
    StorageBackendEnvelope, StorageBackendList, StorageBackendUpdate,
};
use olivine_domain::prn::Prn;
use olivine_domain::storage_backends::StorageBackend as Named;
use reqwest::Method;

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error};

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

impl Client {
    /// Tries again all that the server does in a storage.
    pub async fn check_storage_backend(&self, prn: &Prn<Named>) -> Result<StorageBackendCheck, Error> {
        let url = self.url(&format!("storage_backends/{prn}/check"));
        self.send(&Request::new(Method::POST, url))
            .await
            .map(|envelope: StorageBackendCheckEnvelope| envelope.check)
    }
}
