//! Edits of a graph: pure plans of what to write, or which rule stands in the way.
//!
//! They never change anything themselves. Plan and write belong under one lock per cohort, with a fresh graph.

use std::fmt;

use super::super::Release;
use super::ReleaseGraph;
use crate::prn::{Id, Prn};
use crate::refusals::{Facts, Meaning, Refusal};
use crate::text::Name;
use crate::time::Timestamp;

/// Where a new release goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It becomes the new sink (neither neighbour is given).
    Sink,
    /// It becomes a new source that points to this one (`next_release_prn`).
    Before(Id<Release>),
    /// Between this one and its next; if it is the sink, the new one becomes the sink (`previous_release_prn`).
    After(Id<Release>),
    /// Between these two, of which the first must point to the second (both are given).
    Between {
        /// The one that will point to the new release.
        previous: Id<Release>,
        /// The one that the new release will point to.
        next: Id<Release>,
    },
}

/// What an edit has to write.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Links {
    /// What a new release points to.
    pub next_of_new: Option<Id<Release>>,
    /// The existing releases whose next one changes, and to what.
    pub relink: Vec<(Id<Release>, Option<Id<Release>>)>,
}

/// A release, named for people: what they call it, and its PRN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What people call it.
    pub name: Name,
    /// Its full name.
    pub prn: Prn<Release>,
}

impl Named {
    pub(in crate::releases) fn of(release: &Release) -> Self {
        Self { name: release.name.clone(), prn: release.id.prn(release.organization) }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' ({})", self.name, self.prn)
    }
}

/// Which rule of the graph an edit would break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphRefusal {
    /// A neighbour is not of this cohort.
    #[error("there is no release {0} in this cohort; previous and next must be releases of the same cohort")]
    NotInCohort(Id<Release>),
    /// A release that was named is archived.
    #[error(
        "the release {release} is archived, so it is on no path. Take it back first ('peridio releases unarchive --prn {prn}', or POST /v1/releases/{prn}/unarchive), or name another one",
        release = .0,
        prn = .0.prn
    )]
    Archived(Named),
    /// A new sink while the current one is scheduled or phased.
    #[error(
        "nothing can follow the release {0} while it is scheduled in the future or phased. If it is good, open it to every device first (phase_mode numeric, phase_value 1, no schedule_date in the future). If it is bad, take it back ('peridio releases rollback --prn {prn}', or POST /v1/releases/{prn}/rollback): this stops it, and brings its devices back; setting disabled to true only stops it",
        prn = .0.prn
    )]
    SinkConstrained(Named),
    /// A schedule or a phase on a release that is not the sink.
    #[error(
        "the release '{release}' can't be scheduled in the future or phased, because {next} follows it; only the last release of a graph can be"
    )]
    ConstrainedBeforeSink {
        /// The one that would be constrained.
        release: Name,
        /// The one that it points to.
        next: Named,
    },
    /// Both neighbours were given, but the first does not point to the second.
    #[error(
        "the release {previous} does not point to {next}, so nothing can go between them; give only one of both, or the two ends of one link"
    )]
    NotNeighbours {
        /// The given previous one.
        previous: Named,
        /// The given next one.
        next: Named,
    },
    /// The way forward would come back.
    #[error(
        "the release {release} can't point to {next}, because the way from there leads back to it; choose a release that does not come before it"
    )]
    Cycle {
        /// The one that would point elsewhere.
        release: Named,
        /// Where it would point.
        next: Named,
    },
    /// Two releases would be the last.
    #[error(
        "the release {release} can't be without a next release, because {sink} already is the last of this graph; a graph has one sink"
    )]
    SecondSink {
        /// The one that would be a second sink.
        release: Named,
        /// The sink.
        sink: Named,
    },
    /// Deleting or archiving the sink would leave several sinks.
    #[error(
        "the release {sink} can't be deleted or archived, because each of the {count} releases that point to it would become the last of the graph: {names}; point all but one of them elsewhere first",
        count = .previous.len(),
        names = names(.previous)
    )]
    SeveralSinks {
        /// The one to delete or archive.
        sink: Named,
        /// Those that point to it.
        previous: Vec<Named>,
    },
}

/// The first few of them.
fn names(releases: &[Named]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = releases.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = if releases.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

impl Refusal for GraphRefusal {
    /// What no graph could take is invalid; what this graph, as it is now, does not take is a conflict.
    fn meaning(&self) -> Meaning {
        match self {
            Self::NotInCohort(_) | Self::NotNeighbours { .. } | Self::Cycle { .. } => Meaning::Invalid,
            Self::Archived(_)
            | Self::SinkConstrained(_)
            | Self::ConstrainedBeforeSink { .. }
            | Self::SecondSink { .. }
            | Self::SeveralSinks { .. } => Meaning::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotInCohort(_) => "release_not_in_cohort",
            Self::Archived(_) => "archived",
            Self::SinkConstrained(_) => "sink_constrained",
            Self::ConstrainedBeforeSink { .. } => "constrained_before_sink",
            Self::NotNeighbours { .. } => "releases_not_neighbours",
            Self::Cycle { .. } => "release_cycle",
            Self::SecondSink { .. } => "second_sink",
            Self::SeveralSinks { .. } => "several_sinks",
        }
    }

    /// The rule, and which releases stand in the way.
    fn facts(&self) -> Facts {
        let mut facts = vec![("rule", self.code().into())];
        facts.extend(match self {
            Self::NotInCohort(release) => vec![("release", release.to_string().into())],
            Self::Archived(release) => vec![("kind", "release".into()), ("prn", release.prn.into())],
            Self::SinkConstrained(sink) => vec![("release", sink.prn.into())],
            Self::ConstrainedBeforeSink { next, .. } => vec![("next_release", next.prn.into())],
            Self::NotNeighbours { previous, next } => {
                vec![("previous_release", previous.prn.into()), ("next_release", next.prn.into())]
            }
            Self::Cycle { release, next } => {
                vec![("release", release.prn.into()), ("next_release", next.prn.into())]
            }
            Self::SecondSink { release, sink } => {
                vec![("release", release.prn.into()), ("sink", sink.prn.into())]
            }
            Self::SeveralSinks { sink, previous } => {
                let previous = previous.iter().map(|release| release.prn).collect();
                vec![("release", sink.prn.into()), ("previous_releases", previous)]
            }
        });
        facts
    }
}

impl ReleaseGraph {
    /// What to write so that `new`, whose own `next` is not looked at, becomes a part of the graph: a new release, or an archived one
    /// that is taken back.
    ///
    /// The devices of archived releases that nothing follows go on to a new sink, as they would if those were still on the path.
    pub fn plan_create(
        &self,
        new: &Release,
        placement: Placement,
        now: Timestamp,
    ) -> Result<Links, GraphRefusal> {
        let (previous, next) = match placement {
            Placement::Sink => (self.sink(), None),
            Placement::Before(next) => (None, Some(self.find(next)?)),
            Placement::After(previous) => (Some(self.find(previous)?), self.next(previous)),
            Placement::Between { previous, next } => {
                let (previous, next) = (self.find(previous)?, self.find(next)?);
                if previous.next != Some(next.id) {
                    let (previous, next) = (Named::of(previous), Named::of(next));
                    return Err(GraphRefusal::NotNeighbours { previous, next });
                }
                (Some(previous), Some(next))
            }
        };
        match (next, previous) {
            (Some(next), _) if new.is_constrained(now) => Err(constrained(new, next)),
            (None, Some(sink)) if sink.is_constrained(now) => {
                Err(GraphRefusal::SinkConstrained(Named::of(sink)))
            }
            _ => {
                let mut waiting: Vec<_> = self.archived.values().collect();
                waiting.retain(|archived| next.is_none() && archived.next.is_none() && archived.id != new.id);
                waiting.sort_unstable_by_key(|release| release.id);
                let before = previous.into_iter().chain(waiting);
                let relink = before.map(|before| (before.id, Some(new.id))).collect();
                Ok(Links { next_of_new: next.map(|next| next.id), relink })
            }
        }
    }

    /// What to write so that the release can be deleted: the releases that point to it point to its next one instead, the archived ones
    /// among them too.
    ///
    /// If it is the sink, the one that points to it becomes the sink; several are refused.
    pub fn plan_delete(&self, id: Id<Release>) -> Result<Links, GraphRefusal> {
        if self.archived.contains_key(&id) {
            return Ok(Links::default());
        }
        self.plan_archive(id)
    }

    /// The same so that the release can be archived. It keeps the link to its next one itself.
    pub fn plan_archive(&self, id: Id<Release>) -> Result<Links, GraphRefusal> {
        let release = self.find(id)?;
        let previous: Vec<_> = self.previous(id).collect();
        if release.next.is_none() && previous.len() > 1 {
            let previous = previous.into_iter().map(Named::of).collect();
            return Err(GraphRefusal::SeveralSinks { sink: Named::of(release), previous });
        }
        let mut archived: Vec<_> = self.archived_before(id).collect();
        archived.sort_unstable_by_key(|release| release.id);
        let relink = previous.into_iter().chain(archived).map(|before| (before.id, release.next)).collect();
        Ok(Links { next_of_new: None, relink })
    }

    /// What to write so that an existing release points to `next`; nothing if it already does.
    pub fn plan_repoint(&self, id: Id<Release>, next: Option<Id<Release>>) -> Result<Links, GraphRefusal> {
        let release = self.find(id)?;
        let target = next.map(|next| self.find(next)).transpose()?;
        if release.next == next {
            return Ok(Links::default());
        }
        match (target, self.sink()) {
            (Some(target), _) if self.leads_to(target, release) => {
                Err(GraphRefusal::Cycle { release: Named::of(release), next: Named::of(target) })
            }
            (None, Some(sink)) => {
                Err(GraphRefusal::SecondSink { release: Named::of(release), sink: Named::of(sink) })
            }
            _ => Ok(Links { next_of_new: None, relink: vec![(id, next)] }),
        }
    }

    /// Whether a release of the graph, with schedule and phase `changed` already, may be so.
    pub fn plan_constraint(&self, changed: &Release, now: Timestamp) -> Result<(), GraphRefusal> {
        self.find(changed.id)?;
        match self.next(changed.id) {
            Some(next) if changed.is_constrained(now) => Err(constrained(changed, next)),
            _ => Ok(()),
        }
    }

    /// The release that an edit names: it must be on the path.
    pub fn find(&self, id: Id<Release>) -> Result<&Release, GraphRefusal> {
        self.get(id).ok_or_else(|| match self.archived.get(&id) {
            Some(archived) => GraphRefusal::Archived(Named::of(archived)),
            None => GraphRefusal::NotInCohort(id),
        })
    }

    fn leads_to(&self, from: &Release, to: &Release) -> bool {
        use super::Standing::{Before, On};
        matches!(self.standing(from.id, to.id), Some(Before | On))
    }
}

fn constrained(release: &Release, next: &Release) -> GraphRefusal {
    GraphRefusal::ConstrainedBeforeSink { release: release.name.clone(), next: Named::of(next) }
}
