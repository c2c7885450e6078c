//! Versions of artifacts.

use olivine_domain::Timestamp;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::text::Description;
use olivine_domain::{CustomMetadata, text::VersionText};
use sea_orm::sea_query::{ExprTrait, Query, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::dialect;
use crate::entities::artifact_versions::{Column, Entity, Model};
use crate::entities::artifacts;
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::{Row, owned};

const TABLE: &str = "artifact_versions";

/// The version, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<ArtifactVersion>,
) -> Result<Option<ArtifactVersion>, Error> {
    lists::find::<Entity>(reader, organization, id).await
}

/// The version.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<ArtifactVersion>,
) -> Result<ArtifactVersion, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// That version of the artifact.
pub async fn find_by_version(
    reader: &impl Reader,
    organization: Id<Organization>,
    artifact: Id<Artifact>,
    version: &VersionText,
) -> Result<Option<ArtifactVersion>, Error> {
    let row = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::ArtifactId.eq(artifact.uuid()))
        .filter(Column::Version.eq(version.as_str()));
    row.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The given versions that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    organization: Id<Organization>,
    ids: &[Id<ArtifactVersion>],
) -> Result<Vec<ArtifactVersion>, Error> {
    lists::get_many::<Entity>(reader, organization, ids.iter().map(|id| id.uuid())).await
}

/// The archived versions, by their keys from after `after` on.
pub async fn list_archived(
    reader: &impl Reader,
    organization: Id<Organization>,
    after: Option<Id<ArtifactVersion>>,
    limit: u64,
) -> Result<Vec<Id<ArtifactVersion>>, Error> {
    lists::ids(reader, archived(organization, after, limit)).await
}

pub(crate) fn archived(
    organization: Id<Organization>,
    after: Option<Id<ArtifactVersion>>,
    limit: u64,
) -> Select<Entity> {
    lists::next_ids::<Entity>(organization, after, limit).filter(Column::ArchivedAt.is_not_null())
}

/// The versions of an artifact, by their keys from after `after` on.
pub async fn list_of_artifact(
    reader: &impl Reader,
    organization: Id<Organization>,
    artifact: Id<Artifact>,
    after: Option<Id<ArtifactVersion>>,
    limit: u64,
) -> Result<Vec<Id<ArtifactVersion>>, Error> {
    lists::ids(reader, of_artifact(organization, artifact, after, limit)).await
}

pub(crate) fn of_artifact(
    organization: Id<Organization>,
    artifact: Id<Artifact>,
    after: Option<Id<ArtifactVersion>>,
    limit: u64,
) -> Select<Entity> {
    lists::next_ids::<Entity>(organization, after, limit).filter(Column::ArtifactId.eq(artifact.uuid()))
}

/// A page of the organization's artifact versions.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<ArtifactVersion>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// Adds an version.
pub async fn insert(write: &Write, version: &ArtifactVersion) -> Result<(), Error> {
    changes::insert(write, row(version)).await
}

/// Replaces the fields that can change, unless somebody else changed the record since `expected`.
pub async fn update(write: &Write, old: &ArtifactVersion, new: &ArtifactVersion) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Deletes a version that has no binaries.
pub async fn delete(
    write: &Write,
    organization: Id<Organization>,
    id: Id<ArtifactVersion>,
) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

crate::archiving::locks!(ArtifactVersion in &Id<Organization>);

impl Listed for Entity {
    type Item = ArtifactVersion;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const ARCHIVED_AT: Option<Column> = Some(Column::ArchivedAt);
    const INDEXED: &'static [&'static str] = &["prn", "artifact_prn", "version"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "artifact_prn" => scope.named::<Artifact>(Column::ArtifactId, clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn bytes(with: &[String]) -> Option<SimpleExpr> {
        use artifacts::Column as Artifact;
        let own = dialect::bytes(Column::CustomMetadata);
        if with.is_empty() {
            return Some(own);
        }
        let artifact = Query::select()
            .expr(dialect::bytes(Artifact::CustomMetadata))
            .from(artifacts::Entity)
            .and_where(Artifact::Id.into_expr().equals(Column::ArtifactId.as_column_ref()))
            .take();
        Some(own.add(lists::subquery(artifact)))
    }

    fn parse(model: &Model) -> Result<ArtifactVersion, Error> {
        parse(model)
    }

    fn place(version: &ArtifactVersion) -> (Timestamp, Uuid) {
        (version.inserted_at, version.id.uuid())
    }
}

fn row(version: &ArtifactVersion) -> Model {
    Model {
        id: version.id.uuid(),
        organization_id: version.organization.uuid(),
        artifact_id: version.artifact.uuid(),
        version: version.version.as_str().to_owned(),
        description: owned(version.description.as_ref(), Description::as_str),
        custom_metadata: owned(version.custom_metadata.as_ref(), CustomMetadata::as_json),
        revision: version.revision.get(),
        inserted_at: version.inserted_at.as_micros(),
        updated_at: version.updated_at.as_micros(),
        archived_at: version.archived_at.map(Timestamp::as_micros),
    }
}

fn parse(model: &Model) -> Result<ArtifactVersion, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(ArtifactVersion {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        artifact: Id::new(model.artifact_id),
        version: row.given("version", &model.version)?,
        description: row.optional("description", model.description.as_deref())?,
        custom_metadata: row.metadata(model.custom_metadata.as_deref())?,
        archived_at: row.optional_moment("archived_at", model.archived_at)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
