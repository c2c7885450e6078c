//! Whether the server can work, and what it has to do.
//!
//! Probes ask often, and several of them at once. Each dependency is checked at most once a second, for all probes together. A slow check
//! does not make the server unready while an earlier success is recent: a slow database is not down.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use olivine_domain::permissions::{Authorized, scope};
use olivine_records::events;
use olivine_records::jobs::{self, JobState};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::jobs::KINDS;
use crate::{Context, Error, storages};

/// How long a dependency's checks count.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// For how long the result of a check answers probes.
    fresh: Duration,
    /// How long a probe waits for a check. Balancers give up soon.
    patience: Duration,
    /// After how long a check is given up: the next one gets another connection.
    given_up: Duration,
    /// For how long a success counts while the next check is still running.
    remembered: Duration,
}

const TIMES: Times = Times {
    fresh: Duration::from_secs(1),
    patience: Duration::from_secs(3),
    given_up: Duration::from_secs(6),
    remembered: Duration::from_secs(10),
};

/// What the last checks of this process found.
#[derive(Debug)]
pub(crate) struct Readiness {
    database: Arc<Dependency>,
    storage: Arc<Dependency>,
    events_measured: Mutex<Option<Instant>>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self {
            database: Dependency::new("database", TIMES),
            storage: Dependency::new("content storage", TIMES),
            events_measured: Mutex::default(),
        }
    }
}

/// The database, as far as an organization is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The kind of database.
    pub database: &'static str,
    /// The newest migration that was run.
    pub last_migration: Option<String>,
    /// How many of this version were not run.
    pub pending: u64,
}

/// Which database the server has, and how far its migrations are.
pub async fn schema(ctx: &Context, _: &Authorized<scope::OrganizationRead>) -> Result<Schema, Error> {
    let db = ctx.db();
    Ok(Schema {
        database: db.kind(),
        last_migration: db.last_migration().await?,
        pending: db.pending_migrations().await? as u64,
    })
}

/// Whether records and content can be written. Whatever is wrong with them, the error says that the server is unavailable.
pub async fn check(ctx: &Context) -> Result<(), Error> {
    if ctx.memory().log.is_stale() {
        return Err(Error::Stale);
    }
    let database = ctx.readiness().database.ask(write_record(ctx.clone()));
    let storage = ctx.readiness().storage.ask(write_content(ctx.clone()));
    let (database, storage) = tokio::join!(database, storage);
    database.and(storage)
}

/// How long ago the last completed look at other processes' changes began.
pub fn last_look(ctx: &Context) -> Option<Duration> {
    ctx.memory().log.last_look()
}

async fn write_record(ctx: Context) -> Result<(), Error> {
    Ok(ctx.db().prove_writable(ctx.now()).await?)
}

async fn write_content(ctx: Context) -> Result<(), Error> {
    Ok(storages::checked_now(&ctx, ctx.storages().own).await?.backend.check().await?)
}

/// Something that the server can't work without.
#[derive(Debug)]
struct Dependency {
    what: &'static str,
    times: Times,
    is_running: AtomicBool,
    found: watch::Sender<Found>,
}

#[derive(Clone, Debug, Default)]
struct Found {
    last: Option<Outcome>,
    succeeded: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Outcome {
    at: Instant,
    failure: Option<Arc<Error>>,
}

impl Dependency {
    fn new(what: &'static str, times: Times) -> Arc<Self> {
        Arc::new(Self { what, times, is_running: AtomicBool::new(false), found: watch::Sender::default() })
    }

    /// The outcome of the last check if it is fresh, else of the one that is running or begins now.
    async fn ask(
        self: &Arc<Self>,
        check: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) -> Result<(), Error> {
        let asked = Instant::now();
        let is_fresh = |outcome: &Outcome| asked.saturating_duration_since(outcome.at) < self.times.fresh;
        if let Some(outcome) = self.found.borrow().last.as_ref().filter(|last| is_fresh(last)) {
            return self.say(outcome);
        }
        let mut found = self.found.subscribe();
        if !self.is_running.swap(true, Ordering::AcqRel) {
            tokio::spawn(Running(Arc::clone(self)).run(check));
        }
        let is_newer = |found: &Found| found.last.as_ref().is_some_and(|last| last.at >= asked);
        match timeout(self.times.patience, found.wait_for(is_newer)).await {
            Ok(Ok(found)) => found.last.as_ref().map_or(Ok(()), |last| self.say(last)),
            Ok(Err(_)) | Err(_) => self.remember(),
        }
    }

    fn say(&self, outcome: &Outcome) -> Result<(), Error> {
        let Some(failure) = &outcome.failure else { return Ok(()) };
        let source = Arc::clone(failure).into();
        Err(match &**failure {
            Error::Misconfigured { what, why, .. } => Error::Misconfigured { what, why: why.clone(), source },
            Error::Unavailable { what, .. } => Error::Unavailable { what, source },
            _ => Error::Unavailable { what: self.what, source },
        })
    }

    fn remember(&self) -> Result<(), Error> {
        if self.found.borrow().succeeded.is_some_and(|at| at.elapsed() < self.times.remembered) {
            return Ok(());
        }
        Err(Error::Unavailable { what: self.what, source: "it did not answer in time".into() })
    }
}

/// A check that runs, whether or not the probe that began it still waits.
struct Running(Arc<Dependency>);

impl Running {
    async fn run(self, check: impl Future<Output = Result<(), Error>> + Send) {
        let checked = timeout(self.0.times.given_up, check).await;
        let checked = checked
            .unwrap_or_else(|source| Err(Error::Unavailable { what: self.0.what, source: source.into() }));
        let failure = checked.err().map(Arc::new);
        let at = Instant::now();
        let is_ready = if failure.is_none() { 1.0 } else { 0.0 };
        metrics::gauge!("olivine_dependency_ready", "dependency" => self.0.what).set(is_ready);
        self.0.found.send_modify(|found| {
            if failure.is_none() {
                found.succeeded = Some(at);
            }
            found.last = Some(Outcome { at, failure });
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::Release);
    }
}

/// How long the size of the audit trail is not asked for again.
const MEASURED: Duration = Duration::from_mins(1);

/// Brings the metrics up to date that say how much there is of events, at most once a minute.
pub async fn measure_events(ctx: &Context) -> Result<(), Error> {
    {
        let mut measured = ctx.readiness().events_measured.lock().unwrap_or_else(PoisonError::into_inner);
        if measured.is_some_and(|at| at.elapsed() < MEASURED) {
            return Ok(());
        }
        *measured = Some(Instant::now());
    }
    let size = events::size(ctx.db()).await?;
    #[expect(clippy::cast_precision_loss, reason = "gauges, and one of them is an estimate")]
    let (rows, bytes) = (size.rows as f64, size.bytes as f64);
    metrics::gauge!("olivine_events_estimate").set(rows);
    metrics::gauge!("olivine_events_bytes").set(bytes);
    Ok(())
}

/// The jobs, for metrics.
#[derive(Debug)]
pub struct Jobs {
    /// How many there are, by kind and state. Kinds without jobs are included, with 0: a gauge that is not set keeps its last value.
    pub counts: BTreeMap<(String, JobState), u64>,
    /// For how long the oldest due job has been waiting for a runner; zero if there is none.
    pub oldest_due: Duration,
}

/// Counts the jobs.
pub async fn jobs(ctx: &Context) -> Result<Jobs, Error> {
    let none = |kind: &&str| JobState::ALL.map(|state| (((*kind).to_owned(), state), 0));
    let mut counts: BTreeMap<_, _> = KINDS.iter().flat_map(none).collect();
    counts.extend(jobs::count_by_state(ctx.db()).await?);
    let due = jobs::next_due(ctx.db(), KINDS).await?;
    let micros = due.map_or(0, |due| ctx.now().as_micros().saturating_sub(due.as_micros()));
    Ok(Jobs { counts, oldest_due: Duration::from_micros(u64::try_from(micros).unwrap_or(0)) })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    const SHORT: Times = Times {
        fresh: Duration::from_millis(20),
        patience: Duration::from_millis(50),
        given_up: Duration::from_mins(1),
        remembered: Duration::from_secs(2),
    };

    #[tokio::test]
    async fn probes_at_once_and_soon_after_share_one_check() {
        let (dependency, count) = (Dependency::new("database", TIMES), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let count = Arc::clone(&count);
            dependency.ask(async move {
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
        };
        let (one, other) = tokio::join!(ask(), ask());
        one.and(other).and(ask().await).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_failure_is_unavailable_with_its_reason_until_the_next_success() {
        let dependency = Dependency::new("database", SHORT);
        let failing = async || {
            Err(Error::Unavailable { what: "database for writing (it is read-only)", source: "25006".into() })
        };
        for _ in 0..2 {
            let said = dependency.ask(failing()).await.unwrap_err().to_string();
            assert!(said.contains("database for writing (it is read-only)"), "{said}");
        }
        tokio::time::sleep(SHORT.fresh).await;
        dependency.ask(async { Ok(()) }).await.unwrap();
        let broken = Dependency::new("content storage", SHORT);
        let said = broken.ask(async { Err(Error::internal("odd")) }).await.unwrap_err();
        assert!(matches!(said, Error::Unavailable { what: "content storage", .. }), "{said:?}");
    }

    #[tokio::test]
    async fn while_a_check_takes_long_the_last_success_counts_but_not_for_ever() {
        let slow = Dependency::new("database", SHORT);
        assert!(slow.ask(std::future::pending()).await.is_err(), "it never succeeded");
        let slow = Dependency::new("database", SHORT);
        slow.ask(async { Ok(()) }).await.unwrap();
        tokio::time::sleep(SHORT.fresh).await;
        slow.ask(std::future::pending()).await.unwrap();
        tokio::time::sleep(SHORT.remembered).await;
        assert!(slow.ask(async { Ok(()) }).await.is_err(), "the check that hangs is still running");
    }
}
