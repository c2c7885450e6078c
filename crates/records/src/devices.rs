//! Devices: their records, and what they last reported.
//!
//! Who adds, moves or deletes devices also keeps the numbers of their cohorts, in the same transaction.

mod batches;
mod counted;
mod matching;
mod on_release;
mod recognized;
mod row;

pub use batches::{Piece, lock_many, next_piece};
#[cfg(test)]
pub(crate) use counted::counting;
pub use counted::{Counted, Counts, MOST_VERSIONS, VersionCount, count};
pub use matching::{FacetValue, Facets, count_by_cohort, count_quarantined, facets};
#[cfg(test)]
pub(crate) use matching::{grouped, quarantined, without_cohort};
pub use on_release::{OnRelease, group_on_release, hold, list_on_release};
#[cfg(test)]
pub(crate) use recognized::recognizing;
pub use recognized::{Recognized, recognize_of_any_organization};

use olivine_domain::Timestamp;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::{Device, Identifier, Reported};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use olivine_domain::resolution::Offer;
use olivine_domain::search::Clause;
use olivine_domain::text::VersionText;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement, Value,
};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::dialect;
use crate::entities::fleet::devices::{ActiveModel, Column, Entity};
use crate::error::Error;
use crate::lists::{self, ListQuery, MOST_IDS};
use crate::rows::owned;
use crate::tenants;
use crate::tenants::Tenant;

const TABLE: &str = "devices";

/// The most rows of one `INSERT`: with 23 columns each, well below the 32,766 values that SQLite binds.
const MOST_ROWS: usize = 1_000;

/// The device, if the organization has it.
pub async fn find(reader: &impl Reader, tenancy: &Tenancy, id: Id<Device>) -> Result<Option<Device>, Error> {
    lists::find::<Entity>(reader, tenancy, id).await
}

/// The device.
pub async fn get(reader: &impl Reader, tenancy: &Tenancy, id: Id<Device>) -> Result<Device, Error> {
    lists::get::<Entity>(reader, tenancy, id).await
}

/// The device, which nobody else changes until the transaction ends.
pub async fn lock(write: &Write, tenancy: &Tenancy, id: Id<Device>) -> Result<Device, Error> {
    lists::lock::<Entity>(write, tenancy, id, LockType::Update).await
}

/// The device that is called so.
pub async fn find_by_identifier(
    reader: &impl Reader,
    tenancy: &Tenancy,
    identifier: &Identifier,
) -> Result<Option<Device>, Error> {
    let called = Entity::find().filter(Column::Identifier.eq(identifier.as_str()));
    tenants::first::<Entity>(reader.executor(), tenancy, called).await
}

/// Those of the organization's devices that are called so, in no particular order.
pub async fn find_by_identifiers(
    reader: &impl Reader,
    tenancy: &Tenancy,
    identifiers: &[&Identifier],
) -> Result<Vec<Device>, Error> {
    let mut devices = Vec::new();
    for identifiers in identifiers.chunks(MOST_IDS) {
        for row in called(tenancy, identifiers).all(&reader.executor()).await? {
            devices.push(row::parse(&row)?);
        }
    }
    Ok(devices)
}

/// The same, which nobody else changes until the transaction ends.
pub async fn lock_by_identifiers(
    write: &Write,
    tenancy: &Tenancy,
    identifiers: &[&Identifier],
) -> Result<Vec<Device>, Error> {
    let mut devices = Vec::new();
    for identifiers in identifiers.chunks(MOST_IDS) {
        let locked = called(tenancy, identifiers).order_by_asc(Column::Id).lock_exclusive();
        for row in locked.all(write.transaction()).await? {
            devices.push(row::parse(&row)?);
        }
    }
    Ok(devices)
}

/// Refuses devices of which one may be seen, but not be changed.
pub async fn check_reached(reader: &impl Reader, tenancy: &Tenancy, ids: &[Id<Device>]) -> Result<(), Error> {
    let Some(changed) = Tenant::<Entity>::changed(tenancy) else { return Ok(()) };
    for ids in ids.chunks(MOST_IDS) {
        let reached = Entity::find()
            .filter(Column::OrganizationId.eq(tenancy.organization().uuid()))
            .filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .filter(changed.clone());
        if reached.count(&reader.executor()).await? < ids.len() as u64 {
            return Err(Error::OutsideReach);
        }
    }
    Ok(())
}

fn called(tenancy: &Tenancy, identifiers: &[&Identifier]) -> sea_orm::Select<Entity> {
    Entity::find()
        .filter(Column::OrganizationId.eq(tenancy.organization().uuid()))
        .filter(Tenant::<Entity>::seen(tenancy))
        .filter(Column::Identifier.is_in(identifiers.iter().map(|identifier| identifier.as_str())))
}

/// The given devices that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    tenancy: &Tenancy,
    ids: &[Id<Device>],
) -> Result<Vec<Device>, Error> {
    lists::get_many::<Entity>(reader, tenancy, ids.iter().map(|id| id.uuid())).await
}

/// Whether any device is of this product.
pub async fn is_any_of_product(
    reader: &impl Reader,
    organization: Id<Organization>,
    product: Id<Product>,
) -> Result<bool, Error> {
    let of_product = Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::ProductId.eq(product.uuid()));
    let first = Entity::find().select_only().column(Column::Id).filter(of_product).limit(1);
    Ok(first.into_tuple::<Uuid>().one(&reader.executor()).await?.is_some())
}

/// How many of the organization's devices a search finds.
pub async fn count_matching(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    clauses: &[Clause],
) -> Result<lists::Matching, Error> {
    lists::counting::count::<Entity>(reader, tenancy, clauses).await
}

/// A page of the organization's devices.
pub async fn list(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    query: &ListQuery,
) -> Result<Page<Device>, Error> {
    lists::page::<Entity>(reader, tenancy, query).await
}

/// How many devices a cohort has, counted one by one: what its own number must be.
pub async fn count_in_cohort(
    reader: &impl Reader,
    organization: Id<Organization>,
    cohort: Id<Cohort>,
) -> Result<u64, Error> {
    let of_cohort = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::CohortId.eq(cohort.uuid()));
    Ok(of_cohort.count(&reader.executor()).await?)
}

/// Adds a device.
pub async fn insert(write: &Write, device: &Device) -> Result<(), Error> {
    let row = row::row(device).into_active_model();
    Entity::insert(row).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Adds many devices.
pub async fn insert_many(write: &Write, devices: &[Device]) -> Result<(), Error> {
    for devices in devices.chunks(MOST_ROWS) {
        let rows = devices.iter().map(|device| row::row(device).into_active_model());
        Entity::insert_many(rows).exec_without_returning(write.transaction()).await?;
    }
    Ok(())
}

/// Replaces what people can change, and the release that it counts as being on, if nobody else did since `expected`. Leaves what the
/// device says of itself.
pub async fn update(write: &Write, old: &Device, new: &Device) -> Result<(), Error> {
    replace(write, &row::row(old), &row::row(new)).await
}

/// Notes what a device says it runs, and which release of its cohort that is. The record's revision stays: people did not change it.
pub async fn set_report(
    write: &Write,
    organization: Id<Organization>,
    id: Id<Device>,
    reported: &Reported,
    release: Option<Id<Release>>,
) -> Result<(), Error> {
    let report = ActiveModel {
        reported_release_id: Set(reported.release.map(Id::uuid)),
        reported_bundle_id: Set(reported.bundle.map(Id::uuid)),
        reported_version: Set(owned(reported.version.as_ref(), VersionText::as_str)),
        release_id: Set(release.map(Id::uuid)),
        ..ActiveModel::default()
    };
    set(write, organization, id, report).await
}

/// Notes which override's bundle a device was given last. The record's revision stays: people did not change it.
pub async fn set_offer(
    write: &Write,
    organization: Id<Organization>,
    id: Id<Device>,
    offer: Option<&Offer>,
) -> Result<(), Error> {
    set(write, organization, id, row::offer(offer)).await
}

async fn set(
    write: &Write,
    organization: Id<Organization>,
    id: Id<Device>,
    columns: ActiveModel,
) -> Result<(), Error> {
    let update = Entity::update_many().set(columns).filter(one(organization, id));
    match update.exec(write.transaction()).await?.rows_affected {
        0 => Err(Error::NotFound { table: TABLE }),
        _ => Ok(()),
    }
}

/// Removes all devices from a release that is being deleted.
pub async fn leave_release(
    write: &Write,
    organization: Id<Organization>,
    release: Id<Release>,
) -> Result<(), Error> {
    let on_it = Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::ReleaseId.eq(release.uuid()));
    let nowhere = ActiveModel { release_id: Set(None), ..ActiveModel::default() };
    Entity::update_many().set(nowhere).filter(on_it).exec(write.transaction()).await?;
    Ok(())
}

/// For devices whose newest outcome is about a release that is being deleted: restores the outcome before it, if there is one.
pub async fn forget_outcomes(
    write: &Write,
    organization: Id<Organization>,
    release: Id<Release>,
) -> Result<(), Error> {
    let sql = "UPDATE devices SET (outcome, outcome_release_id, outcome_at) = \
         (SELECT status, release_id, updated_at FROM device_outcomes \
         WHERE device_id = devices.id AND release_id <> $1 ORDER BY updated_at DESC, release_id DESC LIMIT 1) \
         WHERE organization_id = $2 AND outcome_release_id = $1";
    let values = [Value::from(release.uuid()), Value::from(organization.uuid())];
    let backend = write.transaction().get_database_backend();
    write.transaction().execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

/// Notes when devices, of whichever organizations, were last seen; a later moment that is on record stays. Works across organizations:
/// each device proved who it is.
pub async fn touch(write: &Write, seen: &[(Id<Device>, Timestamp)]) -> Result<(), Error> {
    let mut seen = seen.to_vec();
    seen.sort_unstable();
    for seen in seen.chunks(MOST_IDS) {
        if dialect::locks_rows(write.transaction()) {
            // Locked in one order: that in which an update finds its rows is the database's choice.
            let ids = seen.iter().map(|(id, _)| id.uuid());
            let locked = Entity::find().select_only().column(Column::Id).filter(Column::Id.is_in(ids));
            let locked = locked.order_by_asc(Column::Id).lock(LockType::NoKeyUpdate);
            locked.into_tuple::<Uuid>().all(write.transaction()).await?;
        }
        write.transaction().execute_raw(touching(write, seen)).await?;
    }
    Ok(())
}

/// Both databases call the columns of `VALUES` so.
pub(crate) fn touching(reader: &impl Reader, seen: &[(Id<Device>, Timestamp)]) -> Statement {
    let places: Vec<_> = (0..seen.len()).map(|n| format!("(${}, ${})", 2 * n + 1, 2 * n + 2)).collect();
    let sql = format!(
        "UPDATE devices SET last_connected_at = seen.column2 FROM (VALUES {}) AS seen \
         WHERE devices.id = seen.column1 \
         AND (devices.last_connected_at IS NULL OR devices.last_connected_at < seen.column2)",
        places.join(", ")
    );
    let values = seen.iter().flat_map(|(id, at)| [Value::from(id.uuid()), Value::from(at.as_micros())]);
    Statement::from_sql_and_values(reader.executor().get_database_backend(), sql, values)
}

/// Deletes a device that nothing belongs to any more.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<Device>) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

fn one(organization: Id<Organization>, id: Id<Device>) -> Condition {
    Condition::all().add(Column::Id.eq(id.uuid())).add(Column::OrganizationId.eq(organization.uuid()))
}
