//! Releases: a cohort's update paths, and how far its devices came on them.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bundles::Bundle;
use crate::cohorts::Cohort;
use crate::flags::{Removable, removable};
use crate::json::present;

/// A release: it delivers a bundle to the devices of a cohort. Each release points to the next one, so that devices go from release to
/// release up to the latest.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Release {
    /// The resource name (PRN) of this release. Use it wherever the API asks for a release: `prn:1:<organization>:release:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the release belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The PRN of the cohort whose devices get the release.
    pub cohort_prn: String,
    /// The PRN of the bundle that devices install.
    pub bundle_prn: String,
    /// The PRN of the release that comes after it. Null: it is the cohort's latest release.
    pub next_release_prn: Option<String>,
    /// The release's name, unique in the cohort.
    #[schema(example = "spring")]
    pub name: String,
    /// Notes about the release, for people. Null: there are none.
    pub description: Option<String>,
    /// The version of the firmware: a semantic version, or as `git describe` makes it (`2.1.0-5-gabc1234` is newer than `2.1.0`). Null:
    /// none.
    #[schema(example = "2.1.0")]
    pub version: Option<String>,
    /// Which versions a device may run to get the release. Null: devices that report only a version get it if theirs is older.
    #[schema(example = ">= 2.0.0 and < 3.0.0")]
    pub version_requirement: Option<String>,
    /// Whether devices must install this release before a later one. If false, they may skip it.
    pub required: bool,
    /// True if no further device gets the release. Devices that are on it stay.
    pub disabled: bool,
    /// When devices can begin to get the release, in UTC (RFC 3339). Null: at once.
    pub schedule_date: Option<String>,
    /// How the devices are chosen while the release is phased: by `tags`, or by number (`numeric`).
    pub phase_mode: String,
    /// With `numeric`, how many devices can get it: up to 1 a share of the cohort (0.1 is a tenth, rounded down, but above 0 at least one
    /// device), from 2 a count. Null with `tags`.
    pub phase_value: Option<f64>,
    /// With `tags`: devices that have at least one of these tags get the release.
    pub phase_tags: Vec<String>,
    /// How many devices have claimed a place in the numeric phase so far.
    pub claims: u64,
    /// Why some or all devices can't get the release: binaries of its bundle that were destroyed or lost their signatures.
    pub affected_by: Vec<String>,
    /// When the release was archived, in UTC (RFC 3339). Null: it is on its cohort's path.
    #[serde(default)]
    pub archived_at: Option<String>,
    /// When the release was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the release was last changed, in UTC (RFC 3339).
    pub updated_at: String,
    /// The release's whole bundle, if the request asked for it with `expand[]=bundle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bundle>,
    /// The release's whole cohort, if the request asked for it with `expand[]=cohort`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<Cohort>,
}

crate::envelopes! {
    Release,
    ReleaseEnvelope {
        /// The release that the request is about, as it is after the request.
        release
    },
    ReleaseList {
        /// The releases of this page, in the order that was asked for.
        releases,
        /// The cursor of the next page of releases: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A new release. Without `next_release_prn` and `previous_release_prn` it becomes the cohort's latest release.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ReleaseCreate {
    /// The PRN of the cohort whose devices get the release: `prn:1:<organization>:cohort:<uuid>`.
    #[arg(long, value_name = "PRN")]
    pub cohort_prn: String,
    /// The PRN of the bundle that devices install: `prn:1:<organization>:bundle:<uuid>`.
    #[arg(long, value_name = "PRN")]
    pub bundle_prn: String,
    /// The PRN of a release to put the new one before, as the first release; with `previous_release_prn`, between the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        value_name = "PRN",
        help = "The PRN of a release to put the new one before; with --previous-release-prn between the two"
    )]
    pub next_release_prn: Option<String>,
    /// The PRN of a release to put the new one after. What came after that comes after the new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub previous_release_prn: Option<String>,
    /// The release's name: 1–128 characters, unique in the cohort.
    #[schema(example = "spring")]
    #[arg(long)]
    pub name: String,
    /// Notes about the release, for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// The version of the firmware: a semantic version, or as `git describe` makes it (`2.1.0-5-gabc1234` is newer than `2.1.0`). A
    /// leading `v` is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        help = "The version of the firmware: a semantic version, such as 2.1.0, or one of git describe, such as 2.1.0-5-gabc1234"
    )]
    pub version: Option<String>,
    /// Which versions a device may run to get the release, such as `>= 2.0.0 and < 3.0.0`. Operators: `==`, `!=`, `>`, `>=`, `<`, `<=`,
    /// `~>`, `and`, `or`. Default: devices that report only a version get it if theirs is older.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        value_name = "REQUIREMENT",
        help = "Which versions a device may run to get the release, such as '>= 2.0.0 and < 3.0.0'. Without it, devices that report only a version get it if theirs is older"
    )]
    pub version_requirement: Option<String>,
    /// Whether devices must install this release before a later one. Default: false, they may skip it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub required: Option<bool>,
    /// Whether no device gets the release for now. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub disabled: Option<bool>,
    /// When devices can begin to get the release, in RFC 3339. Default: at once. Only the latest release can be scheduled.
    #[schema(example = "2026-12-03T08:00:00Z")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "DATE-TIME")]
    pub schedule_date: Option<String>,
    /// How to choose devices while the release is phased: by `tags`, or by number (`numeric`, the default).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_mode: Option<String>,
    /// With `numeric`, how many devices can get it: up to 1 a share of the cohort (0.1 is a tenth), from 2 a count. Default: 1, all
    /// devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_value: Option<f64>,
    /// With `tags`: devices that have at least one of these tags can get the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_tags: Option<Vec<String>>,
    /// The UUID of the new release, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a release. Fields that are absent stay as they are; null removes a value.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ReleaseUpdate {
    /// The PRN of the bundle that devices install from now on. Devices that are on the release already don't get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        value_name = "PRN",
        help = "The PRN of the bundle that devices install from now on. Devices that are on the release already are not told"
    )]
    pub bundle_prn: Option<String>,
    /// The PRN of the release that comes after it. Null makes it the cohort's latest release.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_name = "PRN", help = "The PRN of the release that comes after it; empty for none", value_parser = removable::<String>)]
    pub next_release_prn: Option<Removable<String>>,
    /// The release's new name: 1–128 characters, unique in the cohort.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// New notes about the release, for people: up to 2,000 characters. Null removes them.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "New notes about the release, for people: up to 2,000 characters; empty removes them", value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// The version of the firmware: a semantic version, or as `git describe` makes it. A leading `v` is removed. Null removes it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "The version of the firmware, such as 2.1.0; empty removes it", value_parser = removable::<String>)]
    pub version: Option<Removable<String>>,
    /// Which versions a device may run to get the release. Null: devices that report only a version get it if theirs is older.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_name = "REQUIREMENT", help = "Which versions a device may run to get the release; empty: any, and for devices that report only a version, any older one", value_parser = removable::<String>)]
    pub version_requirement: Option<Removable<String>>,
    /// Whether devices must install this release before a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub required: Option<bool>,
    /// Whether no further device gets the release. Devices that are on it stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub disabled: Option<bool>,
    /// When devices can begin to get the release, in RFC 3339. Null: at once.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_name = "DATE-TIME", help = "When devices can begin to get the release, in RFC 3339; empty for at once", value_parser = removable::<String>)]
    pub schedule_date: Option<Removable<String>>,
    /// How to choose devices while the release is phased: by `tags`, or by number (`numeric`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_mode: Option<String>,
    /// With `numeric`, how many devices can get it from now on: up to 1 a share of the cohort, from 2 a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_value: Option<f64>,
    /// With `tags`: devices that have at least one of these tags can get it from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_tags: Option<Vec<String>>,
}

/// The place of a release that is unarchived. Without both fields, it becomes the cohort's latest release.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ReleaseUnarchive {
    /// The PRN of a release to put it before, as the first release; with `previous_release_prn`, between the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        value_name = "PRN",
        help = "The PRN of a release to put it before; with --previous-release-prn between the two"
    )]
    pub next_release_prn: Option<String>,
    /// The PRN of a release to put it after. What came after that comes after this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub previous_release_prn: Option<String>,
}

/// How to roll back a release. All fields are optional.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackCreate {
    /// With true, nothing is changed, and the answer says what would be done. Default: false.
    #[serde(default)]
    pub dry_run: bool,
    /// The PRN of the bundle that the release's devices get instead. Default: the bundle of the release before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_bundle_prn: Option<String>,
    /// The version that the firmware in that bundle reports, a semantic version. Default: the version of the release that the bundle
    /// comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1.1.0")]
    pub release_version: Option<String>,
    /// The name of the release that is added: 1–128 characters, unique in the cohort. Default: `rollback of` and the name of the release
    /// that is rolled back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What the rollback did. With `dry_run`: what it would do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Rollback {
    /// True if this was only a trial that changed nothing.
    pub dry_run: bool,
    /// Whether anything was changed (with `dry_run`: would be). False: it is rolled back already.
    pub changed: bool,
    /// All changes that were made (with `dry_run`: would be), as sentences for people.
    pub steps: Vec<String>,
    /// The PRN of the bundle that the devices go back to. Null: no device can be on the release.
    pub bundle_prn: Option<String>,
    /// The PRN of the release that its devices go to: the added one, or one that followed before. Null: there is none, or it is yet to be
    /// added.
    pub next_release_prn: Option<String>,
    /// The release that was added (with `dry_run`: would be). Null: none is needed.
    pub added_release: Option<RollbackRelease>,
    /// The bundle override that was created or extended (with `dry_run`: would be). Null: none is needed.
    pub bundle_override: Option<RollbackOverride>,
    /// How many devices are on the release, and how each of them leaves it.
    pub devices: RollbackDevices,
    /// The release that is rolled back, as it is now.
    pub release: Release,
}

/// The release that a rollback adds, to bring devices back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RollbackRelease {
    /// The PRN of the added release. Null with `dry_run`.
    pub prn: Option<String>,
    /// The name of the added release.
    #[schema(example = "rollback of spring")]
    pub name: String,
    /// The version of the added release. Null: none.
    #[schema(example = "1.1.0")]
    pub version: Option<String>,
    /// Which versions a device may run to get the added release.
    pub version_requirement: Option<String>,
}

/// A bundle override that brings back devices which no release can reach. It applies to a device only while that is on the release that
/// is rolled back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RollbackOverride {
    /// The PRN of the bundle override. It follows from the release's PRN, so it is known with `dry_run` too.
    pub prn: String,
    /// The name of the bundle override.
    #[schema(example = "rollback of spring")]
    pub name: String,
    /// How many devices the bundle override names so far.
    pub devices: u64,
}

/// How many devices are on a release that is rolled back, and how they leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RollbackDevices {
    /// How many devices are on the release.
    pub on: u64,
    /// How many of them go to a following release.
    pub by_release: u64,
    /// How many of them the bundle override brings back, because they report only a version.
    pub by_override: u64,
    /// How many of them stay on the release, because no release or override reaches them.
    pub not_reached: u64,
    /// How many of them stay although they are reached, because the bundle has no binary for their target.
    pub without_binary: u64,
}

/// How many devices of a cohort are on a release, before it and after it, and how their updates went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adoption {
    /// The PRN of the release that the numbers are about.
    pub release_prn: String,
    /// The PRN of the release's cohort.
    pub cohort_prn: String,
    /// How many devices are in the cohort.
    pub devices: u64,
    /// How many devices are on this release.
    pub on: u64,
    /// How many devices are on earlier releases, which lead to it.
    pub before: u64,
    /// How many devices are on later releases, which it leads to.
    pub after: u64,
    /// How many devices are on another path, or on no known release.
    pub elsewhere: u64,
    /// How many devices claimed a place in its numeric phase.
    pub claimed: u64,
    /// How many devices last reported this release as `installed`.
    pub installed: u64,
    /// How many devices last reported this release as `failed` or `rolled_back`.
    pub failed: u64,
    /// The numbers day by day, oldest first.
    pub days: Vec<AdoptionDay>,
}

/// How many devices came to a release, left it, installed it or failed to, on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdoptionDay {
    /// The day of these numbers in UTC, in the form `YYYY-MM-DD`.
    #[schema(example = "2026-01-15")]
    pub day: String,
    /// How many devices arrived on the release on this day.
    pub arrived: i64,
    /// How many devices left the release on this day.
    pub departed: i64,
    /// How many devices claimed a place in the numeric phase on this day.
    pub claimed: i64,
    /// How many devices reported `installed`, less those that later reported something else.
    pub installed: i64,
    /// How many devices reported `failed` or `rolled_back`, less those that later reported something else.
    pub failed: i64,
}
