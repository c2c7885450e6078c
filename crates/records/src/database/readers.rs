//! The connections that read from an embedded database.
//!
//! A connection must never be used again while it is not known what it is doing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::{Statement, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteConnectOptions, SqliteQueryResult, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _, Sqlite, SqliteConnection};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::deadline::Deadline;

/// How many connections there may be, and how long they may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections: u32,
    /// How long to wait for a free connection.
    pub(super) patience: Duration,
    /// The longest that one statement may run.
    pub(super) statement: Duration,
}

/// Cloning is cheap and shares the connections.
#[derive(Clone)]
pub(super) struct Readers(Arc<Shared>);

struct Shared {
    connect: SqliteConnectOptions,
    limits: Limits,
    free: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

struct Connection {
    sqlite: SqliteConnection,
    deadline: Deadline,
}

impl Readers {
    /// Opens the first connection, which shows that the database can be read.
    pub(super) async fn open(connect: SqliteConnectOptions, limits: Limits) -> Result<Self, sqlx::Error> {
        let free = Semaphore::new(limits.connections.max(1) as usize);
        let readers = Self(Arc::new(Shared { connect, limits, free, idle: Mutex::default() }));
        let first = readers.connect().await?;
        readers.idle().push(first);
        Ok(readers)
    }

    async fn connect(&self) -> Result<Connection, sqlx::Error> {
        let mut sqlite = SqliteConnection::connect_with(&self.0.connect).await?;
        let deadline = Deadline::default();
        deadline.watch(&mut sqlite).await?;
        Ok(Connection { sqlite, deadline })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // No code that holds this lock can leave the value half changed.
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a connection for one statement.
    async fn lend(&self) -> Result<Lent<'_>, sqlx::Error> {
        let permit = timeout(self.0.limits.patience, self.0.free.acquire()).await;
        let permit = permit.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(idle) => idle,
            None => self.connect().await?,
        };
        connection.deadline.set(self.0.limits.statement);
        Ok(Lent { readers: self, connection: Some(connection), is_settled: false, _permit: permit })
    }

    pub(super) async fn rows(&self, statement: Statement) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let mut lent = self.lend().await?;
        let done = query(statement).fetch_all(lent.sqlite()?).await;
        lent.settle(done)
    }

    pub(super) async fn execute(&self, statement: Statement) -> Result<SqliteQueryResult, sqlx::Error> {
        let mut lent = self.lend().await?;
        let done = query(statement).execute(lent.sqlite()?).await;
        lent.settle(done)
    }

    pub(super) async fn execute_unprepared(&self, sql: &str) -> Result<SqliteQueryResult, sqlx::Error> {
        let mut lent = self.lend().await?;
        let done = lent.sqlite()?.execute(AssertSqlSafe(sql.to_owned())).await;
        lent.settle(done)
    }

    /// What SQLite finds to be damaged, on a connection of its own; `None` if that is nothing.
    pub(super) async fn check(
        &self,
        pragma: &'static str,
        within: Duration,
    ) -> Result<Option<String>, sqlx::Error> {
        let mut connection = self.connect().await?;
        connection.deadline.set(within);
        let found = sqlx::raw_sql(pragma).fetch_one(&mut connection.sqlite).await;
        let found: String = found?.try_get(0)?;
        connection.sqlite.close().await?;
        Ok((found != "ok").then_some(found))
    }

    /// Closes all connections, after what runs on them.
    pub(super) async fn close(&self) {
        let all = self.0.free.acquire_many(self.0.limits.connections.max(1)).await;
        self.0.free.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            if let Err(error) = connection.sqlite.close().await {
                tracing::warn!(%error, "closing the database");
            }
        }
    }
}

/// A connection that one statement has for itself.
struct Lent<'r> {
    readers: &'r Readers,
    connection: Option<Connection>,
    /// Whether the statement was answered.
    is_settled: bool,
    _permit: SemaphorePermit<'r>,
}

impl Lent<'_> {
    fn sqlite(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().map(|connection| &mut connection.sqlite).ok_or(sqlx::Error::PoolClosed)
    }

    fn settle<T>(&mut self, done: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        self.is_settled = matches!(done, Ok(_) | Err(sqlx::Error::Database(_)));
        done
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if self.is_settled {
            self.readers.idle().push(connection);
        } else {
            // Nobody waits for the answer any more. Dropping the connection closes it once the statement has ended.
            connection.deadline.pass();
        }
    }
}

fn query(statement: Statement) -> Query<'static, Sqlite, SqlxValues> {
    let values = statement.values.unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}
