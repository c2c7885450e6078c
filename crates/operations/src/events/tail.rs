//! Follows feeds as they grow. One tail per organization and process reads for all of its streams, and stores the last events only once.
//!
//! It must never send an event unless that certainly follows the one before: if numbers went back, the tail and its streams end.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use olivine_domain::event_feed::{EventFilter, FeedCursor, FeedReplaced, FeedStart};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_records::event_feed::{self, FedEvent};
use tokio::sync::watch;

use super::feed::{catch_up, read_numbered, state, within_reach};
use crate::watchdog::watched;
use crate::{Context, Error};

/// How often a tail reads even without a notification.
const LOOKS_EVERY: Duration = Duration::from_millis(400);
/// The shortest pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a look may take.
const LOOKED_WITHIN: Duration = Duration::from_secs(5);
/// How many events one look reads at once.
const READ_AT_ONCE: u64 = 500;
/// How many events are kept for streams that are behind.
const MOST_KEPT: usize = 1_000;
/// How many bytes these may have.
const MOST_BYTES: usize = 4 << 20;
/// How many events a stream takes at once.
const TAKEN_AT_ONCE: usize = 64;

/// The tails of a process.
#[derive(Debug)]
pub(crate) struct Tails {
    all: Mutex<HashMap<Id<Organization>, Weak<Tail>>>,
    bell: watch::Sender<()>,
}

impl Default for Tails {
    fn default() -> Self {
        Self { all: Mutex::default(), bell: watch::Sender::new(()) }
    }
}

impl Tails {
    /// There may be new events.
    pub(super) fn ring(&self) {
        self.bell.send_replace(());
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Id<Organization>, Weak<Tail>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, organization: Id<Organization>) -> Option<Arc<Tail>> {
        let tail = self.all().get(&organization)?.upgrade()?;
        (!tail.is_replaced()).then_some(tail)
    }
}

/// An event that is kept for all streams of an organization, with what they show of it.
#[derive(Debug)]
pub struct TailedEvent {
    /// The event.
    pub fed: FedEvent,
    /// The place after it.
    pub cursor: FeedCursor,
    /// As it is shown; made by the first stream that shows it.
    pub shown: OnceLock<Bytes>,
    /// The same without its data.
    pub hint: OnceLock<Bytes>,
}

impl TailedEvent {
    fn new(fed: FedEvent, cursor: FeedCursor) -> Self {
        Self { fed, cursor, shown: OnceLock::new(), hint: OnceLock::new() }
    }

    /// About how much memory it takes: what is shown of it is as large once more.
    fn bytes(&self) -> usize {
        1_000 + 2 * self.fed.event.data.len()
    }
}

/// One organization's feed, as far as this process follows it.
#[derive(Debug)]
struct Tail {
    organization: Id<Organization>,
    kept: Mutex<Kept>,
    progress: watch::Sender<Progress>,
}

/// How far a tail has come.
#[derive(Clone, Copy, Debug)]
enum Progress {
    /// Up to this number.
    At(u64),
    /// The feed is not there any more.
    Replaced(FeedReplaced),
}

/// The last events, without a gap.
#[derive(Debug)]
struct Kept {
    /// The place before the first of them.
    before: u64,
    /// The place after the last of them.
    end: FeedCursor,
    events: VecDeque<Arc<TailedEvent>>,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, event: TailedEvent) {
        self.end = event.cursor;
        self.bytes += event.bytes();
        self.events.push_back(Arc::new(event));
        while self.events.len() > MOST_KEPT || self.bytes > MOST_BYTES {
            let Some(gone) = self.events.pop_front() else { break };
            self.bytes -= gone.bytes();
            self.before = gone.fed.number;
        }
    }

    /// The next events after a number; `None` where some of them are not kept any more.
    fn after(&self, number: u64) -> Option<Vec<Arc<TailedEvent>>> {
        if number < self.before {
            return None;
        }
        let first = self.events.partition_point(|event| event.fed.number <= number);
        Some(self.events.range(first..).take(TAKEN_AT_ONCE).cloned().collect())
    }
}

impl Tail {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_replaced(&self) -> bool {
        matches!(*self.progress.borrow(), Progress::Replaced(_))
    }

    /// Reads what is new. `false` once the feed was replaced.
    async fn look(&self, ctx: &Context) -> Result<bool, Error> {
        catch_up(ctx).await?;
        loop {
            let end = self.kept().end;
            let all = EventFilter::default();
            let part = event_feed::read(ctx.db(), self.organization, end.number, &all, READ_AT_ONCE).await?;
            let Some(part) = part else { return Ok(true) };
            if let Err(replaced) = part.state.check(&end, part.found) {
                self.progress.send_replace(Progress::Replaced(replaced));
                return Ok(false);
            }
            let count = part.events.len() as u64;
            if count == 0 {
                return Ok(true);
            }
            let mut kept = self.kept();
            for fed in part.events {
                let cursor = part.state.at(fed.number, fed.word);
                kept.add(TailedEvent::new(fed, cursor));
            }
            let number = kept.end.number;
            drop(kept);
            self.progress.send_replace(Progress::At(number));
            if count < READ_AT_ONCE {
                return Ok(true);
            }
        }
    }
}

/// The organization's tail; it begins where nobody follows it yet.
async fn open(ctx: &Context, organization: Id<Organization>) -> Result<Arc<Tail>, Error> {
    if let Some(tail) = ctx.feeds().tails.find(organization) {
        return Ok(tail);
    }
    catch_up(ctx).await?;
    let end = state(ctx, organization).await?.end();
    let kept = Kept { before: end.number, end, events: VecDeque::new(), bytes: 0 };
    let progress = watch::Sender::new(Progress::At(end.number));
    let tail = Arc::new(Tail { organization, kept: Mutex::new(kept), progress });
    let mut all = ctx.feeds().tails.all();
    // Somebody else may have been faster.
    let other = all.get(&organization).and_then(Weak::upgrade);
    if let Some(other) = other.filter(|other| !other.is_replaced()) {
        return Ok(other);
    }
    all.retain(|_, tail| tail.strong_count() > 0);
    all.insert(organization, Arc::downgrade(&tail));
    drop(all);
    tokio::spawn(follow(ctx.clone(), Arc::downgrade(&tail)));
    Ok(tail)
}

/// Looks at the feed as long as anybody follows it.
async fn follow(ctx: Context, tail: Weak<Tail>) {
    let mut bell = ctx.feeds().tails.bell.subscribe();
    while let Some(tail) = tail.upgrade() {
        match watched(&ctx, "event_feed", LOOKED_WITHIN, tail.look(&ctx)).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the event feed can't be read now; its streams go on when it can"
            ),
        }
        drop(tail);
        // Many changes that follow each other cost one look.
        tokio::time::sleep(PAUSE).await;
        tokio::select! {
            _ = bell.changed() => {}
            () = tokio::time::sleep(LOOKS_EVERY) => {}
        }
    }
}

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// Its feed is not there any more.
    Replaced(FeedReplaced),
    /// It took its events too slowly: the next ones are not kept any more.
    TooSlow,
    /// The database can't be read.
    Unreadable,
}

/// One reader of a feed that goes on as the feed grows.
#[derive(Debug)]
pub struct Follower {
    ctx: Context,
    tail: Arc<Tail>,
    progress: watch::Receiver<Progress>,
    filter: Box<EventFilter>,
    cursor: FeedCursor,
    /// Whether it has come to where the tail is.
    is_live: bool,
}

impl Follower {
    /// Begins to follow. A cursor of another feed is refused.
    pub async fn begin(
        ctx: &Context,
        by: &Authorized<scope::EventRead>,
        start: FeedStart,
        filter: EventFilter,
    ) -> Result<Self, Error> {
        let (organization, filter) = (by.organization, within_reach(by, filter));
        let tail = open(ctx, organization).await?;
        let cursor = match start {
            FeedStart::Now => tail.kept().end,
            start => {
                let page = read_numbered(ctx, organization, start, &EventFilter::default(), 1).await?;
                let page = page.map_err(Error::refused)?;
                match start {
                    FeedStart::After(cursor) => cursor,
                    _ => page.state.beginning(),
                }
            }
        };
        let progress = tail.progress.subscribe();
        Ok(Self { ctx: ctx.clone(), tail, progress, filter: Box::new(filter), cursor, is_live: false })
    }

    /// The place after the last event that was shown or passed over.
    pub const fn cursor(&self) -> FeedCursor {
        self.cursor
    }

    /// Waits for the next events that meet the filter. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Vec<Arc<TailedEvent>>, StreamEnd> {
        loop {
            if let Progress::Replaced(replaced) = *self.progress.borrow_and_update() {
                return Err(StreamEnd::Replaced(replaced));
            }
            let kept = self.tail.kept().after(self.cursor.number);
            let events = match kept {
                Some(events) => {
                    self.is_live = true;
                    self.pass(events)
                }
                None if self.is_live => return Err(StreamEnd::TooSlow),
                None => self.read_on().await?,
            };
            if !events.is_empty() {
                return Ok(events);
            }
            if self.is_live && self.tail.kept().end.number <= self.cursor.number {
                // The tail ends only with the last that follows it.
                let _ = self.progress.changed().await;
            }
        }
    }

    /// Those of the events that meet the filter; the cursor moves past all of them.
    fn pass(&mut self, mut events: Vec<Arc<TailedEvent>>) -> Vec<Arc<TailedEvent>> {
        if let Some(last) = events.last() {
            self.cursor = last.cursor;
        }
        events.retain(|event| self.filter.passes(&event.fed.event));
        events
    }

    /// Reads what is older than what the tail keeps.
    async fn read_on(&mut self) -> Result<Vec<Arc<TailedEvent>>, StreamEnd> {
        let (organization, start) = (self.tail.organization, FeedStart::After(self.cursor));
        let page = read_numbered(&self.ctx, organization, start, &self.filter, TAKEN_AT_ONCE as u64).await;
        let page = page.map_err(|_| StreamEnd::Unreadable)?.map_err(StreamEnd::Replaced)?;
        self.cursor = page.cursor;
        let state = page.state;
        let events = page.events.into_iter().map(|fed| {
            let cursor = state.at(fed.number, fed.word);
            Arc::new(TailedEvent::new(fed, cursor))
        });
        Ok(events.collect())
    }
}

/// Waits until the feed has grown beyond a cursor, at most so long.
pub async fn wait_beyond(
    ctx: &Context,
    organization: Id<Organization>,
    cursor: &FeedCursor,
    longest: Duration,
) -> Result<(), Error> {
    let tail = open(ctx, organization).await?;
    let mut progress = tail.progress.subscribe();
    let grown = progress.wait_for(|progress| match progress {
        Progress::At(number) => *number > cursor.number,
        Progress::Replaced(_) => true,
    });
    drop(tokio::time::timeout(longest, grown).await);
    Ok(())
}

#[cfg(test)]
mod tests {
    use olivine_domain::event_feed::FeedWord;
    use olivine_domain::events::{Event, EventType, Subject};
    use olivine_domain::permissions::{Identity, Origin};
    use uuid::Uuid;

    use super::*;

    fn add(kept: &mut Kept, number: u64, bytes: usize) {
        let organization: Id<Organization> = Id::new(Uuid::nil());
        let event = Event {
            id: Id::new(Uuid::from_u128(number.into())),
            organization,
            kind: EventType::DeviceConnected.into(),
            identity: Identity::System.into(),
            person: None,
            subject: Subject::of(organization),
            product: None,
            cohort: None,
            data: " ".repeat(bytes),
            origin: Origin::default(),
            inserted_at: olivine_domain::Timestamp::from_micros(0).unwrap(),
        };
        let cursor = FeedCursor { number, ..kept.end };
        kept.add(TailedEvent::new(FedEvent { number, word: FeedWord(1), event }, cursor));
    }

    fn kept() -> Kept {
        let end = FeedCursor { feed: Uuid::nil(), number: 10, word: FeedWord(1) };
        Kept { before: end.number, end, events: VecDeque::new(), bytes: 0 }
    }

    fn numbers(kept: &Kept, after: u64) -> Option<Vec<u64>> {
        Some(kept.after(after)?.iter().map(|event| event.fed.number).collect())
    }

    #[test]
    fn streams_share_what_is_kept_and_a_slow_one_ends() {
        let mut kept = kept();
        assert_eq!(numbers(&kept, 9), None, "older than where the tail began");
        assert_eq!(numbers(&kept, 10), Some(vec![]));
        for number in 11..=1_310 {
            add(&mut kept, number, 2);
        }
        assert_eq!((kept.events.len(), kept.end.number), (MOST_KEPT, 1_310));
        assert_eq!(numbers(&kept, 309), None);
        assert_eq!(numbers(&kept, 310), Some((311..311 + TAKEN_AT_ONCE as u64).collect()));
        assert_eq!(numbers(&kept, 1_309), Some(vec![1_310]));
        // Large ones are fewer.
        for number in 1_311..1_400 {
            add(&mut kept, number, 100_000);
        }
        assert!(kept.bytes <= MOST_BYTES && kept.events.len() < 25, "{} {}", kept.bytes, kept.events.len());
        let first = kept.events.front().unwrap().fed.number;
        assert_eq!((numbers(&kept, first - 2), numbers(&kept, first - 1).unwrap()[0]), (None, first));
    }
}
