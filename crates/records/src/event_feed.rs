//! The event feed: gives events their numbers after they were committed, and reads them in that order.
//!
//! One numbering commits before the next begins, so that numbers become visible in their order and without gaps. It must never wait for
//! a transaction that writes events, nor keep one waiting. Numbering works across organizations.

use std::collections::{BTreeMap, HashSet};

use olivine_domain::Timestamp;
use olivine_domain::event_feed::{EventFilter, FeedState, FeedWord};
use olivine_domain::events::Event;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, OnConflict, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    FromQueryResult as _, IntoActiveModel as _, Iterable as _, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, Statement,
};
use uuid::Uuid;

use crate::database::{Reader, Write};
use crate::entities::{event_feed, event_feeds, event_pending, events as entity};
use crate::error::Error;
use crate::rows::Row;
use crate::{dialect, events, feed_ids, lists};

const TABLE: &str = "event_feeds";

/// How many events one numbering takes at most.
pub const MOST_AT_ONCE: u64 = 1_000;

/// How many rows of the feed one answer looks at, at most, to find those that meet its filter.
pub const MOST_LOOKED_AT: u64 = 10_000;

/// What a numbering did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// So many events are pending no more. There may be others if these are [`MOST_AT_ONCE`].
    Done(u64),
    /// Another process is numbering now.
    Elsewhere,
}

/// Whether any event waits for its number.
pub async fn has_pending(reader: &impl Reader) -> Result<bool, Error> {
    let first = event_pending::Entity::find().select_only().column(event_pending::Column::Place).limit(1);
    Ok(first.into_tuple::<i64>().one(&reader.executor()).await?.is_some())
}

/// When the event was written that waits for its number at the first place; `None` where none waits. One that is gone counts as old.
pub async fn oldest_pending(reader: &impl Reader) -> Result<Option<Timestamp>, Error> {
    let first = event_pending::Entity::find()
        .select_only()
        .column(event_pending::Column::Place)
        .column(entity::Column::InsertedAt)
        .join(
            JoinType::LeftJoin,
            event_pending::Entity::belongs_to(entity::Entity)
                .from(event_pending::Column::EventId)
                .to(entity::Column::Id)
                .into(),
        )
        .order_by_asc(event_pending::Column::Place)
        .limit(1);
    let first = first.into_tuple::<(i64, Option<i64>)>().one(&reader.executor()).await?;
    let Some((place, written)) = first else { return Ok(None) };
    Ok(Some(Row::new("event_pending", place).moment("inserted_at", written.unwrap_or(0))?))
}

/// Numbers the first events that are pending. The transaction must do nothing else, and is to be committed at once. `word` is random; feeds
/// that begin get an id of `new_feed`.
pub async fn number(
    write: &Write,
    word: FeedWord,
    mut new_feed: impl FnMut() -> Uuid + Send,
) -> Result<Numbering, Error> {
    if !dialect::feed::try_to_lock(write.transaction()).await? {
        return Ok(Numbering::Elsewhere);
    }
    let pending = pending(write).await?;
    let (mut fresh, mut seen) = (BTreeMap::<Uuid, Vec<Uuid>>::new(), HashSet::new());
    for row in &pending {
        // Loading data into the table alone makes pending rows of events that have a number.
        if !row.has_number && seen.insert(row.event) {
            fresh.entry(row.organization).or_default().push(row.event);
        }
    }
    if !fresh.is_empty() {
        let new: Vec<_> = fresh.keys().map(|organization| begun(*organization, new_feed())).collect();
        insert_feeds(write, new).await?;
        let mut rows = Vec::with_capacity(seen.len());
        for (organization, last) in last_numbers(write, fresh.keys().copied()).await? {
            let events = fresh.remove(&organization).unwrap_or_default();
            let numbers = last + 1..;
            rows.extend(numbers.zip(events).map(|(number, event_id)| event_feed::Model {
                organization_id: organization,
                number,
                event_id,
                word: word.0.cast_signed(),
            }));
            let last_number = rows.last().map_or(last, |row| row.number);
            let row = event_feeds::ActiveModel {
                organization_id: Set(organization),
                last_number: Set(last_number),
                last_word: Set(word.0.cast_signed()),
                ..Default::default()
            };
            row.update(write.transaction()).await?;
        }
        let rows = rows.into_iter().map(event_feed::Model::into_active_model);
        event_feed::Entity::insert_many(rows).exec_without_returning(write.transaction()).await?;
    }
    let places: Vec<_> = pending.iter().map(|row| row.place).collect();
    for places in places.chunks(lists::MOST_IDS) {
        let these = event_pending::Column::Place.is_in(lists::steady(places));
        event_pending::Entity::delete_many().filter(these).exec(write.transaction()).await?;
    }
    Ok(Numbering::Done(pending.len() as u64))
}

struct Pending {
    place: i64,
    event: Uuid,
    organization: Uuid,
    has_number: bool,
}

async fn pending(write: &Write) -> Result<Vec<Pending>, Error> {
    let sql = format!(
        "SELECT p.place, p.event_id, p.organization_id, f.number FROM event_pending AS p \
         LEFT JOIN event_feed AS f ON f.event_id = p.event_id ORDER BY p.place LIMIT {MOST_AT_ONCE}"
    );
    let transaction = write.transaction();
    let rows =
        transaction.query_all_raw(Statement::from_string(transaction.get_database_backend(), sql)).await?;
    let read = |row: &QueryResult| {
        Ok(Pending {
            place: row.try_get("", "place")?,
            event: row.try_get("", "event_id")?,
            organization: row.try_get("", "organization_id")?,
            has_number: row.try_get::<Option<i64>>("", "number")?.is_some(),
        })
    };
    rows.iter().map(read).collect()
}

/// The row of a feed that has no events yet.
const fn begun(organization_id: Uuid, feed: Uuid) -> event_feeds::Model {
    event_feeds::Model { organization_id, feed, last_number: 0, last_word: 0, complete_from: 1 }
}

async fn insert_feeds(write: &Write, new: Vec<event_feeds::Model>) -> Result<(), Error> {
    let once = OnConflict::column(event_feeds::Column::OrganizationId).do_nothing().to_owned();
    let insert = event_feeds::Entity::insert_many(new.into_iter().map(event_feeds::Model::into_active_model));
    insert.on_conflict(once).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Nobody else changes these while the numbering is locked.
async fn last_numbers(
    write: &Write,
    organizations: impl Iterator<Item = Uuid> + Send,
) -> Result<Vec<(Uuid, i64)>, Error> {
    let feeds = event_feeds::Entity::find()
        .select_only()
        .columns([event_feeds::Column::OrganizationId, event_feeds::Column::LastNumber])
        .filter(event_feeds::Column::OrganizationId.is_in(organizations))
        .order_by_asc(event_feeds::Column::OrganizationId);
    Ok(feeds.into_tuple().all(write.transaction()).await?)
}

/// Begins the feed of an organization in which nothing was numbered yet.
pub async fn begin(write: &Write, organization: Id<Organization>, feed: Uuid) -> Result<(), Error> {
    insert_feeds(write, vec![begun(organization.uuid(), feed)]).await
}

/// Gives all feeds new ids: cursors of before are refused. Works across organizations; returns how many feeds there are.
pub async fn renew(write: &Write, mut new_feed: impl FnMut() -> Uuid + Send) -> Result<u64, Error> {
    Ok(feed_ids::renew(write.transaction(), &mut new_feed).await?)
}

/// An event with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FedEvent {
    /// Its number in its organization.
    pub number: u64,
    /// What was drawn when it got the number.
    pub word: FeedWord,
    /// What happened.
    pub event: Event,
}

/// A part of a feed, with how the feed stood at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPart {
    /// How the feed stood.
    pub state: FeedState,
    /// The word of the number after which it was read.
    pub found: Option<FeedWord>,
    /// The events, in order.
    pub events: Vec<FedEvent>,
    /// The last number that was looked at, with its word: what comes after it was not.
    pub looked_at: (u64, FeedWord),
}

/// How an organization's feed stands; `None` where nothing was numbered yet.
pub async fn state(reader: &impl Reader, organization: Id<Organization>) -> Result<Option<FeedState>, Error> {
    let feed = event_feeds::Entity::find_by_id(organization.uuid()).one(&reader.executor()).await?;
    feed.map(|feed| parse_state(organization, &feed)).transpose()
}

/// Up to `limit` events after a number that meet the filter; `None` where nothing was numbered yet. One statement, so that all of it is of
/// one moment.
pub async fn read(
    reader: &impl Reader,
    organization: Id<Organization>,
    after: u64,
    filter: &EventFilter,
    limit: u64,
) -> Result<Option<FeedPart>, Error> {
    let executor = reader.executor();
    let backend = executor.get_database_backend();
    let scope = lists::Scope { backend, organization };
    let statement = backend.build(&select(&scope, after, filter, limit));
    let rows = executor.query_all_raw(statement).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let state = parse_state(organization, &event_feeds::Model::from_query_result(first, "s_")?)?;
    let word = |column: &str| -> Result<Option<FeedWord>, Error> {
        Ok(first.try_get::<Option<i64>>("", column)?.map(|word| FeedWord(word.cast_unsigned())))
    };
    let found = word("found")?;
    let events =
        rows.iter().filter_map(|row| fed(organization, row).transpose()).collect::<Result<Vec<_>, _>>()?;
    let bound = first.try_get::<Option<i64>>("", "bound_number")?.zip(word("bound_word")?);
    let looked_at = match (events.last(), bound) {
        (Some(last), _) if events.len() as u64 == limit => (last.number, last.word),
        (_, Some((number, word))) => (natural(organization, number)?, word),
        _ => (state.last_number, state.last_word),
    };
    Ok(Some(FeedPart { state, found, events, looked_at }))
}

/// The statement behind it. Each row has how the feed stands, and one event or none.
pub(crate) fn select(scope: &lists::Scope, after: u64, filter: &EventFilter, limit: u64) -> SelectStatement {
    use event_feed::Column as F;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let rows = |limit: u64| {
        let mut rows = Query::select();
        rows.columns([F::Number, F::EventId, F::Word])
            .from(event_feed::Entity)
            .and_where(F::OrganizationId.eq(scope.organization.uuid()))
            .and_where(F::Number.gt(after))
            .order_by(F::Number, sea_orm::Order::Asc)
            .limit(limit);
        rows
    };
    let (looked, found, bound, part) =
        (Alias::new("looked"), Alias::new("found"), Alias::new("bound"), Alias::new("part"));
    let looked_at = if filter.is_empty() { limit } else { MOST_LOOKED_AT };
    let mut events = Query::select();
    events
        .column((looked.clone(), F::Number))
        .column((looked.clone(), F::Word))
        .columns(entity::Column::iter().map(|column| (entity::Entity, column)))
        .from_subquery(rows(looked_at), looked.clone())
        .join(
            JoinType::InnerJoin,
            entity::Entity,
            Expr::col((entity::Entity, entity::Column::Id)).equals((looked.clone(), F::EventId)),
        )
        .cond_where(events::feed_condition(scope, filter))
        .order_by((looked, F::Number), sea_orm::Order::Asc)
        .limit(limit);
    let mut word = Query::select();
    word.column(F::Word)
        .from(event_feed::Entity)
        .and_where(F::OrganizationId.eq(scope.organization.uuid()))
        .and_where(F::Number.eq(after));
    // Where all was looked at, the feed's end is the bound.
    let mut last = rows(1);
    last.offset(looked_at - 1);
    let mut select = Query::select();
    let feeds = Alias::new("feeds");
    for column in event_feeds::Column::iter() {
        let name = format!("s_{}", sea_orm::IdenStatic::as_str(&column));
        select.expr_as(Expr::col((feeds.clone(), column)), Alias::new(name));
    }
    select
        .expr_as(SimpleExpr::SubQuery(None, Box::new(word.into())), found)
        .expr_as(Expr::col((bound.clone(), F::Number)), Alias::new("bound_number"))
        .expr_as(Expr::col((bound.clone(), F::Word)), Alias::new("bound_word"))
        .column((part.clone(), F::Number))
        .column((part.clone(), F::Word))
        .columns(entity::Column::iter().map(|column| (part.clone(), column)))
        .from_as(event_feeds::Entity, feeds.clone())
        .join_subquery(JoinType::LeftJoin, last, bound, Condition::all().add(always()))
        .join_subquery(JoinType::LeftJoin, events, part.clone(), Condition::all().add(always()))
        .and_where(Expr::col((feeds, event_feeds::Column::OrganizationId)).eq(scope.organization.uuid()))
        .order_by((part, F::Number), sea_orm::Order::Asc);
    select
}

fn always() -> SimpleExpr {
    Expr::val(1).eq(1)
}

fn fed(organization: Id<Organization>, row: &QueryResult) -> Result<Option<FedEvent>, Error> {
    let Some(number) = row.try_get::<Option<i64>>("", "number")? else { return Ok(None) };
    let word: i64 = row.try_get("", "word")?;
    let event = events::parse(&entity::Model::from_query_result(row, "")?)?;
    Ok(Some(FedEvent { number: natural(organization, number)?, word: FeedWord(word.cast_unsigned()), event }))
}

fn parse_state(organization: Id<Organization>, feed: &event_feeds::Model) -> Result<FeedState, Error> {
    Ok(FeedState {
        feed: feed.feed,
        last_number: natural(organization, feed.last_number)?,
        last_word: FeedWord(feed.last_word.cast_unsigned()),
        complete_from: natural(organization, feed.complete_from)?,
    })
}

fn natural(organization: Id<Organization>, number: i64) -> Result<u64, Error> {
    Row::new(TABLE, organization.uuid()).number("number", number)
}

/// Forgets the numbers of events that are deleted because of their age: from the next one on, the feed is complete.
pub(crate) async fn forget(
    write: &Write,
    organization: Id<Organization>,
    ids: &[Id<Event>],
) -> Result<(), Error> {
    use event_feed::Column as F;
    let these = Condition::all()
        .add(F::OrganizationId.eq(organization.uuid()))
        .add(F::EventId.is_in(lists::steady(ids).map(Id::uuid)));
    let newest = event_feed::Entity::find().select_only().column_as(F::Number.max(), "newest");
    let newest = newest.filter(these.clone()).into_tuple::<Option<i64>>().one(write.transaction()).await?;
    let Some(newest) = newest.flatten() else { return Ok(()) };
    let feed = event_feeds::Entity::update_many()
        .col_expr(event_feeds::Column::CompleteFrom, Expr::val(newest + 1))
        .filter(event_feeds::Column::OrganizationId.eq(organization.uuid()))
        .filter(event_feeds::Column::CompleteFrom.lte(newest));
    feed.exec(write.transaction()).await?;
    event_feed::Entity::delete_many().filter(these).exec(write.transaction()).await?;
    Ok(())
}
