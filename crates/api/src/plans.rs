//! Plans: what a change of releases or bundle overrides would do, found out by a dry run that changes nothing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bundle_overrides::{BundleOverride, BundleOverrideEnvelope};
use crate::releases::{Release, ReleaseEnvelope};

/// What a change of a cohort's releases would do. Nothing was changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReleasePlan {
    /// Always true: this is a plan, and nothing was changed.
    pub dry_run: bool,
    /// The PRN of the cohort whose releases would change.
    pub cohort_prn: String,
    /// What the release graph of the cohort is now. Send it as the parameter `graph_revision` of the real request, and that is refused if the
    /// graph has changed meanwhile.
    #[schema(example = "0123456789abcdef0123456789abcdef")]
    pub graph_revision: String,
    /// The release as it would be. A new one would get another PRN. Null: it would be deleted.
    pub release: Option<Release>,
    /// The releases whose neighbours would change, the latest first.
    pub links: Vec<PlannedLinks>,
    /// How many devices would be offered each release at once.
    pub offers: Vec<PlannedOffer>,
    /// The devices that would get another release than now, by the release that they are on.
    pub devices: Vec<PlannedDevices>,
    /// How many devices of the cohort are on none of its releases. They are not in the numbers.
    pub unplaced_devices: u64,
    /// What to know before making the change. A warning forbids nothing.
    pub warnings: Vec<PlanWarning>,
}

/// A plan for a cohort's releases, under the key `plan`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReleasePlanEnvelope {
    /// The plan of the change of releases.
    pub plan: ReleasePlan,
}

/// A release that a plan mentions: an existing one, or the new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedRelease {
    /// The PRN of the release. Null: it is the new release, which has no PRN yet.
    pub prn: Option<String>,
    /// The name of the release, unique in the cohort.
    #[schema(example = "spring")]
    pub name: String,
}

/// A release whose neighbours would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedLinks {
    /// The release whose neighbours would change.
    pub release: PlannedRelease,
    /// The neighbours of the release now. Null: it is on no path.
    pub before: Option<PlannedNeighbours>,
    /// The neighbours of the release after the change. Null: it would be on no path.
    pub after: Option<PlannedNeighbours>,
}

/// The releases before and after a release on the update path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedNeighbours {
    /// The releases that lead to it.
    pub previous: Vec<PlannedRelease>,
    /// The release that it leads to. Null: it is the latest release.
    pub next: Option<PlannedRelease>,
}

/// How many devices would be offered a release at once, when they next ask for an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedOffer {
    /// The release that is offered.
    pub release: PlannedRelease,
    /// How many devices are offered it now.
    pub before: u64,
    /// How many devices would be offered it after the change.
    pub after: u64,
}

/// The devices on a release, and which release they get next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedDevices {
    /// The release that the devices are on.
    pub release: PlannedRelease,
    /// How many devices are on the release.
    pub devices: u64,
    /// The release that a device without tags on this release gets now.
    pub before: PlannedGoal,
    /// The release that it would get after the change.
    pub after: PlannedGoal,
}

/// The release that a device gets next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedGoal {
    /// The release that the device gets. Null: it stays on its release.
    pub goes_to: Option<PlannedRelease>,
    /// Why the device gets no later release, in words for people. Null: nothing holds it back.
    pub held_because: Option<String>,
}

/// Something to know before making a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanWarning {
    /// The code of the warning, for programs: `no_change`, `many_devices`, `devices_held`, `older_version`, `devices_on_deleted`,
    /// `tags_not_counted`, `unplaced_not_counted`, `scheduled`, `claims_beyond_phase`, `updates_stopped`, `bundle_not_servable`,
    /// `not_started`, `ended`. There can be more codes later.
    #[schema(example = "many_devices")]
    pub code: String,
    /// The warning in words, for people.
    pub message: String,
}

/// What a change of a bundle override would do. Nothing was changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BundleOverridePlan {
    /// Always true: this is a plan, and nothing was changed.
    pub dry_run: bool,
    /// The bundle override as it would be. A new one would get another PRN.
    pub bundle_override: BundleOverride,
    /// How many devices get its bundle now. Null: they were not counted.
    pub devices_before: Option<PlannedCount>,
    /// How many devices would get its bundle at once after the change. Null: they were not counted.
    pub devices_after: Option<PlannedCount>,
    /// What to know before making the change. A warning forbids nothing.
    pub warnings: Vec<PlanWarning>,
}

/// A plan for a bundle override, under the key `plan`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BundleOverridePlanEnvelope {
    /// The plan of the change of the override.
    pub plan: BundleOverridePlan,
}

/// The number of devices that a bundle override applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedCount {
    /// How many devices were counted.
    pub count: u64,
    /// Whether `count` is exact. False: there can be more or fewer than `count`, because only 10,000 devices are counted, or because some
    /// devices have several of the tags.
    pub exact: bool,
}

/// The answer to a request that changes a release: the release, or with `dry_run` the plan.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ReleaseOrPlan {
    /// The release after the change.
    Release(ReleaseEnvelope),
    /// With `dry_run`: what would become of the releases.
    Plan(ReleasePlanEnvelope),
}

/// The answer to a request that changes a bundle override: the override, or with `dry_run` the plan.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum BundleOverrideOrPlan {
    /// The bundle override after the change.
    BundleOverride(BundleOverrideEnvelope),
    /// With `dry_run`: which devices the override would reach.
    Plan(BundleOverridePlanEnvelope),
}
