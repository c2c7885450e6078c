//! Releases: a cohort's update paths, and how far its devices came on them.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bundles::Bundle;
use crate::cohorts::Cohort;
use crate::flags::{Removable, removable};
use crate::json::present;

/// A step of a cohort's release channel.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Release {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// The cohort whose devices get it.
    pub cohort_prn: String,
    /// What they get.
    pub bundle_prn: String,
    /// The release that comes after it; null for the latest one.
    pub next_release_prn: Option<String>,
    /// Unique in the cohort.
    #[schema(example = "spring")]
    pub name: String,
    /// What people say of it.
    pub description: Option<String>,
    /// `SemVer`, or as `git describe` makes it: `2.1.0-5-gabc1234` is newer than `2.1.0`.
    #[schema(example = "2.1.0")]
    pub version: Option<String>,
    /// Which versions a device may have to get it. Where it is null, devices that report only a version get the release if theirs is older.
    #[schema(example = ">= 2.0.0 and < 3.0.0")]
    pub version_requirement: Option<String>,
    /// Whether devices must stop at it on their way.
    pub required: bool,
    /// Whether nobody gets it for now.
    pub disabled: bool,
    /// When it is served from.
    pub schedule_date: Option<String>,
    /// `tags` or `numeric`.
    pub phase_mode: String,
    /// A share of the cohort's devices (0 to 1; rounded down, but above 0 at least one device) or a count (2 and more); null with `tags`.
    pub phase_value: Option<f64>,
    /// Devices with any of these tags get it, where the mode is `tags`.
    pub phase_tags: Vec<String>,
    /// How many devices have claimed it under a numeric phase.
    pub claims: u64,
    /// Why it can't be delivered to some or all devices: binaries of its bundle that were destroyed, or lost their signatures.
    pub affected_by: Vec<String>,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// The bundle itself, with `expand[]=bundle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bundle>,
    /// The cohort itself, with `expand[]=cohort`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<Cohort>,
}

crate::envelopes!(Release, ReleaseEnvelope { release }, ReleaseList { releases });

/// A new release. With neither neighbour it becomes the latest one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ReleaseCreate {
    /// The cohort whose devices get it.
    #[arg(long, value_name = "PRN")]
    pub cohort_prn: String,
    /// What they get.
    #[arg(long, value_name = "PRN")]
    pub bundle_prn: String,
    /// A new first release before this one; or, with `previous_release_prn`, between the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN", help = "Before this one; with --previous-release-prn between the two")]
    pub next_release_prn: Option<String>,
    /// After this one, before what came after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub previous_release_prn: Option<String>,
    /// 1–128 characters, unique in the cohort.
    #[schema(example = "spring")]
    #[arg(long)]
    pub name: String,
    /// A description for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// `SemVer`, or as `git describe` makes it: `2.1.0-5-gabc1234` is newer than `2.1.0`. A leading `v` is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        help = "A semantic version, such as 2.1.0, or one of git describe, such as 2.1.0-5-gabc1234"
    )]
    pub version: Option<String>,
    /// Which versions a device may have to get it: `==`, `!=`, `>`, `>=`, `<`, `<=`, `~>`, `and`, `or`. Without it, devices that report
    /// only a version get the release if theirs is older.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        value_name = "REQUIREMENT",
        help = "Which versions a device may have to get it, such as '>= 2.0.0 and < 3.0.0'. Without it, devices that report only a version get it if theirs is older"
    )]
    pub version_requirement: Option<String>,
    /// Whether devices must stop at it on their way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub required: Option<bool>,
    /// Whether nobody gets it for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub disabled: Option<bool>,
    /// When it is served from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "DATE-TIME")]
    pub schedule_date: Option<String>,
    /// `tags` or `numeric` (the default).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_mode: Option<String>,
    /// A share of the cohort's devices (0 to 1; the default is 1, everyone) or a count (2 and more).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_value: Option<f64>,
    /// Devices with any of these tags get it, where the mode is `tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_tags: Option<Vec<String>>,
    /// The UUID of its PRN; made by the server where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a release; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ReleaseUpdate {
    /// What devices get. Devices that are on the release by now are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN", help = "What devices get")]
    pub bundle_prn: Option<String>,
    /// The release that comes after it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_name = "PRN", help = "The release that comes after it; empty for none", value_parser = removable::<String>)]
    pub next_release_prn: Option<Removable<String>>,
    /// 1–128 characters, unique in the cohort.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// A description for people: up to 2,000 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// `SemVer`, or as `git describe` makes it. A leading `v` is removed.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "A semantic version; empty removes it", value_parser = removable::<String>)]
    pub version: Option<Removable<String>>,
    /// Which versions a device may have to get it; null: devices that report only a version get the release if theirs is older.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_name = "REQUIREMENT", help = "Which versions a device may have to get it; empty: any, and for devices that report only a version, any older one", value_parser = removable::<String>)]
    pub version_requirement: Option<Removable<String>>,
    /// Whether devices must stop at it on their way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub required: Option<bool>,
    /// Whether nobody gets it for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub disabled: Option<bool>,
    /// When it is served from.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_name = "DATE-TIME", help = "When it is served from; empty for at once", value_parser = removable::<String>)]
    pub schedule_date: Option<Removable<String>>,
    /// `tags` or `numeric`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_mode: Option<String>,
    /// A share of the cohort's devices (0 to 1) or a count (2 and more).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_value: Option<f64>,
    /// Devices with any of these tags get it, where the mode is `tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub phase_tags: Option<Vec<String>>,
}

/// How to take a release back. All fields are optional.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackCreate {
    /// With true, nothing is changed: the answer says what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// The PRN of the bundle that the release's devices get instead. Where it is absent: the bundle of the release before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_bundle_prn: Option<String>,
    /// The version of that bundle, in the form of `SemVer`: the version that its firmware reports. Where it is absent: the version of the
    /// release that the bundle comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1.1.0")]
    pub release_version: Option<String>,
    /// The name of the release that is added, 1–128 characters, unique in the cohort. Where it is absent: `rollback of` and the name of
    /// the release that is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What taking a release back did, or would do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Rollback {
    /// Whether this was only a trial, which changed nothing.
    pub dry_run: bool,
    /// Whether anything was changed, or would be. A release that is taken back already is not changed again.
    pub changed: bool,
    /// All that was done, or would be, in sentences.
    pub steps: Vec<String>,
    /// The PRN of the bundle that the devices get; null where no device can have the release.
    pub bundle_prn: Option<String>,
    /// The PRN of the release to which devices go that are on the release which is taken back: the one that was added, or one that
    /// followed it before. Null where there is none, or where it is yet to be added.
    pub next_release_prn: Option<String>,
    /// The release that was added, or would be.
    pub added_release: Option<RollbackRelease>,
    /// The bundle override that was created or extended, or would be.
    pub bundle_override: Option<RollbackOverride>,
    /// How many devices are on the release, and how they leave it.
    pub devices: RollbackDevices,
    /// The release that is taken back, as it is after that.
    pub release: Release,
}

/// A release that brings devices back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RollbackRelease {
    /// Its PRN; null in a trial.
    pub prn: Option<String>,
    /// Its name.
    #[schema(example = "rollback of spring")]
    pub name: String,
    /// Its version.
    #[schema(example = "1.1.0")]
    pub version: Option<String>,
    /// The versions that a device may have to get it.
    pub version_requirement: Option<String>,
}

/// A bundle override that brings devices back which no release can reach. It applies to a device only while that is on the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RollbackOverride {
    /// Its PRN. It follows from the PRN of the release, so it is known in a trial too.
    pub prn: String,
    /// Its name.
    #[schema(example = "rollback of spring")]
    pub name: String,
    /// How many devices it names by now.
    pub devices: u64,
}

/// How many devices are on a release that is taken back, and how they leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RollbackDevices {
    /// All of them.
    pub on: u64,
    /// Devices that a release leads on.
    pub by_release: u64,
    /// Devices that the bundle override brings back, because they report only a version.
    pub by_override: u64,
    /// Devices that stay on the release, because nothing reaches them.
    pub not_reached: u64,
    /// Devices that are reached, but have a target that the bundle has no binary for, so that they stay too.
    pub without_binary: u64,
}

/// How far a cohort's devices came, seen from one release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adoption {
    /// The release.
    pub release_prn: String,
    /// Its cohort.
    pub cohort_prn: String,
    /// The cohort's devices.
    pub devices: u64,
    /// Devices that are on this release.
    pub on: u64,
    /// Devices on releases that lead to it.
    pub before: u64,
    /// Devices on releases that it leads to.
    pub after: u64,
    /// Devices of which it is not known, or that are on another path.
    pub elsewhere: u64,
    /// Devices that claimed it under a numeric phase.
    pub claimed: u64,
    /// Devices whose last word on it is that it is installed.
    pub installed: u64,
    /// Devices whose last word on it is `failed` or `rolled_back`.
    pub failed: u64,
    /// Day by day, oldest first.
    pub days: Vec<AdoptionDay>,
}

/// What happened to a release on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdoptionDay {
    /// The day in UTC, `YYYY-MM-DD`.
    pub day: String,
    /// Devices that came to be on it.
    pub arrived: i64,
    /// Devices that left it.
    pub departed: i64,
    /// Devices that claimed it.
    pub claimed: i64,
    /// Devices that said they installed it, less those that then said otherwise.
    pub installed: i64,
    /// Devices that said they failed to, less those that then said otherwise.
    pub failed: i64,
}
