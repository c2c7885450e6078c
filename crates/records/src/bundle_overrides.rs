//! Bundle overrides, with the devices that they are for.

mod audience;
mod row;

pub use audience::{forget_device, list_missing_devices};

use olivine_domain::Timestamp;
use olivine_domain::binaries::Binary;
use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::bundles::Bundle;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::text::Name;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use crate::bundles;
use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::distribution::bundle_overrides::{Column, Entity};
use crate::error::Error;
use crate::lists::{self, ListQuery};
use crate::tenants;

const TABLE: &str = "bundle_overrides";

/// The override, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    tenancy: &Tenancy,
    id: Id<BundleOverride>,
) -> Result<Option<BundleOverride>, Error> {
    one_of(reader, tenancy, Entity::find().filter(Column::Id.eq(id.uuid()))).await
}

/// The given overrides that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    tenancy: &Tenancy,
    ids: &[Id<BundleOverride>],
) -> Result<Vec<BundleOverride>, Error> {
    let mut found = lists::get_many::<Entity>(reader, tenancy, ids.iter().map(|id| id.uuid())).await?;
    audience::add_devices(reader, tenancy.organization(), &mut found).await?;
    Ok(found)
}

/// The override.
pub async fn get(
    reader: &impl Reader,
    tenancy: &Tenancy,
    id: Id<BundleOverride>,
) -> Result<BundleOverride, Error> {
    find(reader, tenancy, id).await?.ok_or(Error::NotFound { table: TABLE })
}

/// The override, which nobody else changes until the transaction ends.
pub async fn lock(write: &Write, tenancy: &Tenancy, id: Id<BundleOverride>) -> Result<BundleOverride, Error> {
    let locked = Entity::find().filter(Column::Id.eq(id.uuid())).lock_exclusive();
    one_of(write, tenancy, locked).await?.ok_or(Error::NotFound { table: TABLE })
}

/// The override of that name.
pub async fn find_by_name(
    reader: &impl Reader,
    tenancy: &Tenancy,
    name: &Name,
) -> Result<Option<BundleOverride>, Error> {
    one_of(reader, tenancy, Entity::find().filter(Column::Name.eq(name.as_str()))).await
}

async fn one_of(
    reader: &impl Reader,
    tenancy: &Tenancy,
    select: Select<Entity>,
) -> Result<Option<BundleOverride>, Error> {
    let found = tenants::first::<Entity>(reader.executor(), tenancy, select).await?;
    let mut found: Vec<_> = found.into_iter().collect();
    audience::add_devices(reader, tenancy.organization(), &mut found).await?;
    Ok(found.pop())
}

/// A page of the organization's overrides.
pub async fn list(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    query: &ListQuery,
) -> Result<Page<BundleOverride>, Error> {
    let mut page = lists::page::<Entity>(reader, tenancy, query).await?;
    audience::add_devices(reader, tenancy.organization(), &mut page.items).await?;
    Ok(page)
}

/// All of the organization's overrides that are active at `now` or have yet to begin, in no particular order.
pub async fn list_current(
    reader: &impl Reader,
    organization: Id<Organization>,
    now: Timestamp,
) -> Result<Vec<BundleOverride>, Error> {
    let rows = current(organization, now).all(&reader.executor()).await?;
    let mut found = rows.iter().map(row::parse).collect::<Result<Vec<_>, _>>()?;
    audience::add_devices(reader, organization, &mut found).await?;
    Ok(found)
}

/// Those of them whose bundles have this binary, the oldest first; without the devices that they are for.
pub async fn list_current_with_binary(
    reader: &impl Reader,
    organization: Id<Organization>,
    binary: Id<Binary>,
    now: Timestamp,
) -> Result<Vec<BundleOverride>, Error> {
    let bundles = bundles::with_binary(organization, binary).into_query();
    let using = current(organization, now).filter(Column::BundleId.in_subquery(bundles));
    let using = using.order_by_asc(Column::InsertedAt).order_by_asc(Column::Id);
    using.all(&reader.executor()).await?.iter().map(row::parse).collect()
}

pub(crate) fn current(organization: Id<Organization>, now: Timestamp) -> Select<Entity> {
    let not_over = Condition::any().add(Column::EndsAt.is_null()).add(Column::EndsAt.gt(now.as_micros()));
    Entity::find().filter(Column::OrganizationId.eq(organization.uuid())).filter(not_over)
}

/// A page of the overrides, also of those that are over, that force this bundle; without the devices that they are for.
pub async fn list_with_bundle(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    bundle: Id<Bundle>,
    query: &ListQuery,
) -> Result<Page<BundleOverride>, Error> {
    let using = Condition::all().add(Column::BundleId.eq(bundle.uuid()));
    lists::page_of::<Entity>(reader, tenancy, using, query).await
}

/// Adds an override.
pub async fn insert(write: &Write, new: &BundleOverride) -> Result<(), Error> {
    let row = row::row(new).into_active_model();
    Entity::insert(row).exec_without_returning(write.transaction()).await?;
    audience::insert_devices(write, new).await
}

/// Replaces the fields that can change, unless somebody else changed the record since `expected`.
pub async fn update(write: &Write, old: &BundleOverride, new: &BundleOverride) -> Result<(), Error> {
    replace(write, &row::row(old), &row::row(new)).await?;
    if old.audience == new.audience {
        return Ok(());
    }
    if matches!(old.audience, Audience::Devices(_)) {
        audience::delete_devices(write, old.organization, old.id).await?;
    }
    audience::insert_devices(write, new).await
}

/// Deletes an override.
pub async fn delete(
    write: &Write,
    organization: Id<Organization>,
    id: Id<BundleOverride>,
) -> Result<(), Error> {
    audience::delete_devices(write, organization, id).await?;
    changes::delete::<Entity>(write, organization, id).await
}
