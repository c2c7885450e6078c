//! Bundles: their records, and what they are made of. The latter is written once, with the bundle.

mod content;

#[cfg(test)]
pub(crate) use content::content;
pub(crate) use content::with_binary;
pub use content::{BundledBinary, content_of, has_binary, list_with_binary, unservable_in};

use olivine_domain::Timestamp;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::Binary;
use olivine_domain::bundles::{Bundle, BundleBinary};
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::prn::{Id, Resource};
use olivine_domain::search::{Clause, Operator, Value};
use olivine_domain::text::Name;
use olivine_domain::{CustomMetadata, Sha256Digest};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::dialect;
use crate::entities::distribution::bundle_binaries;
use crate::entities::distribution::bundles::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::{Row, owned, stored};

/// What a binary in a bundle takes in an answer beside its metadata.
const BYTES_OF_A_BINARY: i64 = 1_000;

const TABLE: &str = "bundles";

/// The most rows that one statement inserts: each takes six of a statement's parameters.
const MOST_ROWS: usize = 500;

/// The bundle, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<Bundle>,
) -> Result<Option<Bundle>, Error> {
    lists::find::<Entity>(reader, organization, id).await
}

/// The bundle.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<Bundle>,
) -> Result<Bundle, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// The bundle of that name.
pub async fn find_by_name(
    reader: &impl Reader,
    organization: Id<Organization>,
    name: &Name,
) -> Result<Option<Bundle>, Error> {
    let named = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::Name.eq(name.as_str()));
    named.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The given bundles that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    organization: Id<Organization>,
    ids: &[Id<Bundle>],
) -> Result<Vec<Bundle>, Error> {
    lists::get_many::<Entity>(reader, organization, ids.iter().map(|id| id.uuid())).await
}

/// A page of the organization's bundles.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<Bundle>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// Adds a bundle, with what it is made of in this order.
pub async fn insert(write: &Write, bundle: &Bundle, binaries: &[BundleBinary]) -> Result<(), Error> {
    Entity::insert(row(bundle).into_active_model()).exec_without_returning(write.transaction()).await?;
    let mut rows = Vec::with_capacity(binaries.len());
    for (place, binary) in binaries.iter().enumerate() {
        let row = bundle_binaries::Model {
            bundle_id: bundle.id.uuid(),
            place: stored("place", place as u64)?,
            organization_id: bundle.organization.uuid(),
            binary_id: binary.binary.uuid(),
            artifact_version_id: binary.artifact_version.uuid(),
            custom_metadata: owned(binary.custom_metadata.as_ref(), CustomMetadata::as_json),
        };
        rows.push(row.into_active_model());
    }
    for rows in rows.chunks(MOST_ROWS) {
        let insert = bundle_binaries::Entity::insert_many(rows.iter().cloned());
        insert.exec_without_returning(write.transaction()).await?;
    }
    Ok(())
}

/// Replaces the name, which is all that can change, if nobody else did since `expected`.
pub async fn update(write: &Write, old: &Bundle, new: &Bundle) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Deletes a bundle that neither a release nor an override uses.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<Bundle>) -> Result<(), Error> {
    use bundle_binaries::Column as Part;
    let content =
        Condition::all().add(Part::BundleId.eq(id.uuid())).add(Part::OrganizationId.eq(organization.uuid()));
    bundle_binaries::Entity::delete_many().filter(content).exec(write.transaction()).await?;
    changes::delete::<Entity>(write, organization, id).await
}

crate::archiving::locks!(Bundle in &Id<Organization>);

impl Listed for Entity {
    type Item = Bundle;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const ARCHIVED_AT: Option<Column> = Some(Column::ArchivedAt);
    const INDEXED: &'static [&'static str] = &["prn", "name", "hash"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "hash" => hash(scope, clause),
            "binary_prn" => with_part::<Binary>(scope, bundle_binaries::Column::BinaryId, clause),
            "artifact_version_prn" => {
                with_part::<ArtifactVersion>(scope, bundle_binaries::Column::ArtifactVersionId, clause)
            }
            _ => scope.usual::<Self>(clause),
        }
    }

    fn bytes(with: &[String]) -> Option<SimpleExpr> {
        use bundle_binaries::Column as Part;
        if with.is_empty() {
            return None;
        }
        let each = dialect::bytes(Part::CustomMetadata).add(BYTES_OF_A_BINARY);
        let content = Query::select()
            .expr(Expr::expr(Func::sum(each)).cast_as("BIGINT"))
            .from(bundle_binaries::Entity)
            .and_where(Part::BundleId.into_expr().equals(Column::Id.as_column_ref()))
            .take();
        Some(lists::subquery(content))
    }

    fn parse(model: &Model) -> Result<Bundle, Error> {
        parse(model)
    }

    fn place(bundle: &Bundle) -> (Timestamp, Uuid) {
        (bundle.inserted_at, bundle.id.uuid())
    }
}

/// Bundles that have something of which the column holds the key.
fn with_part<R: Resource>(
    scope: &lists::Scope,
    column: bundle_binaries::Column,
    clause: &Clause,
) -> Option<SimpleExpr> {
    use bundle_binaries::Column as Part;
    let is_it = scope.named::<R>(column, clause)?;
    let bundles = bundle_binaries::Entity::find()
        .select_only()
        .column(Part::BundleId)
        .filter(Part::OrganizationId.eq(scope.organization.uuid()))
        .filter(is_it);
    Some(Column::Id.in_subquery(bundles.into_query()))
}

/// A hash is found with and without its prefix, in any case.
fn hash(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
    match (&clause.value, clause.operator) {
        (Value::Text(text), Operator::Equals) => Some(
            text.parse::<Sha256Digest>()
                .map_or_else(|_| lists::never(), |hash| Column::Hash.eq(hash.to_hex())),
        ),
        _ => scope.plain(Column::Hash, clause),
    }
}

fn row(bundle: &Bundle) -> Model {
    Model {
        id: bundle.id.uuid(),
        organization_id: bundle.organization.uuid(),
        name: owned(bundle.name.as_ref(), Name::as_str),
        hash: bundle.hash.to_hex(),
        revision: bundle.revision.get(),
        inserted_at: bundle.inserted_at.as_micros(),
        updated_at: bundle.updated_at.as_micros(),
        archived_at: bundle.archived_at.map(Timestamp::as_micros),
    }
}

fn parse(model: &Model) -> Result<Bundle, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Bundle {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        name: row.optional_given("name", model.name.as_deref())?,
        hash: row.hash("hash", &model.hash)?,
        archived_at: row.optional_moment("archived_at", model.archived_at)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
