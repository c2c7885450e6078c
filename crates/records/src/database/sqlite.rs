//! Opening an embedded database. Each statement has a deadline, whether it reads or writes.

use std::path::Path;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::access::{Connections, Database};
use super::deadline::Deadline;
use super::failures::unavailable;
use super::options::{Options, SQLITE_SCANS};
use super::readers::{Limits, Readers};
use super::scans::Scans;
use super::writer::Writer;
use crate::error::Error;

pub(super) async fn open(path: &str, options: &Options) -> Result<Database, Error> {
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
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(options.patience)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false);
    // The writer first: it turns the write-ahead log on, which readers then find.
    // A statement that finds the disk full undoes its whole transaction by itself. sqlx does not see that: it takes the connection
    // to be inside of it from then on, and what it calls a commit there is none. Such a connection is not used again.
    let writer = pool.after_release(|connection, _| {
        Box::pin(async move {
            if connection.is_in_transaction() {
                // What was dropped may still be on its way to be undone; the answer comes after that.
                connection.ping().await?;
            }
            Ok(!connection.is_in_transaction())
        })
    });
    let deadline = Deadline::default();
    let watched = deadline.clone();
    let writer = writer.after_connect(move |connection, _| {
        let watched = watched.clone();
        Box::pin(async move { watched.watch(connection).await })
    });
    let writer = writer.connect_with(connect.clone()).await.map_err(unavailable)?;
    let connect = connect.pragma("query_only", "ON");
    let limits = |connections, statement| Limits { connections, patience: options.patience, statement };
    let readers = Readers::open(connect.clone(), limits(options.readers, options.statement_timeout)).await;
    let scans = Readers::open(connect, limits(SQLITE_SCANS, options.scan_timeout)).await;
    let connections = Connections::Sqlite {
        readers: readers.map_err(unavailable)?,
        scans: scans.map_err(unavailable)?,
        writer: Writer { connection: writer.into(), deadline, statement: options.statement_timeout },
    };
    Ok(Database { connections, scans: Scans::new(SQLITE_SCANS, options.scan_timeout) })
}

/// SQLite gives its other files the mode of the first, so the file is made before SQLite sees it.
pub(super) async fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await.map(drop)
}
