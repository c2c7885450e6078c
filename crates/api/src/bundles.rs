//! Bundles: immutable, ordered sets of binaries.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json::{Raw, present};

/// A bundle: a fixed, ordered set of binaries that are installed together. Releases and overrides deliver bundles. Only its name can
/// change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Bundle {
    /// The resource name (PRN) of this bundle. Use it wherever the API asks for a bundle: `prn:1:<organization>:bundle:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the bundle belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The bundle's name, unique in the organization. Null: it has none.
    #[schema(example = "gateway 2.1.0")]
    pub name: Option<String>,
    /// A hash over the ordered binaries and their metadata. Bundles with the same hash have the same content.
    pub hash: String,
    /// The binaries in their order. A single bundle always has them; a list has them with `expand[]=binaries`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binaries: Option<Vec<BundleBinary>>,
    /// When the bundle was archived, in UTC (RFC 3339). Null: it is not archived.
    #[serde(default)]
    pub archived_at: Option<String>,
    /// When the bundle was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the bundle was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    Bundle,
    BundleEnvelope {
        /// The bundle that the request is about, as it is after the request.
        bundle
    },
    BundleList {
        /// The bundles of this page, in the order that was asked for.
        bundles,
        /// The cursor of the next page of bundles: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// One binary of a bundle, with what a device needs to know about it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BundleBinary {
    /// The PRN of the binary itself.
    pub prn: String,
    /// The PRN of the artifact version that the binary belongs to.
    pub artifact_version_prn: String,
    /// The hardware or platform that the binary is for. `portable`: every target.
    pub target: String,
    /// The binary's present state. Devices can get it only while this is `signed`.
    pub state: String,
    /// The SHA-256 of the binary's content: `sha256:` and 64 lowercase hexadecimal digits.
    pub hash: String,
    /// The size of the binary's content in bytes.
    pub size: Option<u64>,
    /// The metadata for devices, fixed when the bundle was made: given with the bundle, else of the binary, the artifact version or the
    /// artifact.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
}

/// A new bundle. Give either `artifact_version_prns` (for all their signed binaries) or `binaries` (for single ones).
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleCreate {
    /// The UUID of the new bundle, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The bundle's name, optional: 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The PRNs of artifact versions, in order. The bundle gets all binaries of theirs that are signed now, for every target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_version_prns: Option<Vec<String>>,
    /// Single binaries, in the order in which devices should see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binaries: Option<Vec<BundleBinaryCreate>>,
}

/// One binary of a new bundle.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleBinaryCreate {
    /// The PRN of a binary that is signed.
    pub prn: String,
    /// A JSON object for devices, instead of the metadata that the binary has or inherits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
}

/// A change to a bundle. Only its name can change.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleUpdate {
    /// The bundle's new name: 1–128 characters, unique in the organization. Null removes it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
}
