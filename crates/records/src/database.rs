//! Opening a database, and the two ways to work with it: reading, and the one kind of transaction that writes.
//!
//! Nothing may write but through a [`Write`], and a [`Write`] must never be held while waiting for anything but the database.

mod signals;
mod snapshots;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use olivine_domain::Timestamp;
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::Error;
use crate::{dialect, migrations};

pub use self::signals::{Listener, Signals};

/// How much of a database one process may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most connections to PostgreSQL.
    pub connections: u32,
    /// The most connections that read from SQLite; there always is exactly one that writes.
    pub readers: u32,
    /// How long to wait for a free connection, or for SQLite's write lock.
    pub patience: Duration,
    /// The longest that one statement may run on PostgreSQL.
    pub statement_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 16,
            readers: 4,
            patience: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
        }
    }
}

/// A database, ready for use by any number of tasks. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Database {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
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
            open_sqlite(path, &options).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url, &options).await
        } else {
            Err(Error::InvalidUrl("it must begin with sqlite: or postgres://".to_owned()))
        }
    }

    /// Brings the tables up to date; returns how many migrations that took. Processes that do so at once wait for each other.
    pub async fn migrate(&self) -> Result<usize, Error> {
        migrations::run(self.write().await?).await
    }

    /// How many migrations are yet to be run.
    pub async fn pending_migrations(&self) -> Result<usize, Error> {
        migrations::pending(&self.reader).await
    }

    /// Begins a transaction that writes. Dropping it undoes all that it did.
    pub async fn write(&self) -> Result<Write, Error> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let options =
            if self.backend() == DbBackend::Sqlite { options } else { TransactionOptions::default() };
        Ok(Write { transaction: self.writer.begin_with_options(options).await? })
    }

    /// Whether the database answers: both for reading and for writing.
    pub async fn ping(&self) -> Result<(), Error> {
        self.reader.ping().await?;
        self.write().await?.transaction.rollback().await?;
        Ok(())
    }

    /// What the database's clock shows; `None` where that is this machine's own.
    pub async fn now(&self) -> Result<Option<Timestamp>, Error> {
        let Some(sql) = dialect::now(self.backend()) else { return Ok(None) };
        let row = self.reader.query_one_raw(Statement::from_string(self.backend(), sql)).await?;
        let micros: i64 = row.ok_or(Error::NotFound { table: "clock" })?.try_get_by_index(0)?;
        let corrupt = || Error::Corrupt { table: "clock", column: "now", id: micros.to_string() };
        Timestamp::from_micros(micros).ok_or_else(corrupt).map(Some)
    }

    /// Closes all connections, after those that work are done.
    pub async fn close(self) {
        for connection in [self.reader, self.writer] {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "closing the database");
            }
        }
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }
}

/// A transaction that writes. It must be committed; dropping it undoes all that it did.
///
/// While holding one, read through it and begin no other: SQLite has one writer, and PostgreSQL's connections are few, so a task that
/// waits for a second one while it holds the first may wait for itself.
#[must_use = "a transaction that is not committed changes nothing"]
pub struct Write {
    transaction: DatabaseTransaction,
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

    pub(crate) const fn transaction(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Database {}
    impl Sealed for super::Write {}
}

/// What can be read from: the database, or a transaction that sees its own changes.
pub trait Reader: sealed::Sealed + Send + Sync {
    /// Runs statements that only read.
    #[doc(hidden)]
    fn executor(&self) -> DatabaseExecutor<'_>;
}

impl Reader for Database {
    fn executor(&self) -> DatabaseExecutor<'_> {
        DatabaseExecutor::Connection(&self.reader)
    }
}

impl Reader for Write {
    fn executor(&self) -> DatabaseExecutor<'_> {
        DatabaseExecutor::Transaction(&self.transaction)
    }
}

async fn open_sqlite(path: &str, options: &Options) -> Result<Database, Error> {
    if path.is_empty() || path.starts_with(":memory:") {
        return Err(Error::InvalidUrl(
            "sqlite: takes the path of a file, as in sqlite:olivine.db".to_owned(),
        ));
    }
    create_private(Path::new(path)).await.map_err(|source| Error::File { source })?;
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(options.patience);
    let pool = |most: u32| {
        SqlitePoolOptions::new()
            .max_connections(most)
            .min_connections(1)
            .acquire_timeout(options.patience)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    // The writer first: it turns the write-ahead log on, which readers then find.
    // A statement that finds the disk full undoes its whole transaction by itself. sqlx does not see that: it takes the connection
    // to be inside of it from then on, and what it calls a commit there is none. Such a connection is not used again.
    let writer = pool(1).after_release(|connection, _| {
        Box::pin(async move {
            if connection.is_in_transaction() {
                // What was dropped may still be on its way to be undone; the answer comes after that.
                connection.ping().await?;
            }
            Ok(!connection.is_in_transaction())
        })
    });
    let writer = writer.connect_with(connect.clone()).await.map_err(unavailable)?;
    let reader = pool(options.readers.max(1)).connect_with(connect.pragma("query_only", "ON"));
    let reader = reader.await.map_err(unavailable)?;
    Ok(Database { reader: reader.into(), writer: writer.into() })
}

/// SQLite gives its other files the mode of the first, so the file is made before SQLite sees it.
async fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await.map(drop)
}

/// A connection that was idle for longer is asked whether it still lives before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);

/// What a PostgreSQL URL may say after its `?`.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// The driver passes over parameters that it does not know: with a misspelt `sslmode` it would connect without looking at certificates.
/// (It also logs them, and might so log a password.)
fn refuse_unknown_parameters(url: &str) -> Result<(), Error> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let names =
        query.split('&').filter(|part| !part.is_empty()).map(|part| part.split('=').next().unwrap_or(part));
    for name in names {
        if !PARAMETERS.contains(&name) {
            let known = PARAMETERS.join(", ");
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
                && name.len() <= 32;
            let name = if plain { name } else { "…" };
            return Err(Error::InvalidUrl(format!("it has the parameter '{name}'; it may have {known}")));
        }
    }
    Ok(())
}

async fn open_postgres(url: &str, options: &Options) -> Result<Database, Error> {
    refuse_unknown_parameters(url)?;
    let connect: PgConnectOptions = url.parse().map_err(|_| {
        Error::InvalidUrl("it is not of the form postgres://user:password@host/name".to_owned())
    })?;
    let timeout = options.statement_timeout.as_millis().to_string();
    let connect = connect.application_name("olivine").options([
        ("statement_timeout", timeout.as_str()),
        ("idle_in_transaction_session_timeout", timeout.as_str()),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(options.connections.max(2))
        .acquire_timeout(options.patience)
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(connect)
        .await
        .map_err(unavailable)?;
    let pool: DatabaseConnection = pool.into();
    Ok(Database { reader: pool.clone(), writer: pool })
}

fn unavailable(error: sqlx::Error) -> Error {
    let source = sea_orm::DbErr::Conn(sea_orm::RuntimeErr::SqlxError(error.into()));
    Error::Unavailable { source }
}
