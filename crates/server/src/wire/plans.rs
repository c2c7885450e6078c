//! Plans of changes.

use olivine_api::plans as api;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::Named;
use olivine_domain::releases::plans::{Goal, LinkChange, Neighbours, Offered, Warning, Way};
use olivine_operations::{bundle_overrides, releases};

use crate::wire;
use crate::wire::bundle_overrides::show_bundle_override;
use crate::wire::releases::show_release;

/// What a change of releases would do.
pub fn show_release_plan(planned: releases::Planned) -> api::ReleasePlanEnvelope {
    let releases::Planned { cohort, revision, release, is_new, plan } = planned;
    let new = release.as_ref().map(|view| view.release.id).filter(|_| is_new);
    let names = Names { new };
    let offer = |offered: Offered| api::PlannedOffer {
        release: names.show(offered.release),
        before: offered.before,
        after: offered.after,
    };
    let plan = api::ReleasePlan {
        dry_run: true,
        cohort_prn: cohort.id.prn(cohort.organization).to_string(),
        graph_revision: revision.to_string(),
        release: release.map(show_release),
        links: plan.links.into_iter().map(|links| names.links(links)).collect(),
        offers: plan.offers.into_iter().map(offer).collect(),
        devices: plan.ways.into_iter().map(|way| names.devices(way)).collect(),
        unplaced_devices: plan.unplaced,
        warnings: show_warnings(plan.warnings),
    };
    api::ReleasePlanEnvelope { plan }
}

/// How releases are named: a new one has no PRN that would be true later.
#[derive(Clone, Copy)]
struct Names {
    new: Option<Id<Release>>,
}

impl Names {
    fn show(self, Named { prn, name }: Named) -> api::PlannedRelease {
        let prn = (self.new != Some(prn.id)).then_some(prn);
        api::PlannedRelease { prn: wire::text(prn), name: name.to_string() }
    }

    fn links(self, LinkChange { release, before, after }: LinkChange) -> api::PlannedLinks {
        let neighbours = |of: Neighbours| api::PlannedNeighbours {
            previous: of.previous.into_iter().map(|release| self.show(release)).collect(),
            next: of.next.map(|release| self.show(release)),
        };
        let (before, after) = (before.map(neighbours), after.map(neighbours));
        api::PlannedLinks { release: self.show(release), before, after }
    }

    fn devices(self, Way { from, devices, before, after }: Way) -> api::PlannedDevices {
        let goal = |goal: Goal| api::PlannedGoal {
            goes_to: goal.goes_to.map(|release| self.show(release)),
            held_because: goal.held_because,
        };
        api::PlannedDevices { release: self.show(from), devices, before: goal(before), after: goal(after) }
    }
}

fn show_warnings(warnings: Vec<Warning>) -> Vec<api::PlanWarning> {
    let warning =
        |warning: Warning| api::PlanWarning { code: warning.code().to_owned(), message: warning.to_string() };
    warnings.into_iter().map(warning).collect()
}

/// What a change of an override would do.
pub fn show_override_plan(planned: bundle_overrides::Planned) -> api::BundleOverridePlanEnvelope {
    let bundle_overrides::Planned { bundle_override, before, after, warnings, .. } = planned;
    let count = |(count, exact)| api::PlannedCount { count, exact };
    let plan = api::BundleOverridePlan {
        dry_run: true,
        bundle_override: show_bundle_override(bundle_override),
        devices_before: before.map(|found| count((found.count, found.is_exact))),
        devices_after: after.map(|found| count((found.count, found.is_exact))),
        warnings: show_warnings(warnings),
    };
    api::BundleOverridePlanEnvelope { plan }
}
