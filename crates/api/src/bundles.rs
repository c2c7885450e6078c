//! Bundles: immutable, ordered sets of binaries.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json::{Raw, present};

/// An immutable set of binaries.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Bundle {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// Unique in the organization, where there is one.
    pub name: Option<String>,
    /// Of its ordered content: bundles with the same hash are the same.
    pub hash: String,
    /// What it is made of, in order; with `expand[]=binaries` (always where one bundle is read).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binaries: Option<Vec<BundleBinary>>,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

crate::envelopes!(Bundle, BundleEnvelope { bundle }, BundleList { bundles });

/// One binary of a bundle.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BundleBinary {
    /// The binary.
    pub prn: String,
    /// What it is the content of.
    pub artifact_version_prn: String,
    /// For whom it is.
    pub target: String,
    /// Its state by now: `signed`; or `destroyed`, or another one if it lost its signatures.
    pub state: String,
    /// `sha256:` and 64 lowercase hexadecimal digits.
    pub hash: String,
    /// Bytes.
    pub size: Option<u64>,
    /// The most specific metadata that there was when the bundle was made.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
}

/// A new bundle: of all signed binaries of artifact versions, or of single binaries.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleCreate {
    /// The UUID of its PRN; made by the server where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// In order; of each all signed binaries that there are now, for every target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_version_prns: Option<Vec<String>>,
    /// In order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binaries: Option<Vec<BundleBinaryCreate>>,
}

/// One binary of a new bundle.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleBinaryCreate {
    /// A signed binary.
    pub prn: String,
    /// Instead of the binary's own, or what it inherits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
}

/// Changes to a bundle: its name, and nothing else.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleUpdate {
    /// 1–128 characters, unique in the organization; null for none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
}
