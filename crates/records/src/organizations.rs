//! Organizations, and the storage that they use. Anybody who knows an organization's id or name may read it here.

use olivine_domain::organizations::{
    DownloadUrlStyle, Organization, QuotaExceeded, Revision, SignaturePolicy,
};
use olivine_domain::prn::Id;
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{Reader, Write};
use crate::entities::organizations::{Column, Entity, Model};
use crate::error::Error;
use crate::rows::{Row, stored};

const TABLE: &str = "organizations";

/// Why storage could not be reserved.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// It does not fit into the quota.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The database failed.
    #[error(transparent)]
    Records(#[from] Error),
}

/// The organization.
pub async fn get(reader: &impl Reader, id: Id<Organization>) -> Result<Organization, Error> {
    let row = Entity::find_by_id(id.uuid()).one(&reader.executor()).await?;
    parse(&row.ok_or(Error::NotFound { table: TABLE })?)
}

/// Locks the organization until the transaction ends: for rules that look at several of its records, such as its API keys. Lock it
/// before all others.
pub async fn lock(write: &Write, id: Id<Organization>) -> Result<(), Error> {
    use sea_orm::QuerySelect;
    let locked = Entity::find_by_id(id.uuid()).lock(LockType::NoKeyUpdate);
    locked.one(write.transaction()).await?.map(drop).ok_or(Error::NotFound { table: TABLE })
}

/// The organization of that name.
pub async fn find_by_name(reader: &impl Reader, name: &str) -> Result<Option<Organization>, Error> {
    let row = Entity::find().filter(Column::Name.eq(name)).one(&reader.executor()).await?;
    row.as_ref().map(parse).transpose()
}

/// The ids of all organizations, oldest first, for the server's own work.
pub async fn list_ids(reader: &impl Reader) -> Result<Vec<Id<Organization>>, Error> {
    let ids = Entity::find().select_only().column(Column::Id).order_by_asc(Column::Id);
    let ids: Vec<Uuid> = ids.into_tuple().all(&reader.executor()).await?;
    Ok(ids.into_iter().map(Id::new).collect())
}

/// All organizations, oldest first, for administrators of the installation.
pub async fn list_all(reader: &impl Reader) -> Result<Vec<Organization>, Error> {
    let all = Entity::find().order_by_asc(Column::InsertedAt).order_by_asc(Column::Id);
    all.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// Those of the organizations that there are, oldest first.
pub async fn get_many(reader: &impl Reader, ids: &[Id<Organization>]) -> Result<Vec<Organization>, Error> {
    let these = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
    let these = these.order_by_asc(Column::InsertedAt).order_by_asc(Column::Id);
    these.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// The organizations that have an archive storage, for the server's own work.
pub async fn list_with_archive_storage(reader: &impl Reader) -> Result<Vec<Organization>, Error> {
    let found = Entity::find().filter(Column::ArchiveStorageBackendId.is_not_null()).order_by_asc(Column::Id);
    found.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// Whether there is exactly one.
pub async fn is_only_one(reader: &impl Reader) -> Result<bool, Error> {
    let some: Vec<Uuid> =
        Entity::find().select_only().column(Column::Id).limit(2).into_tuple().all(&reader.executor()).await?;
    Ok(some.len() == 1)
}

/// The first one that was made.
pub async fn find_first(reader: &impl Reader) -> Result<Option<Id<Organization>>, Error> {
    let first = Entity::find().order_by_asc(Column::InsertedAt).order_by_asc(Column::Id);
    Ok(first.one(&reader.executor()).await?.map(|row| Id::new(row.id)))
}

/// Adds an organization.
pub async fn insert(write: &Write, organization: &Organization) -> Result<(), Error> {
    changes::insert(write, row(organization)?).await
}

/// Replaces name, policy and quota, if nobody else did since `expected`. The used storage is [`reserve`]'s alone.
pub async fn update(write: &Write, old: &Organization, new: &Organization) -> Result<(), Error> {
    replace(write, &row(old)?, &row(new)?).await
}

/// Counts `delta` bytes more (or less) as used, unless that exceeds the quota. Giving bytes back always works.
pub async fn reserve(write: &Write, id: Id<Organization>, delta: i64) -> Result<(), ReserveError> {
    let after = || Expr::col(Column::StorageUsed).add(delta);
    let fits = Condition::any()
        .add(Column::StorageQuota.is_null())
        .add(Expr::val(delta).lte(0))
        .add(after().lte(Expr::col(Column::StorageQuota)));
    // A count below zero would be a defect elsewhere; it must not turn into free storage.
    let used = Expr::case(after().lt(0), Expr::val(0_i64)).finally(after());
    let update =
        Entity::update_many().col_expr(Column::StorageUsed, used.into()).filter(Column::Id.eq(id.uuid()));
    let update = update.filter(fits).exec(write.transaction()).await.map_err(Error::from)?;
    if update.rows_affected > 0 {
        return Ok(());
    }
    let organization = get(write, id).await?;
    Err(ReserveError::Quota(QuotaExceeded {
        used: organization.storage_used,
        allowed: organization.storage_quota.unwrap_or(u64::MAX),
        asked: delta.unsigned_abs(),
    }))
}

fn row(organization: &Organization) -> Result<Model, Error> {
    Ok(Model {
        id: organization.id.uuid(),
        name: organization.name.as_str().to_owned(),
        required_signatures: organization.signature_policy.required().into(),
        storage_quota: organization.storage_quota.map(|quota| stored("storage_quota", quota)).transpose()?,
        storage_used: stored("storage_used", organization.storage_used)?,
        strict_certificate_expiry: organization.strict_certificate_expiry,
        require_second_factor: organization.require_second_factor,
        storage_backend_id: organization.storage.map(Id::uuid),
        download_url_seconds: organization.download_url_seconds.map(i64::from),
        download_url_style: organization.download_url_style.as_str().to_owned(),
        archive_storage_backend_id: organization.archive_storage.map(Id::uuid),
        revision: organization.revision.get(),
        inserted_at: organization.inserted_at.as_micros(),
        updated_at: organization.updated_at.as_micros(),
    })
}

fn parse(model: &Model) -> Result<Organization, Error> {
    let row = Row::new(TABLE, model.id);
    let required = row.number("required_signatures", model.required_signatures)?;
    let quota = model.storage_quota.map(|quota| row.number("storage_quota", quota)).transpose()?;
    let seconds = model.download_url_seconds;
    let seconds = seconds.map(|seconds| row.number("download_url_seconds", seconds)).transpose()?;
    let style = DownloadUrlStyle::from_name(&model.download_url_style);
    Ok(Organization {
        id: Id::new(model.id),
        name: row.given("name", &model.name)?,
        signature_policy: row.known("required_signatures", SignaturePolicy::new(required).ok())?,
        storage_quota: quota,
        storage_used: row.number("storage_used", model.storage_used)?,
        strict_certificate_expiry: model.strict_certificate_expiry,
        require_second_factor: model.require_second_factor,
        storage: model.storage_backend_id.map(Id::new),
        archive_storage: model.archive_storage_backend_id.map(Id::new),
        download_url_seconds: seconds,
        download_url_style: row.known("download_url_style", style)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
