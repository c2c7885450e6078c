//! The graph of a cohort's releases.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A release in the release graph of its cohort.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GraphRelease {
    /// The PRN of the release: `prn:1:<organization>:release:<uuid>`.
    pub release_prn: String,
    /// The release's name, unique in the cohort.
    pub name: String,
    /// The version of the firmware. Null: none was given.
    pub version: Option<String>,
    /// The versions that a device must run to get the release. Null: any.
    pub version_requirement: Option<String>,
    /// The PRN of the bundle that devices install.
    pub bundle_prn: String,
    /// The PRN of the release that devices go on to. Null: this is the latest release.
    pub next_release_prn: Option<String>,
    /// Whether devices stop here before they go on to later releases.
    pub required: bool,
    /// Whether no further device gets the release.
    pub disabled: bool,
    /// From when on devices get the release, in UTC (RFC 3339). Null: at once.
    pub schedule_date: Option<String>,
    /// How many devices of the cohort are on the release.
    pub devices: u64,
    /// How many devices have claimed a place in the phase of the release.
    pub claims: u64,
    /// How many devices failed to update to this release.
    pub failed: u64,
    /// The PRNs of the binaries of its bundle that can't be served any more. Empty: all can.
    pub affected_by: Vec<String>,
    /// The PRN of the release that a device without tags, which is on this release and has claimed nothing, would get now. Null: it stays.
    pub goes_to_prn: Option<String>,
    /// Which later releases are not open to such a device and why, in words for people. Null: nothing holds it back.
    pub held_because: Option<String>,
}

/// The release graph of a cohort.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReleaseGraph {
    /// The PRN of the cohort whose releases these are.
    pub cohort_prn: String,
    /// A text that identifies this state of the graph. It is a different one after a release of the cohort was added, changed or deleted.
    pub graph_revision: String,
    /// How many devices the cohort has, also those on none of these releases.
    pub devices: u64,
    /// The releases, the latest first, each after the one that it leads to.
    pub releases: Vec<GraphRelease>,
    /// Whether the cohort has more releases than these.
    pub more: bool,
}

/// The release graph of a cohort, under the key `graph`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReleaseGraphEnvelope {
    /// The cohort's releases with their devices.
    pub graph: ReleaseGraph,
}
