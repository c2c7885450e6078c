//! A connection that is lent to one task, and waiting for its answers. It must never be given back while it is not known what it is doing.

use std::pin::pin;
use std::time::{Duration, Instant};

use sqlx::{Executor as _, PgConnection};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::pool::{LOOK, Live, Pool};
use crate::dialect;

/// A connection that one task has for itself.
pub(super) struct Lease {
    pool: Pool,
    live: Option<Live>,
    permit: Option<OwnedSemaphorePermit>,
    /// Whether the last statement was answered: only then it is known what the connection is doing.
    is_settled: bool,
}

impl Lease {
    pub(super) fn new(pool: &Pool, live: Live, permit: OwnedSemaphorePermit) -> Self {
        Self { pool: pool.clone(), live: Some(live), permit: Some(permit), is_settled: true }
    }

    /// The connection, and the watch under which to wait for its answer to one statement.
    pub(super) fn work(&mut self) -> Result<(&mut PgConnection, Watch<'_>), sqlx::Error> {
        self.work_within(self.pool.statement_limit())
    }

    /// The same for what needs but one round trip.
    pub(super) fn work_quickly(&mut self) -> Result<(&mut PgConnection, Watch<'_>), sqlx::Error> {
        self.work_within(self.pool.round_trip_limit())
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
        self.pool.wake();
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
