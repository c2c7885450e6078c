//! Changing a release: its fields, and to what it points.

use olivine_domain::Timestamp;
use olivine_domain::bundles::Bundle;
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::graph::{GraphRefusal, ReleaseGraph};
use olivine_domain::releases::{Change, Release};
use olivine_records::{Constraint, releases};

use super::edits::{Edit, Planned};
use super::graphs::{self, ExpectedGraph, check_graph};
use super::names::name_taken;
use super::view::View;
use crate::archiving::to_use;
use crate::events::EventData;
use crate::lists::{Expected, check_expected};
use crate::{Context, Error, events};

/// Changes a release. Its claims stay, whatever becomes of its phase.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    expected: Expected,
    change: Change,
    graph: &ExpectedGraph,
) -> Result<View, Error> {
    edit(ctx, by, id, (expected, graph), change).await?.commit(ctx).await
}

/// Says what [`update`] would do.
pub async fn plan_update(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    expected: Expected,
    change: Change,
    graph: &ExpectedGraph,
) -> Result<Planned, Error> {
    edit(ctx, by, id, (expected, graph), change).await?.plan(ctx).await
}

async fn edit(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    (expected, expected_graph): (Expected, &ExpectedGraph),
    change: Change,
) -> Result<Edit, Error> {
    let mut w = ctx.work().await?;
    let cohort = releases::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?.cohort;
    let graph = graphs::lock(&w, &by.tenancy(), cohort).await?;
    let old = graph.known(id).ok_or_else(|| Error::not_found(id))?.clone();
    check_graph(expected_graph, &graph, cohort.prn(by.organization))?;
    check_expected(expected, old.revision)?;
    let now = ctx.now();
    let Some(new) = change.apply(&old, now)? else {
        return Ok(Edit { w, before: graph, old: Some(old.clone()), new: old });
    };
    if let Err(refusal) = check(&graph, &old, &new, now) {
        return Err(graphs::explain(&w, &by.tenancy().to_see(), refusal).await?);
    }
    if new.bundle != old.bundle {
        to_use::<Bundle>(&w, &by.organization, new.bundle).await?;
    }
    match releases::update(&w, &old, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::ReleaseName)) => {
            drop(w);
            return Err(name_taken(ctx, &new).await?);
        }
        Err(olivine_records::Error::ParentMissing) => return Err(Error::not_found(new.bundle)),
        other => other?,
    }
    let data = EventData::ReleaseUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    Ok(Edit { w, before: graph, old: Some(old), new })
}

/// Whether the graph would still be one.
fn check(graph: &ReleaseGraph, old: &Release, new: &Release, now: Timestamp) -> Result<(), GraphRefusal> {
    if old.archived_at.is_some() && !is_renamed(old, new) {
        graph.find(old.id)?;
    }
    if new.next != old.next {
        graph.plan_repoint(old.id, new.next)?;
    }
    if (new.schedule_date, &new.phase) != (old.schedule_date, &old.phase) {
        // Pointing elsewhere never makes a sink, nor unmakes one: the graph as it was tells who it is.
        graph.plan_constraint(new, now)?;
    }
    Ok(())
}

/// Whether nothing is different but what people call the release, and what they say of it.
fn is_renamed(old: &Release, new: &Release) -> bool {
    let described = Release { name: new.name.clone(), description: new.description.clone(), ..old.clone() };
    Release { revision: new.revision, updated_at: new.updated_at, ..described } == *new
}
