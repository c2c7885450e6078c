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

/// The answer to `GET /device/me`: the device as the server knows it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The device that the client certificate belongs to.
    pub device: Device,
}

/// The answer to `GET /update`: whether there is an update. Fields that `expand[]` did not ask for are absent; fields that don't apply
/// are null.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Update {
    /// The result for this device: `update`, `no_update` or `device_quarantine`.
    #[schema(example = "update")]
    pub status: String,
    /// Where the update comes from: `release` or `bundle_override`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub source_type: Option<Option<String>>,
    /// The release that the update belongs to, if it comes from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Release>)]
    pub release: Option<Option<Release>>,
    /// The bundle override that the update belongs to, if it comes from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BundleOverride>)]
    pub bundle_override: Option<Option<BundleOverride>>,
    /// The bundle that the device is to install.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Bundle>)]
    pub bundle: Option<Option<Bundle>>,
    /// The cohort that the device is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Cohort>)]
    pub cohort: Option<Option<Cohort>>,
    /// The bundle's binaries for this device, in the order to install them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<ManifestEntry>>)]
    pub manifest: Option<Option<Vec<ManifestEntry>>>,
}

/// The body of `POST /update/status`: how the installation of an update goes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusReport {
    /// The PRN of the bundle that the report is about.
    pub bundle_prn: String,
    /// The PRN of the release that the bundle came with, if it came with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_prn: Option<String>,
    /// How it goes: `downloading`, `installing`, `installed`, `failed` or `rolled_back`.
    pub status: String,
    /// More about it, for people, such as an error message: up to 2,000 characters. It is shown beside the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
