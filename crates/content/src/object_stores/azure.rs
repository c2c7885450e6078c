//! Azure Blob Storage: parts are blocks with names of our choice, and an upload is open as long as its marker is there.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use olivine_domain::Sha256Digest;
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::storage_backends::Bucket;
use olivine_egress::Network;

use super::bucket::{Dialect, ObjectStores};
use super::building::{endpoint, misconfigured, retries};
use super::client::StoreClient;
use crate::open::settings::{Credentials, OpenError, Storage};

/// Opens a container.
pub(super) fn open(
    storage: &Storage,
    bucket: &Bucket,
    client: StoreClient,
) -> Result<ObjectStores, OpenError> {
    let builder = match &storage.credentials {
        Credentials::Environment if storage.network == Network::Any => MicrosoftAzureBuilder::from_env(),
        Credentials::Azure { account, access_key } => {
            MicrosoftAzureBuilder::new().with_account(checked_account(account)?).with_access_key(access_key)
        }
        _ => return Err(OpenError::Credentials { expected: "an account and its access key" }),
    };
    let from_environment = builder.get_config_value(&AzureConfigKey::Endpoint);
    let builder = match endpoint(storage, from_environment)? {
        Some(endpoint) => {
            let is_plain = endpoint.starts_with("http://");
            builder.with_endpoint(endpoint).with_allow_http(is_plain)
        }
        None => builder,
    };
    let store = builder
        .with_container_name(&bucket.name)
        .with_retry(retries())
        .with_http_connector(client.clone())
        .build()
        .map_err(|error| misconfigured(&error))?;
    Ok(ObjectStores::new(storage, Dialect::Azure, store, client))
}

/// An account becomes part of a host's name, so it must not be able to name another host.
fn checked_account(account: &str) -> Result<&str, OpenError> {
    let is_known = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    if (3..=24).contains(&account.len()) && account.bytes().all(is_known) {
        Ok(account)
    } else {
        Err(OpenError::Configuration("an account's name has 3 to 24 lowercase letters and digits".to_owned()))
    }
}

/// The name of a part's block. It names the bytes, so that different attempts at one index are different blocks; all names of a
/// blob must have one length, and at most 64 bytes.
pub(super) fn block_id(index: PartIndex, sha256: &Sha256Digest) -> String {
    format!("{:05}-{}", index.get(), BASE64_URL_SAFE_NO_PAD.encode(sha256.as_bytes()))
}

/// The part that a block is; `None` for one that is not of ours.
pub(super) fn parse_block_id(id: &str) -> Option<(PartIndex, Sha256Digest)> {
    let (index, sha256) = id.split_once('-')?;
    let index = PartIndex::new(index.parse().ok()?).ok()?;
    let sha256 = BASE64_URL_SAFE_NO_PAD.decode(sha256).ok()?.try_into().ok()?;
    Some((index, Sha256Digest::from_bytes(sha256)))
}

/// A block's name as it is put into a URL.
pub(super) fn encoded(id: &str) -> String {
    BASE64_STANDARD.encode(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_blocks_can_be_read_back_and_have_one_length() {
        for number in [1, 10_000] {
            let (index, sha256) = (PartIndex::new(number).unwrap(), Sha256Digest::of(&number.to_be_bytes()));
            let id = block_id(index, &sha256);
            assert_eq!((id.len(), parse_block_id(&id)), (49, Some((index, sha256))));
        }
        assert_eq!(parse_block_id("d41d8cd98f00b204e9800998ecf8427e"), None);
    }
}
