//! Archiving a release, and taking it back. An archived release is on no path: its devices go on to the release that came after it.

use olivine_domain::archiving;
use olivine_domain::bundles::Bundle;
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::Placement;
use olivine_records::releases;

use super::graphs;
use super::view::{View, view};
use crate::archiving::to_use;
use crate::events::EventData;
use crate::{Context, Error, events};

/// Takes a release out of its cohort's path, as deleting it does, and keeps its record. Archiving it again changes nothing.
pub async fn archive(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
) -> Result<View, Error> {
    let mut w = ctx.work().await?;
    let cohort = releases::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?.cohort;
    let graph = graphs::lock(&w, &by.tenancy(), cohort).await?;
    let old = graph.known(id).ok_or_else(|| Error::not_found(id))?;
    let Some(new) = archiving::archive(old, ctx.now()) else {
        drop(w);
        return view(ctx, old.clone()).await;
    };
    let links = graph.plan_archive(id)?;
    // The release before the links: a new sink must not be there while the old one is.
    releases::update(&w, old, &new).await?;
    graphs::relink(ctx, &mut w, by, &graph, &links.relink).await?;
    let data = EventData::ReleaseArchived(events::Change { from: old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    view(ctx, new).await
}

/// Gives an archived release a place in its cohort's path again, by the rules for a new one. A release that is not archived stays where it is.
pub async fn unarchive(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    placement: Placement,
) -> Result<View, Error> {
    let mut w = ctx.work().await?;
    let cohort = releases::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?.cohort;
    let graph = graphs::lock_open(&w, &by.tenancy(), cohort).await?;
    let old = graph.known(id).ok_or_else(|| Error::not_found(id))?;
    let Some(new) = archiving::unarchive(old, ctx.now()) else {
        drop(w);
        return view(ctx, old.clone()).await;
    };
    to_use::<Bundle>(&w, &by.organization, new.bundle).await?;
    let links = match graph.plan_create(&new, placement, ctx.now()) {
        Ok(links) => links,
        Err(refusal) => return Err(graphs::explain(&w, &by.tenancy().to_see(), refusal).await?),
    };
    let new = Release { next: links.next_of_new, ..new };
    // The links before the release, as for a new one.
    graphs::relink(ctx, &mut w, by, &graph, &links.relink).await?;
    releases::update(&w, old, &new).await?;
    let data = EventData::ReleaseUnarchived(events::Change { from: old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    view(ctx, new).await
}
