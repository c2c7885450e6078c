//! Binaries: the records of contents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::artifact_versions::ArtifactVersion;
use crate::binary_signatures::EmbeddedSignature;
use crate::json::{Raw, present};

/// The record of a content.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Binary {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// The artifact version that it is the content of.
    pub artifact_version_prn: String,
    /// A target triplet, any custom name, or `portable`.
    #[schema(example = "arm-linux-gnueabihf")]
    pub target: String,
    /// `sha256:` and 64 lowercase hexadecimal digits.
    #[schema(example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub hash: String,
    /// Bytes; null until it is declared or the upload is completed.
    pub size: Option<u64>,
    /// `uploadable`, `hashable`, `hashing`, `signable`, `signed` or `destroyed`.
    #[schema(example = "signed")]
    pub state: String,
    /// What people say of it.
    pub description: Option<String>,
    /// The user's own data.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
    /// The signatures, oldest first.
    pub signatures: Vec<EmbeddedSignature>,
    /// The bytes of content that are in storage.
    pub bytes_uploaded: u64,
    /// Where its content is; null for the server's own storage.
    pub storage_backend_prn: Option<String>,
    /// Whether its content is gone for good.
    pub destroyed: bool,
    /// Why the last verification did not succeed.
    pub verification_error: Option<VerificationError>,
    /// When it was created.
    pub inserted_at: String,
    /// The time of `inserted_at` to the second, such as `2024-01-15T10:30:00Z`, under the name that it has in Peridio's documents.
    #[serde(default)]
    #[schema(required = true, example = "2024-01-15T10:30:00Z")]
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// The artifact version itself, with `expand[]=artifact_version` (or `artifact_version.artifact`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_version: Option<ArtifactVersion>,
}

crate::envelopes!(Binary, BinaryEnvelope { binary }, BinaryList { binaries });

/// Another copy of a content than the first, or one of a destroyed binary that is yet to be deleted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Replica {
    /// Where it is; null for the server's own storage.
    pub storage_backend_prn: Option<String>,
    /// `copying`, `complete` or `deleting`.
    pub state: String,
    /// Why the last attempt failed; it is tried again.
    pub error: Option<String>,
    /// When it was ordered.
    pub inserted_at: String,
    /// When it last changed.
    pub updated_at: String,
}

/// The copies of a binary.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Replicas {
    /// Oldest first.
    pub replicas: Vec<Replica>,
}

/// Why a verification did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerificationError {
    /// `hash_mismatch`, `size_mismatch` or `storage_failed`.
    pub code: String,
    /// What was expected.
    pub expected: Option<String>,
    /// What was found instead.
    pub actual: Option<String>,
    /// When.
    pub at: String,
}

/// A new binary.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BinaryCreate {
    /// The UUID of its PRN; made by the server where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The artifact version that it is the content of.
    pub artifact_version_prn: String,
    /// 1–128 characters without spaces, unique in the artifact version (destroyed binaries do not count).
    #[schema(example = "arm-linux-gnueabihf")]
    pub target: String,
    /// The SHA-256 of the content, with or without `sha256:` before it.
    pub hash: String,
    /// Bytes; where given, the upload must match it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Any JSON object of at most 1 MB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
}

/// Changes to a binary; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BinaryUpdate {
    /// The state to go to: `hashable` (upload complete), `hashing` (verify), `uploadable` (reset) or `destroyed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Up to 2,000 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// Any JSON object of at most 1 MB.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Option<Raw>>,
}

/// How often a binary was downloaded, day by day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DownloadCounts {
    /// The days on which there was a download, oldest first.
    pub downloads: Vec<DownloadCount>,
}

/// The downloads of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DownloadCount {
    /// The day in UTC, `YYYY-MM-DD`.
    pub day: String,
    /// How many download URLs were issued.
    pub issued: u64,
    /// How many downloads the server saw through to the last byte.
    pub finished: u64,
}
