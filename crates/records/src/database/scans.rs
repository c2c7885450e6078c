//! Reads on behalf of a caller, and room for those that may have to look through many rows.
//!
//! Such a scan runs on a connection that is set apart for scans, for a short time only, and each caller has one scan at a time. So nobody can
//! keep connections from authentication, from devices or from other callers by searching.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{DbBackend, DbErr, QueryResult, Statement};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

use super::executor::{Executor, connection_error, rows_of_postgres, rows_of_sqlite};
use super::pool::Pool;
use super::readers::Readers;
use super::{Connections, Database, Reader, Write, sealed};
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

    fn callers(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Semaphore>>> {
        // Nothing under this lock can leave it half done.
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

enum Place {
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

/// Statements of a list: they may have to look through many rows, or they are a transaction's own.
#[expect(missing_debug_implementations, reason = "it has nothing to show")]
pub struct Scanner<'r>(Kind<'r>);

enum Kind<'r> {
    Scan(Arc<Scan>),
    Own(Executor<'r>),
}

impl Scanner<'_> {
    /// Runs statements that only read.
    pub(crate) fn executor(&self) -> Executor<'_> {
        match &self.0 {
            Kind::Scan(scan) => Executor::scan(scan),
            Kind::Own(executor) => *executor,
        }
    }
}

/// What lists can be read from: the database on behalf of a caller, or a transaction. Not the database alone: it would not be known whose
/// scan it is.
#[async_trait]
pub trait ListReader: Reader {
    /// Where to run what may have to look through many rows. May have to wait.
    #[doc(hidden)]
    async fn scanner(&self) -> Result<Scanner<'_>, Error>;

    /// The longest that such a statement may run.
    #[doc(hidden)]
    fn scan_limit(&self) -> Duration;
}

/// The database, as one caller reads it.
pub struct CallerReads<'d> {
    database: &'d Database,
    caller: Uuid,
}

impl fmt::Debug for CallerReads<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerReads")
    }
}

impl Database {
    /// Reads on behalf of a caller, such as an API key, who has one scan at a time.
    pub const fn on_behalf_of(&self, caller: Uuid) -> CallerReads<'_> {
        CallerReads { database: self, caller }
    }
}

impl sealed::Sealed for CallerReads<'_> {}

impl Reader for CallerReads<'_> {
    fn executor(&self) -> Executor<'_> {
        self.database.executor()
    }
}

#[async_trait]
impl ListReader for CallerReads<'_> {
    async fn scanner(&self) -> Result<Scanner<'_>, Error> {
        let turn = self.database.scans.turn(self.caller).await?;
        let place = match &self.database.connections {
            Connections::Sqlite { scans, .. } => Place::Sqlite(scans.clone()),
            Connections::Postgres { scans, .. } => Place::Postgres(scans.clone()),
        };
        Ok(Scanner(Kind::Scan(Arc::new(Scan { place, _turn: turn }))))
    }

    fn scan_limit(&self) -> Duration {
        self.database.scans.0.limit
    }
}

/// A transaction reads what it has changed itself, so its lists stay on its own connection.
#[async_trait]
impl ListReader for Write {
    async fn scanner(&self) -> Result<Scanner<'_>, Error> {
        Ok(Scanner(Kind::Own(self.executor())))
    }

    fn scan_limit(&self) -> Duration {
        Duration::MAX
    }
}

#[async_trait]
impl<W: Deref<Target = Write> + Send + Sync> ListReader for W {
    async fn scanner(&self) -> Result<Scanner<'_>, Error> {
        (**self).scanner().await
    }

    fn scan_limit(&self) -> Duration {
        (**self).scan_limit()
    }
}
