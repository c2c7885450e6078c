//! Running SeaORM's statements: reads of SQLite through [`Readers`], its transactions through [`writer::Transaction`], all of PostgreSQL through
//! [`Pool`]. Each has a deadline. It must never give SeaORM a PostgreSQL connection of the pool, because
//! SeaORM waits without a limit.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Executor as _, Postgres};
use tokio::sync::Mutex;

use super::lease::Lease;
use super::pool::Pool;
use super::readers::Readers;
use super::scans::Scan;
use super::writer;

/// Runs statements on a database, or in a transaction.
#[derive(Clone, Copy)]
pub struct Executor<'a>(Source<'a>);

#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Sqlite(&'a Readers),
    SqliteTransaction(&'a writer::Transaction),
    Postgres(&'a Pool),
    PostgresTransaction(&'a Session),
    Scan(&'a Arc<Scan>),
}

impl fmt::Debug for Executor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Executor")
    }
}

impl<'a> Executor<'a> {
    pub(super) const fn sqlite(readers: &'a Readers) -> Self {
        Self(Source::Sqlite(readers))
    }

    pub(super) const fn scan(scan: &'a Arc<Scan>) -> Self {
        Self(Source::Scan(scan))
    }

    pub(super) const fn postgres(pool: &'a Pool) -> Self {
        Self(Source::Postgres(pool))
    }

    pub(super) const fn transaction(transaction: &'a Transaction) -> Self {
        Self(transaction.source())
    }
}

/// A transaction that is open. Dropping it undoes it.
pub(crate) enum Transaction {
    Sqlite(writer::Transaction),
    Postgres(Session),
}

impl Transaction {
    const fn source(&self) -> Source<'_> {
        match self {
            Self::Sqlite(transaction) => Source::SqliteTransaction(transaction),
            Self::Postgres(session) => Source::PostgresTransaction(session),
        }
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(session) => session.commit().await,
        }
    }

    pub(super) async fn undo(self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(transaction) => transaction.undo().await,
            Self::Postgres(session) => {
                // The connection is given back only after its transaction was rolled back.
                drop(session);
                Ok(())
            }
        }
    }
}

/// A transaction on PostgreSQL.
pub(crate) struct Session {
    /// `None` once it has ended.
    lease: Mutex<Option<Lease>>,
}

impl Session {
    pub(super) async fn begin(pool: &Pool) -> Result<Self, DbErr> {
        let mut lease = pool.lend().await.map_err(connection_error)?;
        let (connection, watch) = lease.work_quickly().map_err(connection_error)?;
        watch.wait(connection.execute("BEGIN")).await.map_err(query_error)?;
        Ok(Self { lease: Mutex::new(Some(lease)) })
    }

    async fn commit(mut self) -> Result<(), DbErr> {
        let Some(mut lease) = self.lease.get_mut().take() else { return Ok(()) };
        let (connection, watch) = lease.work().map_err(connection_error)?;
        let committed = watch.wait(connection.execute("COMMIT")).await;
        if committed.is_err() {
            lease.roll_back();
        }
        committed.map(drop).map_err(query_error)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.get_mut().take() {
            lease.roll_back();
        }
    }
}

/// Runs a statement on a connection to PostgreSQL, where the source is not another one.
macro_rules! run {
    ($source:expr, { $($elsewhere:pat => $done:expr,)* }, |$connection:ident| $on_postgres:expr) => {
        match $source {
            $($elsewhere => return $done,)*
            Source::Postgres(pool) => {
                let mut lease = pool.lend().await.map_err(connection_error)?;
                let ($connection, watch) = lease.work().map_err(connection_error)?;
                watch.wait($on_postgres).await
            }
            Source::PostgresTransaction(session) => {
                let mut lease = session.lease.lock().await;
                let lease = lease.as_mut().ok_or_else(|| connection_error(sqlx::Error::PoolClosed))?;
                let ($connection, watch) = lease.work().map_err(connection_error)?;
                watch.wait($on_postgres).await
            }
        }
    };
}

impl Source<'_> {
    fn backend(self) -> DbBackend {
        match self {
            Self::Sqlite(_) | Self::SqliteTransaction(_) => DbBackend::Sqlite,
            Self::Postgres(_) | Self::PostgresTransaction(_) => DbBackend::Postgres,
            Self::Scan(scan) => scan.backend(),
        }
    }

    async fn execute(self, statement: Statement) -> Result<ExecResult, DbErr> {
        let done = run!(self, {
            Source::Sqlite(readers) => readers.execute(statement).await.map(Into::into).map_err(execution_error),
            Source::SqliteTransaction(sqlite) => sqlite.execute(statement).await,
            Source::Scan(_) => Err(DbErr::Custom(ONLY_READS.to_owned())),
        }, |connection| query(statement).execute(connection));
        done.map(Into::into).map_err(execution_error)
    }

    async fn execute_unprepared(self, sql: &str) -> Result<ExecResult, DbErr> {
        let done = run!(self, {
            Source::Sqlite(readers) => {
                readers.execute_unprepared(sql).await.map(Into::into).map_err(execution_error)
            },
            Source::SqliteTransaction(sqlite) => sqlite.execute_unprepared(sql).await,
            Source::Scan(_) => Err(DbErr::Custom(ONLY_READS.to_owned())),
        }, |connection| connection.execute(AssertSqlSafe(sql.to_owned())));
        done.map(Into::into).map_err(execution_error)
    }

    async fn query_one(self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        // All rows are read: what is left of an answer would be the next statement's to wait for.
        Ok(self.query_all(statement).await?.into_iter().next())
    }

    async fn query_all(self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = run!(self, {
            Source::Sqlite(readers) => rows_of_sqlite(readers, statement).await,
            Source::SqliteTransaction(sqlite) => sqlite.rows(statement).await,
            Source::Scan(scan) => scan.rows(statement).await,
        }, |connection| query(statement).fetch_all(connection));
        Ok(rows.map_err(query_error)?.into_iter().map(Into::into).collect())
    }
}

const ONLY_READS: &str = "a scan only reads";

pub(super) async fn rows_of_sqlite(
    readers: &Readers,
    statement: Statement,
) -> Result<Vec<QueryResult>, DbErr> {
    let rows = readers.rows(statement).await.map_err(|error| match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => connection_error(error),
        other => query_error(other),
    });
    Ok(rows?.into_iter().map(Into::into).collect())
}

pub(super) async fn rows_of_postgres(pool: &Pool, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
    let mut lease = pool.lend().await.map_err(connection_error)?;
    let (connection, watch) = lease.work().map_err(connection_error)?;
    let rows = watch.wait(query(statement).fetch_all(connection)).await;
    Ok(rows.map_err(query_error)?.into_iter().map(Into::into).collect())
}

fn query(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

pub(super) fn connection_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

pub(super) fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn execution_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

/// SeaORM's trait, for each type that knows where to run statements.
macro_rules! connection_trait {
    ($type:ty, |$executor:ident| $source:expr) => {
        #[async_trait]
        impl ConnectionTrait for $type {
            fn get_database_backend(&self) -> DbBackend {
                let $executor = self;
                $source.backend()
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                let $executor = self;
                $source.execute(statement).await
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                let $executor = self;
                $source.execute_unprepared(sql).await
            }

            async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
                let $executor = self;
                $source.query_one(statement).await
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                let $executor = self;
                $source.query_all(statement).await
            }
        }
    };
}

connection_trait!(Executor<'_>, |executor| executor.0);
connection_trait!(Transaction, |transaction| transaction.source());
