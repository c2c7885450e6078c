//! Running SeaORM's statements: on SQLite through SeaORM's own connections, on PostgreSQL through [`Pool`]'s, whose every wait has a
//! deadline. It must never give SeaORM a PostgreSQL connection of the pool, because SeaORM waits without a limit.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement, Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Executor as _, Postgres};
use tokio::sync::Mutex;

use super::lease::Lease;
use super::pool::Pool;

/// Runs statements on a database, or in a transaction.
pub struct Executor<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Sqlite(&'a DatabaseConnection),
    SqliteTransaction(&'a DatabaseTransaction),
    Postgres(&'a Pool),
    PostgresTransaction(&'a Session),
}

impl fmt::Debug for Executor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Executor")
    }
}

impl<'a> Executor<'a> {
    pub(super) const fn sqlite(connection: &'a DatabaseConnection) -> Self {
        Self(Source::Sqlite(connection))
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
    Sqlite(DatabaseTransaction),
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

/// Runs a statement on whichever connection the source has for it.
macro_rules! run {
    ($source:expr, |$sqlite:ident| $on_sqlite:expr, |$connection:ident| $on_postgres:expr) => {
        match $source {
            Source::Sqlite($sqlite) => return $on_sqlite.await,
            Source::SqliteTransaction($sqlite) => return $on_sqlite.await,
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
        }
    }

    async fn execute(self, statement: Statement) -> Result<ExecResult, DbErr> {
        let done = run!(self, |sqlite| sqlite.execute_raw(statement), |connection| {
            query(statement).execute(connection)
        });
        done.map(Into::into).map_err(execution_error)
    }

    async fn execute_unprepared(self, sql: &str) -> Result<ExecResult, DbErr> {
        let done = run!(self, |sqlite| sqlite.execute_unprepared(sql), |connection| {
            connection.execute(AssertSqlSafe(sql.to_owned()))
        });
        done.map(Into::into).map_err(execution_error)
    }

    async fn query_one(self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        // All rows are read: what is left of an answer would be the next statement's to wait for.
        let rows = run!(self, |sqlite| sqlite.query_one_raw(statement), |connection| {
            query(statement).fetch_all(connection)
        });
        Ok(rows.map_err(query_error)?.into_iter().next().map(Into::into))
    }

    async fn query_all(self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = run!(self, |sqlite| sqlite.query_all_raw(statement), |connection| {
            query(statement).fetch_all(connection)
        });
        Ok(rows.map_err(query_error)?.into_iter().map(Into::into).collect())
    }
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
