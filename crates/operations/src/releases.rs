//! Releases: the steps of cohorts' graphs. Each edit of a graph is made under its cohort's lock, on the graph as it is there.

mod archive;
mod create;
mod graphs;
mod names;
mod numbers;
mod picture;
mod refusals;
mod rollback;
mod update;
pub(crate) mod view;

pub use archive::{archive, unarchive};
pub use create::{Create, create};
pub(crate) use numbers::forget_device;
pub use numbers::{Adoption, adoption};
pub use olivine_domain::releases::Change;
pub use olivine_domain::releases::phases::{Mode, PhaseChange};
pub use picture::{Node, Picture, picture};
pub use refusals::{OtherCohort, ReleaseHasDevices, RollbackUndeliverable};
pub use rollback::{Devices, Rollback, RolledBack, rollback};
pub use update::update;
pub use view::View;

use std::collections::HashMap;

use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::events::Subject;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::{Named, ReleaseGraph};
use olivine_domain::releases::leaving::leaving;
use olivine_records::{Write, binaries, bundles, cohorts, devices, releases};

use self::view::view;
use crate::events::{EventData, Whole};
use crate::lists::ListQuery;
use crate::{Context, Error};

/// Lists releases.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::ReleaseRead>,
    query: &ListQuery,
) -> Result<Page<View>, Error> {
    let page = releases::list(&ctx.reads_for(by), &by.tenancy(), query).await?;
    views(ctx, by, page).await
}

/// Lists the releases whose bundles have a binary.
pub async fn list_with_binary(
    ctx: &Context,
    by: &Authorized<scope::ReleaseRead>,
    binary: Id<Binary>,
    query: &ListQuery,
) -> Result<Page<View>, Error> {
    binaries::get(ctx.db(), by.organization, binary).await.map_err(Error::missing(binary))?;
    let page = releases::list_with_binary(&ctx.reads_for(by), &by.tenancy(), binary, query).await?;
    views(ctx, by, page).await
}

/// Reads one release.
pub async fn get(ctx: &Context, by: &Authorized<scope::ReleaseRead>, id: Id<Release>) -> Result<View, Error> {
    let release = releases::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))?;
    view(ctx, release).await
}

/// The same for a page: one query, whatever the number of releases.
async fn views(ctx: &Context, by: &Actor, page: Page<Release>) -> Result<Page<View>, Error> {
    let served = page.items.iter().filter(|release| release.archived_at.is_none());
    let mut ids: Vec<_> = served.map(|release| release.bundle).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut unservable: HashMap<Id<Bundle>, Vec<Id<Binary>>> = HashMap::new();
    for (bundle, binary) in bundles::unservable_in(ctx.db(), by.organization, &ids).await? {
        unservable.entry(bundle).or_default().push(binary);
    }
    Ok(page.map(|release| {
        let served = Some(&release).filter(|release| release.archived_at.is_none());
        let affected_by =
            served.and_then(|release| unservable.get(&release.bundle).cloned()).unwrap_or_default();
        View { release, affected_by }
    }))
}

/// The cohorts of these releases, for `expand[]=cohort`: one query, whatever their number.
pub async fn cohorts_of(ctx: &Context, by: &Actor, views: &[View]) -> Result<Vec<Cohort>, Error> {
    let by = by.authorize::<scope::CohortRead>()?;
    let ids: Vec<_> = views.iter().map(|view| view.release.cohort).collect();
    Ok(cohorts::get_many(ctx.db(), &by.tenancy(), &ids).await?)
}

/// Deletes a release; those that point to it point to its next one from then on. Refused while devices are on it, unless the release is
/// named once more.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::ReleaseDelete>,
    id: Id<Release>,
    confirm: Option<Id<Release>>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let cohort = releases::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?.cohort;
    let graph = graphs::lock(&w, &by.tenancy(), cohort).await?;
    let release = graph.known(id).ok_or_else(|| Error::not_found(id))?;
    let links = graph.plan_delete(id)?;
    if confirm != Some(id) {
        check_devices(ctx, &w, &graph, release).await?;
    }
    devices::leave_release(&w, by.organization, id).await?;
    devices::forget_outcomes(&w, by.organization, id).await?;
    // The release before the links: a new sink must not be there while the old one is.
    releases::delete(&w, by.organization, id).await.map_err(Error::missing(id))?;
    // Once more: a device may have reported it between the first time and the deletion.
    devices::leave_release(&w, by.organization, id).await?;
    devices::forget_outcomes(&w, by.organization, id).await?;
    graphs::relink(ctx, &mut w, by, &graph, &links.relink).await?;
    w.event(by, Subject::of(id), EventData::ReleaseDeleted(Whole(release)));
    rollback::forget(&mut w, by, id).await?;
    w.commit().await?;
    Ok(())
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
