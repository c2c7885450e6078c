//! Room for reads that may have to look through many rows.
//!
//! Such a scan runs on a connection that is set apart for scans, for a short time only, and each caller has one scan at a time. So nobody can
//! keep connections from authentication, from devices or from other callers by searching.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::{DbBackend, DbErr, QueryResult, Statement};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

use super::executor::{connection_error, rows_of_postgres, rows_of_sqlite};
use super::pool::Pool;
use super::readers::Readers;
use crate::error::Error;

/// Who is scanning now.
#[derive(Clone)]
pub(super) struct Scans(Arc<Shared>);

struct Shared {
    all: Arc<Semaphore>,
    callers: Mutex<HashMap<Uuid, Arc<Semaphore>>>,
    /// How long one scan may run, and how long one waits for its turn.
    limit: Duration,
}

impl Scans {
    pub(super) fn new(at_once: u32, limit: Duration) -> Self {
        let all = Arc::new(Semaphore::new(at_once.max(1) as usize));
        Self(Arc::new(Shared { all, callers: Mutex::default(), limit }))
    }

    /// Waits until the caller has no other scan running, and a connection for scans is free.
    async fn turn(&self, caller: Uuid) -> Result<Turn, Error> {
        let mut turn = Turn { scans: self.clone(), caller, own: None, all: None };
        let own = Arc::clone(self.callers().entry(caller).or_insert_with(|| Arc::new(Semaphore::new(1))));
        let waiting = async {
            turn.own = own.acquire_owned().await.ok();
            turn.all = Arc::clone(&self.0.all).acquire_owned().await.ok();
        };
        timeout(self.0.limit, waiting).await.map_err(|_| Error::ScanInProgress)?;
        Ok(turn)
    }

    /// The longest that one scan may run.
    pub(super) fn limit(&self) -> Duration {
        self.0.limit
    }

    /// A scan of the caller, once it is its turn.
    pub(super) async fn begin(&self, caller: Uuid, place: Place) -> Result<Scan, Error> {
        Ok(Scan { place, _turn: self.turn(caller).await? })
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Semaphore>>> {
        // No code that holds this lock can leave the value half changed.
        self.0.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One caller's right to scan, until it is dropped.
struct Turn {
    scans: Scans,
    caller: Uuid,
    own: Option<OwnedSemaphorePermit>,
    all: Option<OwnedSemaphorePermit>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop((self.own.take(), self.all.take()));
        let mut callers = self.scans.callers();
        // The map's own and nobody's else: no scan runs and none waits.
        if callers.get(&self.caller).is_some_and(|own| Arc::strong_count(own) == 1) {
            callers.remove(&self.caller);
        }
    }
}

/// What the statements of one scan run on.
pub(super) struct Scan {
    place: Place,
    _turn: Turn,
}

/// A connection that is set apart for scans, of each kind of database.
pub(super) enum Place {
    Sqlite(Readers),
    Postgres(Pool),
}

impl Scan {
    pub(super) const fn backend(&self) -> DbBackend {
        match &self.place {
            Place::Sqlite(_) => DbBackend::Sqlite,
            Place::Postgres(_) => DbBackend::Postgres,
        }
    }

    /// Runs a statement to its end, also when nobody waits for it any more: until then it is this caller's scan.
    pub(super) async fn rows(self: &Arc<Self>, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let scan = Arc::clone(self);
        let running = tokio::spawn(async move {
            match &scan.place {
                Place::Sqlite(readers) => rows_of_sqlite(readers, statement).await,
                Place::Postgres(pool) => rows_of_postgres(pool, statement).await,
            }
        });
        running.await.unwrap_or_else(|_| Err(connection_error(sqlx::Error::WorkerCrashed)))
    }
}
