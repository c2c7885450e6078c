//! Storage backends: where an organization keeps its contents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json::{Raw, present};

/// A storage of the organization for the content of binaries: a bucket or container in S3, Google Cloud Storage or Azure Blob Storage.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StorageBackend {
    /// The resource name (PRN) of this storage backend. Use it wherever the API asks for a storage backend:
    /// `prn:1:<organization>:storage_backend:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the storage backend belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The storage backend's name, unique in the organization.
    #[schema(example = "frankfurt")]
    pub name: String,
    /// The kind of storage, and the bucket or container in it with a prefix, such as `s3://bucket/prefix`.
    #[schema(example = "s3://acme-firmware/olivine")]
    pub url: String,
    /// The URL of the storage service's API. Null: it follows from `url` and `region`.
    #[schema(example = "https://minio.example.com")]
    pub endpoint: Option<String>,
    /// The cloud's name for the storage's region. Null: none was given.
    #[schema(example = "eu-central-1")]
    pub region: Option<String>,
    /// Whether it has credentials of its own. They are never shown.
    pub has_credentials: bool,
    /// The content delivery network (CDN) in front of the storage, without its key. Null: devices download from the storage.
    pub cdn: Option<Cdn>,
    /// Devices that have one of these tags download from here, if the content is here.
    pub near_tags: Vec<String>,
    /// Whether every verified binary of the organization gets a replica here.
    pub replicates: bool,
    /// A number that orders the storage backends for devices that have none of their tags. Of the storage backends that have the content,
    /// the one with the lowest number is used.
    pub position: u16,
    /// Whether the storage checks each uploaded part against its SHA-256 (`x-amz-checksum-sha256`). Only storages with S3's interface
    /// can.
    #[serde(default)]
    pub checksums: bool,
    /// When the storage backend was registered, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the storage backend was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    StorageBackend,
    StorageBackendEnvelope {
        /// The storage backend that the request is about, as it is after the request.
        storage_backend
    },
    StorageBackendList {
        /// The storage backends of this page, in the order that was asked for.
        storage_backends,
        /// The cursor of the next page of storage backends: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A content delivery network (CDN) in front of a storage, without its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cdn {
    /// The way in which the CDN has its URLs signed: `cloudfront`, `secure_link`, `akamai`, `cloudflare`, `google` or `bunny`.
    #[schema(example = "cloudfront")]
    #[serde(rename = "type")]
    pub kind: String,
    /// The address of the CDN, where downloads begin.
    #[schema(example = "https://cdn.example.com")]
    pub url: String,
}

/// The credentials that open a storage. `type` says which kind of storage they are for.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum StorageCredentials {
    /// Credentials for Amazon S3 and storages with the same interface.
    S3 {
        /// The id of the access key, its public half.
        access_key_id: String,
        /// The secret of the access key, never shown again.
        secret_access_key: String,
        /// The session token that belongs to a temporary access key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_token: Option<String>,
    },
    /// Credentials for Google Cloud Storage.
    Gcs {
        /// The key of a service account: the JSON file that Google issues, as text.
        service_account_key: String,
    },
    /// Credentials for Azure Blob Storage.
    Azure {
        /// The name of the storage account.
        account: String,
        /// One of the two keys of the storage account.
        access_key: String,
    },
}

impl std::fmt::Debug for StorageCredentials {
    /// Shows nothing secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StorageCredentials")
    }
}

/// A storage backend to register. The server tries it first: it writes, reads, lists and deletes there.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageBackendCreate {
    /// The UUID of the new storage backend, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The storage backend's name: 1–128 characters, unique in the organization.
    #[schema(example = "frankfurt")]
    pub name: String,
    /// The kind of storage, and the bucket or container in it: `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`. It
    /// can't be changed later.
    #[schema(example = "s3://acme-firmware/olivine")]
    pub url: String,
    /// The URL of the storage service's API, if it does not follow from `url` and `region`. It can't be changed later.
    #[schema(example = "https://minio.example.com")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The cloud's name for the storage's region. It can't be changed later.
    #[schema(example = "eu-central-1")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The credentials that open the storage. They are stored encrypted and never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<StorageCredentials>,
    /// The content delivery network (CDN) in front of the storage: `type` (`cloudfront`, `secure_link`, `akamai`, `cloudflare`, `google`
    /// or `bunny`), `url`, and the key under the name that the CDN has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub cdn: Option<Raw>,
    /// Devices that have one of these tags download from here, if the content is here. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_tags: Vec<String>,
    /// Whether every verified binary of the organization gets a replica here. Default: false.
    #[serde(default)]
    pub replicates: bool,
    /// A number that orders the storage backends for devices that have none of their tags. Of the storage backends that have the content,
    /// the one with the lowest number is used. Default: 0.
    #[serde(default)]
    pub position: u16,
    /// Whether the storage checks each uploaded part against its SHA-256. Default: true. With `false` the headers `x-amz-checksum-sha256`
    /// and `x-amz-checksum-algorithm` are left out, which some storages with S3's interface refuse. Only for `s3://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksums: Option<bool>,
}

/// Changes to a storage backend. Fields that are absent stay as they are; null removes a value. URL, endpoint and region can't be
/// changed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageBackendUpdate {
    /// The storage backend's name: 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// New credentials for the storage. The server tries them first, and refuses them if they don't work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<StorageCredentials>,
    /// The content delivery network (CDN) in front of the storage, as a whole: `type`, `url` and its key. Null: no CDN.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub cdn: Option<Option<Raw>>,
    /// Devices that have one of these tags download from here from now on, if the content is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_tags: Option<Vec<String>>,
    /// Whether every verified binary of the organization gets a replica here from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicates: Option<bool>,
    /// A number that orders the storage backends for devices that have none of their tags, from now on. The lowest number comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u16>,
    /// Whether the storage checks each uploaded part against its SHA-256. `false` is only for `s3://`. The server tries the change first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksums: Option<bool>,
}

/// The result of a check of a storage backend.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StorageBackendCheck {
    /// Whether everything that the server does in the storage worked: writing, reading, listing and deleting.
    pub works: bool,
    /// The step that failed. Null: none failed.
    #[schema(example = "completing an upload")]
    pub failed_step: Option<String>,
    /// The permission that the failed step needs, by the name that the storage service has for it. Null: none failed, or none is missing.
    #[schema(example = "s3:PutObject")]
    pub missing_permission: Option<String>,
    /// The error message of the failed step, for people. Null: no step failed.
    pub problem: Option<String>,
    /// The origin of this server for which cross-origin rules (CORS) were asked.
    #[schema(example = "https://olivine.example.com")]
    pub origin: String,
    /// Whether a browser may send parts to the storage from pages of that origin. Null: browsers send parts to the server itself.
    pub allows_browsers: Option<bool>,
    /// What the storage's cross-origin rules (CORS) lack, in words for people. Null: nothing.
    pub cors_problem: Option<String>,
}

/// The result of a check, under the key `check`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StorageBackendCheckEnvelope {
    /// What the check of the storage backend found out.
    pub check: StorageBackendCheck,
}
