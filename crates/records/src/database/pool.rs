//! The connections of one process to PostgreSQL: how they are opened, lent, taken back and closed.
//!
//! Everything that waits for the server has a deadline here. A connection that missed one is closed and must never be used again, and
//! neither is any connection that was opened before: what swallowed one may have swallowed all of them without a reset.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::Options;
use crate::dialect;

/// A connection that was idle for longer has to answer before it is lent.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How long a connection may take to answer when nothing but a round trip is asked of it.
const PROOF: Duration = Duration::from_secs(2);

/// How much longer than the server's own limit this side waits: the server's answer that the limit has passed must still arrive.
const GRACE: Duration = Duration::from_secs(2);

/// How long statements may still run on connections that nobody trusts any more because others went silent.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// How often a statement that takes long looks whether its connection is still trusted.
const LOOK: Duration = Duration::from_secs(1);

/// How long closing in an orderly way may take; nothing waits for it.
const FAREWELL: Duration = Duration::from_secs(2);

/// Connections older than this are replaced, so that the server's memory for them is freed from time to time.
const OLD: Duration = Duration::from_secs(30 * 60);

/// Connections beyond the first few that nobody needed for this long are closed.
const UNNEEDED: Duration = Duration::from_secs(10 * 60);

/// So many connections stay open even if they are not needed, so that other clients can't take the server's last ones.
const KEPT_OPEN: usize = 2;

/// An error of one connection distrusts all of them, but not more often than this: opening new ones costs the server much.
const PAUSE: Duration = Duration::from_secs(1);

/// Cloning is cheap and shares the connections.
#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    connect: PgConnectOptions,
    limits: Options,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    trust: Mutex<Trust>,
    open: Arc<AtomicUsize>,
    /// Rung whenever a connection was returned or closed.
    returned: Notify,
}

/// Which connections may still be used.
#[derive(Clone, Copy, Default)]
struct Trust {
    /// Only those that were opened later.
    since: Option<Instant>,
    /// When a connection went silent: what still runs on connections of before then is given up soon.
    silence: Option<Instant>,
}

struct Idle {
    live: Live,
    since: Instant,
}

/// An open connection. Dropping it closes the socket at once.
struct Live {
    connection: PgConnection,
    opened: Instant,
    _counted: Counted,
}

struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks can leave them half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// Opens no connection yet.
    pub(super) fn new(connect: PgConnectOptions, limits: Options) -> Self {
        let most = limits.connections.max(2) as usize;
        Self(Arc::new(Shared {
            connect,
            limits,
            free: Arc::new(Semaphore::new(most)),
            idle: Mutex::default(),
            trust: Mutex::default(),
            open: Arc::default(),
            returned: Notify::new(),
        }))
    }

    pub(super) fn connect_options(&self) -> &PgConnectOptions {
        &self.0.connect
    }

    pub(super) fn patience(&self) -> Duration {
        self.0.limits.patience
    }

    /// Lends a connection that answers, within the patience of the options.
    pub(super) async fn lend(&self) -> Result<Lease, sqlx::Error> {
        let lent = timeout(self.0.limits.patience, self.lend_without_limit()).await;
        lent.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    async fn lend_without_limit(&self) -> Result<Lease, sqlx::Error> {
        let permit = Arc::clone(&self.0.free).acquire_owned().await;
        let permit = permit.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut pause = Duration::from_millis(10);
        loop {
            let returned = self.0.returned.notified();
            if let Some(live) = self.idle().await {
                return Ok(Lease::new(self, live, permit));
            }
            match self.open().await {
                Ok(live) => return Ok(Lease::new(self, live, permit)),
                Err(error) if is_refused(&error) => tokio::time::sleep(pause).await,
                // The server has no more connections for us, but we have some: wait for one of them.
                Err(error) if dialect::is_crowded(&error) && self.0.open.load(Ordering::Relaxed) > 0 => {
                    let _ = timeout(LOOK, returned).await;
                }
                Err(error) => return Err(error),
            }
            pause = (pause * 2).min(LOOK);
        }
    }

    /// One of the idle connections that is trusted and answers.
    async fn idle(&self) -> Option<Live> {
        loop {
            let mut idle = lock(&self.0.idle).pop()?;
            if !self.trusts(idle.live.opened) || idle.live.opened.elapsed() > OLD {
                say_farewell(idle.live);
                continue;
            }
            if idle.since.elapsed() < TRUSTED_IDLE {
                return Some(idle.live);
            }
            match timeout(PROOF, idle.live.connection.ping()).await {
                Ok(Ok(())) => return Some(idle.live),
                Ok(Err(error)) => tracing::debug!(%error, "a connection was closed while it was idle"),
                Err(_) => self.distrust_silence(idle.live.opened, PROOF),
            }
        }
    }

    async fn open(&self) -> Result<Live, sqlx::Error> {
        let opened = Instant::now();
        let mut connection = PgConnection::connect_with(&self.0.connect).await?;
        // A pooler in between accepts connections for which it has no server yet.
        connection.ping().await?;
        Ok(Live { connection, opened, _counted: Counted::new(&self.0.open) })
    }

    /// From now on no connection that is open now is used for another statement.
    pub(super) fn distrust(&self) {
        let now = Instant::now();
        *lock(&self.0.trust) = Trust { since: Some(now), silence: Some(now) };
        self.close_idle();
    }

    fn distrust_silence(&self, opened: Instant, limit: Duration) {
        if self.trusts(opened) {
            let seconds = limit.as_secs();
            tracing::warn!(
                seconds,
                "the database did not answer in time: all connections that are open now are replaced"
            );
            self.distrust();
        }
    }

    fn distrust_error(&self, error: &sqlx::Error) {
        if !dialect::spoils_connections(error) {
            return;
        }
        let now = Instant::now();
        let mut trust = lock(&self.0.trust);
        if trust.since.is_some_and(|since| now.duration_since(since) < PAUSE) {
            return;
        }
        trust.since = Some(now);
        drop(trust);
        self.close_idle();
    }

    fn close_idle(&self) {
        let idle = std::mem::take(&mut *lock(&self.0.idle));
        idle.into_iter().for_each(|idle| say_farewell(idle.live));
    }

    fn trusts(&self, opened: Instant) -> bool {
        lock(&self.0.trust).since.is_none_or(|since| opened > since)
    }

    /// Whether what runs on a connection is not worth waiting for.
    fn has_given_up(&self, opened: Instant) -> bool {
        let silence = lock(&self.0.trust).silence;
        silence.is_some_and(|silence| opened <= silence && silence.elapsed() > LAST_CHANCE)
    }

    fn take_back(&self, live: Live) {
        if self.0.free.is_closed() || !self.trusts(live.opened) {
            return say_farewell(live);
        }
        let mut idle = lock(&self.0.idle);
        idle.push(Idle { live, since: Instant::now() });
        // The last one is lent first, so the first one has been idle for the longest time.
        let unneeded = idle.len() > KEPT_OPEN && idle[0].since.elapsed() > UNNEEDED;
        let unneeded = unneeded.then(|| idle.remove(0));
        drop(idle);
        if let Some(unneeded) = unneeded {
            say_farewell(unneeded.live);
        }
    }

    /// Closes all connections, after what runs on them.
    pub(super) async fn close(&self) {
        let most = self.0.limits.connections.max(2);
        let all = self.0.free.acquire_many(most).await;
        self.0.free.close();
        drop(all);
        for idle in std::mem::take(&mut *lock(&self.0.idle)) {
            let _ = timeout(FAREWELL, idle.live.connection.close()).await;
        }
    }
}

/// Nobody listens: a server that is being started again.
fn is_refused(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// Closes a connection in an orderly way; nobody waits for it.
fn say_farewell(live: Live) {
    // Without a runtime, dropping it closes the socket.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(async move { timeout(FAREWELL, live.connection.close()).await });
    }
}

/// A connection that one task has for itself.
pub(super) struct Lease {
    pool: Pool,
    live: Option<Live>,
    permit: Option<OwnedSemaphorePermit>,
    /// Whether the last statement was answered: only then it is known what the connection is doing.
    is_settled: bool,
}

impl Lease {
    fn new(pool: &Pool, live: Live, permit: OwnedSemaphorePermit) -> Self {
        Self { pool: pool.clone(), live: Some(live), permit: Some(permit), is_settled: true }
    }

    /// The connection, and the watch under which to wait for its answer to one statement.
    pub(super) fn work(&mut self) -> Result<(&mut PgConnection, Watch<'_>), sqlx::Error> {
        let limit = self.pool.0.limits.statement_timeout + GRACE;
        self.work_within(limit)
    }

    /// The same for what needs but one round trip.
    pub(super) fn work_quickly(&mut self) -> Result<(&mut PgConnection, Watch<'_>), sqlx::Error> {
        let limit = self.pool.0.limits.statement_timeout.min(LAST_CHANCE) + GRACE;
        self.work_within(limit)
    }

    fn work_within(&mut self, limit: Duration) -> Result<(&mut PgConnection, Watch<'_>), sqlx::Error> {
        let live = match &mut self.live {
            Some(live) if self.is_settled => live,
            _ => return Err(silent("this transaction's connection was closed")),
        };
        let watch = Watch { pool: &self.pool, is_settled: &mut self.is_settled, opened: live.opened, limit };
        Ok((&mut live.connection, watch))
    }

    /// Undoes the transaction and gives the connection back; nobody waits for it.
    pub(super) fn roll_back(mut self) {
        if !self.is_settled {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            self.is_settled = false;
            return;
        };
        runtime.spawn(async move {
            if let Ok((connection, watch)) = self.work_quickly() {
                let _ = watch.wait(connection.execute("ROLLBACK")).await;
            }
        });
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(live) = self.live.take()
            && self.is_settled
        {
            self.pool.take_back(live);
        }
        // The connection is there for the next one before the permit is.
        drop(self.permit.take());
        self.pool.0.returned.notify_one();
    }
}

/// Waits for the answer to one statement, but not for ever.
pub(super) struct Watch<'l> {
    pool: &'l Pool,
    is_settled: &'l mut bool,
    opened: Instant,
    limit: Duration,
}

impl Watch<'_> {
    /// What the statement gives. Where it is not known what the connection is doing afterwards, the connection is closed instead of
    /// used again: also where this future is dropped before it has ended.
    pub(super) async fn wait<T>(
        self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        *self.is_settled = false;
        let begun = Instant::now();
        let mut work = pin!(work);
        let done = loop {
            let left = self.limit.saturating_sub(begun.elapsed());
            match timeout(left.min(LOOK), work.as_mut()).await {
                Ok(done) => break done,
                Err(_) if begun.elapsed() >= self.limit => {
                    self.pool.distrust_silence(self.opened, self.limit);
                    return Err(silent("the database did not answer a statement in time"));
                }
                Err(_) if self.pool.has_given_up(self.opened) => {
                    return Err(silent("connections to the database went silent, and this one with them"));
                }
                Err(_) => {}
            }
        };
        match &done {
            Ok(_) | Err(sqlx::Error::RowNotFound) => *self.is_settled = true,
            Err(error) => {
                // After an error that is the server's answer to a statement, the connection is as good as before.
                let is_answer = matches!(error, sqlx::Error::Database(_));
                *self.is_settled = is_answer && !dialect::spoils_connections(error);
                self.pool.distrust_error(error);
            }
        }
        done
    }
}

fn silent(what: &'static str) -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, what))
}
