//! Binary parts: what is known of the chunks of an upload.

use olivine_domain::binary_parts::{BinaryPart, PartIndex, PartState};
use olivine_domain::contents::{ContentKey, Generation};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::{Sha256Digest, Timestamp};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::database::{ListReader, Reader, Write};
use crate::entities::binary_parts::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::{Row, stored};

const TABLE: &str = "binary_parts";

/// A part as it was promised; what becomes of its bytes is only recorded while the promise is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromisedPart {
    /// The upload.
    pub upload: ContentKey,
    /// Its place.
    pub index: PartIndex,
    /// The promised size in bytes.
    pub size: u64,
    /// The promised hash.
    pub hash: Sha256Digest,
}

/// Creates the part, or re-creates it: with the new size and hash it awaits its bytes again, and keeps its first id and
/// `inserted_at`. Returns what is stored now.
pub async fn upsert(write: &Write, part: &BinaryPart) -> Result<BinaryPart, Error> {
    let again = OnConflict::columns([Column::ContentId, Column::Generation, Column::PartIndex])
        .update_columns([Column::Size, Column::Hash, Column::State, Column::UpdatedAt])
        .to_owned();
    let row = row(part)?.into_active_model();
    let stored = Entity::insert(row).on_conflict(again).exec_with_returning(write.transaction()).await?;
    parse(&stored)
}

/// The part at that place.
pub async fn find(
    reader: &impl Reader,
    upload: ContentKey,
    index: PartIndex,
) -> Result<Option<BinaryPart>, Error> {
    let part = Entity::find().filter(of(upload)).filter(Column::PartIndex.eq(i64::from(index.get())));
    part.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The part with that id, of whichever generation.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<BinaryPart>,
) -> Result<BinaryPart, Error> {
    let part = Entity::find_by_id(id.uuid()).filter(Column::OrganizationId.eq(organization.uuid()));
    parse(&part.one(&reader.executor()).await?.ok_or(Error::NotFound { table: TABLE })?)
}

/// All parts of the upload in the order of their indexes: at most ten thousand.
pub async fn list_all(reader: &impl Reader, upload: ContentKey) -> Result<Vec<BinaryPart>, Error> {
    all(upload).all(&reader.executor()).await?.iter().map(parse).collect()
}

pub(crate) fn all(upload: ContentKey) -> Select<Entity> {
    Entity::find().filter(of(upload)).order_by_asc(Column::PartIndex)
}

/// A page of the upload's parts, by the moment of their creation.
pub async fn list(
    reader: &impl ListReader,
    upload: ContentKey,
    query: &ListQuery,
) -> Result<Page<BinaryPart>, Error> {
    lists::page_of::<Entity>(reader, upload.organization, of(upload), query).await
}

/// Records what became of a part's bytes; `false` where the part was re-created, completed away or reset in the meantime.
pub async fn set_state(
    write: &Write,
    promised: &PromisedPart,
    state: PartState,
    now: Timestamp,
) -> Result<bool, Error> {
    let same = of(promised.upload)
        .add(Column::PartIndex.eq(i64::from(promised.index.get())))
        .add(Column::Size.eq(stored("size", promised.size)?))
        .add(Column::Hash.eq(promised.hash.to_hex()));
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_micros()))
        .filter(same);
    Ok(update.exec(write.transaction()).await?.rows_affected > 0)
}

/// Deletes all parts of the upload; returns how many there were.
pub async fn delete_all(write: &Write, upload: ContentKey) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(of(upload)).exec(write.transaction()).await?.rows_affected)
}

/// The bytes of the upload's valid parts.
pub async fn sum_of_valid_sizes(reader: &impl Reader, upload: ContentKey) -> Result<u64, Error> {
    // PostgreSQL's sum of integers is a decimal number; 10,000 parts of 5 GiB fit into an integer by far.
    let sum = ExprTrait::sum(Expr::col(Column::Size)).cast_as(Alias::new("bigint"));
    let valid = Entity::find()
        .select_only()
        .column_as(sum, "sum")
        .filter(of(upload))
        .filter(Column::State.eq(PartState::Valid.as_str()));
    let sum: Option<Option<i64>> = valid.into_tuple().one(&reader.executor()).await?;
    Row::new(TABLE, upload.content).number("size", sum.flatten().unwrap_or(0))
}

fn of(upload: ContentKey) -> Condition {
    Condition::all()
        .add(Column::OrganizationId.eq(upload.organization.uuid()))
        .add(Column::ContentId.eq(upload.content.uuid()))
        .add(Column::Generation.eq(i64::from(upload.generation.get())))
}

impl Listed for Entity {
    type Item = BinaryPart;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "index" => scope.plain(Column::PartIndex, clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<BinaryPart, Error> {
        parse(model)
    }

    fn place(part: &BinaryPart) -> (Timestamp, Uuid) {
        (part.inserted_at, part.id.uuid())
    }
}

fn row(part: &BinaryPart) -> Result<Model, Error> {
    Ok(Model {
        id: part.id.uuid(),
        organization_id: part.organization.uuid(),
        content_id: part.content.uuid(),
        generation: part.generation.get().into(),
        part_index: part.index.get().into(),
        size: stored("size", part.size)?,
        hash: part.hash.to_hex(),
        state: part.state.as_str().to_owned(),
        inserted_at: part.inserted_at.as_micros(),
        updated_at: part.updated_at.as_micros(),
    })
}

fn parse(model: &Model) -> Result<BinaryPart, Error> {
    let row = Row::new(TABLE, model.id);
    let index = PartIndex::new(row.number("part_index", model.part_index)?).ok();
    Ok(BinaryPart {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        content: Id::new(model.content_id),
        generation: Generation::new(row.number("generation", model.generation)?),
        index: row.known("part_index", index)?,
        size: row.number("size", model.size)?,
        hash: row.hash("hash", &model.hash)?,
        state: row.known("state", PartState::from_name(&model.state))?,
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
