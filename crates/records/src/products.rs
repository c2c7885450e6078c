//! Products: the types of devices.

use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::text::{Description, Name};
use olivine_domain::{Target, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::fleet::products::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::{Row, owned};
use crate::tenants;

const TABLE: &str = "products";

/// The product, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    tenancy: &Tenancy,
    id: Id<Product>,
) -> Result<Option<Product>, Error> {
    lists::find::<Entity>(reader, tenancy, id).await
}

/// The product.
pub async fn get(reader: &impl Reader, tenancy: &Tenancy, id: Id<Product>) -> Result<Product, Error> {
    lists::get::<Entity>(reader, tenancy, id).await
}

/// The product of that name.
pub async fn find_by_name(
    reader: &impl Reader,
    tenancy: &Tenancy,
    name: &Name,
) -> Result<Option<Product>, Error> {
    let named = Entity::find().filter(Column::Name.eq(name.as_str()));
    tenants::first::<Entity>(reader.executor(), tenancy, named).await
}

/// The given products that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    tenancy: &Tenancy,
    ids: &[Id<Product>],
) -> Result<Vec<Product>, Error> {
    lists::get_many::<Entity>(reader, tenancy, ids.iter().map(|id| id.uuid())).await
}

/// A page of the organization's products.
pub async fn list(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    query: &ListQuery,
) -> Result<Page<Product>, Error> {
    lists::page::<Entity>(reader, tenancy, query).await
}

/// Adds a product.
pub async fn insert(write: &Write, product: &Product) -> Result<(), Error> {
    changes::insert(write, row(product)).await
}

/// Replaces the fields that can change, unless somebody else changed the record since `expected`.
pub async fn update(write: &Write, old: &Product, new: &Product) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Deletes a product that has neither cohorts nor devices.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<Product>) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

crate::archiving::locks!(Product in &Tenancy);

impl Listed for Entity {
    type Item = Product;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const ARCHIVED_AT: Option<Column> = Some(Column::ArchivedAt);
    const INDEXED: &'static [&'static str] = &["prn", "name"];

    fn parse(model: &Model) -> Result<Product, Error> {
        parse(model)
    }

    fn place(product: &Product) -> (Timestamp, Uuid) {
        (product.inserted_at, product.id.uuid())
    }
}

fn row(product: &Product) -> Model {
    Model {
        id: product.id.uuid(),
        organization_id: product.organization.uuid(),
        name: product.name.as_str().to_owned(),
        description: owned(product.description.as_ref(), Description::as_str),
        target: owned(product.target.as_ref(), Target::as_str),
        revision: product.revision.get(),
        inserted_at: product.inserted_at.as_micros(),
        updated_at: product.updated_at.as_micros(),
        archived_at: product.archived_at.map(Timestamp::as_micros),
    }
}

fn parse(model: &Model) -> Result<Product, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Product {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        name: row.given("name", &model.name)?,
        description: row.optional("description", model.description.as_deref())?,
        target: row.optional_given("target", model.target.as_deref())?,
        archived_at: row.optional_moment("archived_at", model.archived_at)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
