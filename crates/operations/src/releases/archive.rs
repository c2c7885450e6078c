//! Archiving a release, and taking it back. An archived release is on no path: its devices go on to the release that came after it.

use olivine_domain::archiving;
use olivine_domain::bundles::Bundle;
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::Placement;
use olivine_records::releases;

use super::edits::{Edit, Planned};
use super::graphs::{self, ExpectedGraph, check_graph};
use super::view::View;
use crate::archiving::to_use;
use crate::events::EventData;
use crate::{Context, Error, events};

/// Takes a release out of its cohort's path, as deleting it does, and keeps its record. Archiving it again changes nothing.
pub async fn archive(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    expected: &ExpectedGraph,
) -> Result<View, Error> {
    take_out(ctx, by, id, expected).await?.commit(ctx).await
}

/// Says what [`archive`] would do.
pub async fn plan_archive(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    expected: &ExpectedGraph,
) -> Result<Planned, Error> {
    take_out(ctx, by, id, expected).await?.plan(ctx).await
}

async fn take_out(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    expected: &ExpectedGraph,
) -> Result<Edit, Error> {
    let mut w = ctx.work().await?;
    let cohort = releases::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?.cohort;
    let graph = graphs::lock(&w, &by.tenancy(), cohort).await?;
    let old = graph.known(id).ok_or_else(|| Error::not_found(id))?.clone();
    check_graph(expected, &graph, cohort.prn(by.organization))?;
    let Some(new) = archiving::archive(&old, ctx.now()) else {
        return Ok(Edit { w, before: graph, old: Some(old.clone()), new: old });
    };
    let links = graph.plan_archive(id)?;
    // The release is written before the links, because two releases without a next one must never exist at the same time.
    releases::update(&w, &old, &new).await?;
    graphs::relink(ctx, &mut w, by, &graph, &links.relink).await?;
    let data = EventData::ReleaseArchived(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    Ok(Edit { w, before: graph, old: Some(old), new })
}

/// Gives an archived release a place in its cohort's path again, by the rules for a new one. A release that is not archived stays where it is.
pub async fn unarchive(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    placement: Placement,
    expected: &ExpectedGraph,
) -> Result<View, Error> {
    take_back(ctx, by, id, placement, expected).await?.commit(ctx).await
}

/// Says what [`unarchive`] would do.
pub async fn plan_unarchive(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    placement: Placement,
    expected: &ExpectedGraph,
) -> Result<Planned, Error> {
    take_back(ctx, by, id, placement, expected).await?.plan(ctx).await
}

async fn take_back(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    placement: Placement,
    expected: &ExpectedGraph,
) -> Result<Edit, Error> {
    let mut w = ctx.work().await?;
    let cohort = releases::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?.cohort;
    let graph = graphs::lock_open(&w, &by.tenancy(), cohort).await?;
    let old = graph.known(id).ok_or_else(|| Error::not_found(id))?.clone();
    check_graph(expected, &graph, cohort.prn(by.organization))?;
    let Some(new) = archiving::unarchive(&old, ctx.now()) else {
        return Ok(Edit { w, before: graph, old: Some(old.clone()), new: old });
    };
    to_use::<Bundle>(&w, &by.organization, new.bundle).await?;
    let links = match graph.plan_create(&new, placement, ctx.now()) {
        Ok(links) => links,
        Err(refusal) => return Err(graphs::explain(&w, &by.tenancy().to_see(), refusal).await?),
    };
    let new = Release { next: links.next_of_new, ..new };
    // The links before the release, as for a new one.
    graphs::relink(ctx, &mut w, by, &graph, &links.relink).await?;
    releases::update(&w, &old, &new).await?;
    let data = EventData::ReleaseUnarchived(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    Ok(Edit { w, before: graph, old: Some(old), new })
}
