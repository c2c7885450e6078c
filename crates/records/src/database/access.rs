//! A database that is open, and the two ways to work with it: reading, and the one kind of transaction that writes.

use std::fmt;
use std::ops::Deref;

use sea_orm::DbBackend;

use super::executor::{Executor, Transaction};
use super::pool::Pool;
use super::readers::Readers;
use super::scans::Scans;
use super::writer::Writer;
use crate::error::Error;

/// A database, ready for use by any number of tasks. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Database {
    pub(super) connections: Connections,
    pub(super) scans: Scans,
}

/// The connections of each kind of database.
#[derive(Clone)]
pub(super) enum Connections {
    Sqlite { readers: Readers, scans: Readers, writer: Writer },
    Postgres { pool: Pool, scans: Pool },
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({:?})", self.backend())
    }
}

impl Database {
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
    pub(super) transaction: Transaction,
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

    /// Undoes all changes. Dropping does the same, but later, in the background.
    pub async fn undo(self) -> Result<(), Error> {
        Ok(self.transaction.undo().await?)
    }

    pub(crate) const fn transaction(&self) -> &Transaction {
        &self.transaction
    }
}

pub(super) mod sealed {
    use crate::database::access::{Database, Write};

    pub trait Sealed {}
    impl Sealed for Database {}
    impl Sealed for Write {}
    impl<W: std::ops::Deref<Target = Write>> Sealed for W {}
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
