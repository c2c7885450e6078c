//! Replicas: the copies of contents besides the first, and what is yet to be deleted of destroyed ones.

use olivine_domain::Timestamp;
use olivine_domain::contents::replicas::{Replica, ReplicaState};
use olivine_domain::contents::{Content, ContentKey, ContentState, Generation};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use sea_orm::sea_query::{Expr, JoinType, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::database::{Reader, Write};
use crate::entities::binary_replicas::{Column, Entity, Model};
use crate::entities::contents;
use crate::error::Error;
use crate::lists::MOST_IDS;
use crate::rows::Row;

const TABLE: &str = "binary_replicas";

/// One copy's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Of which content.
    pub key: ContentKey,
    /// Where.
    pub storage: Id<StorageBackend>,
}

impl Place {
    /// The name of that copy.
    pub const fn of(replica: &Replica) -> Self {
        Self { key: replica.key(), storage: replica.storage }
    }
}

/// The copies of these contents, in no particular order.
pub async fn list_for(
    reader: &impl Reader,
    organization: Id<Organization>,
    contents: &[Id<Content>],
) -> Result<Vec<Replica>, Error> {
    let mut all = Vec::new();
    for ids in contents.chunks(MOST_IDS) {
        let rows = of_contents(organization, ids);
        for row in rows.all(&reader.executor()).await? {
            all.push(parse(&row)?);
        }
    }
    Ok(all)
}

pub(crate) fn of_contents(organization: Id<Organization>, ids: &[Id<Content>]) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::ContentId.is_in(ids.iter().map(|id| id.uuid())))
        .order_by_asc(Column::InsertedAt)
}

/// The copy, if there is one or one is on its way.
pub async fn find(reader: &impl Reader, place: Place) -> Result<Option<Replica>, Error> {
    Entity::find().filter(at(place)).one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The copies in a storage, by content from after `after` on, of all organizations: work for the operator.
pub async fn list_in_storage_of_all_organizations(
    reader: &impl Reader,
    storage: Id<StorageBackend>,
    after: Option<Id<Content>>,
    limit: u64,
) -> Result<Vec<Replica>, Error> {
    let kept = Entity::find().filter(Column::StorageBackendId.eq(storage.uuid()));
    let kept = match after {
        Some(after) => kept.filter(Column::ContentId.gt(after.uuid())),
        None => kept,
    };
    let rows = kept.order_by_asc(Column::ContentId).limit(limit).all(&reader.executor()).await?;
    rows.iter().map(parse).collect()
}

/// Copies of destroyed contents whose deletion nobody ordered, of all organizations: work for the job runner.
pub async fn list_of_destroyed_of_all_organizations(
    reader: &impl Reader,
    limit: u64,
) -> Result<Vec<Replica>, Error> {
    let content = Entity::belongs_to(contents::Entity).from(Column::ContentId).to(contents::Column::Id);
    let rows = Entity::find()
        .join(JoinType::InnerJoin, content.into())
        .filter(contents::Column::State.eq(ContentState::Destroyed.as_str()))
        .filter(Column::State.ne(ReplicaState::Deleting.as_str()))
        .limit(limit);
    rows.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// Whether any copy is in a storage, on its way there, or yet to be deleted from there.
pub async fn is_in_use(reader: &impl Reader, storage: Id<StorageBackend>) -> Result<bool, Error> {
    let first = Entity::find().select_only().column(Column::ContentId);
    let first = first.filter(Column::StorageBackendId.eq(storage.uuid())).limit(1);
    Ok(first.into_tuple::<Uuid>().one(&reader.executor()).await?.is_some())
}

/// Writes down a copy, in place of what was known of the same.
pub async fn put(write: &Write, replica: &Replica) -> Result<(), Error> {
    let row = Model {
        content_id: replica.content.uuid(),
        storage_backend_id: replica.storage.uuid(),
        generation: replica.generation.get().into(),
        organization_id: replica.organization.uuid(),
        state: replica.state.as_str().to_owned(),
        error: replica.error.clone(),
        inserted_at: replica.inserted_at.as_micros(),
        updated_at: replica.updated_at.as_micros(),
    };
    let again = OnConflict::columns([Column::ContentId, Column::StorageBackendId, Column::Generation])
        .update_columns([Column::State, Column::Error, Column::UpdatedAt])
        .to_owned();
    let insert = Entity::insert(row.into_active_model()).on_conflict(again);
    insert.exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Takes a copy from one state to another; `false` where it is not in the first any more.
pub async fn change(
    write: &Write,
    place: Place,
    from: ReplicaState,
    to: ReplicaState,
    error: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(to.as_str()))
        .col_expr(Column::Error, Expr::value(error))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_micros()))
        .filter(at(place).add(Column::State.eq(from.as_str())));
    Ok(update.exec(write.transaction()).await?.rows_affected > 0)
}

/// Forgets a copy.
pub async fn delete(write: &Write, place: Place) -> Result<(), Error> {
    Entity::delete_many().filter(at(place)).exec(write.transaction()).await?;
    Ok(())
}

fn at(place: Place) -> Condition {
    Condition::all()
        .add(Column::OrganizationId.eq(place.key.organization.uuid()))
        .add(Column::ContentId.eq(place.key.content.uuid()))
        .add(Column::Generation.eq(i64::from(place.key.generation.get())))
        .add(Column::StorageBackendId.eq(place.storage.uuid()))
}

fn parse(model: &Model) -> Result<Replica, Error> {
    let row = Row::new(TABLE, model.content_id);
    Ok(Replica {
        content: Id::new(model.content_id),
        storage: Id::new(model.storage_backend_id),
        organization: Id::new(model.organization_id),
        generation: Generation::new(row.number("generation", model.generation)?),
        state: row.known("state", ReplicaState::from_name(&model.state))?,
        error: model.error.clone(),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
