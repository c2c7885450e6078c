//! What devices said of a release.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::releases::Adoption;

/// What the devices of a cohort reported about one release, as far as it is on record: how far they have come, how their updates failed, and
/// what happened hour by hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseInsights {
    /// How far the devices of the release's cohort have come, in total and day by day. These numbers are exact for a fleet of any size.
    pub adoption: Adoption,
    /// How many devices have each outcome other than `installed`, among those whose last update was to this release. `installed` is not
    /// counted here: see `adoption.installed`.
    pub outcomes: Vec<ReleaseOutcome>,
    /// How the updates to this release failed, the most common failure first: at most 100. Each device is counted once, and only while its
    /// last update was to this release. Of each outcome, at most 10,000 devices are looked at.
    pub failures: Vec<ReleaseFailure>,
    /// True if there are further failures that are not in `failures`.
    pub more_failures: bool,
    /// What happened in each hour, oldest first. Hours in which nothing happened are left out.
    pub hours: Vec<ReleaseHour>,
    /// The time since which the hours are counted, in UTC (RFC 3339): 14 days ago, or later if events of devices are kept for a shorter time
    /// (`events.retention_days.frequent`) or if there are too many events.
    pub hours_since: String,
    /// Whether the hours since `hours_since` are all that could be counted. False: the cohort has more events than are looked at (50,000), so
    /// the hours begin later, and the first one may be incomplete.
    pub hours_exact: bool,
}

/// How many devices have an outcome, among those whose last update was to a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseOutcome {
    /// How the update went, in the device's last report: `downloading`, `installing`, `failed` or `rolled_back`.
    #[schema(example = "installing")]
    pub outcome: String,
    /// How many devices have this outcome: at most 10,000.
    pub devices: u64,
    /// Whether `devices` is the exact number. False: there are more devices than that.
    pub exact: bool,
}

/// Devices whose last update, to a release, failed in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseFailure {
    /// How the update ended: `failed` or `rolled_back`.
    #[schema(example = "failed")]
    pub outcome: String,
    /// The reason in the devices' own words, the `detail` of their report. Reports are counted together if their words are the same. Null:
    /// these devices gave no reason.
    #[schema(example = "no space left on mtd3")]
    pub detail: Option<String>,
    /// How many devices reported this failure last.
    pub devices: u64,
    /// When the last of these devices reported it, in UTC (RFC 3339).
    pub last_reported_at: String,
}

/// What happened to a release in one hour. A device counts once in an hour, however often it reports the same; in another hour, it counts
/// again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseHour {
    /// When the hour began, in UTC (RFC 3339).
    #[schema(example = "2026-01-15T08:00:00Z")]
    pub begins_at: String,
    /// How many devices asked for an update and were offered this release, where their answer before was another one.
    pub offered: u64,
    /// How many devices reported this release as `installed`.
    pub installed: u64,
    /// How many devices reported this release as `failed` or `rolled_back`.
    pub failed: u64,
}
