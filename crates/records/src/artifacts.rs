//! Artifacts: the types of an organization's binaries.

use olivine_domain::Timestamp;
use olivine_domain::artifacts::Artifact;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::prn::Id;
use olivine_domain::text::Description;
use olivine_domain::{CustomMetadata, text::Name};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::dialect;
use crate::entities::artifacts::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::{Row, owned};

const TABLE: &str = "artifacts";

/// The artifact, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<Artifact>,
) -> Result<Option<Artifact>, Error> {
    lists::find::<Entity>(reader, organization, id).await
}

/// The artifact.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<Artifact>,
) -> Result<Artifact, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// The artifact of that name.
pub async fn find_by_name(
    reader: &impl Reader,
    organization: Id<Organization>,
    name: &Name,
) -> Result<Option<Artifact>, Error> {
    let named = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::Name.eq(name.as_str()));
    named.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The given artifacts that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    organization: Id<Organization>,
    ids: &[Id<Artifact>],
) -> Result<Vec<Artifact>, Error> {
    lists::get_many::<Entity>(reader, organization, ids.iter().map(|id| id.uuid())).await
}

/// The archived artifacts, by their keys from after `after` on.
pub async fn list_archived(
    reader: &impl Reader,
    organization: Id<Organization>,
    after: Option<Id<Artifact>>,
    limit: u64,
) -> Result<Vec<Id<Artifact>>, Error> {
    lists::ids(reader, archived(organization, after, limit)).await
}

pub(crate) fn archived(
    organization: Id<Organization>,
    after: Option<Id<Artifact>>,
    limit: u64,
) -> Select<Entity> {
    lists::next_ids::<Entity>(organization, after, limit).filter(Column::ArchivedAt.is_not_null())
}

/// A page of the organization's artifacts.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<Artifact>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// Adds an artifact.
pub async fn insert(write: &Write, artifact: &Artifact) -> Result<(), Error> {
    changes::insert(write, row(artifact)).await
}

/// Replaces the fields that can change, unless somebody else changed the record since `expected`.
pub async fn update(write: &Write, old: &Artifact, new: &Artifact) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Deletes an artifact that has no versions.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<Artifact>) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

crate::archiving::locks!(Artifact in &Id<Organization>);

impl Listed for Entity {
    type Item = Artifact;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const ARCHIVED_AT: Option<Column> = Some(Column::ArchivedAt);
    const INDEXED: &'static [&'static str] = &["prn", "name"];

    fn bytes(_with: &[String]) -> Option<SimpleExpr> {
        Some(dialect::bytes(Column::CustomMetadata))
    }

    fn parse(model: &Model) -> Result<Artifact, Error> {
        parse(model)
    }

    fn place(artifact: &Artifact) -> (Timestamp, Uuid) {
        (artifact.inserted_at, artifact.id.uuid())
    }
}

fn row(artifact: &Artifact) -> Model {
    Model {
        id: artifact.id.uuid(),
        organization_id: artifact.organization.uuid(),
        name: artifact.name.as_str().to_owned(),
        description: owned(artifact.description.as_ref(), Description::as_str),
        custom_metadata: owned(artifact.custom_metadata.as_ref(), CustomMetadata::as_json),
        revision: artifact.revision.get(),
        inserted_at: artifact.inserted_at.as_micros(),
        updated_at: artifact.updated_at.as_micros(),
        archived_at: artifact.archived_at.map(Timestamp::as_micros),
    }
}

fn parse(model: &Model) -> Result<Artifact, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Artifact {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        name: row.given("name", &model.name)?,
        description: row.optional("description", model.description.as_deref())?,
        custom_metadata: row.metadata(model.custom_metadata.as_deref())?,
        archived_at: row.optional_moment("archived_at", model.archived_at)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
