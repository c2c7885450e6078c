//! Devices, importing them, and asking for an update on a device's behalf.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cohorts::Cohort;
use crate::flags::{Removable, removable};
use crate::json::present;
use crate::manifests::ManifestEntry;
use crate::products::Product;

/// A device.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// The type of device that it is.
    pub product_prn: String,
    /// The group whose releases it gets.
    pub cohort_prn: Option<String>,
    /// Unique in the organization.
    #[schema(example = "SN-000042")]
    pub identifier: String,
    /// What people say of it.
    pub description: Option<String>,
    /// By which phased releases and overrides choose.
    #[schema(example = json!(["beta", "eu"]))]
    pub tags: Vec<String>,
    /// Its hardware; its product's where it is null.
    pub target: Option<String>,
    /// Whether it is kept from all updates.
    pub quarantined: bool,
    /// The release that it last reported.
    pub reported_release_prn: Option<String>,
    /// The bundle that it last reported.
    pub reported_bundle_prn: Option<String>,
    /// The version that it last reported.
    pub reported_release_version: Option<String>,
    /// What is wrong with the reported version, so that no release can be chosen by it; null where nothing is.
    #[schema(
        example = "'v1.0.0 beta' is not a version in the form of SemVer, such as 1.2.3 or 1.2.3-rc.1: unexpected character ' ' after patch version number"
    )]
    pub reported_release_version_problem: Option<String>,
    /// The release of its cohort that this is.
    pub release_prn: Option<String>,
    /// When it last asked for something, to within some seconds.
    pub last_connected_at: Option<String>,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed by people.
    pub updated_at: String,
    /// The product itself, with `expand[]=product`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
    /// The cohort itself, with `expand[]=cohort`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<Cohort>,
}

crate::envelopes!(Device, DeviceEnvelope { device }, DeviceList { devices });

/// A new device.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct DeviceCreate {
    /// 1–128 characters, unique in the organization, such as a serial number.
    #[schema(example = "SN-000042")]
    #[arg(long)]
    pub identifier: String,
    /// The type of device that it is.
    #[arg(long, value_name = "PRN")]
    pub product_prn: String,
    /// A cohort of that product.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub cohort_prn: Option<String>,
    /// A description for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// Up to 64 tags of 1–64 characters each, without spaces and commas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[arg(
        long = "tag",
        alias = "tags",
        value_name = "TAG",
        value_delimiter = ',',
        help = "A tag; may be given several times"
    )]
    pub tags: Vec<String>,
    /// Its hardware; its product's target where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub target: Option<String>,
    /// Whether it is kept from all updates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub quarantined: Option<bool>,
    /// The UUID of its PRN; made by the server where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a device; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct DeviceUpdate {
    /// 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub identifier: Option<String>,
    /// The type of device that it is. A device whose product changes leaves its cohort, if no other cohort is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub product_prn: Option<String>,
    /// A cohort of its product.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(
        long,
        value_name = "PRN",
        value_parser = removable::<String>,
        help = "A cohort of its product; empty takes it out of its cohort"
    )]
    pub cohort_prn: Option<Removable<String>>,
    /// A description for people: up to 2,000 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// All of its tags from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long = "tag",
        alias = "tags",
        value_name = "TAG",
        value_delimiter = ',',
        help = "All of its tags from now on; may be given several times; empty removes all"
    )]
    pub tags: Option<Vec<String>>,
    /// Its hardware.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_parser = removable::<String>, help = "Its hardware; empty makes it its product's target")]
    pub target: Option<Removable<String>>,
    /// Whether it is kept from all updates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub quarantined: Option<bool>,
}

/// What became of the lines of an import (`POST /v1/devices/import`): the first 1,000 that are wrong, and counts of all.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// Whether it was only a trial.
    pub dry_run: bool,
    /// Devices that were created (or would be).
    pub created: u64,
    /// Devices that existed and were changed (or would be).
    pub updated: u64,
    /// Devices that existed just so.
    pub unchanged: u64,
    /// Lines that were refused. With any of them nothing is imported.
    pub refused: u64,
    /// What is wrong with which line.
    pub problems: Vec<ImportProblem>,
}

/// What is wrong with one line of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportProblem {
    /// The line in the file; the header is line 1.
    pub line: u64,
    /// The column, where it is one column's fault.
    pub column: Option<String>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A question on a device's behalf. What is said of it here is taken together; where nothing is, what it last reported counts.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateCheck {
    /// The release that the device is said to be on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_prn: Option<String>,
    /// The bundle that it is said to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_prn: Option<String>,
    /// The version that it is said to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
    /// Whether this also becomes what the device last reported.
    #[serde(default)]
    pub write: bool,
    /// Changes nothing, claims nothing, issues no URLs, but says how the answer came about.
    #[serde(default)]
    pub explain: bool,
}

/// The answer to a question on a device's behalf. `null` where nothing applies.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UpdateAnswer {
    /// `update`, `no_update` or `device_quarantine`.
    #[schema(example = "update")]
    pub status: String,
    /// `release` or `bundle_override`.
    pub source_type: Option<String>,
    /// Which one.
    pub source_prn: Option<String>,
    /// What to install.
    pub bundle_prn: Option<String>,
    /// The binaries of the bundle for this device, in order. Without URLs where the question was only to explain.
    pub manifest: Option<Vec<ManifestEntry>>,
    /// How the answer came about, step by step, where asked to explain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Vec<TraceStep>>,
}

/// One step on the way to an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceStep {
    /// Which step.
    pub step: String,
    /// What came out of it.
    pub outcome: String,
    /// Why, in words.
    pub reason: String,
}
