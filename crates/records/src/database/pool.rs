//! The connections of one process to PostgreSQL: how they are opened, lent, taken back and closed.
//!
//! Everything that waits for the server has a deadline here. A connection that missed one is closed and must never be used again, and
//! neither is any connection that was opened before: the cause, such as a firewall, may have broken all of them without a reset.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::timeout;

use super::lease::Lease;
use super::options::Options;
use super::servers::Servers;
use crate::dialect;

/// A connection that was idle for longer has to answer before it is lent.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How long a connection may take to answer when nothing but a round trip is asked of it.
const PROOF: Duration = Duration::from_secs(2);

/// How much longer than the server's own limit this side waits: the server's answer that the limit has passed must still arrive.
const GRACE: Duration = Duration::from_secs(2);

/// How long statements may still run on connections that are no longer trusted because others went silent.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// How often those who wait look whether anything is different.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// How long closing in an orderly way may take; nothing waits for it.
const FAREWELL: Duration = Duration::from_secs(2);

/// Connections older than this are replaced, so that the server's memory for them is freed from time to time.
const OLD: Duration = Duration::from_mins(30);

/// Connections beyond the first few that nobody needed for this long are closed.
const UNNEEDED: Duration = Duration::from_mins(10);

/// So many connections stay open even if they are not needed, so that other clients can't take the server's last ones.
const KEPT_OPEN: usize = 2;

/// An error of one connection distrusts all of them, but not more often than this: opening new ones costs the server much.
const PAUSE: Duration = Duration::from_secs(1);

/// Cloning is cheap and shares the connections.
#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    servers: Servers,
    limits: Options,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    trust: Mutex<Trust>,
    open: Arc<AtomicUsize>,
    /// How many connections are being opened.
    opening: Arc<AtomicUsize>,
    /// Rung whenever a connection was returned or closed.
    returned: Notify,
}

/// Which connections may still be used.
#[derive(Clone, Copy, Default)]
struct Trust {
    /// Only those that were opened later.
    since: Option<Instant>,
    /// The same from when the pause is over: an error came during it.
    next: Option<Instant>,
    /// When a connection went silent: what still runs on connections of before then is given up soon.
    silence: Option<Instant>,
}

struct Idle {
    live: Live,
    since: Instant,
}

/// An open connection. Dropping it closes the socket at once.
pub(super) struct Live {
    pub(super) connection: PgConnection,
    pub(super) opened: Instant,
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
    // No code that holds these lock can leave the value half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// Opens no connection yet.
    pub(super) fn new(servers: Servers, limits: Options) -> Self {
        let free = Arc::new(Semaphore::new(limits.connections.max(1) as usize));
        Self(Arc::new(Shared {
            servers,
            limits,
            free,
            idle: Mutex::default(),
            trust: Mutex::default(),
            open: Arc::default(),
            opening: Arc::default(),
            returned: Notify::new(),
        }))
    }

    /// The most connections.
    pub(super) fn most(&self) -> u32 {
        self.0.limits.connections.max(1)
    }

    /// Takes a connection that was opened elsewhere.
    pub(super) fn adopt(&self, connection: PgConnection) {
        self.take_back(self.live(connection, Instant::now()));
    }

    fn live(&self, connection: PgConnection, opened: Instant) -> Live {
        Live { connection, opened, _counted: Counted::new(&self.0.open) }
    }

    /// The server that answers now, for a connection outside of the pool.
    pub(super) async fn server(&self) -> Result<PgConnectOptions, sqlx::Error> {
        if let Some(only) = self.0.servers.only() {
            return Ok(only.clone());
        }
        let connecting = timeout(self.0.limits.patience, self.0.servers.connect()).await;
        let (connection, server) = connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        let server = server.clone();
        let _ = timeout(FAREWELL, connection.close()).await;
        Ok(server)
    }

    /// How long to wait for the answer to a statement.
    pub(super) fn statement_limit(&self) -> Duration {
        self.0.limits.statement_timeout + GRACE
    }

    /// The same for what needs but one round trip.
    pub(super) fn round_trip_limit(&self) -> Duration {
        self.0.limits.statement_timeout.min(LAST_CHANCE) + GRACE
    }

    /// Wakes one of those who wait for a connection.
    pub(super) fn wake(&self) {
        self.0.returned.notify_one();
    }

    pub(super) fn patience(&self) -> Duration {
        self.0.limits.patience
    }

    /// Lends a connection that answers, within the patience of the options.
    pub(super) async fn lend(&self) -> Result<Lease, sqlx::Error> {
        let mut refusal = None;
        let lent = timeout(self.0.limits.patience, self.lend_without_limit(&mut refusal)).await;
        // That the time is over says less than why no connection could be opened until then.
        lent.unwrap_or_else(|_| Err(refusal.unwrap_or(sqlx::Error::PoolTimedOut)))
    }

    /// The latest refusal of the server stays in `refusal`.
    async fn lend_without_limit(&self, refusal: &mut Option<sqlx::Error>) -> Result<Lease, sqlx::Error> {
        let permit = Arc::clone(&self.0.free).acquire_owned().await;
        let permit = permit.map_err(|_| sqlx::Error::PoolClosed)?;
        let (mut opening, mut pause) = (None, Duration::from_millis(10));
        loop {
            let mut returned = pin!(self.0.returned.notified());
            returned.as_mut().enable();
            if let Some(live) = self.idle().await {
                return Ok(Lease::new(self, live, permit));
            }
            opening = opening.or_else(|| self.begin_to_open());
            let Some(receiver) = &mut opening else {
                returned.await;
                continue;
            };
            let opened = tokio::select! {
                opened = receiver => opened.unwrap_or(Err(sqlx::Error::WorkerCrashed)),
                () = returned.as_mut() => continue,
            };
            opening = None;
            match opened {
                Ok(live) => return Ok(Lease::new(self, live, permit)),
                Err(error) if dialect::is_refused(&error) => {
                    *refusal = Some(error);
                    tokio::time::sleep(pause).await;
                }
                // The server has no more connections for us, but we have some: wait for one of them.
                Err(error) if dialect::is_crowded(&error) && self.0.open.load(Ordering::Relaxed) > 0 => {
                    *refusal = Some(error);
                    let _ = timeout(LOOK, returned).await;
                }
                Err(error) => return Err(error),
            }
            pause = (pause * 2).min(LOOK);
        }
    }

    /// Opens a connection, unless there are as many as there may be. If a returned connection is taken instead, the new one is kept for the
    /// next request, so that the server's work is not wasted.
    fn begin_to_open(&self) -> Option<oneshot::Receiver<Result<Live, sqlx::Error>>> {
        let opening = Counted::new(&self.0.opening);
        let count = self.0.open.load(Ordering::Relaxed) + self.0.opening.load(Ordering::Relaxed);
        if count > self.most() as usize {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        let pool = self.clone();
        tokio::spawn(async move {
            let opened = pool.open().await;
            drop(opening);
            if let Err(Ok(live)) = sender.send(opened) {
                pool.take_back(live);
                pool.wake();
            }
        });
        Some(receiver)
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
        // What a new session is told first is also its proof: a pooler in between accepts connections for which it has no server yet.
        let (connection, _) = self.0.servers.connect().await?;
        Ok(self.live(connection, opened))
    }

    /// From now on no connection that is open now is used for another statement.
    pub(super) fn distrust(&self) {
        let now = Instant::now();
        *lock(&self.0.trust) = Trust { since: Some(now), next: None, silence: Some(now) };
        self.close_idle();
    }

    pub(super) fn distrust_silence(&self, opened: Instant, limit: Duration) {
        if self.trusts(opened) {
            let seconds = limit.as_secs();
            tracing::warn!(
                seconds,
                "the database did not answer in time: all connections that are open now are replaced"
            );
            self.distrust();
        }
    }

    pub(super) fn distrust_error(&self, error: &sqlx::Error) {
        if !dialect::spoils_connections(error) {
            return;
        }
        let now = Instant::now();
        let mut trust = lock(&self.0.trust);
        if trust.since.is_some_and(|since| now.duration_since(since) < PAUSE) {
            trust.next = Some(now);
            return;
        }
        (trust.since, trust.next) = (Some(now), None);
        drop(trust);
        self.close_idle();
    }

    fn close_idle(&self) {
        let idle = std::mem::take(&mut *lock(&self.0.idle));
        for idle in idle {
            say_farewell(idle.live);
        }
    }

    fn trusts(&self, opened: Instant) -> bool {
        let mut trust = lock(&self.0.trust);
        if trust.next.is_some() && trust.since.is_none_or(|since| since.elapsed() >= PAUSE) {
            trust.since = trust.next.take();
        }
        trust.since.is_none_or(|since| opened > since)
    }

    /// Whether what runs on a connection is not worth waiting for.
    pub(super) fn has_given_up(&self, opened: Instant) -> bool {
        let silence = lock(&self.0.trust).silence;
        silence.is_some_and(|silence| opened <= silence && silence.elapsed() > LAST_CHANCE)
    }

    pub(super) fn take_back(&self, live: Live) {
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
        let all = self.0.free.acquire_many(self.most()).await;
        self.0.free.close();
        drop(all);
        let idle = std::mem::take(&mut *lock(&self.0.idle));
        for idle in idle {
            let _ = timeout(FAREWELL, idle.live.connection.close()).await;
        }
    }
}

/// Closes a connection in an orderly way; nobody waits for it.
fn say_farewell(live: Live) {
    // Without a runtime, dropping it closes the socket.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(async move { timeout(FAREWELL, live.connection.close()).await });
    }
}
