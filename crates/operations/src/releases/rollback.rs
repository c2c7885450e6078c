//! Taking a release back: it is disabled, and its devices get the old bundle, in one transaction. Doing it again changes nothing, except
//! that devices which came to the release in between are brought back too.

mod forced;
mod prepared;
mod words;

use olivine_domain::bundle_overrides::BundleOverride;
use olivine_domain::bundles::Bundle;
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::text::Name;
use olivine_domain::versions::Version;
use olivine_records::{Constraint, devices, releases};

use super::graphs;
use super::names::name_taken;
use super::view::View;
use crate::archiving::to_use;
use crate::events::{EventData, Whole};
use crate::{Context, Error, events};
pub(super) use prepared::seen;

use crate::work::Work;
use prepared::Prepared;

/// How often devices may come to the release while it is taken back, before the caller is asked to try again.
const MOST_TRIES: u32 = 5;

/// How to take a release back.
#[derive(Clone, Debug, Default)]
pub struct Rollback {
    /// What its devices get; `None` for the bundle of the release before.
    pub bundle: Option<Id<Bundle>>,
    /// The version of that bundle; `None` for that of the release that it comes from.
    pub version: Option<Version>,
    /// The name of the release that brings it; `None` for one that is made of the release's.
    pub name: Option<Name>,
    /// Whether to find out only what would be done.
    pub dry_run: bool,
}

/// What was done, or would be.
#[derive(Clone, Debug)]
pub struct RolledBack {
    /// Whether it was only a trial.
    pub dry_run: bool,
    /// Whether anything is changed by it.
    pub changed: bool,
    /// The release as it is then.
    pub release: View,
    /// What its devices get, where any can have it.
    pub bundle: Option<Id<Bundle>>,
    /// The release that is added, and brings them the bundle.
    pub added: Option<Release>,
    /// The release that was there already, and to which they go.
    pub onward: Option<Release>,
    /// The override for devices that no release can bring back.
    pub bundle_override: Option<BundleOverride>,
    /// How many devices leave it, and how.
    pub devices: Devices,
    /// All of it in sentences.
    pub steps: Vec<String>,
}

/// How many devices are on a release, and how they leave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// All of them.
    pub on: u64,
    /// Those that a release leads on.
    pub by_release: u64,
    /// Those that an override brings back.
    pub by_override: u64,
    /// Those that stay, because nothing that they report tells them apart, or a later release is not open to them.
    pub not_reached: u64,
    /// Of those that are reached: those for whose target the bundle has no binary, so that they stay too.
    pub without_binary: u64,
}

/// Takes a release back.
pub async fn rollback(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    wish: &Rollback,
) -> Result<RolledBack, Error> {
    let ahead = Prepared::read(ctx, ctx.db(), by, id, wish).await?;
    if wish.dry_run {
        return ahead.seen(ctx).await;
    }
    let mut held = ahead.forced_devices;
    for _ in 0..MOST_TRIES {
        let w = ctx.work().await?;
        // Devices are locked before their cohort, so they have to be known by then.
        devices::hold(&w, by.organization, &held).await?;
        let cohort = releases::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?.cohort;
        releases::lock_cohort(&w, &by.tenancy(), cohort).await.map_err(Error::missing(cohort))?;
        let prepared = Prepared::read(ctx, &w, by, id, wish).await?;
        if prepared.forced_devices.iter().all(|device| held.binary_search(device).is_ok()) {
            return Box::pin(write(ctx, w, by, prepared)).await;
        }
        held = prepared.forced_devices;
    }
    Err(Error::Conflict("devices keep coming to this release: try again"))
}

async fn write(
    ctx: &Context,
    mut w: Work,
    by: &Authorized<scope::ReleaseUpdate>,
    prepared: Prepared,
) -> Result<RolledBack, Error> {
    let old = &prepared.release;
    let mut plan = prepared.plan.clone();
    let mut is_change = false;
    if let Some(bundle) = plan.bundle {
        to_use::<Bundle>(&w, &by.organization, bundle).await?;
    }
    if plan.stopped != *old {
        plan.stopped.revision = old.revision.next();
        plan.stopped.updated_at = ctx.now();
        // Before the new release: it must not be a second one without a next.
        releases::update(&w, old, &plan.stopped).await?;
        let data = EventData::ReleaseUpdated(events::Change { from: old, to: &plan.stopped });
        w.event(by, Subject::of(old.id), data);
        is_change = true;
    }
    graphs::relink(ctx, &mut w, by, &prepared.graph, &plan.relinked).await?;
    if let Some(new) = &plan.added {
        match releases::insert(&w, new).await {
            Err(olivine_records::Error::Duplicate(Constraint::ReleaseName)) => {
                drop(w);
                return Err(name_taken(ctx, new).await?);
            }
            Err(olivine_records::Error::ParentMissing) => return Err(Error::not_found(new.bundle)),
            other => other?,
        }
        w.event(by, Subject::of(new.id), EventData::ReleaseCreated(Whole(new)));
    }
    if let Some(forced) = &prepared.forced {
        is_change |= forced.write(&mut w, by).await?;
    }
    if !is_change {
        drop(w);
        return prepared.seen(ctx).await;
    }
    let organization = by.organization;
    let data = EventData::ReleaseRolledBack(events::RolledBack {
        name: old.name.to_string(),
        cohort_prn: old.cohort.prn(organization),
        bundle_prn: plan.bundle.map(|bundle| bundle.prn(organization)),
        added_release_prn: plan.added.as_ref().map(|added| added.id.prn(organization)),
        bundle_override_prn: prepared.forced.as_ref().map(|forced| forced.new.id.prn(organization)),
        devices: prepared.devices.on,
    });
    w.event(by, Subject::of(old.id), data);
    w.commit().await?;
    Prepared { plan, ..prepared }.seen(ctx).await
}

/// Removes the override of a rollback of a release that is deleted.
pub(super) async fn forget(
    w: &mut Work,
    by: &Authorized<scope::ReleaseDelete>,
    id: Id<Release>,
) -> Result<(), Error> {
    let forced = olivine_domain::releases::rollback::override_of(id);
    // It goes with its release, also where some of its devices were moved to where the caller does not reach.
    let everywhere = Tenancy::of_server(by.organization);
    if olivine_records::bundle_overrides::find(w, &everywhere, forced).await?.is_some() {
        let old = olivine_records::bundle_overrides::lock(w, &everywhere, forced).await?;
        olivine_records::bundle_overrides::delete(w, by.organization, forced).await?;
        w.event(by, Subject::of(forced), EventData::BundleOverrideDeleted(Whole(&old)));
    }
    Ok(())
}

/// The graph that an operation reads, whether or not it is locked.
async fn graph(
    reader: &impl olivine_records::Reader,
    release: &Release,
) -> Result<olivine_domain::releases::graph::ReleaseGraph, Error> {
    graphs::read(reader, release.organization, release.cohort).await
}
