//! Where the time comes from. Processes that share a PostgreSQL database take it from there, so that what one of them writes (the end of a
//! lease, the expiry of a URL) means the same to all, however wrong their machines' clocks are.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use olivine_domain::time::Timestamp;
use olivine_records::Database;

use crate::watchdog::watched;
use crate::{Context, Error};

/// How often the database is asked again. Between two answers this machine only counts seconds, which it does well.
const EVERY: Duration = Duration::from_secs(30);
/// How many times it is asked in a row: the quickest answer is the most exact.
const ATTEMPTS: usize = 3;
/// After how long a question is given up, with its connection.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// The difference from which on the operator is warned.
const REMARKABLE: Duration = Duration::from_secs(2);

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// The clock of the database that several processes share.
    Database(Arc<DatabaseClock>),
    /// A moment that only moves when it is told to, in microseconds since 1970: for tests.
    Manual(Arc<AtomicI64>),
}

/// What a process knows of its database's clock.
#[derive(Debug)]
pub struct DatabaseClock {
    began: Instant,
    /// What the database's clock showed when it `began`, in microseconds since 1970.
    then: AtomicI64,
}

impl Clock {
    /// The clock that all processes on this database have in common.
    pub async fn of(database: &Database) -> Result<Self, Error> {
        let clock = DatabaseClock { began: Instant::now(), then: AtomicI64::new(0) };
        let Some(now) = clock.ask(database).await? else { return Ok(Self::System) };
        let machine = Self::System.now();
        let difference = Duration::from_micros(now.as_micros().abs_diff(machine.as_micros()));
        if difference >= REMARKABLE {
            tracing::warn!(
                database = %now, %machine,
                "this machine's clock is {} s off the database's, which is the one that counts", difference.as_secs()
            );
        }
        Ok(Self::Database(Arc::new(clock)))
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
            Self::System => jiff::Timestamp::now().into(),
            Self::Database(clock) => clock.now(),
            Self::Manual(micros) => {
                Timestamp::from_micros(micros.load(Ordering::SeqCst)).expect("tests set possible moments")
            }
        }
    }
}

impl DatabaseClock {
    fn now(&self) -> Timestamp {
        let since = i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        let micros = self.then.load(Ordering::Relaxed).saturating_add(since);
        Timestamp::from_micros(micros).expect("the database's clock shows possible moments")
    }

    /// Sets it by the database's clock; `None` where that is the machine's own.
    async fn ask(&self, database: &Database) -> Result<Option<Timestamp>, Error> {
        let mut best: Option<(Duration, i64)> = None;
        for _ in 0..ATTEMPTS {
            let asked = self.began.elapsed();
            let Some(told) = database.now().await? else { return Ok(None) };
            let took = self.began.elapsed().saturating_sub(asked);
            // It was told somewhere in between.
            let at = i64::try_from((asked + took / 2).as_micros()).unwrap_or(i64::MAX);
            if best.is_none_or(|(quickest, _)| took < quickest) {
                best = Some((took, told.as_micros().saturating_sub(at)));
            }
        }
        if let Some((_, then)) = best {
            self.then.store(then, Ordering::Relaxed);
        }
        Ok(Some(self.now()))
    }
}

/// Keeps the clock in step with the database's, for as long as the process runs.
pub async fn keep_in_step(ctx: Context) {
    let Clock::Database(clock) = ctx.clock() else { return };
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = watched(&ctx, "clock", ASKED_WITHIN, clock.ask(ctx.db())).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the database's clock can't be read; going by the last look"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_goes_as_the_databases_clock_goes() {
        let sqlite = olivine_records::testing::sqlite().await;
        assert!(matches!(Clock::of(&sqlite).await.unwrap(), Clock::System));
        let postgres = olivine_records::testing::postgres().await;
        let Clock::Database(clock) = Clock::of(&postgres).await.unwrap() else {
            panic!("PostgreSQL has a clock")
        };
        // However far off it was.
        clock.then.fetch_add(300_000_000, Ordering::Relaxed);
        clock.ask(&postgres).await.unwrap();
        let before = clock.now();
        let told = postgres.now().await.unwrap().unwrap();
        let after = clock.now();
        let slack = Duration::from_secs(5);
        assert!(before.minus(slack) <= told && told <= after.plus(slack), "{before} {told} {after}");
    }
}
