//! A cohort's graph for display: each release with its devices, and which release devices on it get next. It costs the same for any number
//! of devices.

use std::collections::HashMap;

use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::resolution::{Destination, PhaseCounts, destination};
use olivine_records::release_days::Delta;
use olivine_records::{bundles, cohorts, release_days};

use super::graphs::{self, GraphRevision};
use super::numbers::devices;
use crate::{Context, Error};

/// The most releases of a cohort that are shown: those nearest the latest one.
const MOST_SHOWN: usize = 1_000;

/// A cohort's graph.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The cohort.
    pub cohort: Cohort,
    /// Another one whenever a release was added, changed or deleted.
    pub revision: GraphRevision,
    /// The releases on its paths, the latest first, each after the one that it points to.
    pub releases: Vec<Node>,
    /// Whether there are more than these.
    pub has_more: bool,
}

/// A release in its graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// The record.
    pub release: Release,
    /// How many devices are on it.
    pub devices: u64,
    /// Of how many devices the last update, to it, failed.
    pub failed: u64,
    /// The binaries of its bundle that can't be served.
    pub affected_by: Vec<Id<Binary>>,
    /// Where a device without tags goes that is on it.
    pub destination: Destination,
}

/// Draws a cohort's graph.
pub async fn picture(
    ctx: &Context,
    by: &Authorized<scope::ReleaseRead>,
    id: Id<Cohort>,
) -> Result<Picture, Error> {
    let (cohort, graph, releases) = current(ctx, by, id).await?;
    Ok(Picture { cohort, revision: GraphRevision::of(&graph), releases, has_more: graph.len() > MOST_SHOWN })
}

/// A cohort with its graph as it is, and the releases on its paths with their devices and where these go.
pub(crate) async fn current(
    ctx: &Context,
    by: &Authorized<scope::ReleaseRead>,
    id: Id<Cohort>,
) -> Result<(Cohort, ReleaseGraph, Vec<Node>), Error> {
    let cohort = cohorts::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))?;
    let graph = graphs::read(ctx.db(), by.organization, id).await?;
    let nodes = nodes(ctx, &cohort, &graph).await?;
    Ok((cohort, graph, nodes))
}

async fn nodes(ctx: &Context, cohort: &Cohort, graph: &ReleaseGraph) -> Result<Vec<Node>, Error> {
    let (db, organization) = (ctx.db(), cohort.organization);
    let shown: Vec<_> = graph.iter().take(MOST_SHOWN).cloned().collect();
    let ids: Vec<_> = shown.iter().map(|release| release.id).collect();
    let sums: HashMap<_, _> = release_days::sums(db, organization, &ids).await?.into_iter().collect();
    let mut of_bundles: Vec<_> = shown.iter().map(|release| release.bundle).collect();
    of_bundles.sort_unstable();
    of_bundles.dedup();
    let unservable = bundles::unservable_in(db, organization, &of_bundles).await?;
    let claims = graph.sink().map_or(0, |sink| sink.claims);
    let counts = PhaseCounts { devices_in_cohort: cohort.devices, claims, claimed_by_this_device: &[] };
    let node = |release: Release| {
        let sum = sums.get(&release.id).copied().unwrap_or_default();
        let destination = destination(graph, release.id, ctx.now(), counts);
        node(release, sum, &unservable, destination)
    };
    Ok(shown.into_iter().map(node).collect())
}

fn node(
    release: Release,
    sum: Delta,
    unservable: &[(Id<Bundle>, Id<Binary>)],
    destination: Destination,
) -> Node {
    let affected = unservable.iter().filter(|(bundle, _)| *bundle == release.bundle);
    Node {
        devices: sum.there(),
        failed: devices(sum.failed),
        affected_by: affected.map(|(_, binary)| *binary).collect(),
        destination,
        release,
    }
}
