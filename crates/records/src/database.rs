//! Opening a database, and the two ways to work with it: reading, and the one kind of transaction that writes.
//!
//! Nothing may write but through a [`Write`], and a [`Write`] must never be held while waiting for anything but the database.

pub(crate) mod access;
mod deadline;
mod executor;
mod failures;
mod lease;
mod list_reads;
mod options;
mod parameters;
mod pool;
mod postgres;
mod readers;
mod scans;
mod servers;
mod signals;
mod snapshots;
mod sqlite;
mod writer;

use std::time::Duration;

use olivine_domain::Timestamp;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, Statement};

use self::access::Connections;
pub(crate) use self::executor::Executor;
use self::executor::{Session, Transaction};
use crate::error::{Error, Trouble};
use crate::{dialect, migrations, settings};

pub use self::access::{Database, Reader, Write};
pub use self::list_reads::{CallerReads, ListReader, Scanner};
pub use self::options::Options;
pub use self::signals::{Listener, Signals};
pub use self::snapshots::Integrity;

/// How often it is tried to change tables that others have open transactions on. Each time waits two seconds for them, in which new
/// transactions wait behind it.
const MIGRATION_TRIES: u32 = 60;
const MIGRATES_AGAIN_AFTER: Duration = Duration::from_secs(1);

const fn is_slow(error: &Error) -> bool {
    matches!(error, Error::Unavailable { trouble: Trouble::Slow, .. })
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
        for _ in 1..MIGRATION_TRIES {
            match migrations::run(self.begin_at_length().await?).await {
                Err(error) if self.backend() == DbBackend::Postgres && is_slow(&error) => {
                    tracing::info!("the database's tables are in use; trying again to bring them up to date");
                    tokio::time::sleep(MIGRATES_AGAIN_AFTER).await;
                }
                ended => return ended,
            }
        }
        migrations::run(self.begin_at_length().await?).await
    }

    /// Which kind of database this is.
    pub fn kind(&self) -> &'static str {
        match &self.connections {
            Connections::Sqlite { .. } => "sqlite",
            Connections::Postgres { .. } => "postgresql",
        }
    }

    /// The name of the newest migration that was run.
    pub async fn last_migration(&self) -> Result<Option<String>, Error> {
        migrations::last(&self.executor()).await
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
}
