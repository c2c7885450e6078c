//! Artifacts: the types of an organization's binaries.

use olivine_domain::Timestamp;
use olivine_domain::artifacts::Artifact;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::text::Description;
use olivine_domain::{CustomMetadata, text::Name};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use crate::changes::{compare_and_set, delete_one};
use crate::database::{ListReader, Reader, Write};
use crate::dialect;
use crate::entities::artifacts::{ActiveModel, Column, Entity, Model};
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
    let row = Entity::find().filter(one(organization, id)).one(&reader.executor()).await?;
    row.as_ref().map(parse).transpose()
}

/// The artifact.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<Artifact>,
) -> Result<Artifact, Error> {
    find(reader, organization, id).await?.ok_or(Error::NotFound { table: TABLE })
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

/// Those of the artifacts that the organization has, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    organization: Id<Organization>,
    ids: &[Id<Artifact>],
) -> Result<Vec<Artifact>, Error> {
    lists::get_many::<Entity>(reader, organization, ids.iter().map(|id| id.uuid())).await
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
    let row = row(artifact).into_active_model();
    Entity::insert(row).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Replaces what can change, if nobody else did since `expected`.
pub async fn update(write: &Write, new: &Artifact, expected: Revision) -> Result<(), Error> {
    let Model { name, description, custom_metadata, revision, updated_at, .. } = row(new);
    let change = ActiveModel {
        name: Set(name),
        description: Set(description),
        custom_metadata: Set(custom_metadata),
        revision: Set(revision),
        updated_at: Set(updated_at),
        ..ActiveModel::default()
    };
    let same = one(new.organization, new.id).add(Column::Revision.eq(expected.get()));
    compare_and_set(write, Entity::update_many().set(change).filter(same)).await
}

/// Deletes an artifact that has no versions.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<Artifact>) -> Result<(), Error> {
    delete_one(write, TABLE, Entity::delete_many().filter(one(organization, id))).await
}

fn one(organization: Id<Organization>, id: Id<Artifact>) -> Condition {
    Condition::all().add(Column::Id.eq(id.uuid())).add(Column::OrganizationId.eq(organization.uuid()))
}

impl Listed for Entity {
    type Item = Artifact;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "name"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "prn" => scope.named::<Artifact>(Column::Id, clause),
            "name" => scope.plain(Column::Name, clause),
            "description" => scope.plain(Column::Description, clause),
            "inserted_at" => scope.plain(Column::InsertedAt, clause),
            "updated_at" => scope.plain(Column::UpdatedAt, clause),
            _ => None,
        }
    }

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
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
