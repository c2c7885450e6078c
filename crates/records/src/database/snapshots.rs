//! A copy of an embedded database as it is at one moment, while it is used.

use std::path::Path;
use std::time::Duration;

use sea_orm::DbBackend;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection as _, SqliteConnection};

use super::access::{Connections, Database};
use super::deadline::Deadline;
use super::executor::query_error;
use super::failures::unavailable;
use super::options::Options;
use super::readers::{Limits, Readers};
use super::scans::Scans;
use super::sqlite::create_private;
use super::writer::Writer;
use crate::copying;
use crate::dialect::{self, is_damage};
use crate::error::{Error, Trouble};

/// What a look at a database's own structure found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// Nothing is wrong; PostgreSQL sees to that itself.
    Sound,
    /// It is damaged.
    Damaged {
        /// What SQLite says of it.
        what: String,
    },
    /// The time was over before all was looked at.
    Unfinished,
}

impl Database {
    /// Looks through the whole database for pages that are damaged (SQLite's `quick_check`), for no longer than that. It reads the whole
    /// file, some 500 MB in a second from a fast disk.
    pub async fn check_integrity(&self, within: Duration) -> Result<Integrity, Error> {
        self.look("PRAGMA quick_check(1)", within).await
    }

    /// The same to its end; and whether each index says what its table says (`integrity_check`), and each row can be read, which finds most
    /// of the bytes that have changed by themselves. It takes several times as long.
    pub async fn check_integrity_thoroughly(&self) -> Result<Integrity, Error> {
        let found = self.look("PRAGMA integrity_check(1)", Duration::MAX).await?;
        if found != Integrity::Sound || self.backend() != DbBackend::Sqlite {
            return Ok(found);
        }
        let unreadable = copying::read_all(self).await?;
        Ok(unreadable.map_or(Integrity::Sound, |what| Integrity::Damaged { what }))
    }

    async fn look(&self, pragma: &'static str, within: Duration) -> Result<Integrity, Error> {
        let Connections::Sqlite { readers, .. } = &self.connections else { return Ok(Integrity::Sound) };
        match readers.check(pragma, within).await {
            Ok(None) => Ok(Integrity::Sound),
            Ok(Some(what)) => Ok(Integrity::Damaged { what }),
            Err(error) if is_damage(&error) => Ok(Integrity::Damaged { what: error.to_string() }),
            Err(error) if dialect::trouble(&error) == Trouble::Slow => Ok(Integrity::Unfinished),
            Err(error) => Err(query_error(error).into()),
        }
    }

    /// Writes a copy of the SQLite database at `path`, without one of its settings, into the new file `into`, which only its owner can
    /// read. Readers and writers of the database are not disturbed.
    pub async fn snapshot(path: &Path, into: &Path, without: &str) -> Result<(), Error> {
        create_private(into).await.map_err(|source| Error::File { source })?;
        let connect = SqliteConnectOptions::new().filename(path).create_if_missing(false);
        let mut connection = SqliteConnection::connect_with(&connect).await.map_err(unavailable)?;
        let name = into.to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO ?").bind(name).execute(&mut connection).await.map_err(unavailable)?;
        connection.close().await.map_err(unavailable)?;
        let connect = SqliteConnectOptions::new().filename(into).create_if_missing(false);
        let mut copy = SqliteConnection::connect_with(&connect).await.map_err(unavailable)?;
        let forget = sqlx::query("DELETE FROM settings WHERE key = ?").bind(without);
        forget.execute(&mut copy).await.map_err(unavailable)?;
        copy.close().await.map_err(unavailable)
    }

    /// Opens such a copy for reading only; no file is made or changed.
    pub async fn open_snapshot(path: &Path) -> Result<Self, Error> {
        let connect = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(connect.clone()).await;
        let connection = pool.map_err(unavailable)?.into();
        let options = Options::default();
        // It is read from beginning to end, by a command that somebody waits for.
        let limits = Limits { connections: 1, patience: options.patience, statement: Duration::MAX };
        let readers = Readers::open(connect, limits).await.map_err(unavailable)?;
        let writer = Writer { connection, deadline: Deadline::default(), statement: Duration::MAX };
        let connections = Connections::Sqlite { readers: readers.clone(), scans: readers, writer };
        Ok(Self { connections, scans: Scans::new(1, options.scan_timeout) })
    }
}
