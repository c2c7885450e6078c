//! Which release a device on a release gets now, and why no later one: for the display of a cohort's graph. It is calculated by
//! [`resolve_traced`] itself, so it agrees with what devices get.

use super::report::Reported;
use super::trace::{Outcome, Step};
use super::{PhaseCounts, Question, Report, Source, resolve_traced};
use crate::prn::Id;
use crate::releases::Release;
use crate::releases::graph::ReleaseGraph;
use crate::tags::Tags;
use crate::time::Timestamp;

/// The most obstacles that are named.
const MAX_NAMED: usize = 3;

/// Where a device without tags goes that is on a release and has claimed nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// The release that it gets; `None` where it stays.
    pub goes_to: Option<Id<Release>>,
    /// Which later releases are not open to it and why, the one nearest the sink first; `None` where nothing holds it.
    pub held_because: Option<String>,
}

/// Where a device goes that is on `on`. Overrides, stops and quarantine are not looked at: they are not the graph's.
pub fn destination(
    graph: &ReleaseGraph,
    on: Id<Release>,
    now: Timestamp,
    phase_counts: PhaseCounts<'_>,
) -> Destination {
    destination_of(graph, &Report { release: Reported::Given(on), ..Report::default() }, now, phase_counts)
}

/// The same of a device that reports this.
pub(crate) fn destination_of(
    graph: &ReleaseGraph,
    report: &Report,
    now: Timestamp,
    phase_counts: PhaseCounts<'_>,
) -> Destination {
    let (decision, trace) = resolve_traced(&Question {
        quarantined: false,
        stop: None,
        tags: &Tags::default(),
        graph: Some(graph),
        report,
        active_overrides: &[],
        offer: None,
        now,
        phase_counts,
    });
    let goes_to = match decision.source {
        Some(Source::Release(id)) => Some(id),
        Some(Source::BundleOverride(_)) | None => None,
    };
    let obstacles =
        trace.into_iter().filter(|step| step.step == Step::Back && step.outcome == Outcome::StepBack);
    let reasons: Vec<_> = obstacles.map(|step| step.reason).take(MAX_NAMED).collect();
    Destination { goes_to, held_because: (!reasons.is_empty()).then(|| reasons.join("; ")) }
}
