//! Edits of a cohort's graph: made in a transaction, and then either committed, or looked at and undone (a dry run).

use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::Tenancy;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::releases::plans::{self, Fleet, Plan, Warning};
use olivine_domain::stops::Stops;
use olivine_records::{Reader, cohorts, release_days, stops};

use super::graphs::{self, GraphRevision};
use super::view::{View, view};
use crate::work::Work;
use crate::{Context, Error};

/// What an edit of a graph would do.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The cohort.
    pub cohort: Cohort,
    /// What its graph is now: the condition under which the edit does what the plan says.
    pub revision: GraphRevision,
    /// The release as it would be; `None` if it would be deleted.
    pub release: Option<View>,
    /// Whether the release would be a new one.
    pub is_new: bool,
    /// What would be different.
    pub plan: Plan,
}

/// An edit that was made in a transaction, which is still open.
pub(super) struct Edit {
    /// The transaction.
    pub(super) w: Work,
    /// The graph before.
    pub(super) before: ReleaseGraph,
    /// The release before; `None` if it is new.
    pub(super) old: Option<Release>,
    /// The release after it.
    pub(super) new: Release,
}

impl Edit {
    /// Puts it into force.
    pub(super) async fn commit(self, ctx: &Context) -> Result<View, Error> {
        self.w.commit().await?;
        view(ctx, self.new).await
    }

    /// Says what it does, and undoes it.
    pub(super) async fn plan(self, ctx: &Context) -> Result<Planned, Error> {
        let Self { w, before, old, new } = self;
        let after = graphs::read(&w, new.organization, new.cohort).await?;
        plan(ctx, w, (&before, &after), (old.as_ref(), Some(&new))).await
    }
}

/// Says what lies between two graphs, and undoes what was done.
pub(super) async fn plan(
    ctx: &Context,
    w: Work,
    (before, after): (&ReleaseGraph, &ReleaseGraph),
    (old, new): (Option<&Release>, Option<&Release>),
) -> Result<Planned, Error> {
    let release = new.or(old).ok_or_else(|| Error::internal("an edit is about a release"))?;
    let everywhere = Tenancy::of_server(release.organization);
    let cohort = cohorts::get(&w, &everywhere, release.cohort).await;
    let cohort = cohort.map_err(Error::missing(release.cohort))?;
    let fleet = fleet(&w, &cohort, before).await?;
    let stopped: Stops = stops::list(&w, cohort.organization).await?.into_iter().collect();
    w.undo().await?;
    let mut plan = plans::plan(plans::Edit { before, after, old, new }, &fleet, ctx.now());
    let release = match new {
        Some(new) => Some(view(ctx, new.clone()).await?),
        None => None,
    };
    plan.warnings.extend(Warning::unservable(release.as_ref().map_or(0, |view| view.affected_by.len())));
    plan.warnings.extend(Warning::stopped(stopped.of_device(cohort.product, Some(cohort.id))));
    Ok(Planned { cohort, revision: GraphRevision::of(before), release, is_new: old.is_none(), plan })
}

/// The numbers of a cohort's devices. The same cost for any number of them.
async fn fleet(reader: &impl Reader, cohort: &Cohort, graph: &ReleaseGraph) -> Result<Fleet, Error> {
    let ids: Vec<_> = graph.records().map(|release| release.id).collect();
    let sums = release_days::sums(reader, cohort.organization, &ids).await?;
    let on = sums.iter().map(|(release, sum)| (*release, sum.there())).collect();
    Ok(Fleet { devices: cohort.devices, on })
}
