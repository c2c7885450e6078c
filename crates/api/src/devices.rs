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

/// A device of the fleet: its product and cohort, and what it last reported.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// The resource name (PRN) of this device. Use it wherever the API asks for a device: `prn:1:<organization>:device:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the device belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The PRN of the product that the device is an instance of.
    pub product_prn: String,
    /// The PRN of the cohort whose releases the device gets. Null: it is in no cohort, so no release reaches it.
    pub cohort_prn: Option<String>,
    /// The device's identifier, such as its serial number. It is unique in the organization.
    #[schema(example = "SN-000042")]
    pub identifier: String,
    /// Notes about the device, for people. Null: there are none.
    pub description: Option<String>,
    /// Labels by which phased releases, overrides and storage backends choose devices.
    #[schema(example = json!(["beta", "eu"]))]
    pub tags: Vec<String>,
    /// The device's target (its hardware), which decides which binaries of a bundle it gets. Null: the target of its product.
    pub target: Option<String>,
    /// True if the device gets no updates at all, for example while somebody examines it.
    pub quarantined: bool,
    /// The PRN of the release that the device last reported to be on. Null: it reported none.
    pub reported_release_prn: Option<String>,
    /// The PRN of the bundle that the device last reported to run. Null: it reported none.
    pub reported_bundle_prn: Option<String>,
    /// The version that the device last reported to run. Null: it reported none.
    pub reported_release_version: Option<String>,
    /// Why no release can be chosen by the reported version. Null: nothing is wrong with it.
    #[schema(
        example = "'v1.0.0 beta' is not a version in the form of SemVer, such as 1.2.3 or 1.2.3-rc.1: unexpected character ' ' after patch version number"
    )]
    pub reported_release_version_problem: Option<String>,
    /// The PRN of the release of its cohort that the device is on, as follows from its reports. Null: none is known.
    pub release_prn: Option<String>,
    /// How the device's last update from a release went, as the device reported it: `downloading`, `installing`, `installed`, `failed` (it
    /// runs what it ran before) or `rolled_back` (it installed the update and went back). Null: it reported none.
    #[schema(example = "installed")]
    #[serde(default)]
    pub outcome: Option<String>,
    /// The PRN of the release that `outcome` is about. A device that failed to install it is still on another one. Null: there is no
    /// `outcome`.
    #[serde(default)]
    pub outcome_release_prn: Option<String>,
    /// When the device last sent a request, to within some seconds, in UTC (RFC 3339). Null: never.
    pub last_connected_at: Option<String>,
    /// When the device was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the device was last changed by a user, in UTC (RFC 3339). The device's own reports don't count.
    pub updated_at: String,
    /// The device's whole product, if the request asked for it with `expand[]=product`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
    /// The device's whole cohort, if the request asked for it with `expand[]=cohort`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<Cohort>,
    /// The device's report behind `outcome`, if the request asked for it with `expand[]=last_report`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_report: Option<LastReport>,
}

/// A device's last report on how an update from a release went (`POST /update/status` of the Device API).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastReport {
    /// How the update went: `downloading`, `installing`, `installed`, `failed` or `rolled_back`.
    #[schema(example = "failed")]
    pub outcome: String,
    /// The PRN of the release that the update came with.
    pub release_prn: String,
    /// What the device reported in addition, as text for people: up to 2,000 characters. Null: nothing.
    #[schema(example = "the installer 'sh' failed (exit status: 3): no space left on mtd3")]
    pub detail: Option<String>,
    /// When the device reported it, in UTC (RFC 3339).
    pub reported_at: String,
}

crate::envelopes! {
    Device,
    DeviceEnvelope {
        /// The device that the request is about, as it is after the request.
        device
    },
    DeviceList {
        /// The devices of this page, in the order that was asked for.
        devices,
        /// The cursor of the next page of devices: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A new device. To connect, it also needs a certificate (`POST /v1/device_certificates`).
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct DeviceCreate {
    /// The device's identifier, such as its serial number: 1–128 characters, unique in the organization.
    #[schema(example = "SN-000042")]
    #[arg(long)]
    pub identifier: String,
    /// The PRN of the product that the device is an instance of: `prn:1:<organization>:product:<uuid>`.
    #[arg(long, value_name = "PRN")]
    pub product_prn: String,
    /// The PRN of the cohort that the device joins; it must belong to the product. Default: none, so no release reaches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub cohort_prn: Option<String>,
    /// Notes about the device, for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// Labels to choose the device by: up to 64, of 1–64 characters each, without spaces and commas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[arg(
        long = "tag",
        alias = "tags",
        value_name = "TAG",
        value_delimiter = ',',
        help = "A label to choose the device by, 1–64 characters without spaces and commas; may be given up to 64 times"
    )]
    pub tags: Vec<String>,
    /// The device's target (its hardware), which decides which binaries it gets. Default: the target of its product.
    #[schema(example = "arm-linux-gnueabihf")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub target: Option<String>,
    /// Whether the device gets no updates at all. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub quarantined: Option<bool>,
    /// The UUID of the new device, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a device. Fields that are absent stay as they are; null removes a value.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct DeviceUpdate {
    /// The device's new identifier: 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub identifier: Option<String>,
    /// The PRN of another product. The device then leaves its cohort, unless the request names a cohort of the new product.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub product_prn: Option<String>,
    /// The PRN of the cohort to move the device to; it must belong to the device's product. Null takes the device out of its cohort.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(
        long,
        value_name = "PRN",
        value_parser = removable::<String>,
        help = "The PRN of the cohort to move the device to, one of its product's; empty takes it out of its cohort"
    )]
    pub cohort_prn: Option<Removable<String>>,
    /// New notes about the device, for people: up to 2,000 characters. Null removes them.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "New notes about the device, for people: up to 2,000 characters; empty removes them", value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// All labels of the device from now on: up to 64. An empty list removes all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long = "tag",
        alias = "tags",
        value_name = "TAG",
        value_delimiter = ',',
        help = "A label of the device; may be given several times, and replaces all that there were; empty removes all"
    )]
    pub tags: Option<Vec<String>>,
    /// The device's target (its hardware). Null: the target of its product.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_parser = removable::<String>, help = "The device's target (its hardware); empty makes it the target of its product")]
    pub target: Option<Removable<String>>,
    /// Whether the device gets no updates at all from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub quarantined: Option<bool>,
}

/// The result of an import (`POST /v1/devices/import`): counts of all lines, and the first 1,000 lines that are wrong.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// True if this was only a trial, which changed nothing.
    pub dry_run: bool,
    /// How many devices were created. With `dry_run`, or if lines were refused: how many would have been.
    pub created: u64,
    /// How many existing devices were changed. With `dry_run`, or if lines were refused: how many would have been.
    pub updated: u64,
    /// How many devices were already as their line says.
    pub unchanged: u64,
    /// How many lines are wrong. If there is any, nothing is imported.
    pub refused: u64,
    /// What is wrong, line by line: the first 1,000 problems.
    pub problems: Vec<ImportProblem>,
}

/// What is wrong with one line of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportProblem {
    /// The number of the line in the file. The header is line 1.
    pub line: u64,
    /// The column that is wrong. Null: the problem is the line as a whole.
    #[schema(example = "cohort")]
    pub column: Option<String>,
    /// What is wrong, and what to do about it, for people.
    pub message: String,
}

/// How many devices run which version, and how their last updates went (`GET /v1/devices/summary`).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeviceSummary {
    /// How many devices are counted: all of the organization, or those of the product or the cohort that was asked for.
    pub devices: u64,
    /// How many devices have each `outcome`.
    pub outcomes: Vec<OutcomeCount>,
    /// The products with their versions, in the order of their names if they are embedded. It has the 1,000 most common versions.
    pub products: Vec<ProductCount>,
    /// How many devices have a version that is too rare to be among these. Usually 0.
    pub unlisted: u64,
}

/// How many devices have one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutcomeCount {
    /// The devices' `outcome`, such as `failed`. Null: devices that reported on no update from a release.
    #[schema(example = "failed")]
    pub outcome: Option<String>,
    /// How many devices have this outcome.
    pub devices: u64,
}

/// How many devices of a product run which version.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProductCount {
    /// The PRN of the product that these devices are instances of.
    pub product_prn: String,
    /// How many devices of the product are counted, in all versions.
    pub devices: u64,
    /// The product's versions, the most common one first.
    pub versions: Vec<VersionCount>,
    /// The whole product, if the request asked for it with `expand[]=product`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
}

/// How many devices of a product last reported one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionCount {
    /// The version that the devices last reported to run. Null: devices that reported none.
    #[schema(example = "1.2.0")]
    pub version: Option<String>,
    /// How many devices run this version.
    pub devices: u64,
    /// How many of these devices have the outcome `failed` or `rolled_back`: they run this version because an update to another one failed.
    pub failed: u64,
}

/// A check for an update on a device's behalf. If one or more of `release_prn`, `bundle_prn` and `release_version` are given, they are used
/// in place of what the device last reported.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateCheck {
    /// The PRN of the release to assume that the device is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_prn: Option<String>,
    /// The PRN of the bundle to assume that the device runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_prn: Option<String>,
    /// The version to assume that the device runs.
    #[schema(example = "1.0.0")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
    /// Whether to also store the given values as what the device last reported. Default: false.
    #[serde(default)]
    pub write: bool,
    /// Whether to only explain the answer, in `trace`. Nothing is then changed, claimed or issued. Default: false.
    #[serde(default)]
    pub explain: bool,
}

/// The result of a check for an update on a device's behalf. Fields that don't apply are null.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UpdateAnswer {
    /// The result: `update` (there is one), `no_update`, or `device_quarantine` (the device gets no updates).
    #[schema(example = "update")]
    pub status: String,
    /// Where the update comes from: `release` or `bundle_override`. Null: there is no update.
    pub source_type: Option<String>,
    /// The PRN of the release or bundle override that the update comes from.
    pub source_prn: Option<String>,
    /// The name of the release or bundle override that the update comes from.
    #[serde(default)]
    pub source_name: Option<String>,
    /// The PRN of the bundle that the device is to install.
    pub bundle_prn: Option<String>,
    /// The name of the bundle that the device is to install. Null: the bundle has no name, or there is no update.
    #[serde(default)]
    pub bundle_name: Option<String>,
    /// The bundle's binaries for this device, in order. With `explain` they have no URLs.
    pub manifest: Option<Vec<ManifestEntry>>,
    /// With `explain`: how the answer came about, step by step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Vec<TraceStep>>,
}

/// One step on the way to the answer: a rule that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceStep {
    /// The rule that this step applied: `quarantine`, `stop` (only where an emergency stop is on), `override`, `cohort`, `entry`, `forward`, `back`, `newer` or `deliverable`.
    #[schema(example = "override")]
    pub step: String,
    /// The result of this step: `continue`, `fall_through`, `step_back`, `update`, `no_update` or `device_quarantine`.
    #[schema(example = "continue")]
    pub outcome: String,
    /// Why the step had this result, in a sentence for people.
    pub reason: String,
}

/// How many devices a search finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceCount {
    /// The number of devices. If `exact` is false, there are more.
    pub count: u64,
    /// Whether `count` is the number of all devices that the search finds.
    pub exact: bool,
}

/// The devices that share one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceFacet {
    /// The value that these devices share: the PRN of a release or cohort, a tag, a target, an outcome or a version. Null: these devices
    /// have no value.
    pub value: Option<String>,
    /// How many of the counted devices have this value.
    pub devices: u64,
}

/// How many devices have which value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceFacets {
    /// The most common values, at most 100, the value of most devices first. A device with several tags counts for each of them.
    pub facets: Vec<DeviceFacet>,
    /// Whether there are more values than these.
    pub more: bool,
    /// How many devices were counted.
    pub counted: u64,
    /// Whether these are all devices that the search finds.
    pub exact: bool,
}
