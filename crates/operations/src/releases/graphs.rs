//! Release graphs under their lock: reading one, and writing what an edit planned.

use std::fmt;

use olivine_domain::cohorts::Cohort;
use olivine_domain::events::Subject;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Tenancy};
use olivine_domain::prn::{Id, Prn};
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::{GraphRefusal, Named, ReleaseGraph};
use olivine_records::{Reader, Write, releases};

use super::refusals::{GraphChanged, OtherCohort};
use crate::archiving::to_use;
use crate::events::EventData;
use crate::work::Work;
use crate::{Context, Error, events};

/// A short name of a graph as it is: another one whenever one of its releases is added, changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphRevision(String);

/// The graph that the caller planned with, where they say.
pub type ExpectedGraph = Option<GraphRevision>;

impl GraphRevision {
    /// One that was handed out, or so it is said.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Of all releases with their revisions.
    pub(super) fn of(graph: &ReleaseGraph) -> Self {
        let mut all: Vec<_> =
            graph.records().map(|release| (release.id.uuid(), release.revision.get())).collect();
        all.sort_unstable();
        let bytes: Vec<u8> = all
            .iter()
            .flat_map(|(id, revision)| {
                id.as_bytes().iter().copied().chain(revision.to_be_bytes()).collect::<Vec<_>>()
            })
            .collect();
        Self(Sha256Digest::of(&bytes).to_hex().chars().take(32).collect())
    }
}

impl fmt::Display for GraphRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Refuses an edit of a graph that is no longer as the caller read it.
pub(super) fn check_graph(
    expected: &ExpectedGraph,
    graph: &ReleaseGraph,
    cohort: Prn<Cohort>,
) -> Result<(), Error> {
    let Some(expected) = expected else { return Ok(()) };
    let now = GraphRevision::of(graph);
    if *expected == now { Ok(()) } else { Err(Error::refused(GraphChanged { cohort, now })) }
}

/// The cohort's graph, which nobody else edits until the transaction ends.
pub(super) async fn lock(w: &Write, tenancy: &Tenancy, cohort: Id<Cohort>) -> Result<ReleaseGraph, Error> {
    releases::lock_cohort(w, tenancy, cohort).await.map_err(Error::missing(cohort))?;
    // Read after the lock: what others did before is in it.
    read(w, tenancy.organization(), cohort).await
}

/// The same where a release comes onto the path: refused if the cohort is archived.
pub(super) async fn lock_open(
    w: &Write,
    tenancy: &Tenancy,
    cohort: Id<Cohort>,
) -> Result<ReleaseGraph, Error> {
    let graph = lock(w, tenancy, cohort).await?;
    to_use::<Cohort>(w, tenancy, cohort).await?;
    Ok(graph)
}

/// The cohort's graph as it is at the moment.
pub(super) async fn read(
    reader: &impl Reader,
    organization: Id<Organization>,
    cohort: Id<Cohort>,
) -> Result<ReleaseGraph, Error> {
    let all = releases::list_graph(reader, organization, cohort).await?;
    ReleaseGraph::new(all).map_err(Error::internal)
}

/// Points releases elsewhere because of an edit beside them, each with an event.
pub(super) async fn relink(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    graph: &ReleaseGraph,
    links: &[(Id<Release>, Option<Id<Release>>)],
) -> Result<(), Error> {
    for (id, next) in links {
        let old = graph.known(*id).ok_or_else(|| Error::not_found(*id))?;
        let new =
            Release { next: *next, revision: old.revision.next(), updated_at: ctx.now(), ..old.clone() };
        releases::update(w, old, &new).await?;
        let data = EventData::ReleaseRelinked(events::Change { from: old, to: &new });
        w.event(by, Subject::of(*id), data);
    }
    Ok(())
}

/// Tells a neighbour that does not exist at all from one of another cohort.
pub(super) async fn explain(w: &Write, tenancy: &Tenancy, refusal: GraphRefusal) -> Result<Error, Error> {
    let GraphRefusal::NotInCohort(id) = refusal else { return Ok(refusal.into()) };
    Ok(match releases::find(w, tenancy, id).await? {
        Some(other) => {
            Error::refused(OtherCohort(Named { prn: other.id.prn(other.organization), name: other.name }))
        }
        None => Error::not_found(id),
    })
}
