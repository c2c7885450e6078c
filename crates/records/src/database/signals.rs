//! What processes on one PostgreSQL database call out to each other: that there is something to look at. Must never be relied on: who
//! calls may die before, and a connection may break. Everybody also looks by himself from time to time.
//!
//! Called out after a commit, on its own, because PostgreSQL lets transactions that notify commit only one after the other.

use std::fmt;

use sea_orm::{DbBackend, DbErr, RuntimeErr};
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use uuid::Uuid;

use super::{Database, unavailable};
use crate::error::Error;

const CHANNEL: &str = "olivine";
const CHANGES: &str = "changes";
const JOBS: &str = "jobs";

/// What there is to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Something changed that others remember.
    pub changes: bool,
    /// A job waits for a runner.
    pub jobs: bool,
}

impl Signals {
    const ALL: Self = Self { changes: true, jobs: true };

    /// Whether there is nothing to look at.
    pub const fn is_empty(self) -> bool {
        !self.changes && !self.jobs
    }

    fn payload(self, sender: Uuid) -> String {
        let words = [(self.changes, CHANGES), (self.jobs, JOBS)];
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
        Some(Self { changes: said.contains(&CHANGES), jobs: said.contains(&JOBS) })
    }
}

impl Database {
    /// Calls out to all other processes on this database. On SQLite there are none.
    pub async fn signal(&self, sender: Uuid, signals: Signals) -> Result<(), Error> {
        if self.backend() != DbBackend::Postgres || signals.is_empty() {
            return Ok(());
        }
        let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(signals.payload(sender));
        let done = notify.execute(self.writer.get_postgres_connection_pool()).await;
        done.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))?;
        Ok(())
    }

    /// Hears what other processes on this database than `own` call out, on a connection of its own. `None` on SQLite.
    pub fn listener(&self, own: Uuid) -> Option<Listener> {
        if self.backend() != DbBackend::Postgres {
            return None;
        }
        let options = self.writer.get_postgres_connection_pool().connect_options();
        let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        Some(Listener { pool: pool.connect_lazy_with((*options).clone()), listening: None, own })
    }
}

/// Hears what other processes call out.
pub struct Listener {
    pool: PgPool,
    listening: Option<PgListener>,
    own: Uuid,
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

impl Listener {
    /// Waits for the next call. Where the connection was just made, something may have been missed: that is as if everything was called.
    /// After an error, the next attempt connects anew.
    pub async fn hear(&mut self) -> Result<Signals, Error> {
        let heard = self.try_to_hear().await;
        if heard.is_err() {
            self.listening = None;
        }
        heard.map_err(unavailable)
    }

    async fn try_to_hear(&mut self) -> Result<Signals, sqlx::Error> {
        let Some(listening) = &mut self.listening else {
            let mut listening = PgListener::connect_with(&self.pool).await?;
            listening.listen(CHANNEL).await?;
            self.listening = Some(listening);
            return Ok(Signals::ALL);
        };
        loop {
            let Some(notification) = listening.try_recv().await? else { return Ok(Signals::ALL) };
            if let Some(signals) = Signals::read(notification.payload(), self.own) {
                return Ok(signals);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_heard_by_others_only() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for signals in
            [Signals { changes: true, jobs: false }, Signals { changes: false, jobs: true }, Signals::ALL]
        {
            assert_eq!(Signals::read(&signals.payload(one), other), Some(signals));
            assert_eq!(Signals::read(&signals.payload(one), one), None);
        }
        // Whatever a later version calls out.
        assert_eq!(Signals::read("hello", one), Some(Signals::default()));
    }
}
