//! Contents: what storages hold, of whatever kind. A binary's content is written with the binary: the database keeps its row.

pub(crate) mod uses;

pub use uses::{UsedContent, find_uses, list_used_in_storage, list_used_outside};

use olivine_domain::contents::{Content, ContentKind, ContentState, Generation};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::database::Reader;
use crate::entities::binary_replicas as replicas;
use crate::entities::contents::{Column, Entity, Model};
use crate::error::Error;
use crate::rows::Row;

const TABLE: &str = "contents";

/// The content, of whichever organization: the caller proved by a signed token or an order that it may ask.
pub async fn find_of_any_organization(
    reader: &impl Reader,
    id: Id<Content>,
) -> Result<Option<Content>, Error> {
    Entity::find_by_id(id.uuid()).one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The contents whose first place is this storage, by their keys from after `after` on, of all organizations: work for the operator.
pub async fn list_in_storage_of_all_organizations(
    reader: &impl Reader,
    storage: Id<StorageBackend>,
    after: Option<Id<Content>>,
    limit: u64,
) -> Result<Vec<Content>, Error> {
    all(reader, in_storage(storage, after, limit)).await
}

pub(crate) fn in_storage(
    storage: Id<StorageBackend>,
    after: Option<Id<Content>>,
    limit: u64,
) -> Select<Entity> {
    Entity::find()
        .filter(Column::StorageBackendId.eq(storage.uuid()))
        .filter(Column::State.ne(ContentState::Destroyed.as_str()))
        .filter(comes_after(after))
        .order_by_asc(Column::Id)
        .limit(limit)
}

/// Whether a storage is the first place of any content.
pub async fn is_in_use(reader: &impl Reader, storage: Id<StorageBackend>) -> Result<bool, Error> {
    let first = Entity::find().select_only().column(Column::Id);
    let first = first.filter(Column::StorageBackendId.eq(storage.uuid()));
    let first = first.filter(Column::State.ne(ContentState::Destroyed.as_str())).limit(1);
    Ok(first.into_tuple::<Uuid>().one(&reader.executor()).await?.is_some())
}

/// Verified contents of an organization that have no copy in a storage, and none on its way there: by their keys from after `after` on,
/// without those whose first place is `except`.
pub async fn list_without_copy(
    reader: &impl Reader,
    organization: Id<Organization>,
    storage: Id<StorageBackend>,
    except: Option<Id<StorageBackend>>,
    after: Option<Id<Content>>,
    limit: u64,
) -> Result<Vec<Content>, Error> {
    let copy = Query::select()
        .expr(Expr::val(1))
        .from(replicas::Entity)
        .and_where(replicas::Column::ContentId.into_expr().eq(Column::Id.into_expr()))
        .and_where(replicas::Column::Generation.into_expr().eq(Column::Generation.into_expr()))
        .and_where(replicas::Column::StorageBackendId.eq(storage.uuid()))
        .to_owned();
    let lacking = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::State.eq(ContentState::Verified.as_str()))
        .filter(Column::StorageBackendId.ne(storage.uuid()))
        .filter(Condition::all().add_option(except.map(|except| Column::StorageBackendId.ne(except.uuid()))))
        .filter(comes_after(after))
        .filter(Expr::exists(copy).not())
        .order_by_asc(Column::Id)
        .limit(limit);
    all(reader, lacking).await
}

/// The contents of all organizations that there should be, or whose upload has begun: by their keys from after `after` on.
pub async fn list_begun_of_all_organizations(
    reader: &impl Reader,
    after: Option<Id<Content>>,
    limit: u64,
) -> Result<Vec<Content>, Error> {
    let begun = Entity::find()
        .filter(Column::State.ne(ContentState::Destroyed.as_str()))
        .filter(Column::UploadSession.is_not_null())
        .filter(comes_after(after))
        .order_by_asc(Column::Id)
        .limit(limit);
    all(reader, begun).await
}

async fn all(reader: &impl Reader, select: Select<Entity>) -> Result<Vec<Content>, Error> {
    select.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// All, where there is none to come after.
fn comes_after(after: Option<Id<Content>>) -> Condition {
    Condition::all().add_option(after.map(|after| Column::Id.gt(after.uuid())))
}

fn parse(model: &Model) -> Result<Content, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Content {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        kind: row.known("kind", ContentKind::from_name(&model.kind))?,
        generation: Generation::new(row.number("generation", model.generation)?),
        state: row.known("state", ContentState::from_name(&model.state))?,
        hash: row.hash("hash", &model.hash)?,
        size: model.size.map(|size| row.number("size", size)).transpose()?,
        bytes_uploaded: row.number("bytes_uploaded", model.bytes_uploaded)?,
        storage: Id::new(model.storage_backend_id),
        upload_session: model.upload_session.clone(),
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
