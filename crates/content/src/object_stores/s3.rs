//! Amazon S3, and everything that is compatible with it.

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum, S3ConditionalPut};
use olivine_domain::storage_backends::Bucket;
use olivine_egress::Network;

use super::bucket::{Dialect, ObjectStores};
use super::building::{endpoint, misconfigured, retries};
use super::client::StoreClient;
use crate::open::settings::{Credentials, OpenError, Storage};

/// Opens a bucket.
pub(super) fn open(
    storage: &Storage,
    bucket: &Bucket,
    client: StoreClient,
) -> Result<ObjectStores, OpenError> {
    let builder = match &storage.credentials {
        Credentials::Environment if storage.network == Network::Any => AmazonS3Builder::from_env(),
        Credentials::S3 { access_key_id, secret_access_key, session_token } => {
            let builder = AmazonS3Builder::new()
                .with_access_key_id(access_key_id)
                .with_secret_access_key(secret_access_key);
            match session_token {
                Some(token) => builder.with_token(token),
                None => builder,
            }
        }
        _ => {
            return Err(OpenError::Credentials { expected: "an access key id and a secret access key" });
        }
    };
    let from_environment = builder
        .get_config_value(&AmazonS3ConfigKey::S3Endpoint)
        .or_else(|| builder.get_config_value(&AmazonS3ConfigKey::Endpoint));
    let builder = match endpoint(storage, from_environment)? {
        // Elsewhere a bucket seldom has a host of its own.
        Some(endpoint) => builder
            .with_config(AmazonS3ConfigKey::S3Endpoint, &endpoint)
            .with_allow_http(endpoint.starts_with("http://"))
            .with_virtual_hosted_style_request(false),
        // A certificate for `*.s3.….amazonaws.com` is not one for a name with dots.
        None => builder.with_virtual_hosted_style_request(!bucket.name.contains('.')),
    };
    let builder = match &storage.region {
        Some(region) => builder.with_region(checked_region(region)?),
        None => builder,
    };
    // The store itself refuses a part that is not what was promised. Whether the whole is what was promised is checked by reading it,
    // whatever the store says.
    let builder = if storage.checksums { builder.with_checksum_algorithm(Checksum::SHA256) } else { builder };
    let store = builder
        .with_bucket_name(&bucket.name)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_disable_bulk_delete(true)
        .with_retry(retries())
        .with_http_connector(client.clone())
        .build()
        .map_err(|error| misconfigured(&error))?;
    Ok(ObjectStores::new(storage, Dialect::S3, store, client))
}

/// A region becomes part of a host's name, so it must not be able to name another host.
fn checked_region(region: &str) -> Result<&str, OpenError> {
    let is_known = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    if (1..=64).contains(&region.len()) && region.bytes().all(is_known) {
        Ok(region)
    } else {
        Err(OpenError::Configuration(
            "a region has up to 64 letters, digits and hyphens, as in eu-central-1".to_owned(),
        ))
    }
}
