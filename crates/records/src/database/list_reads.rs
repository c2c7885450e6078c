//! What lists are read from: the database on behalf of a caller, whose scans have connections of their own, or a transaction.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::access::{Connections, Database, Reader, Write, sealed};
use super::executor::Executor;
use super::scans::{Place, Scan};
use crate::error::Error;

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
        let place = match &self.database.connections {
            Connections::Sqlite { scans, .. } => Place::Sqlite(scans.clone()),
            Connections::Postgres { scans, .. } => Place::Postgres(scans.clone()),
        };
        Ok(Scanner(Kind::Scan(Arc::new(self.database.scans.begin(self.caller, place).await?))))
    }

    fn scan_limit(&self) -> Duration {
        self.database.scans.limit()
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
