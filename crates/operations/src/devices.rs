//! Devices: create, read, change, move, import, delete.

mod change;
mod counts;
mod matching;
pub(crate) mod moves;

use std::collections::HashMap;

use olivine_domain::cohorts::Cohort;
pub use olivine_domain::devices::{Change, New};
use olivine_domain::devices::{Device, Identifier};
use olivine_domain::events::Subject;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_records::{Constraint, Write, cohorts, device_certificates, device_outcomes, devices};

pub(crate) use change::record_change;
pub use change::update;
pub use counts::{Selection, counts};
pub(crate) use matching::count_all;
pub use matching::{Alike, Facets, count_matching, facets};
pub use olivine_records::device_outcomes::Said;
pub use olivine_records::devices::Counts;

use crate::Context;
use crate::archiving::to_use;
use crate::distribution::changes;
use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{ListQuery, NewId};
use crate::releases::forget_device;

/// Creates a device.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::DeviceCreate>,
    id: NewId,
    new: New,
) -> Result<Device, Error> {
    let device = new.record(id.take(ctx), by.organization, ctx.now());
    let mut w = ctx.work().await?;
    check_place(&w, &by.tenancy(), &device).await?;
    if let Err(error) = devices::insert(&w, &device).await {
        drop(w);
        return already_there(ctx, &by.tenancy().to_see(), &device, id, error).await;
    }
    w.event(by, Subject::of(device.id), EventData::DeviceCreated(Whole(&device)));
    w.moves().join(&device);
    w.commit().await?;
    Ok(device)
}

/// Refuses a product or a cohort that is archived, and a cohort that is not one of the device's product.
pub(crate) async fn check_place(w: &Write, tenancy: &Tenancy, device: &Device) -> Result<(), Error> {
    let Some(id) = device.cohort else {
        return to_use::<Product>(w, tenancy, device.product).await.map(drop);
    };
    // Who reaches the cohort need not reach all of its product.
    to_use::<Product>(w, &tenancy.to_see(), device.product).await?;
    let cohort = to_use::<Cohort>(w, tenancy, id).await?;
    if cohort.product == device.product {
        return Ok(());
    }
    let own = cohort.product.prn(cohort.organization);
    let problem = format!(
        "this cohort is one of the product {own}: choose a cohort of the device's own product, or none"
    );
    Err(Error::Invalid { field: "cohort_prn", problem })
}

/// Tells a device of the same identifier from the answer to a repeated request.
async fn already_there(
    ctx: &Context,
    seen: &Tenancy,
    new: &Device,
    id: NewId,
    error: olivine_records::Error,
) -> Result<Device, Error> {
    match error {
        olivine_records::Error::Duplicate(Constraint::PrimaryKey) if id.is_replayable() => {
            devices::get(ctx.db(), seen, new.id).await.map_err(Error::missing(new.id))
        }
        olivine_records::Error::Duplicate(Constraint::DeviceIdentifier) => {
            let other = devices::find_by_identifier(ctx.db(), seen, &new.identifier).await?;
            match other {
                Some(other) if id.is_replayable() && other.id == new.id => Ok(other),
                other => Err(identifier_taken(&new.identifier, other)),
            }
        }
        olivine_records::Error::ParentMissing => {
            Err(Error::Conflict("the product or the cohort was deleted at the same moment: choose another"))
        }
        other => Err(other.into()),
    }
}

fn identifier_taken(identifier: &Identifier, other: Option<Device>) -> Error {
    Error::Taken {
        what: Taken::Identifier,
        message: format!(
            "there is a device with the identifier '{identifier}' already: use it, or choose another identifier"
        ),
        by: other.map(|other| other.id.prn(other.organization).to_string()),
    }
}

/// Lists devices.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::DeviceRead>,
    query: &ListQuery,
) -> Result<Page<Device>, Error> {
    Ok(devices::list(&ctx.reads_for(by), &by.tenancy(), query).await?)
}

/// Reads one device.
pub async fn get(ctx: &Context, by: &Authorized<scope::DeviceRead>, id: Id<Device>) -> Result<Device, Error> {
    devices::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))
}

/// The cohorts of these devices, for `expand[]=cohort`: one query, whatever their number.
pub async fn cohorts_of(
    ctx: &Context,
    by: &Actor,
    devices: impl IntoIterator<Item = &Device>,
) -> Result<Vec<Cohort>, Error> {
    let by = by.authorize::<scope::CohortRead>()?;
    let ids: Vec<_> = devices.into_iter().filter_map(|device| device.cohort).collect();
    Ok(cohorts::get_many(ctx.db(), &by.tenancy(), &ids).await?)
}

/// What each of these devices last said of an update from a release, for `expand[]=last_report`: one query, whatever their number.
pub async fn last_reports_of(
    ctx: &Context,
    by: &Authorized<scope::DeviceRead>,
    devices: impl IntoIterator<Item = &Device>,
) -> Result<HashMap<Id<Device>, Said>, Error> {
    let said = devices.into_iter().filter(|device| device.outcome.is_some()).map(|device| device.id);
    let said: Vec<_> = said.collect();
    Ok(device_outcomes::newest(ctx.db(), by.organization, &said).await?.into_iter().collect())
}

/// Deletes a device and forgets its certificates, claims and overrides.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::DeviceDelete>,
    id: Id<Device>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let device = devices::lock(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    let certificates = device_certificates::remove_all_of_device(&w, by.organization, id, ctx.now()).await?;
    w.event(by, Subject::of(id), EventData::DeviceDeleted(Whole(&device)));
    w.moves().leave(&device);
    w.count_moves().await?;
    for fingerprint in &certificates {
        w.changed(by.organization, changes::Change::certificate(fingerprint));
    }
    forget_device(&mut w, &device).await?;
    devices::delete(&w, by.organization, id).await?;
    w.commit().await
}
