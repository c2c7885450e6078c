//! What opens a storage, and the CDN in front of it, as they are stored: sealed, for one storage backend each.

use olivine_content::cdn::{Cdn, CdnSettings};
use olivine_content::open::Credentials;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::{Sealed, StorageBackend, StorageUrl};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::sealing::SealKey;

/// What opens a storage, as callers say it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum StorageCredentials {
    /// Those of S3.
    S3 {
        /// The public half.
        access_key_id: String,
        /// The secret half.
        secret_access_key: String,
        /// Comes with keys that expire.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_token: Option<String>,
    },
    /// Those of Google Cloud Storage.
    Gcs {
        /// The service account's key, as the JSON that Google gives out.
        service_account_key: String,
    },
    /// Those of Azure Blob Storage.
    Azure {
        /// The storage account's name.
        account: String,
        /// One of its two keys.
        access_key: String,
    },
}

impl std::fmt::Debug for StorageCredentials {
    /// Shows nothing secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StorageCredentials")
    }
}

impl StorageCredentials {
    /// Whether they are for a storage of this kind.
    pub(crate) const fn fit(&self, url: &StorageUrl) -> bool {
        matches!(
            (self, url),
            (Self::S3 { .. }, StorageUrl::S3(_))
                | (Self::Gcs { .. }, StorageUrl::Gcs(_))
                | (Self::Azure { .. }, StorageUrl::Azure(_))
        )
    }
}

impl From<StorageCredentials> for Credentials {
    fn from(stored: StorageCredentials) -> Self {
        match stored {
            StorageCredentials::S3 { access_key_id, secret_access_key, session_token } => {
                Self::S3 { access_key_id, secret_access_key, session_token }
            }
            StorageCredentials::Gcs { service_account_key } => Self::Gcs { service_account_key },
            StorageCredentials::Azure { account, access_key } => Self::Azure { account, access_key },
        }
    }
}

fn credentials_of(id: Id<StorageBackend>) -> String {
    format!("credentials of {id}")
}

fn cdn_of(id: Id<StorageBackend>) -> String {
    format!("CDN of {id}")
}

pub(crate) fn seal_credentials(
    key: &SealKey,
    id: Id<StorageBackend>,
    credentials: &StorageCredentials,
) -> Result<Sealed, Error> {
    let json = serde_json::to_vec(credentials).map_err(Error::internal)?;
    Ok(key.seal(&credentials_of(id), &json))
}

pub(crate) fn seal_cdn(key: &SealKey, id: Id<StorageBackend>, cdn: &CdnSettings) -> Result<Sealed, Error> {
    let json = serde_json::to_vec(cdn).map_err(Error::internal)?;
    Ok(key.seal(&cdn_of(id), &json))
}

/// What opens a storage; the server's own where its record has none.
pub(crate) fn credentials(key: &SealKey, record: &StorageBackend) -> Result<Credentials, Error> {
    let Some(sealed) = &record.sealed_credentials else { return Ok(Credentials::Environment) };
    let json = key.open(&credentials_of(record.id), sealed).map_err(Error::internal)?;
    let stored: StorageCredentials = serde_json::from_slice(&json).map_err(Error::internal)?;
    Ok(stored.into())
}

/// The settings of the CDN in front of a storage.
pub(crate) fn cdn_settings(key: &SealKey, record: &StorageBackend) -> Result<Option<CdnSettings>, Error> {
    let Some(sealed) = &record.sealed_cdn else { return Ok(None) };
    let json = key.open(&cdn_of(record.id), sealed).map_err(Error::internal)?;
    serde_json::from_slice(&json).map(Some).map_err(Error::internal)
}

/// The CDN in front of a storage.
pub(crate) fn cdn(key: &SealKey, record: &StorageBackend) -> Result<Option<Cdn>, Error> {
    cdn_settings(key, record)?.map(|settings| Cdn::try_from(settings).map_err(Error::internal)).transpose()
}
