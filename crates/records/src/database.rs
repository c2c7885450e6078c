//! Opening a database, and the two ways to work with it: reading, and the one kind of transaction that writes.
//!
//! Nothing may write but through a [`Write`], and a [`Write`] must never be held while waiting for anything but the database.

mod deadline;
mod executor;
mod lease;
mod parameters;
mod pool;
mod postgres;
mod readers;
mod scans;
mod signals;
mod snapshots;
mod sqlite;
mod writer;

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use olivine_domain::Timestamp;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, Statement};

pub(crate) use self::executor::Executor;
use self::executor::{Session, Transaction};
use self::pool::Pool;
use self::readers::Readers;
use self::scans::Scans;
use self::writer::Writer;
use crate::error::Error;
use crate::{dialect, migrations, settings};

pub use self::scans::{CallerReads, ListReader, Scanner};
pub use self::signals::{Listener, Signals};
pub use self::snapshots::Integrity;

/// How much of a database one process may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most connections to PostgreSQL. A quarter of them, at least one, is set apart for scans; two are left for all else.
    pub connections: u32,
    /// The most connections that read from SQLite; there always is exactly one that writes, and two are for scans.
    pub readers: u32,
    /// How long to wait for a free connection, or for SQLite's write lock.
    pub patience: Duration,
    /// The longest that one statement may run. Two seconds later this side gives up waiting for PostgreSQL's answer.
    pub statement_timeout: Duration,
    /// The longest that a scan may run: a list whose search no index answers.
    pub scan_timeout: Duration,
}

/// How many connections to SQLite are set apart for scans.
const SQLITE_SCANS: u32 = 2;

impl Options {
    /// How many connections are set apart for scans.
    const fn scans(&self) -> u32 {
        if self.connections < 8 { 1 } else { self.connections / 4 }
    }

    /// The same for all connections but those for scans.
    const fn without_scans(&self) -> u32 {
        let left = self.connections.saturating_sub(self.scans());
        if left < 2 { 2 } else { left }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 16,
            readers: 4,
            patience: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            scan_timeout: Duration::from_secs(2),
        }
    }
}

/// A database, ready for use by any number of tasks. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Database {
    connections: Connections,
    scans: Scans,
}

#[derive(Clone)]
enum Connections {
    Sqlite { readers: Readers, scans: Readers, writer: Writer },
    Postgres { pool: Pool, scans: Pool },
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({:?})", self.backend())
    }
}

impl Database {
    /// Connects to `sqlite:<path>` (made if it is missing, for its owner only) or to `postgres://…`.
    pub async fn open(url: &str, options: Options) -> Result<Self, Error> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            sqlite::open(path, &options).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres::open(url, &options).await
        } else {
            Err(Error::InvalidUrl("it must begin with sqlite: or postgres://".to_owned()))
        }
    }

    /// Brings the tables up to date; returns how many migrations that took. Processes that do so at once wait for each other.
    pub async fn migrate(&self) -> Result<usize, Error> {
        migrations::run(self.begin_at_length().await?).await
    }

    /// How many migrations are yet to be run.
    pub async fn pending_migrations(&self) -> Result<usize, Error> {
        migrations::pending(&self.executor()).await
    }

    /// Begins a transaction that writes. Dropping it undoes all that it did.
    pub async fn write(&self) -> Result<Write, Error> {
        let transaction = match &self.connections {
            Connections::Sqlite { writer, .. } => Transaction::Sqlite(writer.begin().await?),
            Connections::Postgres { pool, .. } => Transaction::Postgres(Session::begin(pool).await?),
        };
        Ok(Write { transaction })
    }

    /// Begins a transaction without deadlines, on a connection of its own: for what handles whole tables.
    pub(crate) async fn begin_at_length(&self) -> Result<DatabaseTransaction, Error> {
        match &self.connections {
            Connections::Sqlite { writer, .. } => Ok(writer.begin_at_length().await?),
            Connections::Postgres { pool, .. } => postgres::begin_at_length(pool).await,
        }
    }

    /// Begins a transaction that only reads, may take as long as it needs, and is in nobody's way.
    pub(crate) async fn begin_reading(&self) -> Result<DatabaseTransaction, Error> {
        match &self.connections {
            Connections::Sqlite { writer, .. } => Ok(writer.begin_reading().await?),
            Connections::Postgres { pool, .. } => postgres::begin_at_length(pool).await,
        }
    }

    /// Closes all connections that are open now instead of using them for another statement, idle ones at once. What still runs on them
    /// has five more seconds. For a task that waited in vain for the database: the other connections may be as dead as its own was,
    /// without anything having said so. SQLite has no such connections.
    pub fn distrust_connections(&self) {
        if let Connections::Postgres { pool, scans } = &self.connections {
            pool.distrust();
            scans.distrust();
        }
    }

    /// Whether the database can be written: writes down when that was asked, and waits until that is durable.
    pub async fn prove_writable(&self, now: Timestamp) -> Result<(), Error> {
        let write = self.write().await?;
        settings::put(&write, "readiness.asked_at", &now.as_micros().to_string()).await?;
        write.commit().await
    }

    /// What the database's clock shows; `None` where that is this machine's own.
    pub async fn now(&self) -> Result<Option<Timestamp>, Error> {
        let Some(sql) = dialect::now(self.backend()) else { return Ok(None) };
        let row = self.executor().query_one_raw(Statement::from_string(self.backend(), sql)).await?;
        let micros: i64 = row.ok_or(Error::NotFound { table: "clock" })?.try_get_by_index(0)?;
        let corrupt = || Error::Corrupt { table: "clock", column: "now", id: micros.to_string() };
        Timestamp::from_micros(micros).ok_or_else(corrupt).map(Some)
    }

    /// Closes all connections, after those that work are done.
    pub async fn close(self) {
        match self.connections {
            Connections::Sqlite { readers, scans, writer } => {
                readers.close().await;
                scans.close().await;
                if let Err(error) = writer.connection.close().await {
                    tracing::warn!(%error, "closing the database");
                }
            }
            Connections::Postgres { pool, scans } => {
                scans.close().await;
                pool.close().await;
            }
        }
    }

    pub(crate) const fn backend(&self) -> DbBackend {
        match &self.connections {
            Connections::Sqlite { .. } => DbBackend::Sqlite,
            Connections::Postgres { .. } => DbBackend::Postgres,
        }
    }
}

/// A transaction that writes. It must be committed; dropping it undoes all that it did.
///
/// While holding one, read through it and begin no other: SQLite has one writer, and PostgreSQL's connections are few, so a task that
/// waits for a second one while it holds the first may wait for itself.
#[must_use = "a transaction that is not committed changes nothing"]
pub struct Write {
    transaction: Transaction,
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Write")
    }
}

impl Write {
    /// Makes all changes durable, at once.
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.transaction.commit().await?)
    }

    pub(crate) const fn transaction(&self) -> &Transaction {
        &self.transaction
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Database {}
    impl Sealed for super::Write {}
    impl<W: std::ops::Deref<Target = super::Write>> Sealed for W {}
}

/// What can be read from: the database, or a transaction that sees its own changes.
pub trait Reader: sealed::Sealed + Send + Sync {
    /// Runs statements that only read.
    #[doc(hidden)]
    fn executor(&self) -> Executor<'_>;
}

impl Reader for Database {
    fn executor(&self) -> Executor<'_> {
        match &self.connections {
            Connections::Sqlite { readers, .. } => Executor::sqlite(readers),
            Connections::Postgres { pool, .. } => Executor::postgres(pool),
        }
    }
}

impl Reader for Write {
    fn executor(&self) -> Executor<'_> {
        Executor::transaction(&self.transaction)
    }
}

/// What is built around a transaction reads like the transaction.
impl<W: Deref<Target = Write> + Send + Sync> Reader for W {
    fn executor(&self) -> Executor<'_> {
        Executor::transaction(&self.transaction)
    }
}

fn unavailable(error: sqlx::Error) -> Error {
    if dialect::is_damage(&error) {
        return Error::Damaged { source: error.into() };
    }
    let trouble = dialect::trouble(&error);
    Error::Unavailable { trouble, source: error.into() }
}
