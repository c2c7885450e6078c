//! The event feed: gives numbers to pending events before each read, and reads the events after a cursor.
//!
//! One numbering at a time in a process, for all organizations; if another process is numbering, this one does not wait for it. An event
//! without a number is never shown in the feed.

use std::time::{Duration, Instant};

use olivine_domain::Timestamp;
use olivine_domain::event_feed::{EventFilter, FeedCursor, FeedReplaced, FeedStart, FeedState, FeedWord};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::installation::FeedRenew;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
pub use olivine_records::event_feed::FedEvent;
use olivine_records::event_feed::{self, MOST_AT_ONCE, Numbering};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::callers::Callers;
use super::tail::Tails;
use crate::{Context, Error};

/// How long a reader waits for numbers before it reads what is there.
const PATIENCE: Duration = Duration::from_millis(500);
/// When to look again where another process is numbering.
const AGAIN_AFTER: Duration = Duration::from_millis(10);
/// The longest pause after a numbering that took long: dead rows of pending events can't be vacuumed while a transaction hangs.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a process knows of feeds.
#[derive(Debug, Default)]
pub(crate) struct Feeds {
    numbering: Mutex<LastNumbering>,
    pub(super) tails: Tails,
    pub(super) callers: Callers,
}

/// When the last numbering ended, and how long it took: the next one waits as long.
#[derive(Debug, Default)]
struct LastNumbering {
    ended: Option<Instant>,
    took: Duration,
}

impl LastNumbering {
    async fn wait(&self) {
        let Some(ended) = self.ended else { return };
        let pause = self.took.min(LONGEST_PAUSE);
        tokio::time::sleep(pause.saturating_sub(ended.elapsed())).await;
    }
}

impl Feeds {
    /// There may be new events.
    pub(crate) fn ring(&self) {
        self.tails.ring();
    }
}

/// Gives all events that were committed before this call their numbers, unless that takes longer than readers wait.
pub(super) async fn catch_up(ctx: &Context) -> Result<(), Error> {
    number_within(ctx, PATIENCE).await
}

/// Numbers until nothing is pending, or the time is over.
pub(crate) async fn number_within(ctx: &Context, patience: Duration) -> Result<(), Error> {
    number_all(ctx, None, patience).await
}

/// Numbers until no event of before a moment is pending, or the time is over.
pub(crate) async fn number_older(ctx: &Context, than: Timestamp, patience: Duration) -> Result<(), Error> {
    number_all(ctx, Some(than), patience).await
}

/// Whether events are pending; of before a moment, where there is one.
async fn is_pending(ctx: &Context, before: Option<Timestamp>) -> Result<bool, Error> {
    match before {
        None => Ok(event_feed::has_pending(ctx.db()).await?),
        Some(before) => Ok(event_feed::oldest_pending(ctx.db()).await?.is_some_and(|oldest| oldest < before)),
    }
}

async fn number_all(ctx: &Context, before: Option<Timestamp>, patience: Duration) -> Result<(), Error> {
    let began = Instant::now();
    while is_pending(ctx, before).await? {
        let mut last = ctx.feeds().numbering.lock().await;
        last.wait().await;
        let numbered_from = Instant::now();
        let w = ctx.work().await?;
        let numbering = event_feed::number(&w, word(ctx), || random_uuid(ctx)).await?;
        match numbering {
            Numbering::Done(count) => {
                w.commit().await?;
                *last = LastNumbering { ended: Some(Instant::now()), took: numbered_from.elapsed() };
                metrics::counter!("olivine_events_numbered_total").increment(count);
                if count < MOST_AT_ONCE {
                    return Ok(());
                }
            }
            Numbering::Elsewhere => {
                drop((w, last));
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
        if began.elapsed() >= patience {
            return Ok(());
        }
    }
    Ok(())
}

fn word(ctx: &Context) -> FeedWord {
    FeedWord(u64::from_ne_bytes(ctx.random_bytes()))
}

/// Not a UUID that sorts by time: a feed's id must not reveal anything.
fn random_uuid(ctx: &Context) -> Uuid {
    uuid::Builder::from_random_bytes(ctx.random_bytes()).into_uuid()
}

/// A part of a feed.
#[derive(Clone, Debug)]
pub struct FeedPage {
    /// The events, in order.
    pub events: Vec<FedEvent>,
    /// Where to go on.
    pub cursor: FeedCursor,
    /// How the feed stood when it was read.
    pub state: FeedState,
}

/// A filter that passes only what the reader reaches.
pub(super) fn within_reach(by: &Authorized<scope::EventRead>, filter: EventFilter) -> EventFilter {
    EventFilter { seen: by.tenancy().seen().clone(), ..filter }
}

/// Up to `limit` of the events after `start` that meet the filter. It may be none although there are more: then the cursor has moved.
pub async fn read(
    ctx: &Context,
    by: &Authorized<scope::EventRead>,
    start: FeedStart,
    filter: &EventFilter,
    limit: u64,
) -> Result<FeedPage, Error> {
    catch_up(ctx).await?;
    let filter = &within_reach(by, filter.clone());
    read_numbered(ctx, by.organization, start, filter, limit).await?.map_err(Error::refused)
}

/// The same of what has its number already; the inner error says that the cursor belongs to another feed.
pub(super) async fn read_numbered(
    ctx: &Context,
    organization: Id<Organization>,
    start: FeedStart,
    filter: &EventFilter,
    limit: u64,
) -> Result<Result<FeedPage, FeedReplaced>, Error> {
    let given = match start {
        FeedStart::Now => {
            let state = state(ctx, organization).await?;
            return Ok(Ok(FeedPage { events: Vec::new(), cursor: state.end(), state }));
        }
        FeedStart::Beginning => None,
        FeedStart::After(cursor) => Some(cursor),
    };
    let after = given.map_or(0, |cursor| cursor.number);
    let part = event_feed::read(ctx.db(), organization, after, filter, limit).await?;
    let Some(part) = part else {
        let state = state(ctx, organization).await?;
        let checked = given.map_or(Ok(()), |cursor| state.check(&cursor, None));
        let page = FeedPage { events: Vec::new(), cursor: state.beginning(), state };
        return Ok(checked.map(|()| page));
    };
    let state = part.state;
    if let Err(replaced) = given.map_or(Ok(()), |cursor| state.check(&cursor, part.found)) {
        return Ok(Err(replaced));
    }
    let (number, word) = part.looked_at;
    let cursor =
        if number > after { state.at(number, word) } else { given.unwrap_or_else(|| state.beginning()) };
    Ok(Ok(FeedPage { events: part.events, cursor, state }))
}

/// How a feed stands; it begins where nothing was numbered yet.
pub(super) async fn state(ctx: &Context, organization: Id<Organization>) -> Result<FeedState, Error> {
    if let Some(state) = event_feed::state(ctx.db(), organization).await? {
        return Ok(state);
    }
    let w = ctx.work().await?;
    event_feed::begin(&w, organization, random_uuid(ctx)).await?;
    w.commit().await?;
    let state = event_feed::state(ctx.db(), organization).await?;
    state.ok_or_else(|| Error::internal("a feed that was just begun is not there"))
}

/// Gives all feeds new ids, as after a restore: readers with older cursors get an error. Returns how many feeds there are.
pub async fn renew(ctx: &Context, _: &Authorized<FeedRenew>) -> Result<u64, Error> {
    let w = ctx.work().await?;
    let feeds = event_feed::renew(&w, || random_uuid(ctx)).await?;
    w.commit().await?;
    Ok(feeds)
}
