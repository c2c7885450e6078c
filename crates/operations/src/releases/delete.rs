//! Deleting a release for good.

use olivine_domain::events::Subject;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::{Links, Named, ReleaseGraph};
use olivine_domain::releases::leaving::{leaving, without};
use olivine_records::{Write, devices, releases};

use super::edits::{self, Planned};
use super::graphs::{self, ExpectedGraph, check_graph};
use super::refusals::ReleaseHasDevices;
use super::rollback;
use crate::events::{EventData, Whole};
use crate::work::Work;
use crate::{Context, Error};

/// Deletes a release; those that point to it point to its next one from then on. Refused while devices are on it, unless the release is
/// named once more.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::ReleaseDelete>,
    id: Id<Release>,
    confirm: Option<Id<Release>>,
    expected: &ExpectedGraph,
) -> Result<(), Error> {
    let Checked { mut w, graph, release, links } = check(ctx, by, id, confirm, expected).await?;
    devices::leave_release(&w, by.organization, id).await?;
    devices::forget_outcomes(&w, by.organization, id).await?;
    // The release is written before the links, because two releases without a next one must never exist at the same time.
    releases::delete(&w, by.organization, id).await.map_err(Error::missing(id))?;
    // Once more: a device may have reported it between the first time and the deletion.
    devices::leave_release(&w, by.organization, id).await?;
    devices::forget_outcomes(&w, by.organization, id).await?;
    graphs::relink(ctx, &mut w, by, &graph, &links.relink).await?;
    w.event(by, Subject::of(id), EventData::ReleaseDeleted(Whole(&release)));
    rollback::forget(&mut w, by, id).await?;
    w.commit().await?;
    Ok(())
}

/// Says what [`delete`] would do. Its devices are left alone: leaving the release costs the more, the more there are.
pub async fn plan_delete(
    ctx: &Context,
    by: &Authorized<scope::ReleaseDelete>,
    id: Id<Release>,
    confirm: Option<Id<Release>>,
    expected: &ExpectedGraph,
) -> Result<Planned, Error> {
    let Checked { w, graph, release, .. } = check(ctx, by, id, confirm, expected).await?;
    let after = without(&graph, id)?;
    edits::plan(ctx, w, (&graph, &after), (Some(&release), None)).await
}

/// A release that may be deleted, with its cohort locked.
struct Checked {
    w: Work,
    graph: ReleaseGraph,
    release: Release,
    links: Links,
}

async fn check(
    ctx: &Context,
    by: &Authorized<scope::ReleaseDelete>,
    id: Id<Release>,
    confirm: Option<Id<Release>>,
    expected: &ExpectedGraph,
) -> Result<Checked, Error> {
    let w = ctx.work().await?;
    let cohort = releases::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?.cohort;
    let graph = graphs::lock(&w, &by.tenancy(), cohort).await?;
    let release = graph.known(id).ok_or_else(|| Error::not_found(id))?.clone();
    check_graph(expected, &graph, cohort.prn(by.organization))?;
    let links = graph.plan_delete(id)?;
    if confirm != Some(id) {
        check_devices(ctx, &w, &graph, &release).await?;
    }
    Ok(Checked { w, graph, release, links })
}

/// Refuses to delete a release that devices are on: they would no longer be known to be on a release.
async fn check_devices(
    ctx: &Context,
    w: &Write,
    graph: &ReleaseGraph,
    release: &Release,
) -> Result<(), Error> {
    let groups = devices::group_on_release(w, release.organization, release.id).await?;
    let leaving = leaving(graph, release.id, &rollback::seen(&groups), ctx.now())?;
    if leaving.devices == 0 {
        return Ok(());
    }
    let release = Named { prn: release.id.prn(release.organization), name: release.name.clone() };
    Err(Error::refused(ReleaseHasDevices { release, leaving }))
}
