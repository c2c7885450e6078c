//! Taking a release back: [`plan`] says what to write so that no further device gets it, and so that the devices that are on it
//! get the bundle of the release before.
//!
//! It asks [`resolve`] about the future graph, so it agrees with the later answers to devices. It must never change anything itself: plan
//! and write belong under the cohort's lock.

pub(crate) mod override_key;

pub use override_key::override_of;

use super::graph::edits::{GraphRefusal, Named, Placement};
use super::graph::{Broken, ReleaseGraph};
use super::{Phase, Release};
use crate::bundles::Bundle;
use crate::organizations::Revision;
use crate::prn::Id;
use crate::refusals::{Facts, Meaning, Refusal};
use crate::resolution::{
    ActiveOverride, Decision, PhaseCounts, Question, Report, Reported, Source, Status, resolve,
};
use crate::tags::Tags;
use crate::text::Name;
use crate::time::Timestamp;
use crate::versions::{Requirement, Version};

/// Which release to take back, and how.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The release to take back.
    pub release: Id<Release>,
    /// What its devices are to get; `None` for the bundle of the release before.
    pub bundle: Option<Id<Bundle>>,
    /// The version of that bundle; `None` for the version of the release that it comes from.
    pub version: Option<&'a Version>,
    /// The key of the release that is added, where one has to be.
    pub new_id: Id<Release>,
    /// The name of that release.
    pub new_name: &'a Name,
    /// The time of the rollback.
    pub now: Timestamp,
}

/// Devices that are on a release and report the same.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What they report.
    pub report: Report,
    /// How many there are.
    pub devices: u64,
}

/// How devices leave the release that is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// To a release that follows it.
    Release(Id<Release>),
    /// By a bundle override, because no release is for them: a device that reports only a version gets no older one.
    Override,
    /// Not at all: their reports can't tell the two releases apart, or a later release does not admit them.
    None,
}

/// What to write.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The release as it is to be: disabled, not required, neither phased nor scheduled in the future. Where a release is added, it
    /// points to that.
    pub stopped: Release,
    /// What its devices get, if that is known.
    pub bundle: Option<Id<Bundle>>,
    /// The release to add after it.
    pub added: Option<Release>,
    /// The archived releases whose devices go on to the added one, each with it.
    pub relinked: Vec<(Id<Release>, Option<Id<Release>>)>,
    /// The release that follows it already, and to which its devices go.
    pub onward: Option<Id<Release>>,
    /// How its devices leave, in the order in which they were given.
    pub ways: Vec<Way>,
}

/// Why a release can't be taken back as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollbackRefusal {
    /// The release is not of the graph.
    #[error(transparent)]
    ReleaseGraph(#[from] GraphRefusal),
    /// There is no release to go back to.
    #[error(
        "no release that is not disabled and has another bundle comes before {0}, so there is nothing that its devices could go back to: \
         name a bundle (to_bundle_prn). To stop the release without bringing devices back, set disabled to true"
    )]
    NoneBefore(Named),
    /// There are several, with different bundles.
    #[error(
        "the releases before {release} have different bundles ({before}): say which bundle its devices are to get (to_bundle_prn). To stop \
         the release without bringing devices back, set disabled to true",
        before = .before.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    SeveralBefore {
        /// The release to take back.
        release: Named,
        /// Those before it.
        before: Vec<Named>,
    },
    /// A later release takes the devices elsewhere.
    #[error(
        "{next} follows {release} and is open to its devices, so they go there and not back: take {next} back first, or disable it"
    )]
    LaterRelease {
        /// The release to take back.
        release: Named,
        /// The one that follows.
        next: Named,
    },
    /// The bundle is the one that is taken back.
    #[error("to_bundle_prn: {0} has this bundle, and is to be taken back: name another bundle")]
    SameBundle(Named),
    /// It is not known which version the bundle has.
    #[error(
        "release_version: no release of this cohort says which version this bundle has: give the version that its firmware reports. Without \
         it, devices that report only a version would get the bundle again and again"
    )]
    VersionUnknown,
}

impl Refusal for RollbackRefusal {
    fn meaning(&self) -> Meaning {
        match self {
            Self::ReleaseGraph(refusal) => refusal.meaning(),
            Self::NoneBefore(_) | Self::SeveralBefore { .. } | Self::LaterRelease { .. } => Meaning::Conflict,
            Self::SameBundle(_) | Self::VersionUnknown => Meaning::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::ReleaseGraph(refusal) => refusal.code(),
            Self::NoneBefore(_) | Self::SeveralBefore { .. } => "rollback_target_unclear",
            Self::LaterRelease { .. } => "rollback_later_release",
            Self::SameBundle(_) | Self::VersionUnknown => "invalid",
        }
    }

    fn facts(&self) -> Facts {
        match self {
            Self::ReleaseGraph(refusal) => refusal.facts(),
            Self::NoneBefore(release) => vec![("release", release.prn.into())],
            Self::SeveralBefore { release, before } => {
                let before = before.iter().map(|release| release.prn).collect();
                vec![("release", release.prn.into()), ("previous_releases", before)]
            }
            Self::LaterRelease { release, next } => {
                vec![("release", release.prn.into()), ("next_release", next.prn.into())]
            }
            Self::SameBundle(_) => vec![("field", "to_bundle_prn".into())],
            Self::VersionUnknown => vec![("field", "release_version".into())],
        }
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A rule forbids what was asked for.
    #[error(transparent)]
    Refused(#[from] RollbackRefusal),
    /// The planned graph would not be valid: a defect, or damaged records.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl From<GraphRefusal> for PlanError {
    fn from(refusal: GraphRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

/// What a rollback has to write.
pub fn plan(graph: &ReleaseGraph, request: &Request<'_>, seen: &[Seen]) -> Result<Plan, PlanError> {
    let bad = graph.find(request.release)?;
    if request.bundle == Some(bad.bundle) {
        return Err(RollbackRefusal::SameBundle(Named::of(bad)).into());
    }
    let mut stopped = stopped(bad, request.now);
    let mut after = replaced(graph, &stopped, None)?;
    let onward = onward(&after, bad, request)?;
    // One that was disabled or scheduled, and that no device is known to have had, needs no way back.
    let is_open = bad.is_due(request.now) && !bad.disabled;
    let may_be_out = is_open || bad.claims > 0 || seen.iter().any(|group| group.devices > 0);
    let mut bundle = request.bundle.or_else(|| onward.map(|next| next.bundle));
    let onward = onward.map(|next| next.id);
    let mut added = None;
    let mut relinked = Vec::new();
    if onward.is_none() && may_be_out {
        let origin = origin(graph, bad, request)?;
        let new = new_release(graph, bad, &origin, request)?;
        let links = after.plan_create(&new, Placement::After(bad.id), request.now)?;
        let new = Release { next: links.next_of_new, ..new };
        stopped.next = Some(new.id);
        relinked = links.relink;
        relinked.retain(|(id, _)| *id != bad.id);
        after = replaced(graph, &stopped, Some(&new))?;
        bundle = Some(origin.bundle);
        added = Some(new);
    } else if let Ok(origin) = origin(graph, bad, request) {
        bundle = Some(origin.bundle);
    }
    let forced = bundle.map(|bundle| ActiveOverride {
        id: override_of(bad.id),
        bundle,
        name: request.new_name.clone(),
    });
    let way = |group: &Seen| way(&after, bad, &group.report, forced.as_ref(), request.now);
    let ways = seen.iter().map(way).collect();
    Ok(Plan { stopped, bundle: bundle.filter(|_| may_be_out), added, relinked, onward, ways })
}

/// The release when nobody gets it any more, and something may follow it.
fn stopped(bad: &Release, now: Timestamp) -> Release {
    Release {
        disabled: true,
        // Devices before it would otherwise be held there for good.
        required: false,
        schedule_date: bad.schedule_date.filter(|_| bad.is_due(now)),
        phase: Phase::EVERYONE,
        ..bad.clone()
    }
}

/// The graph with one release changed, and one added.
fn replaced(
    graph: &ReleaseGraph,
    changed: &Release,
    added: Option<&Release>,
) -> Result<ReleaseGraph, Broken> {
    let as_it_is = graph.records().map(|one| if one.id == changed.id { changed } else { one });
    ReleaseGraph::new(as_it_is.chain(added).cloned().collect())
}

/// The release to which devices go from the stopped one, if one is open to them all.
fn onward<'a>(
    after: &'a ReleaseGraph,
    bad: &Release,
    request: &Request<'_>,
) -> Result<Option<&'a Release>, RollbackRefusal> {
    let on_it = Report { release: Reported::Given(bad.id), ..Report::default() };
    let Some(next) = target(after, &on_it, None, request.now) else { return Ok(None) };
    let Some(next) = after.get(next) else { return Ok(None) };
    if next.bundle == bad.bundle || request.bundle.is_some_and(|bundle| bundle != next.bundle) {
        return Err(RollbackRefusal::LaterRelease { release: Named::of(bad), next: Named::of(next) });
    }
    Ok(Some(next))
}

/// The release that such a device gets.
fn target(
    graph: &ReleaseGraph,
    report: &Report,
    forced: Option<&ActiveOverride>,
    now: Timestamp,
) -> Option<Id<Release>> {
    match decide(graph, report, forced, now).source {
        Some(Source::Release(id)) => Some(id),
        Some(Source::BundleOverride(_)) | None => None,
    }
}

/// What a device of no tag and without a claim is told, whatever places are left.
pub(super) fn decide(
    graph: &ReleaseGraph,
    report: &Report,
    forced: Option<&ActiveOverride>,
    now: Timestamp,
) -> Decision {
    let full = PhaseCounts { claims: u64::MAX, ..PhaseCounts::default() };
    let tags = Tags::default();
    resolve(&Question {
        quarantined: false,
        stop: None,
        tags: &tags,
        graph: Some(graph),
        report,
        active_overrides: forced.map(std::slice::from_ref).unwrap_or_default(),
        offer: None,
        now,
        phase_counts: full,
    })
}

fn way(
    after: &ReleaseGraph,
    bad: &Release,
    report: &Report,
    forced: Option<&ActiveOverride>,
    now: Timestamp,
) -> Way {
    let release = target(after, report, None, now).and_then(|id| after.get(id));
    if let Some(release) = release.filter(|release| release.bundle != bad.bundle) {
        return Way::Release(release.id);
    }
    let is_forced = |forced| decide(after, report, Some(forced), now).status == Status::Update;
    if forced.is_some_and(is_forced) { Way::Override } else { Way::None }
}

/// What devices go back to.
struct Origin<'a> {
    bundle: Id<Bundle>,
    version: Option<&'a Version>,
    requirement: Option<&'a Requirement>,
}

fn origin<'a>(
    graph: &'a ReleaseGraph,
    bad: &'a Release,
    request: &Request<'_>,
) -> Result<Origin<'a>, RollbackRefusal> {
    let of = |release: &'a Release| Origin {
        bundle: release.bundle,
        version: release.version.as_ref(),
        requirement: release.version_requirement.as_ref(),
    };
    if let Some(bundle) = request.bundle {
        let unknown = Origin { bundle, version: None, requirement: bad.version_requirement.as_ref() };
        return Ok(graph.by_bundle(bundle).map_or(unknown, of));
    }
    let before = before(graph, bad);
    let Some(first) = before.first() else { return Err(RollbackRefusal::NoneBefore(Named::of(bad))) };
    if before.iter().any(|release| release.bundle != first.bundle) {
        let before = before.iter().map(|release| Named::of(release)).collect();
        return Err(RollbackRefusal::SeveralBefore { release: Named::of(bad), before });
    }
    let versioned = before.iter().find(|release| release.version.is_some()).unwrap_or(first);
    Ok(of(versioned))
}

/// On each path, the nearest release before it from which devices came: it is not disabled, and brings something else.
fn before<'a>(graph: &'a ReleaseGraph, bad: &Release) -> Vec<&'a Release> {
    let mut found = Vec::new();
    let mut open = vec![bad.id];
    while let Some(id) = open.pop() {
        for release in graph.previous(id) {
            if release.disabled || release.bundle == bad.bundle {
                open.push(release.id);
            } else {
                found.push(release);
            }
        }
    }
    found
}

fn new_release(
    graph: &ReleaseGraph,
    bad: &Release,
    origin: &Origin<'_>,
    request: &Request<'_>,
) -> Result<Release, RollbackRefusal> {
    let version = request.version.or(origin.version).cloned();
    if version.is_none() && graph.iter().any(|release| release.version.is_some()) {
        return Err(RollbackRefusal::VersionUnknown);
    }
    Ok(Release {
        id: request.new_id,
        organization: bad.organization,
        cohort: bad.cohort,
        bundle: origin.bundle,
        next: None,
        name: request.new_name.clone(),
        description: None,
        version,
        version_requirement: requirement(origin.requirement, bad.version.as_ref()),
        required: false,
        disabled: false,
        schedule_date: None,
        phase: Phase::EVERYONE,
        claims: 0,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: request.now,
        updated_at: request.now,
    })
}

/// The requirement of the added release: that of the old bundle's release, extended by the version that is taken back.
fn requirement(origin: Option<&Requirement>, bad: Option<&Version>) -> Option<Requirement> {
    let origin = origin?;
    match bad {
        // 'and' binds tighter than 'or', so nothing needs parentheses.
        Some(version) if !origin.admits(version) => {
            format!("{origin} or == {version}").parse().ok().or_else(|| Some(origin.clone()))
        }
        _ => Some(origin.clone()),
    }
}
