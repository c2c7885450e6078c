//! Binaries: the records; their content is elsewhere. Listing them and serving their content never touch one another.

mod row;

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::contents::{ContentKey, Generation};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::{Sha256Digest, Target, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::binaries::{Column, Entity};
use crate::entities::{artifact_versions, artifacts, binary_parts, binary_signatures};
use crate::error::Error;
use crate::lists::{self, ListQuery, MOST_IDS};
use crate::rows::Row;

const TABLE: &str = "binaries";

/// What is known of a binary, without the texts that its owner gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryHead {
    /// The binary.
    pub id: Id<Binary>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// The attempt at uploading whose content counts.
    pub generation: Generation,
    /// Where it is in its lifecycle.
    pub state: BinaryState,
    /// The size of its content, once it is known.
    pub size: Option<u64>,
    /// The SHA-256 of its content.
    pub hash: Sha256Digest,
    /// Where its content is, and where it is uploaded to.
    pub storage: Id<StorageBackend>,
    /// The storage backend's upload session of this generation, once begun.
    pub upload_session: Option<String>,
    /// The name of its artifact.
    pub artifact: String,
    /// The version of its artifact.
    pub version: String,
    /// The hardware that it is for.
    pub target: String,
}

impl BinaryHead {
    /// The name of its content in storage.
    pub const fn content_key(&self) -> ContentKey {
        let Self { organization, generation, .. } = *self;
        ContentKey { organization, content: Binary::content_of(self.id), generation }
    }
}

/// An upload that nobody went on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbandonedUpload {
    /// Whose it is.
    pub organization: Id<Organization>,
    /// The binary.
    pub binary: Id<Binary>,
    /// The attempt at uploading.
    pub generation: Generation,
}

/// The binary, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<Binary>,
) -> Result<Option<Binary>, Error> {
    lists::find::<Entity>(reader, organization, id).await
}

/// The binary.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<Binary>,
) -> Result<Binary, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// The binary, if the organization has it; nobody else changes it until the transaction ends.
pub async fn find_locked(
    write: &Write,
    organization: Id<Organization>,
    id: Id<Binary>,
) -> Result<Option<Binary>, Error> {
    let row = Entity::find().filter(one(organization, id)).lock_exclusive().one(write.transaction()).await?;
    row.as_ref().map(row::parse).transpose()
}

/// The binary, which nobody else changes until the transaction ends.
pub async fn lock(write: &Write, organization: Id<Organization>, id: Id<Binary>) -> Result<Binary, Error> {
    find_locked(write, organization, id).await?.ok_or(Error::NotFound { table: TABLE })
}

/// The given binaries that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    organization: Id<Organization>,
    ids: &[Id<Binary>],
) -> Result<Vec<Binary>, Error> {
    lists::get_many::<Entity>(reader, organization, ids.iter().map(|id| id.uuid())).await
}

/// The one binary of an artifact version for a target that is not destroyed.
pub async fn find_live_by_target(
    reader: &impl Reader,
    organization: Id<Organization>,
    version: Id<ArtifactVersion>,
    target: &Target,
) -> Result<Option<Binary>, Error> {
    // Written as in the partial index, so that both planners see that it can be used.
    let live = Expr::cust("\"binaries\".\"state\" <> 'destroyed'");
    let found = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::ArtifactVersionId.eq(version.uuid()))
        .filter(Column::TargetKey.eq(target.key()))
        .filter(live);
    found.one(&reader.executor()).await?.as_ref().map(row::parse).transpose()
}

/// The given binaries that belong to the organization, in the order of their keys; nobody changes them until the transaction ends.
pub async fn lock_many(
    write: &Write,
    organization: Id<Organization>,
    ids: &[Id<Binary>],
) -> Result<Vec<Binary>, Error> {
    let mut ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    ids.sort_unstable();
    let mut locked = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MOST_IDS) {
        let rows = Entity::find()
            .filter(Column::OrganizationId.eq(organization.uuid()))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(Column::Id)
            .lock_shared();
        for row in rows.all(write.transaction()).await? {
            locked.push(row::parse(&row)?);
        }
    }
    Ok(locked)
}

/// The signed binaries of these artifact versions with their version: version by version, each by target.
pub async fn list_signed_of(
    reader: &impl Reader,
    organization: Id<Organization>,
    versions: &[Id<ArtifactVersion>],
) -> Result<Vec<(Id<ArtifactVersion>, Id<Binary>)>, Error> {
    let mut all = Vec::new();
    for versions in versions.chunks(MOST_IDS) {
        let signed = Entity::find()
            .select_only()
            .columns([Column::ArtifactVersionId, Column::Id])
            .filter(Column::OrganizationId.eq(organization.uuid()))
            .filter(Column::ArtifactVersionId.is_in(versions.iter().map(|id| id.uuid())))
            .filter(Column::State.eq(BinaryState::Signed.as_str()))
            .order_by_asc(Column::ArtifactVersionId)
            .order_by_asc(Column::TargetKey);
        let rows = signed.into_tuple::<(Uuid, Uuid)>().all(&reader.executor()).await?;
        all.extend(rows.into_iter().map(|(version, id)| (Id::new(version), Id::new(id))));
    }
    Ok(all)
}

/// How many of the organization's binaries a search finds.
pub async fn count(
    reader: &impl ListReader,
    organization: Id<Organization>,
    clauses: &[Clause],
) -> Result<lists::Matching, Error> {
    lists::counting::count::<Entity>(reader, organization, clauses).await
}

/// A page of the organization's binaries.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<Binary>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// Adds a binary to an artifact version that the organization has.
pub async fn insert(write: &Write, binary: &Binary) -> Result<(), Error> {
    let row = row::row(binary)?.into_active_model();
    Entity::insert(row).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Replaces what can change, if the record still has the `expected` revision: then state and generation are the expected ones too,
/// since each change makes a new revision.
pub async fn update(write: &Write, old: &Binary, new: &Binary) -> Result<(), Error> {
    replace(write, &row::row(old)?, &row::row(new)?).await
}

/// Deletes the record, its parts and its signatures.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<Binary>) -> Result<(), Error> {
    use binary_parts::Column as Part;
    use binary_signatures::Column as Signature;
    let transaction = write.transaction();
    let (owner, binary) = (organization.uuid(), id.uuid());
    let parts = Condition::all().add(Part::OrganizationId.eq(owner)).add(Part::ContentId.eq(binary));
    binary_parts::Entity::delete_many().filter(parts).exec(transaction).await?;
    let signatures =
        Condition::all().add(Signature::OrganizationId.eq(owner)).add(Signature::BinaryId.eq(binary));
    binary_signatures::Entity::delete_many().filter(signatures).exec(transaction).await?;
    changes::delete::<Entity>(write, organization, id).await
}

/// What is known of a binary, of whichever organization: the caller proved by a signed token that it may have it.
pub async fn find_head_of_any_organization(
    reader: &impl Reader,
    id: Id<Binary>,
) -> Result<Option<BinaryHead>, Error> {
    heads(id).into_model::<Head>().one(&reader.executor()).await?.map(Head::parse).transpose()
}

/// Uploads of all organizations that began but did not change since `before`, the oldest first: work for the job runner.
pub async fn list_abandoned_of_all_organizations(
    reader: &impl Reader,
    before: Timestamp,
    limit: u64,
) -> Result<Vec<AbandonedUpload>, Error> {
    let rows = abandoned(before, limit).into_tuple::<(Uuid, Uuid, i64)>().all(&reader.executor()).await?;
    let parse = |(organization, id, generation)| {
        let generation = Row::new(TABLE, id).number("generation", generation)?;
        Ok(AbandonedUpload {
            organization: Id::new(organization),
            binary: Id::new(id),
            generation: Generation::new(generation),
        })
    };
    rows.into_iter().map(parse).collect()
}

pub(crate) fn abandoned(before: Timestamp, limit: u64) -> sea_orm::Select<Entity> {
    let parts = Query::select()
        .expr(Expr::val(1))
        .from(binary_parts::Entity)
        .and_where(binary_parts::Column::ContentId.into_expr().eq(Column::Id.into_expr()))
        .and_where(binary_parts::Column::Generation.into_expr().eq(Column::Generation.into_expr()))
        .to_owned();
    Entity::find()
        .select_only()
        .columns([Column::OrganizationId, Column::Id, Column::Generation])
        .filter(Expr::cust("\"binaries\".\"state\" = 'uploadable'"))
        .filter(Column::UpdatedAt.lt(before.as_micros()))
        .filter(Condition::any().add(Column::UploadSession.is_not_null()).add(Expr::exists(parts)))
        .order_by_asc(Column::UpdatedAt)
        .limit(limit)
}

pub(crate) fn heads(id: Id<Binary>) -> sea_orm::Select<Entity> {
    use artifact_versions::Column as Version;
    let version =
        Entity::belongs_to(artifact_versions::Entity).from(Column::ArtifactVersionId).to(Version::Id);
    let artifact = artifact_versions::Entity::belongs_to(artifacts::Entity)
        .from(Version::ArtifactId)
        .to(artifacts::Column::Id);
    Entity::find()
        .select_only()
        .columns([Column::Id, Column::OrganizationId, Column::Generation, Column::State, Column::Size])
        .columns([Column::Hash, Column::UploadSession, Column::Target, Column::StorageBackendId])
        .column(Version::Version)
        .column_as(artifacts::Column::Name, "artifact")
        .join(JoinType::InnerJoin, version.into())
        .join(JoinType::InnerJoin, artifact.into())
        .filter(Column::Id.eq(id.uuid()))
}

#[derive(FromQueryResult)]
struct Head {
    id: Uuid,
    organization_id: Uuid,
    generation: i64,
    state: String,
    size: Option<i64>,
    hash: String,
    upload_session: Option<String>,
    storage_backend_id: Uuid,
    target: String,
    version: String,
    artifact: String,
}

impl Head {
    fn parse(self) -> Result<BinaryHead, Error> {
        let row = Row::new(TABLE, self.id);
        Ok(BinaryHead {
            id: Id::new(self.id),
            organization: Id::new(self.organization_id),
            generation: Generation::new(row.number("generation", self.generation)?),
            state: row.known("state", BinaryState::from_name(&self.state))?,
            size: self.size.map(|size| row.number("size", size)).transpose()?,
            hash: row.hash("hash", &self.hash)?,
            storage: Id::new(self.storage_backend_id),
            upload_session: self.upload_session,
            artifact: self.artifact,
            version: self.version,
            target: self.target,
        })
    }
}

fn one(organization: Id<Organization>, id: Id<Binary>) -> Condition {
    Condition::all().add(Column::Id.eq(id.uuid())).add(Column::OrganizationId.eq(organization.uuid()))
}
