//! Notifications between processes on one PostgreSQL database: that there is something to read. They must never be relied on, because the
//! sender may die before it notifies, and a connection may break. Every process also polls from time to time.
//!
//! Sent after a commit, in a statement of its own, because PostgreSQL commits transactions with NOTIFY only one after the other.

use std::fmt;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::timeout;
use uuid::Uuid;

use super::access::{Connections, Database};
use super::executor::{connection_error, query_error};
use super::failures::unavailable;
use super::pool::Pool;
use crate::error::Error;

const CHANNEL: &str = "olivine";
const CHANGES: &str = "changes";
const JOBS: &str = "jobs";
const EVENTS: &str = "events";

/// After this time without a notification, the connection has to prove that it is alive.
const SILENCE: Duration = Duration::from_secs(2);

/// How long it may take for that.
const PROOF: Duration = Duration::from_secs(2);

/// What there is to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Something changed that others remember.
    pub changes: bool,
    /// A job waits for a runner.
    pub jobs: bool,
    /// There are new events for the followers of a feed.
    pub events: bool,
}

impl Signals {
    pub(crate) const ALL: Self = Self { changes: true, jobs: true, events: true };

    /// Whether there is nothing to look at.
    pub const fn is_empty(self) -> bool {
        !self.changes && !self.jobs && !self.events
    }

    fn payload(self, sender: Uuid) -> String {
        let words = [(self.changes, CHANGES), (self.jobs, JOBS), (self.events, EVENTS)];
        let words = words.into_iter().filter_map(|(is_so, word)| is_so.then_some(word));
        std::iter::once(sender.to_string().as_str()).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// `None` where it is one's own call.
    fn read(payload: &str, own: Uuid) -> Option<Self> {
        let mut words = payload.split(' ');
        if words.next().and_then(|word| Uuid::try_parse(word).ok()) == Some(own) {
            return None;
        }
        let said: Vec<_> = words.collect();
        let says = |word| said.contains(&word);
        Some(Self { changes: says(CHANGES), jobs: says(JOBS), events: says(EVENTS) })
    }
}

impl Database {
    /// Notifies all other processes on this database. On SQLite there are none.
    pub async fn signal(&self, sender: Uuid, signals: Signals) -> Result<(), Error> {
        let Connections::Postgres { pool, .. } = &self.connections else { return Ok(()) };
        if signals.is_empty() {
            return Ok(());
        }
        let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(signals.payload(sender));
        let mut lease = pool.lend().await.map_err(connection_error)?;
        let (connection, watch) = lease.work().map_err(connection_error)?;
        watch.wait(notify.execute(connection)).await.map_err(query_error)?;
        Ok(())
    }

    /// Receives the notifications of processes on this database other than `own`, on a separate connection. `None` on SQLite.
    pub fn listener(&self, own: Uuid) -> Option<Listener> {
        let Connections::Postgres { pool, .. } = &self.connections else { return None };
        Some(Listener { pool: pool.clone(), listening: None, own })
    }
}

/// Hears what other processes call out.
pub struct Listener {
    pool: Pool,
    listening: Option<PgListener>,
    own: Uuid,
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

impl Listener {
    /// Waits for the next notification. If the connection was just opened, some may have been missed: this counts as if everything was
    /// notified. A connection that died silently is noticed within four seconds, and is an error. After an error, the next attempt connects
    /// anew. Dropping the future loses nothing.
    pub async fn hear(&mut self) -> Result<Signals, Error> {
        let heard = self.try_to_hear().await;
        if heard.is_err() {
            self.listening = None;
        }
        heard.map_err(unavailable)
    }

    async fn try_to_hear(&mut self) -> Result<Signals, sqlx::Error> {
        let Some(listening) = &mut self.listening else {
            let connecting = timeout(self.pool.patience(), connect(&self.pool)).await;
            self.listening = Some(connecting.map_err(|_| sqlx::Error::PoolTimedOut)??);
            return Ok(Signals::ALL);
        };
        loop {
            let Ok(received) = timeout(SILENCE, listening.try_recv()).await else {
                // Dropping this future half-way would leave an answer on the way, which the next proof would take for its own.
                prove(listening).await?;
                continue;
            };
            // The connection was lost.
            let Some(notification) = received? else { return Err(sqlx::Error::PoolClosed) };
            if let Some(signals) = Signals::read(notification.payload(), self.own) {
                return Ok(signals);
            }
        }
    }
}

/// On a pool of its own, because a connection that went silent would block the only place of the one before.
async fn connect(pool: &Pool) -> Result<PgListener, sqlx::Error> {
    let options = pool.server().await?;
    // So that an operator can tell it from the others in pg_stat_activity.
    let name = format!("{} signals", options.get_application_name().unwrap_or("olivine"));
    let options = options.application_name(&name);
    let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let mut listening = PgListener::connect_with(&pool.connect_lazy_with(options)).await?;
    // The next attempt of ours connects, within its own limit.
    listening.eager_reconnect(false);
    listening.listen(CHANNEL).await?;
    Ok(listening)
}

async fn prove(listening: &mut PgListener) -> Result<(), sqlx::Error> {
    let proof = timeout(PROOF, listening.execute("SELECT 1")).await;
    let answer = proof.map_err(|_| {
        let silent = "the connection that listens for other processes went silent";
        sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, silent))
    })?;
    answer.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_heard_by_others_only() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for signals in [(true, false, false), (false, true, false), (false, false, true), (true, true, true)]
            .map(|(changes, jobs, events)| Signals { changes, jobs, events })
        {
            assert_eq!(Signals::read(&signals.payload(one), other), Some(signals));
            assert_eq!(Signals::read(&signals.payload(one), one), None);
        }
        // Whatever a later version calls out.
        assert_eq!(Signals::read("hello", one), Some(Signals::default()));
    }
}
