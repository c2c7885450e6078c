//! Idempotency keys: which request a caller already sent, and what it was answered.
//!
//! The answer of a request is stored in the transaction of its effect, so that either both are there or neither is.

use olivine_domain::Timestamp;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use crate::database::{Reader, Write};
use crate::entities::idempotency_keys::{ActiveModel, Column, Entity, Model};
use crate::error::Error;
use crate::rows::Row;

const TABLE: &str = "idempotency_keys";

/// A request that a caller marked with a key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// Where the request works.
    pub organization: Id<Organization>,
    /// The record of the caller that sends it, of whatever kind: keys of records are unique over all kinds. (The column is called
    /// `api_key_id` because it is older than this.)
    pub caller: Uuid,
    /// The caller's key.
    pub key: String,
    /// What the request asks for, in short: another request under the same key has another one.
    pub fingerprint: String,
    /// The id that the request's record gets; made before, so that each repetition uses the first one's.
    pub resource_id: Uuid,
    /// The moment of the request.
    pub now: Timestamp,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is new: do the work, with this id.
    New {
        /// The claim's own.
        resource_id: Uuid,
    },
    /// It was used before.
    Existing {
        /// What the first request asked for.
        fingerprint: String,
        /// The id that the first request's record got, or would have got.
        resource_id: Uuid,
        /// What the first request was answered, if it came that far.
        answer: Option<StoredAnswer>,
    },
}

/// An answer to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Takes the key, or tells what the one who took it before knew. Of several that claim it at once, one gets [`Claimed::New`] and
/// the others wait until its transaction ends.
pub async fn claim(write: &Write, claim: &IdempotencyClaim) -> Result<Claimed, Error> {
    let row = Model {
        organization_id: claim.organization.uuid(),
        api_key_id: claim.caller,
        key: claim.key.clone(),
        fingerprint: claim.fingerprint.clone(),
        resource_id: claim.resource_id,
        answer_status: None,
        answer_body: None,
        inserted_at: claim.now.as_micros(),
    };
    let keep =
        OnConflict::columns([Column::OrganizationId, Column::ApiKeyId, Column::Key]).do_nothing().to_owned();
    let insert = Entity::insert(row.into_active_model()).on_conflict(keep);
    if insert.exec_without_returning(write.transaction()).await? > 0 {
        return Ok(Claimed::New { resource_id: claim.resource_id });
    }
    let known = find(write, claim).await?;
    known.ok_or(Error::Conflict)
}

/// What is known of a claim's key, without taking it.
pub async fn find(reader: &impl Reader, claim: &IdempotencyClaim) -> Result<Option<Claimed>, Error> {
    let row = Entity::find().filter(one(claim)).one(&reader.executor()).await?;
    row.as_ref().map(parse).transpose()
}

/// Stores what the request is answered.
pub async fn store_answer(
    write: &Write,
    claim: &IdempotencyClaim,
    answer: &StoredAnswer,
) -> Result<(), Error> {
    let change = ActiveModel {
        answer_status: Set(Some(answer.status.into())),
        answer_body: Set(Some(answer.body.clone())),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(one(claim)).exec(write.transaction()).await?;
    if update.rows_affected == 0 { Err(Error::NotFound { table: TABLE }) } else { Ok(()) }
}

/// Forgets keys of all organizations that are older than `before`; returns how many.
pub async fn purge(write: &Write, before: Timestamp) -> Result<u64, Error> {
    let old = Entity::delete_many().filter(Column::InsertedAt.lt(before.as_micros()));
    Ok(old.exec(write.transaction()).await?.rows_affected)
}

fn one(claim: &IdempotencyClaim) -> Condition {
    Condition::all()
        .add(Column::OrganizationId.eq(claim.organization.uuid()))
        .add(Column::ApiKeyId.eq(claim.caller))
        .add(Column::Key.eq(claim.key.as_str()))
}

fn parse(model: &Model) -> Result<Claimed, Error> {
    let row = Row::new(TABLE, &model.key);
    let answer = match (model.answer_status, &model.answer_body) {
        (Some(status), Some(body)) => {
            Some(StoredAnswer { status: row.number("answer_status", status)?, body: body.clone() })
        }
        _ => None,
    };
    Ok(Claimed::Existing { fingerprint: model.fingerprint.clone(), resource_id: model.resource_id, answer })
}
