//! Fleet numbers: how many devices of a cohort are on which release. They are read from counters that are updated with each change, so that
//! no devices have to be counted.

use olivine_domain::devices::{Device, UpdateStatus};
use olivine_domain::permissions::{Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::{ReleaseGraph, Standing};
use olivine_records::release_days::{Delta, ReleaseDay};
use olivine_records::{bundle_overrides, cohorts, device_outcomes, release_claims, release_days, releases};

use crate::distribution::changes::Change;
use crate::work::Work;
use crate::{Context, Error};

/// How far a cohort's devices came, seen from one release.
#[derive(Clone, Debug)]
pub struct Adoption {
    /// The release.
    pub release: Release,
    /// The cohort's devices.
    pub devices: u64,
    /// Those that are on this release.
    pub on: u64,
    /// Those on releases that lead to it.
    pub before: u64,
    /// Those on releases that it leads to.
    pub after: u64,
    /// Those of which it is not known, or that are on another path.
    pub elsewhere: u64,
    /// Those whose last word on it is that it is installed.
    pub installed: u64,
    /// Those whose last word on it is that it failed or was rolled back.
    pub failed: u64,
    /// Day by day, oldest first.
    pub days: Vec<ReleaseDay>,
}

/// How far the devices of a release's cohort came, seen from it. Costs the same for any number of devices.
pub async fn adoption(
    ctx: &Context,
    by: &Authorized<scope::ReleaseRead>,
    id: Id<Release>,
) -> Result<Adoption, Error> {
    let (db, organization) = (ctx.db(), by.organization);
    let release = releases::get(db, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    let cohort =
        cohorts::get(db, &by.tenancy(), release.cohort).await.map_err(Error::missing(release.cohort))?;
    let all = releases::list_graph(db, organization, release.cohort).await?;
    let ids: Vec<_> = all.iter().map(|release| release.id).collect();
    let graph = ReleaseGraph::new(all).map_err(Error::internal)?;
    let sums = release_days::sums(db, organization, &ids).await?;
    let days = release_days::list(db, organization, id).await?;
    let mut adoption = Adoption {
        release,
        devices: cohort.devices,
        on: 0,
        before: 0,
        after: 0,
        elsewhere: 0,
        installed: 0,
        failed: 0,
        days,
    };
    for (other, sum) in sums {
        adoption.add(graph.standing(other, id), sum);
        if other == id {
            adoption.installed = devices(sum.installed);
            adoption.failed = devices(sum.failed);
        }
    }
    let known = adoption.on + adoption.before + adoption.after;
    adoption.elsewhere = adoption.devices.saturating_sub(known);
    Ok(adoption)
}

impl Adoption {
    fn add(&mut self, standing: Option<Standing>, sum: Delta) {
        let there = sum.there();
        match standing {
            Some(Standing::On) => self.on += there,
            Some(Standing::Before) => self.before += there,
            Some(Standing::After) => self.after += there,
            // Among those that are left over in the end.
            Some(Standing::Elsewhere) | None => {}
        }
    }
}

/// A number of devices, which is never negative.
pub(super) fn devices(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// Takes a device that is about to be deleted out of all that is counted and named: claims, fleet numbers, overrides. Its row is locked by
/// then, and its cohort's after it: releases come after cohorts.
pub(crate) async fn forget_device(w: &mut Work, device: &Device) -> Result<(), Error> {
    let organization = device.organization;
    let claimed = release_claims::forget_device(w, organization, device.id).await?;
    for release in releases::get_many(w, &Tenancy::of_server(organization), &claimed).await? {
        w.changed(organization, Change::PhaseCounts(release.cohort));
    }
    for release in claimed {
        w.moves().of_release(organization, release).claimed -= 1;
    }
    for (release, status) in device_outcomes::forget_device(w, organization, device.id).await? {
        let delta = w.moves().of_release(organization, release);
        delta.installed -= i64::from(status == UpdateStatus::Installed);
        delta.failed -= i64::from(status.is_failure());
    }
    if let Some(release) = device.release {
        w.moves().of_release(organization, release).departed += 1;
    }
    if bundle_overrides::forget_device(w, organization, device.id).await? > 0 {
        w.changed(organization, Change::Organization(organization));
    }
    Ok(())
}
