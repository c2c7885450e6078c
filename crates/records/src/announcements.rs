//! The log in which processes tell each other about changes of records that others may have cached. A row is written in the transaction of
//! the change itself. Works across organizations.
//!
//! A reader must see each row once, whenever the row's transaction ends. So it uses the database's snapshots, and never the numbers of the
//! rows. It must also notice when the log is another one than before.

use std::time::Duration;

use olivine_domain::Timestamp;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, ConnectionTrait as _, EntityTrait, QueryFilter, QueryResult};
use uuid::Uuid;

use crate::database::{Reader, Write};
use crate::dialect::announcements::{After, Identity, news};
use crate::entities::announcements::{ActiveModel, Column, Entity};
use crate::error::Error;

const TABLE: &str = "announcements";

/// That something changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Its key. Says nothing of when it became visible.
    pub number: i64,
    /// What kind of thing changed.
    pub kind: String,
    /// Which one.
    pub subject: Uuid,
}

/// How far a reader has come: which rows it has seen, and of which log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    identity: Identity,
    log: String,
    seen: Seen,
    /// On the database's clock, in microseconds since 1970.
    moment: i64,
}

/// Which rows were visible.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    /// Those up to this number.
    Numbers(i64),
    /// Those of transactions before `next`, except for those that were `open`.
    Transactions { next: i64, open: Vec<i64> },
}

/// What a look at the log found.
#[derive(Clone, Debug)]
pub struct News {
    /// Where to go on.
    pub position: Position,
    /// What became visible since the position before, in no particular order.
    pub announcements: Vec<Announcement>,
    /// Whether that is all; otherwise there were more than the limit.
    pub is_all: bool,
}

impl Position {
    /// Whether this is a later position in the same log. It is not after a failover, after a restore, or where the log went back.
    pub fn continues(&self, before: &Self) -> bool {
        self.log == before.log && self.after().next >= before.after().next
    }

    /// How much time has passed on the database's clock since the position before.
    pub fn since(&self, before: &Self) -> Duration {
        Duration::from_micros(u64::try_from(self.moment.saturating_sub(before.moment)).unwrap_or(0))
    }

    fn after(&self) -> After<'_> {
        match &self.seen {
            Seen::Numbers(number) => After { next: *number, open: &[] },
            Seen::Transactions { next, open } => After { next: *next, open },
        }
    }

    fn parse(row: &QueryResult, identity: Identity) -> Result<Self, Error> {
        let place: String = row.try_get("", "place")?;
        let seen = Seen::parse(&place).ok_or(Error::Corrupt { table: TABLE, column: "place", id: place })?;
        Ok(Self { identity, seen, log: row.try_get("", "log")?, moment: row.try_get("", "moment")? })
    }
}

impl Seen {
    /// A number, or PostgreSQL's `xmin:xmax:xip_list`.
    fn parse(place: &str) -> Option<Self> {
        let fields: Vec<_> = place.split(':').collect();
        match fields[..] {
            [number] => Some(Self::Numbers(number.parse().ok()?)),
            [_, next, open] => {
                let open = open.split(',').filter(|text| !text.is_empty());
                let open = open.map(|text| text.parse().ok()).collect::<Option<_>>()?;
                Some(Self::Transactions { next: next.parse().ok()?, open })
            }
            _ => None,
        }
    }
}

/// Announces a change; returns the number of its row.
pub async fn add(write: &Write, kind: &str, subject: Uuid, now: Timestamp) -> Result<i64, Error> {
    let row = ActiveModel {
        number: NotSet,
        kind: Set(kind.to_owned()),
        subject_id: Set(subject),
        inserted_at: Set(now.as_micros()),
    };
    Ok(Entity::insert(row).exec(write.transaction()).await?.last_insert_id)
}

/// The present position in the log: rows that are visible now are not read from here on.
pub async fn position(reader: &impl Reader) -> Result<Position, Error> {
    match look(reader, Identity::Cluster, None, 0).await {
        // Some hosted servers don't let their users ask for a cluster's identity.
        Err(Error::Database { source }) => {
            tracing::warn!(error = &source as &dyn std::error::Error, "{FOLLOWS_LESS}");
            look(reader, Identity::Table, None, 0).await
        }
        other => other,
    }
    .map(|news| news.position)
}

const FOLLOWS_LESS: &str = "this PostgreSQL server does not tell its cluster's identity: a failover to a server that lagged is noticed \
                            only where its transactions went back";

/// What became visible since `position`: all of it, or some `limit` rows.
pub async fn news_since(reader: &impl Reader, position: &Position, limit: u64) -> Result<News, Error> {
    look(reader, position.identity, Some(&position.after()), limit).await
}

async fn look(
    reader: &impl Reader,
    identity: Identity,
    after: Option<&After<'_>>,
    limit: u64,
) -> Result<News, Error> {
    let executor = reader.executor();
    let statement = news(executor.get_database_backend(), identity, after, limit);
    let (mut position, mut announcements) = (None, Vec::new());
    for row in executor.query_all_raw(statement).await? {
        match row.try_get::<Option<i64>>("", "number")? {
            None => position = Some(Position::parse(&row, identity)?),
            Some(number) => {
                let (kind, subject) = (row.try_get("", "kind")?, row.try_get("", "subject_id")?);
                announcements.push(Announcement { number, kind, subject });
            }
        }
    }
    let position = position.ok_or(Error::NotFound { table: TABLE })?;
    let is_all = (announcements.len() as u64) < limit;
    Ok(News { position, announcements, is_all })
}

/// Forgets those of before `moment`; returns how many that were.
pub async fn delete_before(write: &Write, moment: Timestamp) -> Result<u64, Error> {
    let old = Entity::delete_many().filter(Column::InsertedAt.lt(moment.as_micros()));
    Ok(old.exec(write.transaction()).await?.rows_affected)
}
