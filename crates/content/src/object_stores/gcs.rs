//! Google Cloud Storage, by its XML interface.

use object_store::gcp::GoogleCloudStorageBuilder;
use olivine_domain::storage_backends::Bucket;
use olivine_egress::Network;

use super::bucket::{Dialect, ObjectStores};
use super::building::{endpoint, misconfigured, retries};
use super::client::StoreClient;
use crate::open::settings::{Credentials, OpenError, Storage};

/// Where it answers.
const ENDPOINT: &str = "https://storage.googleapis.com";

/// Opens a bucket.
pub(super) fn open(
    storage: &Storage,
    bucket: &Bucket,
    client: StoreClient,
) -> Result<ObjectStores, OpenError> {
    let builder = match &storage.credentials {
        Credentials::Environment if storage.network == Network::Any => GoogleCloudStorageBuilder::from_env(),
        Credentials::Gcs { service_account_key } => {
            GoogleCloudStorageBuilder::new().with_service_account_key(service_account_key)
        }
        _ => return Err(OpenError::Credentials { expected: "a service account's key as JSON" }),
    };
    let said = endpoint(storage, None)?;
    let builder = match (&storage.credentials, said) {
        (_, Some(endpoint)) => builder.with_base_url(&endpoint),
        // A key may name an endpoint too; only the operator's is listened to.
        (Credentials::Environment, None) => builder,
        (_, None) => builder.with_base_url(ENDPOINT),
    };
    let store = builder
        .with_bucket_name(&bucket.name)
        .with_retry(retries())
        .with_http_connector(client.clone())
        .build()
        .map_err(|error| misconfigured(&error))?;
    Ok(ObjectStores::new(storage, Dialect::Gcs, store, client))
}
