//! "Is there an update for me?" as one pure function: [`resolve`].
//!
//! The steps are those of the design page "Distribution", under "Resolution". Nothing here may do IO, and without a
//! trace nothing may allocate: every check-in of a fleet comes through here.

mod destination;
mod entry;
mod forced;
pub(crate) mod offer;
mod report;
pub mod trace;

pub(crate) use destination::destination_of;
pub use destination::{Destination, destination};
pub use forced::{ActiveOverride, applied_override};
pub use offer::Offer;
pub use report::{Malformed, Report, Reported};

use self::entry::{Entry, enter};
use self::forced::{Forced, first_that_applies, force};
use self::trace::{Outcome, Recorder, Silent, Step, TraceStep, Tracer, closed, unmet};
use crate::bundle_overrides::BundleOverride;
use crate::bundles::Bundle;
use crate::prn::Id;
use crate::releases::graph::{Met, ReleaseGraph};
use crate::releases::{Phase, Release};
use crate::stops::Stop;
use crate::tags::Tags;
use crate::time::Timestamp;
use crate::versions::Version;

/// Everything that the answer depends on.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Whether the device is quarantined.
    pub quarantined: bool,
    /// The emergency stop that the device is under, if any.
    pub stop: Option<&'a Stop>,
    /// The device's tags.
    pub tags: &'a Tags,
    /// The releases of the device's cohort; `None` if it is in none.
    pub graph: Option<&'a ReleaseGraph>,
    /// What the device says that it runs.
    pub report: &'a Report,
    /// The bundle overrides that are active for the device, the one that started last first: see [`applied_override`].
    pub active_overrides: &'a [ActiveOverride],
    /// What is remembered of the override's bundle that the device was given last.
    pub offer: Option<&'a Offer>,
    /// The moment of asking.
    pub now: Timestamp,
    /// What phases count.
    pub phase_counts: PhaseCounts<'a>,
}

/// What phases count. Only a graph's sink can be phased, so one number of claims is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PhaseCounts<'a> {
    /// How many devices are in the cohort.
    pub devices_in_cohort: u64,
    /// How many devices have claimed the sink.
    pub claims: u64,
    /// The releases that this device has claimed.
    pub claimed_by_this_device: &'a [Id<Release>],
}

/// The answer's first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// There is something to install.
    Update,
    /// There is not.
    NoUpdate,
    /// The device is quarantined.
    DeviceQuarantine,
}

impl Status {
    /// The name in the APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::NoUpdate => "no_update",
            Self::DeviceQuarantine => "device_quarantine",
        }
    }
}

/// What an update comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A bundle override.
    BundleOverride(Id<BundleOverride>),
    /// A release of the cohort.
    Release(Id<Release>),
}

/// The answer. Whether the bundle can be delivered is looked up afterwards: see [`Decision::undeliverable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its first word.
    pub status: Status,
    /// What the update comes from; only with an update.
    pub source: Option<Source>,
    /// What to install; only with an update.
    pub bundle: Option<Id<Bundle>>,
    /// Whether the device has to claim one of the last places of the release before it gets it.
    pub needs_claim: bool,
    /// Whether it has to be remembered that the device is given the override's bundle: see [`Offer`].
    pub needs_offer: bool,
    /// The release that the device is on, as far as its report tells: see [`current_release`].
    pub current: Option<Id<Release>>,
}

impl Decision {
    /// The answer if something that the bundle needs is missing: no update, and no falling back to another release.
    #[must_use]
    pub fn undeliverable(self) -> Self {
        match self.status {
            Status::Update => Self::without_update(Status::NoUpdate, self.current),
            Status::NoUpdate | Status::DeviceQuarantine => self,
        }
    }

    const fn without_update(status: Status, current: Option<Id<Release>>) -> Self {
        Self { status, source: None, bundle: None, needs_claim: false, needs_offer: false, current }
    }

    const fn update(source: Source, bundle: Id<Bundle>, current: Option<Id<Release>>) -> Self {
        Self {
            status: Status::Update,
            source: Some(source),
            bundle: Some(bundle),
            needs_claim: false,
            needs_offer: false,
            current,
        }
    }
}

/// The release that a device is on, as far as its report tells: the one it names, which may be archived, else the one that serves the bundle
/// it names, else the one of the version it names.
pub fn current_release(graph: &ReleaseGraph, report: &Report) -> Option<Id<Release>> {
    let by_release = || graph.known(*report.release.given()?);
    let by_bundle = || graph.by_bundle(*report.bundle.given()?);
    let by_version = || graph.by_version(report.version.given()?);
    by_release().or_else(by_bundle).or_else(by_version).map(|release| release.id)
}

/// Answers without saying why.
pub fn resolve(question: &Question<'_>) -> Decision {
    decide(question, &mut Silent)
}

/// Answers, and says of each step what came of it and why.
pub fn resolve_traced(question: &Question<'_>) -> (Decision, Vec<TraceStep>) {
    let mut recorder = Recorder::default();
    let decision = decide(question, &mut recorder);
    (decision, recorder.finish())
}

/// Steps 1 to 7, in their order.
fn decide(question: &Question<'_>, tracer: &mut impl Tracer) -> Decision {
    let current = question.graph.and_then(|graph| current_release(graph, question.report));
    let no_update = Decision::without_update(Status::NoUpdate, current);
    if question.quarantined {
        tracer.step(Step::Quarantine, Outcome::DeviceQuarantine, || "the device is quarantined".to_owned());
        return Decision::without_update(Status::DeviceQuarantine, current);
    }
    tracer.step(Step::Quarantine, Outcome::Continue, || "the device is not quarantined".to_owned());
    if let Some(stop) = question.stop {
        tracer.step(Step::Stop, Outcome::NoUpdate, || {
            format!("distribution is stopped for {} since {}: {}", stop.extent, stop.stopped_at, stop.reason)
        });
        return no_update;
    }
    if let Some(forced) = first_that_applies(question.active_overrides, current) {
        return match force(question, forced, tracer) {
            Forced::Runs => no_update,
            Forced::Gets { needs_offer } => {
                let update = Decision::update(Source::BundleOverride(forced.id), forced.bundle, current);
                Decision { needs_offer, ..update }
            }
        };
    }
    tracer.step(Step::Override, Outcome::Continue, || "no bundle override is active for it".to_owned());
    let Some(graph) = question.graph else {
        tracer.step(Step::Cohort, Outcome::NoUpdate, || "the device is in no cohort".to_owned());
        return no_update;
    };
    tracer.step(Step::Cohort, Outcome::Continue, || {
        format!("its cohort has {}", count(graph.len(), "release"))
    });
    let Some(entry) = enter(graph, question.report, tracer) else { return no_update };
    let Some((release, needs_claim)) = choose(graph, &entry, question, tracer) else { return no_update };
    if !is_worth_it(release, &entry, tracer) {
        return no_update;
    }
    Decision { needs_claim, ..Decision::update(Source::Release(release.id), release.bundle, current) }
}

/// The bundle that a device says it runs: the one it names, else that of the release it names.
pub fn reported_bundle(graph: Option<&ReleaseGraph>, report: &Report) -> Option<Id<Bundle>> {
    let of_release = || Some(graph?.known(*report.release.given()?)?.bundle);
    report.bundle.given().copied().or_else(of_release)
}

/// Steps 5 and 6: forward to the stop, and back to the first release that is valid. Also whether it needs a claim.
fn choose<'a>(
    graph: &'a ReleaseGraph,
    entry: &Entry<'a>,
    question: &Question<'_>,
    tracer: &mut impl Tracer,
) -> Option<(&'a Release, bool)> {
    let stop = graph.stop(entry.candidate.id)?;
    tracer.step(Step::Forward, Outcome::Continue, || {
        let why = if stop.required { "required" } else { "the last release" };
        if stop.id == entry.candidate.id {
            format!("'{}' is {why}: there the way ends", stop.name)
        } else {
            format!("from '{}' the way goes to '{}', which is {why}", entry.candidate.name, stop.name)
        }
    });
    for met in graph.back(stop.id, entry.candidate.id, entry.version) {
        match met {
            Met::Closed(releases) => {
                tracer.step(Step::Back, Outcome::StepBack, || closed(releases, entry.version));
            }
            Met::Open(release) => match admit(release, entry.version, question) {
                Ok(admission) => {
                    tracer.step(Step::Back, Outcome::Continue, || admission.reason(release));
                    return Some((release, matches!(admission, Admission::Room { .. })));
                }
                Err(obstacle) => {
                    tracer.step(Step::Back, Outcome::StepBack, || obstacle.reason(release, question));
                }
            },
        }
    }
    tracer.step(Step::Back, Outcome::NoUpdate, || {
        format!("no release from '{}' on is open to it", entry.candidate.name)
    });
    None
}

/// Why a release that is not disabled is open to a device.
enum Admission {
    Everyone,
    Tags,
    Claimed,
    /// There is room for one more.
    Room {
        claims: u64,
        limit: u64,
    },
}

/// Why it is not.
enum Obstacle<'a> {
    Requirement(&'a Version),
    Schedule,
    Tags,
    Full { limit: u64 },
}

/// Whether a release that is not disabled is valid for a device of that version. An unknown version meets everything.
fn admit<'a>(
    release: &Release,
    version: Option<&'a Version>,
    question: &Question<'_>,
) -> Result<Admission, Obstacle<'a>> {
    if let (Some(requirement), Some(version)) = (&release.version_requirement, version)
        && !requirement.admits(version)
    {
        return Err(Obstacle::Requirement(version));
    }
    if !release.is_due(question.now) {
        return Err(Obstacle::Schedule);
    }
    let phase_counts = question.phase_counts;
    match &release.phase {
        Phase::Tags(tags) if tags.shares_any_with(question.tags) => Ok(Admission::Tags),
        Phase::Tags(_) => Err(Obstacle::Tags),
        Phase::Numeric(value) => match value.limit(phase_counts.devices_in_cohort) {
            None => Ok(Admission::Everyone),
            Some(_) if phase_counts.claimed_by_this_device.contains(&release.id) => Ok(Admission::Claimed),
            Some(limit) if phase_counts.claims < limit => {
                Ok(Admission::Room { claims: phase_counts.claims, limit })
            }
            Some(limit) => Err(Obstacle::Full { limit }),
        },
    }
}

impl Admission {
    fn reason(&self, release: &Release) -> String {
        let name = &release.name;
        match self {
            Self::Everyone => format!("'{name}' is open to every device of the cohort"),
            Self::Tags => {
                format!("'{name}' is phased by tags, and the device has one of {}", tags_of(release))
            }
            Self::Claimed => format!("'{name}' is phased, and the device has claimed it already"),
            Self::Room { claims, limit } => {
                format!("'{name}' is phased, and there is room: {claims} of {limit} devices have claimed it")
            }
        }
    }
}

impl Obstacle<'_> {
    fn reason(&self, release: &Release, question: &Question<'_>) -> String {
        let name = &release.name;
        match self {
            Self::Requirement(version) => unmet(release, version),
            Self::Schedule => {
                let date = release.schedule_date.map_or_else(String::new, |date| date.to_string());
                format!("'{name}' is scheduled for {date}")
            }
            Self::Tags => format!(
                "'{name}' is phased by tags: the device has none of {} (its tags: {})",
                tags_of(release),
                if question.tags.is_empty() { "none".to_owned() } else { question.tags.to_string() }
            ),
            Self::Full { limit } => {
                let claims = question.phase_counts.claims;
                format!("'{name}' is phased: {claims} of {limit} devices have claimed it")
            }
        }
    }
}

fn tags_of(release: &Release) -> String {
    match &release.phase {
        Phase::Tags(tags) => tags.to_string(),
        Phase::Numeric(_) => String::new(),
    }
}

/// Step 7: who entered by version gets only what is newer. A release without a version can't be called older.
fn is_worth_it(release: &Release, entry: &Entry<'_>, tracer: &mut impl Tracer) -> bool {
    let Some(reported) = entry.version.filter(|_| entry.by_version) else { return true };
    let newer = release.version.as_ref().is_none_or(|version| version.is_newer_than(reported));
    let outcome = if newer { Outcome::Continue } else { Outcome::NoUpdate };
    tracer.step(Step::Newer, outcome, || match &release.version {
        Some(version) if newer => format!("'{}' has version {version}, newer than {reported}", release.name),
        Some(version) => format!("'{}' has version {version}, not newer than {reported}", release.name),
        None => format!("'{}' has no version to compare with {reported}", release.name),
    });
    newer
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
