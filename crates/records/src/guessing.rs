//! Consecutive failures to authenticate. Works across organizations. Their subject is a keyed hash: no address is stored here.

use olivine_domain::Timestamp;
use olivine_domain::guessing::Failures;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::database::{Reader, Write};
use crate::entities::people::sign_in_failures::{Column, Entity, Model};
use crate::error::Error;
use crate::rows::Row;

const TABLE: &str = "sign_in_failures";

/// The failures of `subject`.
pub async fn find(reader: &impl Reader, subject: &str) -> Result<Option<Failures>, Error> {
    Entity::find_by_id(subject).one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The failures of `subject`, locked: other tries wait until this one is counted. `None` if there are none on record.
pub async fn lock(write: &Write, subject: &str, now: Timestamp) -> Result<Option<Failures>, Error> {
    let none = Model { subject: subject.to_owned(), count: 0, last_at: now.as_micros() };
    let keep = OnConflict::column(Column::Subject).do_nothing().to_owned();
    let insert = Entity::insert(none.into_active_model()).on_conflict(keep);
    insert.exec_without_returning(write.transaction()).await?;
    let locked = Entity::find_by_id(subject).lock_exclusive().one(write.transaction()).await?;
    let failures = locked.as_ref().map(parse).transpose()?;
    Ok(failures.filter(|failures| failures.count > 0))
}

/// Writes down the failures of `subject`.
pub async fn put(write: &Write, subject: &str, failures: Failures) -> Result<(), Error> {
    let row = Model {
        subject: subject.to_owned(),
        count: failures.count.into(),
        last_at: failures.last_at.as_micros(),
    };
    let replace =
        OnConflict::column(Column::Subject).update_columns([Column::Count, Column::LastAt]).to_owned();
    let insert = Entity::insert(row.into_active_model()).on_conflict(replace);
    insert.exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Forgets the failures of `subject`: it proved who it is.
pub async fn forget(write: &Write, subject: &str) -> Result<(), Error> {
    Entity::delete_by_id(subject).exec(write.transaction()).await?;
    Ok(())
}

/// Forgets failures that are older than `before`, and the oldest where there are more than `most`; returns how many.
pub async fn purge(write: &Write, before: Timestamp, most: u64) -> Result<u64, Error> {
    let first_over = Entity::find().order_by_desc(Column::LastAt).offset(most).limit(1);
    let first_over = first_over.one(write.transaction()).await?.map_or(0, |row| row.last_at);
    let old = Entity::delete_many().filter(Column::LastAt.lt(before.as_micros().max(first_over)));
    Ok(old.exec(write.transaction()).await?.rows_affected)
}

fn parse(model: &Model) -> Result<Failures, Error> {
    let row = Row::new(TABLE, "a subject");
    Ok(Failures { count: row.number("count", model.count)?, last_at: row.moment("last_at", model.last_at)? })
}
