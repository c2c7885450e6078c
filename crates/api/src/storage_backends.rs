//! Storage backends: where an organization keeps its contents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json::{Raw, present};

/// A place that holds contents.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StorageBackend {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// Unique in the organization.
    #[schema(example = "frankfurt")]
    pub name: String,
    /// What and where it is.
    #[schema(example = "s3://acme-firmware/olivine")]
    pub url: String,
    /// Where it answers, if that does not follow from the URL.
    #[schema(example = "https://minio.example.com")]
    pub endpoint: Option<String>,
    /// The cloud's name for the region that it is in.
    #[schema(example = "eu-central-1")]
    pub region: Option<String>,
    /// Whether it is opened with credentials of its own, which are never shown.
    pub has_credentials: bool,
    /// The CDN in front of it, without its key.
    pub cdn: Option<Cdn>,
    /// Devices with one of these tags are sent here if the content is here.
    pub near_tags: Vec<String>,
    /// Whether every verified content of the organization is copied here.
    pub replicates: bool,
    /// Devices that no backend is near to are sent to the least of those where the content is.
    pub position: u16,
    /// Whether the storage is asked to check each part against its SHA-256 (`x-amz-checksum-sha256`). Only S3's interface has that.
    #[serde(default)]
    pub checksums: bool,
    /// When it was registered.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

crate::envelopes!(
    StorageBackend,
    StorageBackendEnvelope { storage_backend },
    StorageBackendList { storage_backends }
);

/// A CDN, as far as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cdn {
    /// How it wants its URLs signed: `cloudfront`, `secure_link`, `akamai`, `cloudflare`, `google` or `bunny`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it answers.
    pub url: String,
}

/// What opens a storage.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum StorageCredentials {
    /// Those of S3 and what is compatible with it.
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
        /// The service account's key: the JSON that Google gives out, as a text.
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

/// A new storage backend. It is tried before it is registered.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageBackendCreate {
    /// The UUID of its PRN; made by the server where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// 1–128 characters, unique in the organization.
    #[schema(example = "frankfurt")]
    pub name: String,
    /// `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`. It never changes.
    #[schema(example = "s3://acme-firmware/olivine")]
    pub url: String,
    /// Where it answers, if that does not follow from the URL; never changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The cloud's name for the region that it is in; never changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What opens it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<StorageCredentials>,
    /// The CDN in front of it: `type` (`cloudfront`, `secure_link`, `akamai`, `cloudflare`, `google`, `bunny`), `url`, and the key
    /// under the name that the CDN has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub cdn: Option<Raw>,
    /// Devices with one of these tags are sent here if the content is here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_tags: Vec<String>,
    /// Whether every verified content of the organization is copied here.
    #[serde(default)]
    pub replicates: bool,
    /// Devices that no backend is near to are sent to the least of those where the content is.
    #[serde(default)]
    pub position: u16,
    /// Whether the storage is asked to check each part against its SHA-256; this is meant where it is absent. `false` leaves out the headers
    /// `x-amz-checksum-sha256` and `x-amz-checksum-algorithm`, which some stores with S3's interface refuse. Only for `s3://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksums: Option<bool>,
}

/// Changes to a storage backend; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageBackendUpdate {
    /// 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What opens it; tried before it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<StorageCredentials>,
    /// The CDN in front of it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub cdn: Option<Option<Raw>>,
    /// Devices with one of these tags are sent here if the content is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_tags: Option<Vec<String>>,
    /// Whether every verified content of the organization is copied here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicates: Option<bool>,
    /// Devices that no backend is near to are sent to the least of those where the content is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u16>,
    /// Whether the storage is asked to check each part against its SHA-256. `false` is only for `s3://`. A change is tried first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksums: Option<bool>,
}
