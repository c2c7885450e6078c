//! What servers tell each other: that something changed which others remember. Written in the transaction of the change itself, read by
//! all in the order of its numbers. Works across organizations.

use olivine_domain::Timestamp;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::database::{Reader, Write};
use crate::entities::announcements::{ActiveModel, Column, Entity};
use crate::error::Error;

/// That something changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Later ones have greater numbers, but may become visible before earlier ones, whose transactions took longer.
    pub number: i64,
    /// What kind of thing changed.
    pub kind: String,
    /// Which one.
    pub subject: Uuid,
}

/// Announces a change; returns its number.
pub async fn add(write: &Write, kind: &str, subject: Uuid, now: Timestamp) -> Result<i64, Error> {
    let row = ActiveModel {
        number: NotSet,
        kind: Set(kind.to_owned()),
        subject_id: Set(subject),
        inserted_at: Set(now.as_micros()),
    };
    Ok(Entity::insert(row).exec(write.transaction()).await?.last_insert_id)
}

/// Those after `number`, and those of `missing` that have become visible; the first `limit` of them.
pub async fn list_after(
    reader: &impl Reader,
    number: i64,
    missing: &[i64],
    limit: u64,
) -> Result<Vec<Announcement>, Error> {
    let mut wanted = Condition::any().add(Column::Number.gt(number));
    if !missing.is_empty() {
        wanted = wanted.add(Column::Number.is_in(missing.iter().copied()));
    }
    let rows = Entity::find().filter(wanted).order_by_asc(Column::Number).limit(limit);
    let rows = rows.all(&reader.executor()).await?;
    Ok(rows
        .into_iter()
        .map(|row| Announcement { number: row.number, kind: row.kind, subject: row.subject_id })
        .collect())
}

/// The greatest number that is visible, 0 where there is none.
pub async fn last_number(reader: &impl Reader) -> Result<i64, Error> {
    let last = Entity::find().order_by_desc(Column::Number).limit(1).one(&reader.executor()).await?;
    Ok(last.map_or(0, |row| row.number))
}

/// Forgets those of before `moment`; returns how many that were.
pub async fn delete_before(write: &Write, moment: Timestamp) -> Result<u64, Error> {
    let old = Entity::delete_many().filter(Column::InsertedAt.lt(moment.as_micros()));
    Ok(old.exec(write.transaction()).await?.rows_affected)
}
