//! What uses contents of binaries: for the job that moves those of archived versions into the archive storage, and back.

use olivine_domain::Timestamp;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::contents::archive_storage::Uses;
use olivine_domain::contents::replicas::ReplicaState;
use olivine_domain::contents::{Content, ContentState, Generation};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    Select,
};
use uuid::Uuid;

use super::{TABLE, comes_after};
use crate::database::Reader;
use crate::entities::contents::{Column, Entity};
use crate::entities::distribution::{bundle_binaries, bundle_overrides, releases};
use crate::entities::{artifact_versions, artifacts, binaries, binary_replicas};
use crate::error::Error;
use crate::lists::MOST_IDS;
use crate::rows::Row;

/// A verified content of a binary, where it is, and what uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedContent {
    /// The content.
    pub id: Id<Content>,
    /// The attempt at uploading it that counts.
    pub generation: Generation,
    /// Its first place.
    pub storage: Id<StorageBackend>,
    /// What uses it.
    pub uses: Uses,
}

/// What uses a binary's content; `None` unless it is verified.
pub async fn find_uses(
    reader: &impl Reader,
    organization: Id<Organization>,
    content: Id<Content>,
    now: Timestamp,
) -> Result<Option<Uses>, Error> {
    let one = used(organization, now).filter(Column::Id.eq(content.uuid()));
    let found = all(reader, one).await?.pop();
    Ok(found.map(|found| found.uses))
}

/// The contents whose first place is this storage, by their keys from after `after` on.
pub async fn list_used_in_storage(
    reader: &impl Reader,
    organization: Id<Organization>,
    storage: Id<StorageBackend>,
    now: Timestamp,
    after: Option<Id<Content>>,
    limit: u64,
) -> Result<Vec<UsedContent>, Error> {
    all(reader, in_storage(organization, storage, now, after, limit)).await
}

pub(crate) fn in_storage(
    organization: Id<Organization>,
    storage: Id<StorageBackend>,
    now: Timestamp,
    after: Option<Id<Content>>,
    limit: u64,
) -> Select<Entity> {
    used(organization, now)
        .filter(Column::StorageBackendId.eq(storage.uuid()))
        .filter(comes_after(after))
        .order_by_asc(Column::Id)
        .limit(limit)
}

/// The contents of these versions that are anywhere else than in this storage alone, in no particular order.
pub async fn list_used_outside(
    reader: &impl Reader,
    organization: Id<Organization>,
    storage: Id<StorageBackend>,
    versions: &[Id<ArtifactVersion>],
    now: Timestamp,
) -> Result<Vec<UsedContent>, Error> {
    let mut found = Vec::new();
    for versions in versions.chunks(MOST_IDS) {
        found.extend(all(reader, outside(organization, storage, versions, now)).await?);
    }
    Ok(found)
}

pub(crate) fn outside(
    organization: Id<Organization>,
    storage: Id<StorageBackend>,
    versions: &[Id<ArtifactVersion>],
    now: Timestamp,
) -> Select<Entity> {
    use binaries::Column as Binary;
    let is_elsewhere =
        Condition::any().add(Column::StorageBackendId.ne(storage.uuid())).add(Expr::exists(replicas()));
    used(organization, now)
        .filter(Binary::OrganizationId.eq(organization.uuid()))
        .filter(Binary::ArtifactVersionId.is_in(versions.iter().map(|id| id.uuid())))
        .filter(is_elsewhere)
}

/// Replicas of the content that are there or on their way.
fn replicas() -> SelectStatement {
    use binary_replicas::Column as Replica;
    Query::select()
        .expr(Expr::val(1))
        .from(binary_replicas::Entity)
        .and_where(Replica::ContentId.into_expr().equals(Column::Id.as_column_ref()))
        .and_where(Replica::Generation.into_expr().equals(Column::Generation.as_column_ref()))
        .and_where(Replica::State.ne(ReplicaState::Deleting.as_str()))
        .take()
}

/// Verified contents of an organization, with what uses each of them.
fn used(organization: Id<Organization>, now: Timestamp) -> Select<Entity> {
    use artifact_versions::Column as Version;
    let binary: RelationDef =
        Entity::belongs_to(binaries::Entity).from(Column::Id).to(binaries::Column::Id).into();
    let version: RelationDef = binaries::Entity::belongs_to(artifact_versions::Entity)
        .from(binaries::Column::ArtifactVersionId)
        .to(Version::Id)
        .into();
    let artifact: RelationDef = artifact_versions::Entity::belongs_to(artifacts::Entity)
        .from(Version::ArtifactId)
        .to(artifacts::Column::Id)
        .into();
    let is_archived = Version::ArchivedAt.is_not_null().or(artifacts::Column::ArchivedAt.is_not_null());
    Entity::find()
        .select_only()
        .columns([Column::Id, Column::Generation, Column::StorageBackendId])
        .expr_as(is_archived, "is_archived")
        .expr_as(is_released(), "is_released")
        .expr_as(is_forced(now), "is_forced")
        .join(JoinType::InnerJoin, binary)
        .join(JoinType::InnerJoin, version)
        .join(JoinType::InnerJoin, artifact)
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::State.eq(ContentState::Verified.as_str()))
}

/// Whether a release that is not archived has it.
fn is_released() -> SimpleExpr {
    use releases::Column as Release;
    let of_bundle = bundles_with_it()
        .inner_join(
            releases::Entity,
            Condition::all()
                .add(same(Release::OrganizationId, bundle_binaries::Column::OrganizationId))
                .add(same(Release::BundleId, bundle_binaries::Column::BundleId)),
        )
        .and_where(Release::ArchivedAt.is_null())
        .take();
    is_any(of_bundle)
}

/// Whether a bundle override that is not over has it.
fn is_forced(now: Timestamp) -> SimpleExpr {
    use bundle_overrides::Column as Override;
    let of_bundle = bundles_with_it()
        .inner_join(
            bundle_overrides::Entity,
            Condition::all()
                .add(same(Override::OrganizationId, bundle_binaries::Column::OrganizationId))
                .add(same(Override::BundleId, bundle_binaries::Column::BundleId)),
        )
        .and_where(Override::EndsAt.is_null().or(Override::EndsAt.gt(now.as_micros())))
        .take();
    is_any(of_bundle)
}

fn bundles_with_it() -> SelectStatement {
    use bundle_binaries::Column as Bundled;
    Query::select()
        .expr(Expr::val(1))
        .from(bundle_binaries::Entity)
        .and_where(same(Bundled::OrganizationId, Column::OrganizationId))
        .and_where(same(Bundled::BinaryId, Column::Id))
        .take()
}

/// Whether it finds anything. With `EXISTS`, PostgreSQL may read all releases and overrides at once, to look them up by bundle.
fn is_any(mut select: SelectStatement) -> SimpleExpr {
    SimpleExpr::SubQuery(None, Box::new(select.limit(1).take().into())).is_not_null()
}

fn same(one: impl ColumnTrait, other: impl ColumnTrait) -> SimpleExpr {
    one.into_expr().equals(other.as_column_ref())
}

async fn all(reader: &impl Reader, select: Select<Entity>) -> Result<Vec<UsedContent>, Error> {
    let rows = select.into_model::<Found>().all(&reader.executor()).await?;
    rows.into_iter().map(Found::parse).collect()
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
    generation: i64,
    storage_backend_id: Uuid,
    is_archived: bool,
    is_released: bool,
    is_forced: bool,
}

impl Found {
    fn parse(self) -> Result<UsedContent, Error> {
        let Self { is_archived, is_released, is_forced, .. } = self;
        Ok(UsedContent {
            id: Id::new(self.id),
            generation: Generation::new(Row::new(TABLE, self.id).number("generation", self.generation)?),
            storage: Id::new(self.storage_backend_id),
            uses: Uses { is_archived, is_released, is_forced },
        })
    }
}
