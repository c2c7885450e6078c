//! What the hot path remembers and must look at again. A change is noted in the transaction that makes it; this process applies it right
//! after the commit, the others when they hear of it, or within half a second.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use olivine_domain::Timestamp;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::Write;
use olivine_records::announcements::{self, Announcement};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Context, Error};

/// Something that the hot path may remember, and that is now different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A device: its fields, its claims, or that it is no more.
    Device(Id<Device>),
    /// A device certificate was registered or removed. Named by the first half of its fingerprint.
    Certificate(Sha256Digest),
    /// A cohort's channel: its releases and their links.
    Channel(Id<Cohort>),
    /// How many devices a cohort has, or how many of them claimed its latest release.
    Crowd(Id<Cohort>),
    /// What an organization decides for all: its settings, its products' targets, its overrides.
    Organization(Id<Organization>),
    /// What can be served of an organization's bundles: a binary was destroyed, a signature or a key changed.
    Manifests(Id<Organization>),
    /// A storage backend: what it takes to use it, or whom it is near to.
    Storage(Id<StorageBackend>),
}

/// How often other processes' changes are looked for; a quarantine is in force everywhere within one second.
const EVERY: Duration = Duration::from_millis(400);
/// How long to wait after a look, so that a stream of news costs no stream of queries.
const BREATH: Duration = Duration::from_millis(20);
/// For how long a missing number may still turn up: longer than any transaction lasts.
const PATIENCE: Duration = Duration::from_secs(90);
/// After how long without a look it can't be known what was missed: announcements are kept for an hour.
const TOO_LONG: Duration = Duration::from_mins(30);
/// How many are read at once.
const MOST: u64 = 5_000;
/// How many numbers before a new one may be missing.
const MOST_SKIPPED: i64 = 10_000;
/// How many missing numbers are asked for at once.
const MOST_MISSING: usize = 500;

impl Change {
    const fn kind(self) -> &'static str {
        match self {
            Self::Device(_) => "device",
            Self::Certificate(_) => "certificate",
            Self::Channel(_) => "channel",
            Self::Crowd(_) => "crowd",
            Self::Organization(_) => "organization",
            Self::Manifests(_) => "manifests",
            Self::Storage(_) => "storage",
        }
    }

    /// Forgets it in this process only: what was remembered proved to be over, though nothing was changed here.
    pub(super) fn forget(self, ctx: &Context) {
        ctx.memory().forget(self.kind(), self.subject());
    }

    fn subject(self) -> Uuid {
        match self {
            Self::Device(id) => id.uuid(),
            Self::Certificate(fingerprint) => half(&fingerprint),
            Self::Channel(id) | Self::Crowd(id) => id.uuid(),
            Self::Organization(id) | Self::Manifests(id) => id.uuid(),
            Self::Storage(id) => id.uuid(),
        }
    }
}

/// The first half of a fingerprint, by which certificates are remembered: 128 bits of SHA-256 that nobody can aim at.
pub(super) fn half(fingerprint: &Sha256Digest) -> Uuid {
    let mut first = [0; 16];
    first.copy_from_slice(&fingerprint.as_bytes()[..16]);
    Uuid::from_bytes(first)
}

/// Changes that are noted in a transaction; to be applied once it is committed.
#[derive(Debug, Default)]
#[must_use = "what was noted must be applied after the commit"]
pub(crate) struct Noted {
    announced: Vec<Announcement>,
}

/// Notes changes in the transaction that makes them.
pub(crate) async fn note(ctx: &Context, w: &Write, changes: &[Change]) -> Result<Noted, Error> {
    let mut noted = Noted::default();
    let now = ctx.now();
    for change in changes {
        let (kind, subject) = (change.kind(), change.subject());
        let number = announcements::add(w, kind, subject, now).await?;
        noted.announced.push(Announcement { number, kind: kind.to_owned(), subject });
    }
    Ok(noted)
}

impl Noted {
    /// Puts the changes into force in this process. To be called right after the commit, before anybody is answered.
    pub(crate) fn apply(self, ctx: &Context) {
        if !self.announced.is_empty() {
            ctx.outbox().changed();
        }
        for announcement in self.announced {
            ctx.memory().heard.own(announcement.number);
            ctx.memory().forget(&announcement.kind, announcement.subject);
        }
    }
}

/// Which announcements were heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    numbers: Mutex<Numbers>,
    /// Rung where there may be news.
    bell: Notify,
}

#[derive(Debug, Default)]
struct Numbers {
    /// All up to here were heard, or are missing.
    top: i64,
    /// Those below that may still become visible, and since when they are missed.
    missing: BTreeMap<i64, Timestamp>,
    /// Those above that this process made itself.
    own: HashSet<i64>,
}

impl Heard {
    fn numbers(&self) -> std::sync::MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There may be news.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits until there may be news, or it is time to look.
    async fn news(&self) {
        tokio::select! {
            () = self.bell.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }

    fn own(&self, number: i64) {
        let mut numbers = self.numbers();
        if numbers.missing.remove(&number).is_none() && number > numbers.top {
            numbers.own.insert(number);
        }
    }

    /// Where to go on: after which number, and which of those before are missing.
    fn place(&self) -> (i64, Vec<i64>) {
        let numbers = self.numbers();
        (numbers.top, numbers.missing.keys().copied().take(MOST_MISSING).collect())
    }

    /// Whether it is news.
    fn hear(&self, number: i64, now: Timestamp) -> bool {
        let mut numbers = self.numbers();
        if number <= numbers.top {
            return numbers.missing.remove(&number).is_some();
        }
        // A restored database may go on far from where it was.
        for skipped in (numbers.top + 1).max(number - MOST_SKIPPED)..number {
            if !numbers.own.remove(&skipped) {
                numbers.missing.insert(skipped, now);
            }
        }
        numbers.top = number;
        !numbers.own.remove(&number)
    }

    fn give_up_before(&self, moment: Timestamp) {
        self.numbers().missing.retain(|_, since| *since >= moment);
    }

    fn start_at(&self, number: i64) {
        *self.numbers() = Numbers { top: number, ..Numbers::default() };
    }
}

/// Follows what other processes change until `stop`.
pub(super) async fn follow(ctx: &Context, stop: &CancellationToken) {
    let mut last = ctx.now();
    while stop.run_until_cancelled(ctx.memory().heard.news()).await.is_some() {
        match look(ctx, last).await {
            Ok(()) => last = ctx.now(),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "changes of other processes can't be read"
                );
            }
        }
        stop.run_until_cancelled(tokio::time::sleep(BREATH)).await;
    }
}

/// Begins to listen; before anything is remembered.
pub(super) async fn begin(ctx: &Context) -> Result<(), Error> {
    ctx.memory().heard.start_at(announcements::last_number(ctx.db()).await?);
    ctx.memory().forget_all();
    Ok(())
}

async fn look(ctx: &Context, last: Timestamp) -> Result<(), Error> {
    let now = ctx.now();
    if last.plus(TOO_LONG) < now {
        return begin(ctx).await;
    }
    let heard = &ctx.memory().heard;
    loop {
        let (top, missing) = heard.place();
        let news = announcements::list_after(ctx.db(), top, &missing, MOST).await?;
        let is_last = (news.len() as u64) < MOST;
        for announcement in news {
            if heard.hear(announcement.number, now) {
                ctx.memory().forget(&announcement.kind, announcement.subject);
            }
        }
        if is_last {
            heard.give_up_before(now.minus(PATIENCE));
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    #[test]
    fn what_becomes_visible_late_is_heard_once() {
        let heard = Heard::default();
        heard.start_at(10);
        assert!(heard.hear(11, at(0)));
        assert!(heard.hear(14, at(0)));
        assert_eq!(heard.place(), (14, vec![12, 13]));
        assert!(heard.hear(13, at(1)));
        assert!(!heard.hear(13, at(1)));
        assert!(!heard.hear(9, at(1)), "from before this process began to remember");
        heard.give_up_before(at(1));
        assert_eq!(heard.place(), (14, vec![]));
    }

    #[test]
    fn own_changes_are_no_news() {
        let heard = Heard::default();
        heard.own(3);
        assert!(heard.hear(2, at(0)));
        assert!(!heard.hear(3, at(0)));
        assert!(heard.hear(5, at(0)));
        heard.own(4);
        assert_eq!(heard.place(), (5, vec![1]));
        assert!(!heard.hear(4, at(0)));
    }
}
