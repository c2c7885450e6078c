//! Storage backends: those that organizations registered, and the server's own. Credentials are stored as they come: sealed.

use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::{Sealed, StorageBackend};
use olivine_domain::text::Name;
use olivine_domain::{Timestamp, tags::Tags};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::storage_backends::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::Row;
use crate::tags;

const TABLE: &str = "storage_backends";

/// The organization's storage backend.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<StorageBackend>,
) -> Result<StorageBackend, Error> {
    let row = Entity::find().filter(one(organization, id)).one(&reader.executor()).await?;
    parse(&row.ok_or(Error::NotFound { table: TABLE })?)
}

/// The storage backend that a binary is in, of any organization.
pub async fn get_of_any_organization(
    reader: &impl Reader,
    id: Id<StorageBackend>,
) -> Result<StorageBackend, Error> {
    let row = Entity::find_by_id(id.uuid()).one(&reader.executor()).await?;
    parse(&row.ok_or(Error::NotFound { table: TABLE })?)
}

/// The organization's storage backend, which stays until the transaction ends.
pub async fn lock(
    write: &Write,
    organization: Id<Organization>,
    id: Id<StorageBackend>,
) -> Result<StorageBackend, Error> {
    let row = Entity::find().filter(one(organization, id)).lock_exclusive().one(write.transaction()).await?;
    parse(&row.ok_or(Error::NotFound { table: TABLE })?)
}

/// Keeps a storage backend from being removed until the transaction ends; `false` where it is no more.
pub async fn keep(write: &Write, id: Id<StorageBackend>) -> Result<bool, Error> {
    let row = Entity::find_by_id(id.uuid()).select_only().column(Column::Id).lock_shared();
    Ok(row.into_tuple::<Uuid>().one(write.transaction()).await?.is_some())
}

/// The organization's storage backend of that name.
pub async fn find_by_name(
    reader: &impl Reader,
    organization: Id<Organization>,
    name: &Name,
) -> Result<Option<StorageBackend>, Error> {
    let named = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::Name.eq(name.as_str()));
    named.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The server's own storage at that URL.
pub async fn find_server_by_url(reader: &impl Reader, url: &str) -> Result<Option<StorageBackend>, Error> {
    let own = Entity::find().filter(Column::OrganizationId.is_null()).filter(Column::Url.eq(url));
    own.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The storage backends to which an organization's contents are copied, in the order of their positions.
pub async fn list_replicating(
    reader: &impl Reader,
    organization: Id<Organization>,
) -> Result<Vec<StorageBackend>, Error> {
    let all = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::Replicates.eq(true))
        .order_by_asc(Column::Position)
        .order_by_asc(Column::Id);
    all.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// All storage backends of an organization, and the server's own besides the data folder: for the operator.
pub async fn list_all(
    reader: &impl Reader,
    organization: Option<Id<Organization>>,
) -> Result<Vec<StorageBackend>, Error> {
    let own = match organization {
        Some(organization) => Column::OrganizationId.eq(organization.uuid()),
        None => Column::OrganizationId.is_null(),
    };
    let all = Entity::find().filter(own).filter(Column::Id.ne(StorageBackend::DATA_FOLDER.uuid()));
    all.order_by_asc(Column::Id).all(&reader.executor()).await?.iter().map(parse).collect()
}

/// A page of the organization's storage backends.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<StorageBackend>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// Adds a storage backend.
pub async fn insert(write: &Write, backend: &StorageBackend) -> Result<(), Error> {
    changes::insert(write, row(backend)).await
}

/// Replaces the fields that can change, unless somebody else changed the record since `expected`.
pub async fn update(write: &Write, old: &StorageBackend, new: &StorageBackend) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Removes a storage backend that no copy of anything is in.
pub async fn delete(
    write: &Write,
    organization: Id<Organization>,
    id: Id<StorageBackend>,
) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

fn one(organization: Id<Organization>, id: Id<StorageBackend>) -> Condition {
    Condition::all().add(Column::Id.eq(id.uuid())).add(Column::OrganizationId.eq(organization.uuid()))
}

impl Listed for Entity {
    type Item = StorageBackend;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "name"];

    fn parse(model: &Model) -> Result<StorageBackend, Error> {
        parse(model)
    }

    fn place(backend: &StorageBackend) -> (Timestamp, Uuid) {
        (backend.inserted_at, backend.id.uuid())
    }
}

fn row(backend: &StorageBackend) -> Model {
    let bytes = |sealed: &Option<Sealed>| sealed.as_ref().map(|sealed| sealed.as_bytes().to_vec());
    Model {
        id: backend.id.uuid(),
        organization_id: backend.organization.map(Id::uuid),
        name: backend.name.as_str().to_owned(),
        url: backend.url.to_string(),
        endpoint: backend.endpoint.clone(),
        region: backend.region.clone(),
        sealed_credentials: bytes(&backend.sealed_credentials),
        sealed_cdn: bytes(&backend.sealed_cdn),
        near: tags::stored(&backend.near),
        replicates: backend.replicates,
        position: backend.position.into(),
        revision: backend.revision.get(),
        inserted_at: backend.inserted_at.as_micros(),
        updated_at: backend.updated_at.as_micros(),
        checksums: backend.checksums,
    }
}

fn parse(model: &Model) -> Result<StorageBackend, Error> {
    let row = Row::new(TABLE, model.id);
    let near: Tags = tags::parse(&row, "near", &model.near)?;
    Ok(StorageBackend {
        id: Id::new(model.id),
        organization: model.organization_id.map(Id::new),
        name: row.given("name", &model.name)?,
        url: row.text("url", &model.url)?,
        endpoint: model.endpoint.clone(),
        region: model.region.clone(),
        sealed_credentials: model.sealed_credentials.clone().map(Sealed::new),
        sealed_cdn: model.sealed_cdn.clone().map(Sealed::new),
        near,
        replicates: model.replicates,
        position: row.number("position", model.position)?,
        checksums: model.checksums,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
