//! Releases: the steps of cohorts' graphs. Each edit of a graph is made under its cohort's lock, on the graph as it is there.

mod archive;
mod create;
mod delete;
mod edits;
mod graphs;
mod insights;
mod names;
mod numbers;
mod picture;
mod refusals;
mod rollback;
mod update;
pub(crate) mod view;

pub use archive::{archive, plan_archive, plan_unarchive, unarchive};
pub use create::{Create, create, plan_create};
pub use delete::{delete, plan_delete};
pub use edits::Planned;
pub use graphs::{ExpectedGraph, GraphRevision};
pub use insights::{Insights, insights};
pub(crate) use numbers::forget_device;
pub use numbers::{Adoption, adoption};
pub use olivine_domain::releases::Change;
pub use olivine_domain::releases::phases::{Mode, PhaseChange};
pub(crate) use picture::current;
pub use picture::{Node, Picture, picture};
pub use refusals::{GraphChanged, OtherCohort, ReleaseHasDevices, RollbackUndeliverable};
pub use rollback::{Devices, Rollback, RolledBack, rollback};
pub use update::{plan_update, update};
pub use view::View;

use std::collections::HashMap;

use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_records::{binaries, bundles, cohorts, releases};

use self::view::view;
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
