//! Step 2: the bundle override that applies to a device, and whether the device runs its bundle already.

use super::offer::Offer;
use super::report::Report;
use super::trace::{Outcome, Step, Tracer};
use super::{Question, current_release, reported_bundle};
use crate::bundle_overrides::BundleOverride;
use crate::bundles::Bundle;
use crate::prn::Id;
use crate::releases::Release;
use crate::releases::graph::ReleaseGraph;
use crate::releases::rollback::override_key;
use crate::text::Name;

/// A bundle override that is active for a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveOverride {
    /// Its key.
    pub id: Id<BundleOverride>,
    /// The bundle that it forces.
    pub bundle: Id<Bundle>,
    /// What people call it.
    pub name: Name,
}

/// Of the bundle overrides that are active for a device, the one that applies to it: the one that started last, passing over those of
/// rollbacks of releases that the device is not on.
pub fn applied_override<'a>(
    active: &'a [ActiveOverride],
    graph: Option<&ReleaseGraph>,
    report: &Report,
) -> Option<&'a ActiveOverride> {
    first_that_applies(active, graph.and_then(|graph| current_release(graph, report)))
}

pub(super) fn first_that_applies(
    active: &[ActiveOverride],
    current: Option<Id<Release>>,
) -> Option<&ActiveOverride> {
    active.iter().find(|forced| override_key::applies(forced.id, current))
}

/// What an active override means for a device.
pub(super) enum Forced {
    /// The device runs its bundle.
    Runs,
    /// The device gets its bundle.
    Gets { needs_offer: bool },
}

/// Step 2. A device that names no bundle is known to run the override's by what is remembered of it.
pub(super) fn force(question: &Question<'_>, forced: &ActiveOverride, tracer: &mut impl Tracer) -> Forced {
    let name = &forced.name;
    if let Some(runs) = reported_bundle(question.graph, question.report) {
        let (outcome, then, result) = if runs == forced.bundle {
            (Outcome::NoUpdate, "the device runs its bundle already", Forced::Runs)
        } else {
            let gets = Forced::Gets { needs_offer: false };
            (Outcome::Continue, "the device does not run its bundle yet", gets)
        };
        tracer
            .step(Step::Override, outcome, || format!("the bundle override '{name}' is active, and {then}"));
        return result;
    }
    if let Some(sign) = question.offer.and_then(|offer| offer.sign(forced.bundle, question.report)) {
        tracer.step(Step::Override, Outcome::NoUpdate, || {
            format!("the bundle override '{name}' is active, and the device runs its bundle: {sign}")
        });
        return Forced::Runs;
    }
    tracer.step(Step::Override, Outcome::Continue, || {
        format!(
            "the bundle override '{name}' is active; the device names no bundle, and has not reported an installation \
             of this one or a new version since it was offered"
        )
    });
    Forced::Gets { needs_offer: Offer::needed(question.offer, forced.bundle, question.report).is_some() }
}
