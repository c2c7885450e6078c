//! A time limit for statements of SQLite, which has none of its own: a connection asks every thousand steps of a statement whether its time
//! is over, and breaks the statement off itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::SqliteConnection;

/// After how many steps of SQLite's virtual machine the time is looked at: some 50 microseconds of a scan.
const STEPS: i32 = 1_000;

/// When the statement that runs now on a connection has to end. Cloning shares it.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    opened: Instant,
    /// In milliseconds since then.
    millis: Arc<AtomicU64>,
}

impl Default for Deadline {
    /// Never.
    fn default() -> Self {
        Self { opened: Instant::now(), millis: Arc::new(AtomicU64::new(u64::MAX)) }
    }
}

impl Deadline {
    /// Makes it hold for this connection.
    pub(super) async fn watch(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let watched = self.clone();
        connection.lock_handle().await?.set_progress_handler(STEPS, move || watched.is_ahead());
        Ok(())
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The statement that begins now has so much time.
    pub(super) fn set(&self, limit: Duration) {
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        self.millis.store(self.elapsed().saturating_add(limit), Ordering::Relaxed);
    }

    /// What comes next takes as long as it needs.
    pub(super) fn lift(&self) {
        self.millis.store(u64::MAX, Ordering::Relaxed);
    }

    /// Ends the statement that runs now.
    pub(super) fn pass(&self) {
        self.millis.store(0, Ordering::Relaxed);
    }

    fn is_ahead(&self) -> bool {
        self.elapsed() < self.millis.load(Ordering::Relaxed)
    }
}
