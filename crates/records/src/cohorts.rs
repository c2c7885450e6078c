//! Cohorts: groups of a product's devices. Code that adds or removes a device also changes the count of devices here.

use olivine_domain::Timestamp;
use olivine_domain::cohorts::Cohort;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::search::Clause;
use olivine_domain::text::{Description, Name};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::changes::{self, compare_and_set, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::fleet::cohorts::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::{Row, owned, stored};
use crate::tenants;

const TABLE: &str = "cohorts";

/// The cohort, if the organization has it.
pub async fn find(reader: &impl Reader, tenancy: &Tenancy, id: Id<Cohort>) -> Result<Option<Cohort>, Error> {
    lists::find::<Entity>(reader, tenancy, id).await
}

/// The cohort.
pub async fn get(reader: &impl Reader, tenancy: &Tenancy, id: Id<Cohort>) -> Result<Cohort, Error> {
    lists::get::<Entity>(reader, tenancy, id).await
}

/// The product's cohort of that name.
pub async fn find_by_name(
    reader: &impl Reader,
    tenancy: &Tenancy,
    product: Id<Product>,
    name: &Name,
) -> Result<Option<Cohort>, Error> {
    let named =
        Entity::find().filter(Column::ProductId.eq(product.uuid())).filter(Column::Name.eq(name.as_str()));
    tenants::first::<Entity>(reader.executor(), tenancy, named).await
}

/// The cohort, which nobody else changes until the transaction ends.
pub async fn lock(write: &Write, tenancy: &Tenancy, id: Id<Cohort>) -> Result<Cohort, Error> {
    lists::lock::<Entity>(write, tenancy, id, LockType::Update).await
}

/// The given cohorts that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    tenancy: &Tenancy,
    ids: &[Id<Cohort>],
) -> Result<Vec<Cohort>, Error> {
    lists::get_many::<Entity>(reader, tenancy, ids.iter().map(|id| id.uuid())).await
}

/// A page of the organization's cohorts.
pub async fn list(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    query: &ListQuery,
) -> Result<Page<Cohort>, Error> {
    lists::page::<Entity>(reader, tenancy, query).await
}

/// Adds a cohort.
pub async fn insert(write: &Write, cohort: &Cohort) -> Result<(), Error> {
    changes::insert(write, row(cohort)?).await
}

/// Replaces the fields that can change, unless somebody else changed the record since `expected`.
pub async fn update(write: &Write, old: &Cohort, new: &Cohort) -> Result<(), Error> {
    replace(write, &row(old)?, &row(new)?).await
}

/// Notes that the cohort has so many devices more, or fewer. Belongs into the transaction that adds, moves or removes them.
///
/// A transaction that changes several cohorts does so in the order of their keys, so that no two wait for one another.
pub async fn add_devices(
    write: &Write,
    organization: Id<Organization>,
    id: Id<Cohort>,
    more: i64,
) -> Result<(), Error> {
    let sum = Expr::col(Column::Devices).add(more);
    let update = Entity::update_many().col_expr(Column::Devices, sum).filter(one(organization, id));
    compare_and_set(write, update).await
}

/// Deletes a cohort that has neither devices nor releases.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<Cohort>) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

fn one(organization: Id<Organization>, id: Id<Cohort>) -> Condition {
    Condition::all().add(Column::Id.eq(id.uuid())).add(Column::OrganizationId.eq(organization.uuid()))
}

crate::archiving::locks!(Cohort in &Tenancy);

impl Listed for Entity {
    type Item = Cohort;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const ARCHIVED_AT: Option<Column> = Some(Column::ArchivedAt);
    const INDEXED: &'static [&'static str] = &["prn", "product_prn"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "product_prn" => scope.named::<Product>(Column::ProductId, clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<Cohort, Error> {
        parse(model)
    }

    fn place(cohort: &Cohort) -> (Timestamp, Uuid) {
        (cohort.inserted_at, cohort.id.uuid())
    }
}

fn row(cohort: &Cohort) -> Result<Model, Error> {
    Ok(Model {
        id: cohort.id.uuid(),
        organization_id: cohort.organization.uuid(),
        product_id: cohort.product.uuid(),
        name: cohort.name.as_str().to_owned(),
        description: owned(cohort.description.as_ref(), Description::as_str),
        devices: stored("devices", cohort.devices)?,
        revision: cohort.revision.get(),
        inserted_at: cohort.inserted_at.as_micros(),
        updated_at: cohort.updated_at.as_micros(),
        archived_at: cohort.archived_at.map(Timestamp::as_micros),
    })
}

fn parse(model: &Model) -> Result<Cohort, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Cohort {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        product: Id::new(model.product_id),
        name: row.given("name", &model.name)?,
        description: row.optional("description", model.description.as_deref())?,
        devices: row.number("devices", model.devices)?,
        archived_at: row.optional_moment("archived_at", model.archived_at)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
