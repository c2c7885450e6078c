//! Binaries: the records of contents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::artifact_versions::ArtifactVersion;
use crate::binary_signatures::EmbeddedSignature;
use crate::json::{Raw, present};

/// The record of one file: an artifact version for one target. The record has hash, size, state and signatures; the content (the bytes)
/// is stored apart from it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Binary {
    /// The resource name (PRN) of this binary. Use it wherever the API asks for a binary: `prn:1:<organization>:binary:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the binary belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The PRN of the artifact version that this file belongs to.
    pub artifact_version_prn: String,
    /// The hardware or platform that the file is for: a target triplet, a name of your own, or `portable` for every target.
    #[schema(example = "arm-linux-gnueabihf")]
    pub target: String,
    /// The SHA-256 of the whole content: `sha256:` and 64 lowercase hexadecimal digits.
    #[schema(example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub hash: String,
    /// The size of the content in bytes. Null until the size is declared or the upload is complete.
    pub size: Option<u64>,
    /// The state: `uploadable` (awaits content), `hashable` (upload complete), `hashing` (the server verifies), `signable` (verified),
    /// `signed` (can be released) or `destroyed` (the content is gone).
    #[schema(example = "signed")]
    pub state: String,
    /// Notes about the binary, for people. Null: there are none.
    pub description: Option<String>,
    /// Your own JSON object for this binary. Null: devices get that of the artifact version, else that of the artifact.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
    /// All signatures of this binary, oldest first.
    pub signatures: Vec<EmbeddedSignature>,
    /// How many bytes of the content have been uploaded so far.
    pub bytes_uploaded: u64,
    /// The PRN of the storage backend that has the content. Null: the server's own storage.
    pub storage_backend_prn: Option<String>,
    /// True if the content was deleted for good. The record stays for the audit trail.
    pub destroyed: bool,
    /// Why the last verification failed. Null if it succeeded, or if there was none yet.
    pub verification_error: Option<VerificationError>,
    /// When the binary was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// The same time as `inserted_at`, without fractions of a second, under the name that it has in Peridio's documents.
    #[serde(default)]
    #[schema(required = true, example = "2024-01-15T10:30:00Z")]
    pub created_at: String,
    /// When the binary was last changed, in UTC (RFC 3339).
    pub updated_at: String,
    /// The whole artifact version, if the request asked for it with `expand[]=artifact_version` (or `artifact_version.artifact`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_version: Option<ArtifactVersion>,
}

crate::envelopes! {
    Binary,
    BinaryEnvelope {
        /// The binary that the request is about, as it is after the request.
        binary
    },
    BinaryList {
        /// The binaries of this page, in the order that was asked for.
        binaries,
        /// The cursor of the next page of binaries: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A replica: another copy of a binary's content in a further storage backend. For a destroyed binary, or one whose content moved to
/// another storage: a copy that is still to be deleted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Replica {
    /// The PRN of the storage backend that has the replica. Null: the server's own storage.
    pub storage_backend_prn: Option<String>,
    /// The replica's state: `copying`, `complete` or `deleting`.
    pub state: String,
    /// Why the last attempt to copy or delete failed. The server tries again by itself. Null: there was no failure.
    pub error: Option<String>,
    /// When the replica was ordered, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the replica was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

/// All replicas of one binary.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Replicas {
    /// The replicas, oldest first. Empty: there is no further copy.
    pub replicas: Vec<Replica>,
}

/// Why the server's verification of an upload failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerificationError {
    /// The kind of failure, for programs: `hash_mismatch`, `size_mismatch` or `storage_failed`.
    #[schema(example = "hash_mismatch")]
    pub code: String,
    /// The hash or size that the binary's record declares. Null with `storage_failed`.
    pub expected: Option<String>,
    /// The hash or size of what is in storage. With `storage_failed`, the error of the storage.
    pub actual: Option<String>,
    /// When the verification failed, in UTC (RFC 3339).
    pub at: String,
}

/// A new binary. Its content is uploaded afterwards.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BinaryCreate {
    /// The UUID of the new binary, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The PRN of the artifact version to add the file to: `prn:1:<organization>:artifact_version:<uuid>`.
    pub artifact_version_prn: String,
    /// The hardware or platform that the file is for: 1–128 characters without spaces, or `portable` for all. An artifact version has one
    /// binary for each target (destroyed ones don't count).
    #[schema(example = "arm-linux-gnueabihf")]
    pub target: String,
    /// The SHA-256 of the whole content, 64 hexadecimal digits, with or without `sha256:` before them. The server verifies the upload
    /// against it.
    #[schema(example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub hash: String,
    /// The size of the content in bytes. If given, the upload must match it, and it counts against the storage quota from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Notes about the binary, for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A JSON object of your own for the binary, at most 1 MB. Devices get it in the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
}

/// Changes to a binary. Fields that are absent stay as they are; null removes a value.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BinaryUpdate {
    /// The state to go to: `hashable` (the upload is complete, verify it), `hashing` (verify again), `uploadable` (discard what was
    /// uploaded) or `destroyed` (delete the content for good).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// New notes about the binary, for people: up to 2,000 characters. Null removes them.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// A JSON object of your own for the binary, at most 1 MB. It replaces the old one as a whole; null removes it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Option<Raw>>,
}

/// How many times a binary was downloaded, day by day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DownloadCounts {
    /// One entry for each day with a download, oldest first.
    pub downloads: Vec<DownloadCount>,
}

/// The downloads of one binary on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DownloadCount {
    /// The day in UTC, in the form `YYYY-MM-DD`.
    #[schema(example = "2026-01-15")]
    pub day: String,
    /// How many download URLs were issued on that day.
    pub issued: u64,
    /// How many downloads the server itself sent to the last byte. The server does not see downloads that go directly to a cloud storage or
    /// a CDN.
    pub finished: u64,
}

/// What depends on a binary: what destroying it would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BinaryImpact {
    /// The PRN of the binary that was asked for.
    pub binary_prn: String,
    /// Whether destroying the binary takes `confirm`, because releases or overrides in force bring it to devices. Releases and overrides
    /// that the caller may not see count, too.
    pub confirmation_required: bool,
    /// The bundles that have the binary, the oldest first, at most 100. Empty if the caller lacks `bundle.read`.
    pub bundles: Vec<ImpactedBundle>,
    /// The releases that bring it to devices, at most 100. Only those that the caller may see.
    pub releases: Vec<ImpactedRelease>,
    /// The PRNs of archived releases that have it. No device gets them. Only those that the caller may see.
    pub archived_release_prns: Vec<String>,
    /// The bundle overrides that are not over and bring it to devices, at most 100. Only those that the caller may see.
    pub bundle_overrides: Vec<ImpactedOverride>,
    /// Whether there are more bundles, releases or overrides than the 100 of each that are shown.
    pub more: bool,
}

/// A bundle that has the binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImpactedBundle {
    /// The PRN of the bundle that has the binary.
    pub bundle_prn: String,
    /// The name of the bundle. Null: it has none.
    pub name: Option<String>,
}

/// A release that brings the binary to devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImpactedRelease {
    /// The PRN of the release that brings the binary.
    pub release_prn: String,
    /// The PRN of the cohort that the release is for.
    pub cohort_prn: String,
    /// The name of the release in its cohort.
    pub name: String,
    /// Whether devices must install the release before a later one.
    pub required: bool,
    /// How many devices are on the release. They keep what they run.
    pub devices: u64,
    /// How many devices on other releases of the cohort would be offered this release now. Once the binary is destroyed, they get nothing.
    pub waiting_devices: u64,
    /// The PRNs of later releases that these devices can't get either, because this release is required before them.
    pub held_release_prns: Vec<String>,
}

/// A bundle override that brings the binary to devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImpactedOverride {
    /// The PRN of the bundle override.
    pub bundle_override_prn: String,
    /// The name of the bundle override.
    pub name: String,
}

/// What depends on a binary, under the key `impact`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BinaryImpactEnvelope {
    /// What destroying the binary would do.
    pub impact: BinaryImpact,
}
