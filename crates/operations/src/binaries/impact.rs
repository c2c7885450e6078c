//! What destroying a binary would do. The numbers come from counters, so this costs the same for any number of devices.

use std::collections::BTreeSet;

use olivine_domain::archiving::ArchivedFilter;
use olivine_domain::binaries::Binary;
use olivine_domain::bundle_overrides::BundleOverride;
use olivine_domain::bundles::Bundle;
use olivine_domain::pages::Limit;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_records::{binaries, bundle_overrides, bundles, releases};

use super::confirmation::Deliveries;
use crate::lists::ListQuery;
use crate::releases::{Node, current};
use crate::{Context, Error};

/// The most records of each kind that are shown.
const MOST: usize = Limit::MOST.get();

/// What depends on a binary.
#[derive(Clone, Debug)]
pub struct Impact {
    /// The binary.
    pub binary: Binary,
    /// Whether destroying it takes a confirmation: releases or overrides in force bring it to devices, also ones that the caller does not see.
    pub needs_confirmation: bool,
    /// The bundles that have it.
    pub bundles: Vec<Bundle>,
    /// The releases that bring it to devices, of those that the caller sees.
    pub releases: Vec<ReleaseImpact>,
    /// The archived releases that have it, of those that the caller sees.
    pub archived_releases: Vec<Release>,
    /// The overrides that are not over and bring it to devices, of those that the caller sees.
    pub bundle_overrides: Vec<BundleOverride>,
    /// Whether there are more bundles, releases or overrides than are shown because there are so many.
    pub has_more: bool,
}

/// What becomes of one release.
#[derive(Clone, Debug)]
pub struct ReleaseImpact {
    /// The release.
    pub release: Release,
    /// How many devices are on it. They keep what they run.
    pub devices: u64,
    /// How many devices on other releases of the cohort would be offered it now, and would get nothing any more.
    pub waiting_devices: u64,
    /// The later releases that these devices can't get either, because this one is required before them.
    pub held: Vec<Id<Release>>,
}

/// Looks at what destroying a binary would do.
pub async fn impact(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    id: Id<Binary>,
) -> Result<Impact, Error> {
    let reads = ctx.reads_for(by);
    let binary = binaries::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    let deliveries = Deliveries::read(&reads, &binary, ctx.now()).await?;
    let of_binary = bundles::list_with_binary(ctx.db(), by.organization, id).await?;
    let mut impact = Impact {
        needs_confirmation: deliveries.need_confirmation(),
        has_more: of_binary.len() > MOST
            || deliveries.releases.len() >= MOST
            || deliveries.overrides.len() > MOST,
        bundles: Vec::new(),
        releases: Vec::new(),
        archived_releases: Vec::new(),
        bundle_overrides: Vec::new(),
        binary,
    };
    if let Ok(by) = by.authorize::<scope::BundleRead>() {
        let shown = &of_binary[..of_binary.len().min(MOST)];
        impact.bundles = bundles::get_many(ctx.db(), by.organization, shown).await?;
        impact.bundles.sort_by_key(|bundle| (bundle.inserted_at, bundle.id));
    }
    if let Ok(by) = by.authorize::<scope::ReleaseRead>() {
        impact.releases = of_releases(ctx, &by, &deliveries.releases).await?;
        let (limit, archived) = (Limit::MOST, ArchivedFilter::Only);
        let query = ListQuery { limit, archived, ..ListQuery::default() };
        let page = releases::list_with_binary(&reads, &by.tenancy(), id, &query).await?;
        impact.has_more |= page.next.is_some();
        impact.archived_releases = page.items;
    }
    if let Ok(by) = by.authorize::<scope::BundleOverrideRead>() {
        // Read once more, within what the caller reaches.
        let shown: Vec<_> = deliveries.overrides.iter().take(MOST).map(|found| found.id).collect();
        impact.bundle_overrides = bundle_overrides::get_many(ctx.db(), &by.tenancy(), &shown).await?;
        impact.bundle_overrides.sort_by_key(|one| (one.inserted_at, one.id));
    }
    Ok(impact)
}

/// Cohort by cohort: each graph is read once.
async fn of_releases(
    ctx: &Context,
    by: &Authorized<scope::ReleaseRead>,
    all: &[Release],
) -> Result<Vec<ReleaseImpact>, Error> {
    let ids: Vec<_> = all.iter().map(|release| release.id).collect();
    let mut seen = releases::get_many(ctx.db(), &by.tenancy(), &ids).await?;
    seen.sort_by_key(|release| (release.inserted_at, release.id));
    let cohorts: BTreeSet<_> = seen.iter().map(|release| release.cohort).collect();
    let mut found = Vec::with_capacity(seen.len());
    for cohort in cohorts {
        let (_, graph, nodes) = current(ctx, by, cohort).await?;
        let own = seen.iter().filter(|release| release.cohort == cohort);
        found.extend(own.map(|release| of_release(release, &graph, &nodes)));
    }
    Ok(found)
}

fn of_release(release: &Release, graph: &ReleaseGraph, nodes: &[Node]) -> ReleaseImpact {
    let own = nodes.iter().find(|node| node.release.id == release.id);
    let waiting = nodes.iter().filter(|node| node.destination.goes_to == Some(release.id));
    ReleaseImpact {
        release: release.clone(),
        devices: own.map_or(0, |node| node.devices),
        waiting_devices: waiting.map(|node| node.devices).sum(),
        held: graph.behind(release.id),
    }
}
