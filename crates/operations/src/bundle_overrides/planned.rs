//! What a change of an override would do: which devices it reaches, and what somebody should know before.

use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::devices::Device;
use olivine_domain::permissions::{Actor, Tenancy, scope};
use olivine_domain::releases::plans::Warning;
use olivine_domain::search::Searchable as _;
use olivine_domain::stops::Stops;
use olivine_records::lists::Matching;
use olivine_records::{bundles, cohorts, devices, stops};

use super::Edit;
use crate::lists::having;
use crate::{Context, Error};

/// What a change of an override would do.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The override as it would be.
    pub bundle_override: BundleOverride,
    /// Whether it would be a new one.
    pub is_new: bool,
    /// How many devices it gives its bundle to at once, before the change; `None` where that is not counted.
    pub before: Option<Matching>,
    /// The same after the change.
    pub after: Option<Matching>,
    /// What somebody should know.
    pub warnings: Vec<Warning>,
}

/// Says what an edit does, and undoes it.
pub(super) async fn plan(ctx: &Context, by: &Actor, edit: Edit) -> Result<Planned, Error> {
    let Edit { w, old, new } = edit;
    let stopped: Stops = stops::list(&w, new.organization).await?.into_iter().collect();
    let unservable = bundles::unservable_in(&w, new.organization, &[new.bundle]).await?;
    w.undo().await?;
    let before = match &old {
        Some(old) => reached(ctx, by, old).await?,
        None => Some(Matching { count: 0, is_exact: true }),
    };
    let after = reached(ctx, by, &new).await?;
    let mut warnings = Vec::new();
    if old.as_ref() == Some(&new) {
        warnings.push(Warning::NoChange);
    } else {
        let number = |reached: Option<Matching>| reached.map_or(0, |reached| reached.count);
        let what = format!("the bundle of '{}'", new.name);
        warnings.extend(Warning::many(what, number(before), number(after)));
        warnings.extend(of_time(ctx, &new));
        warnings.extend(after.is_none().then(|| Warning::NotCountedTagged(new.name.clone())));
    }
    warnings.extend(Warning::unservable(unservable.len()));
    warnings.extend(stop(ctx, &stopped, &new).await?);
    Ok(Planned { is_new: old.is_none(), bundle_override: new, before, after, warnings })
}

fn of_time(ctx: &Context, new: &BundleOverride) -> Option<Warning> {
    let now = ctx.now();
    let over = new.ends_at.filter(|end| *end <= now).map(Warning::Over);
    over.or_else(|| (new.starts_at > now).then_some(Warning::NotYet(new.starts_at)))
}

/// The stop that all of its devices are under, as far as the override tells.
async fn stop(ctx: &Context, stopped: &Stops, new: &BundleOverride) -> Result<Option<Warning>, Error> {
    let of_cohort = match new.audience {
        Audience::Cohort(id) => {
            let everywhere = Tenancy::of_server(new.organization);
            let cohort = cohorts::get(ctx.db(), &everywhere, id).await.map_err(Error::missing(id))?;
            stopped.of_device(cohort.product, Some(id))
        }
        Audience::Devices(_) | Audience::Tags(_) => stopped.of_organization(),
    };
    Ok(Warning::stopped(of_cohort))
}

/// How many devices it gives its bundle to now, as far as that can be told at the same cost for any number of devices.
async fn reached(ctx: &Context, by: &Actor, of: &BundleOverride) -> Result<Option<Matching>, Error> {
    let exactly = |count| Some(Matching { count, is_exact: true });
    if !of.is_active_at(ctx.now()) {
        return Ok(exactly(0));
    }
    match &of.audience {
        Audience::Devices(devices) => Ok(exactly(devices.len() as u64)),
        Audience::Cohort(id) => {
            let everywhere = Tenancy::of_server(of.organization);
            let cohort = cohorts::get(ctx.db(), &everywhere, *id).await.map_err(Error::missing(*id))?;
            Ok(exactly(cohort.devices))
        }
        Audience::Tags(tags) => {
            // A caller that may not read devices does not learn how many devices have a tag.
            let Ok(by) = by.authorize::<scope::DeviceRead>() else { return Ok(None) };
            let mut all = Matching { count: 0, is_exact: true };
            for tag in tags.iter() {
                let clause = having(Device::FIELDS, "tag", tag)?;
                let found = devices::count_matching(&ctx.reads_for(&by), &by.tenancy(), &[clause]).await;
                let Ok(found) = found else { return Ok(None) };
                all.count += found.count;
                // A device with several of the tags was counted several times.
                all.is_exact &= found.is_exact && tags.iter().count() == 1;
            }
            Ok(Some(all))
        }
    }
}
