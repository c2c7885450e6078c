//! Bundle overrides: create, read, change, delete. All of one can be changed at any time.

mod planned;

use olivine_domain::Timestamp;
pub use olivine_domain::bundle_overrides::Change;
use olivine_domain::bundle_overrides::{Audience, BundleOverride, MOST_DEVICES};
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::events::Subject;
use olivine_domain::organizations::Revision;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, InPart, OutsideReach, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::text::{Description, Name};
use olivine_records::{Constraint, Write, bundle_overrides, bundles, cohorts};

use crate::archiving::to_use;
use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::work::Work;
use crate::{Context, events};

pub use planned::Planned;

/// A new override.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key.
    pub id: NewId,
    /// Unique in the organization.
    pub name: Name,
    /// What people say of it.
    pub description: Option<Description>,
    /// What the devices get.
    pub bundle: Id<Bundle>,
    /// From when on; `None` for from now on.
    pub starts_at: Option<Timestamp>,
    /// Until when.
    pub ends_at: Option<Timestamp>,
    /// On whom.
    pub audience: Audience,
}

/// Where an override may be created; for single devices, a narrower scope is enough.
fn tenancy_for(by: &Actor, audience: &Audience) -> Result<Tenancy, Error> {
    Ok(if audience.is_single_devices() {
        by.authorize::<scope::BundleOverrideForDevice>()?.tenancy()
    } else {
        by.authorize::<scope::BundleOverrideCreate>()?.tenancy()
    })
}

/// Creates an override.
pub async fn create(
    ctx: &Context,
    by: &InPart<scope::BundleOverrideCreate>,
    new: Create,
) -> Result<BundleOverride, Error> {
    creation(ctx, by, new).await?.commit().await
}

/// Says what [`create`] would do.
pub async fn plan_create(
    ctx: &Context,
    by: &InPart<scope::BundleOverrideCreate>,
    new: Create,
) -> Result<Planned, Error> {
    planned::plan(ctx, by, creation(ctx, by, new).await?).await
}

/// A change of an override that was made in a transaction, which is still open.
struct Edit {
    w: Work,
    /// The override before; `None` if it is new.
    old: Option<BundleOverride>,
    /// The override after it.
    new: BundleOverride,
}

impl Edit {
    async fn commit(self) -> Result<BundleOverride, Error> {
        self.w.commit().await?;
        Ok(self.new)
    }
}

async fn creation(
    ctx: &Context,
    by: &InPart<scope::BundleOverrideCreate>,
    new: Create,
) -> Result<Edit, Error> {
    let now = ctx.now();
    let id = new.id;
    let new = BundleOverride {
        id: id.take(ctx),
        organization: by.organization,
        name: new.name,
        description: new.description,
        bundle: new.bundle,
        starts_at: new.starts_at.unwrap_or(now),
        ends_at: new.ends_at,
        audience: distinct(new.audience),
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    };
    let tenancy = tenancy_for(by, &new.audience)?;
    let mut w = ctx.work().await?;
    if id.is_replayable()
        && let Some(first) = bundle_overrides::find(&w, &tenancy, new.id).await?
    {
        return Ok(Edit { w, old: Some(first.clone()), new: first });
    }
    check(&w, &tenancy, &new, now).await?;
    match bundle_overrides::insert(&w, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::BundleOverrideName)) => {
            drop(w);
            return Err(name_taken(ctx, tenancy.to_see(), &new).await?);
        }
        other => other.map_err(parent_gone)?,
    }
    let data = EventData::BundleOverrideCreated(Whole(&new));
    w.event(by, Subject::of(new.id), data);
    Ok(Edit { w, old: None, new })
}

/// Devices in the order of their keys, each once.
fn distinct(mut audience: Audience) -> Audience {
    if let Audience::Devices(devices) = &mut audience {
        devices.sort_unstable();
        devices.dedup();
    }
    audience
}

/// Checks what no single field can tell.
async fn check(w: &Write, tenancy: &Tenancy, new: &BundleOverride, now: Timestamp) -> Result<(), Error> {
    if new.ends_at.is_some_and(|end| end <= new.starts_at) {
        let problem = format!("it must be later than starts_at ({})", new.starts_at);
        return Err(Error::Invalid { field: "ends_at", problem });
    }
    let organization = new.organization;
    bundles::get(w, organization, new.bundle).await.map_err(Error::missing(new.bundle))?;
    // An override that is over gives its bundle to no device, and may still be renamed.
    if new.ends_at.is_none_or(|end| end > now) {
        to_use::<Bundle>(w, &organization, new.bundle).await?;
        if let Audience::Cohort(cohort) = new.audience {
            to_use::<Cohort>(w, tenancy, cohort).await?;
        }
    }
    match &new.audience {
        Audience::Tags(tags) if tags.is_empty() => {
            Err(Error::Invalid { field: "tags", problem: "name at least one tag".to_owned() })
        }
        Audience::Tags(_) if tenancy.changed().is_some() => Err(OutsideReach::Tags.into()),
        Audience::Tags(_) => Ok(()),
        Audience::Cohort(cohort) => {
            cohorts::get(w, tenancy, *cohort).await.map(drop).map_err(Error::missing(*cohort))
        }
        Audience::Devices(devices) => check_devices(w, tenancy, devices).await,
    }
}

async fn check_devices(w: &Write, tenancy: &Tenancy, devices: &[Id<Device>]) -> Result<(), Error> {
    let refuse = |problem: String| Err(Error::Invalid { field: "device_prns", problem });
    if devices.is_empty() {
        return refuse("name at least one device".to_owned());
    }
    if devices.len() > MOST_DEVICES {
        let given = devices.len();
        return refuse(format!(
            "at most {MOST_DEVICES} devices are possible, got {given}: choose them by a tag"
        ));
    }
    match bundle_overrides::list_missing_devices(w, tenancy, devices).await?.first() {
        Some(missing) => Err(Error::not_found(*missing)),
        None => Ok(()),
    }
}

/// Something that was there a moment ago was deleted.
fn parent_gone(error: olivine_records::Error) -> Error {
    match error {
        olivine_records::Error::ParentMissing => Error::Conflict(
            "the bundle, the cohort or a device was deleted at the same moment: check which, then retry",
        ),
        other => other.into(),
    }
}

async fn name_taken(ctx: &Context, seen: Tenancy, new: &BundleOverride) -> Result<Error, Error> {
    let other = bundle_overrides::find_by_name(ctx.db(), &seen, &new.name).await?;
    Ok(Error::Taken {
        what: Taken::Name,
        message: format!(
            "there is a bundle override named '{}' already: change it, or choose another name",
            new.name
        ),
        by: other.map(|other| other.id.prn(other.organization).to_string()),
    })
}

/// Lists overrides.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::BundleOverrideRead>,
    query: &ListQuery,
) -> Result<Page<BundleOverride>, Error> {
    Ok(bundle_overrides::list(&ctx.reads_for(by), &by.tenancy(), query).await?)
}

/// Reads one override.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::BundleOverrideRead>,
    id: Id<BundleOverride>,
) -> Result<BundleOverride, Error> {
    bundle_overrides::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))
}

/// Changes an override.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::BundleOverrideUpdate>,
    id: Id<BundleOverride>,
    expected: Expected,
    change: Change,
) -> Result<BundleOverride, Error> {
    changed(ctx, by, id, expected, change).await?.commit().await
}

/// Says what [`update`] would do.
pub async fn plan_update(
    ctx: &Context,
    by: &Authorized<scope::BundleOverrideUpdate>,
    id: Id<BundleOverride>,
    expected: Expected,
    change: Change,
) -> Result<Planned, Error> {
    planned::plan(ctx, by, changed(ctx, by, id, expected, change).await?).await
}

async fn changed(
    ctx: &Context,
    by: &Authorized<scope::BundleOverrideUpdate>,
    id: Id<BundleOverride>,
    expected: Expected,
    change: Change,
) -> Result<Edit, Error> {
    let mut w = ctx.work().await?;
    let old = bundle_overrides::lock(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let change = Change { audience: change.audience.map(distinct), ..change };
    let Some(new) = change.apply(&old, ctx.now()) else {
        return Ok(Edit { w, old: Some(old.clone()), new: old });
    };
    check(&w, &by.tenancy(), &new, ctx.now()).await?;
    match bundle_overrides::update(&w, &old, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::BundleOverrideName)) => {
            drop(w);
            return Err(name_taken(ctx, by.tenancy().to_see(), &new).await?);
        }
        other => other.map_err(parent_gone)?,
    }
    let data = EventData::BundleOverrideUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    Ok(Edit { w, old: Some(old), new })
}

/// Deletes an override.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::BundleOverrideDelete>,
    id: Id<BundleOverride>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let old = bundle_overrides::lock(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    bundle_overrides::delete(&w, by.organization, id).await?;
    w.event(by, Subject::of(id), EventData::BundleOverrideDeleted(Whole(&old)));
    w.commit().await?;
    Ok(())
}
