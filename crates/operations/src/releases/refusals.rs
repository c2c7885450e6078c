//! Why a release is not changed, where more than its graph stands in the way.

use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;
use olivine_domain::refusals::{Fact, Facts, Meaning, Refusal};
use olivine_domain::releases::graph::Named;
use olivine_domain::releases::leaving::Leaving;

use super::graphs::GraphRevision;

/// Devices are on a release that is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} on the release '{}'. If it is deleted: {leaving}. To bring devices back first, take the release back \
     ('peridio releases rollback', or POST /v1/releases/{{prn}}/rollback). To delete it all the same, repeat the request with ?confirm={}",
    if .leaving.devices == 1 { "1 device is".to_owned() } else { format!("{} devices are", .leaving.devices) },
    .release.name,
    .release.prn
)]
pub struct ReleaseHasDevices {
    /// The release.
    pub release: Named,
    /// How many there are, and what becomes of them.
    pub leaving: Leaving,
}

impl Refusal for ReleaseHasDevices {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "confirmation_required"
    }

    fn facts(&self) -> Facts {
        let Self { release, leaving } = self;
        let group = |(to, devices): &(Named, u64)| {
            let name = to.name.as_str().into();
            Fact::Record(vec![("prn", to.prn.into()), ("name", name), ("devices", (*devices).into())])
        };
        vec![
            ("confirm", release.prn.into()),
            ("devices", leaving.devices.into()),
            ("go_to", leaving.go_to.iter().map(group).collect()),
            ("count_as", leaving.count_as.iter().map(group).collect()),
            ("without_update", leaving.stranded.into()),
        ]
    }
}

/// The cohort's releases are no longer those that the caller planned with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the releases of this cohort were changed since you read them (graph_revision does not fit): nothing was changed; read the graph or do a \
     dry run again, then decide"
)]
pub struct GraphChanged {
    /// The cohort.
    pub cohort: Prn<Cohort>,
    /// What its graph is now.
    pub now: GraphRevision,
}

impl Refusal for GraphChanged {
    fn meaning(&self) -> Meaning {
        Meaning::Outdated
    }

    fn code(&self) -> &'static str {
        "graph_changed"
    }

    fn facts(&self) -> Facts {
        vec![("cohort", self.cohort.into()), ("graph_revision", self.now.to_string().into())]
    }
}

/// A neighbour that was named for a release is of another cohort.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the release {0} is of another cohort; previous and next must be releases of the same cohort")]
pub struct OtherCohort(pub Named);

impl Refusal for OtherCohort {
    fn meaning(&self) -> Meaning {
        Meaning::Invalid
    }

    fn code(&self) -> &'static str {
        "release_not_in_cohort"
    }

    fn facts(&self) -> Facts {
        vec![("rule", self.code().into()), ("release", self.0.prn.into())]
    }
}

/// The bundle to go back to can't be delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the bundle {bundle} can't be delivered to any device of this release: {reason}; nothing was changed. Name another bundle \
     (to_bundle_prn), or only stop the release by setting disabled to true"
)]
pub struct RollbackUndeliverable {
    /// The bundle's PRN.
    pub bundle: String,
    /// In words.
    pub reason: String,
}

impl Refusal for RollbackUndeliverable {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "rollback_undeliverable"
    }

    fn facts(&self) -> Facts {
        vec![("bundle", self.bundle.as_str().into())]
    }
}
