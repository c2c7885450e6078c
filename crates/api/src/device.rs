//! The Device API: what a device asks and says over mutual TLS.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bundle_overrides::BundleOverride;
use crate::bundles::Bundle;
use crate::cohorts::Cohort;
use crate::devices::Device;
use crate::manifests::ManifestEntry;
use crate::releases::Release;

/// The header in which a device names the release that it is on.
pub const RELEASE_HEADER: &str = "peridio-release-prn";
/// The header in which a device names the bundle that it runs.
pub const BUNDLE_HEADER: &str = "peridio-bundle-prn";
/// The header in which a device names the version that it runs.
pub const VERSION_HEADER: &str = "peridio-release-version";

/// `GET /device/me`: the device as the server knows it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The record.
    pub device: Device,
}

/// `GET /update`: whether there is an update. What was not asked for with `expand[]` is absent; what does not apply is null.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Update {
    /// `update`, `no_update` or `device_quarantine`.
    #[schema(example = "update")]
    pub status: String,
    /// `release` or `bundle_override`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub source_type: Option<Option<String>>,
    /// The release that the update is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Release>)]
    pub release: Option<Option<Release>>,
    /// The override that the update is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BundleOverride>)]
    pub bundle_override: Option<Option<BundleOverride>>,
    /// What to install.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Bundle>)]
    pub bundle: Option<Option<Bundle>>,
    /// The device's cohort.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Cohort>)]
    pub cohort: Option<Option<Cohort>>,
    /// The binaries of the bundle for this device, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<ManifestEntry>>)]
    pub manifest: Option<Option<Vec<ManifestEntry>>>,
}

/// `POST /update/status`: how an update goes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusReport {
    /// What is being installed.
    pub bundle_prn: String,
    /// The release that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_prn: Option<String>,
    /// `downloading`, `installing`, `installed`, `failed` or `rolled_back`.
    pub status: String,
    /// What the device has to say of it: up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
