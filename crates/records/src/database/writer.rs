//! The one connection that writes to an embedded database, and its transactions. Each statement of a transaction has a deadline: one that
//! never ended would keep everybody else from writing.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};

use super::deadline::Deadline;

/// Cloning is cheap and shares the connection.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) connection: DatabaseConnection,
    pub(super) deadline: Deadline,
    /// The longest that one statement may run.
    pub(super) statement: Duration,
}

impl Writer {
    /// Begins a transaction whose statements have a deadline each.
    pub(super) async fn begin(&self) -> Result<Transaction, DbErr> {
        let open = self.begin_at_length().await?;
        Ok(Transaction { open, deadline: self.deadline.clone(), statement: self.statement })
    }

    /// Begins a transaction without deadlines.
    pub(super) async fn begin_at_length(&self) -> Result<DatabaseTransaction, DbErr> {
        // SQLite's deferred transactions fail as soon as two of them want to write.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.connection.begin_with_options(options).await?;
        // A statement that nobody waited for any more may have left its deadline behind.
        self.deadline.lift();
        Ok(transaction)
    }

    /// Begins a transaction that only reads, without deadlines.
    pub(super) async fn begin_reading(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.connection.begin().await?;
        self.deadline.lift();
        Ok(transaction)
    }
}

/// A transaction that is open. Dropping it undoes it.
pub(crate) struct Transaction {
    open: DatabaseTransaction,
    deadline: Deadline,
    statement: Duration,
}

impl Transaction {
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        self.open.commit().await
    }

    pub(super) async fn undo(self) -> Result<(), DbErr> {
        self.open.rollback().await
    }

    pub(super) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.in_time(self.open.execute_raw(statement)).await
    }

    pub(super) async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.in_time(self.open.execute_unprepared(sql)).await
    }

    pub(super) async fn rows(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.in_time(self.open.query_all_raw(statement)).await
    }

    /// If the caller stops waiting, the deadline stays set and ends the statement.
    async fn in_time<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        self.deadline.set(self.statement);
        let done = statement.await;
        self.deadline.lift();
        done
    }
}
