//! How each database lets one numbering of events run at a time.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The number under which processes that number events pass each other by: "oliveevt" in ASCII.
const NUMBERING_LOCK: i64 = 0x6f_6c_69_76_65_65_76_74;

/// Takes the lock of numbering until the transaction ends; false where another process has it. SQLite's write transaction is such a lock
/// already.
///
/// A process that freezes with the lock holds the feed up for two seconds only. The lock is taken in a statement of its own, so that what is
/// read next is younger than the lock.
pub(crate) async fn try_to_lock(transaction: &impl ConnectionTrait) -> Result<bool, DbErr> {
    if transaction.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    transaction.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = '2s'").await?;
    let lock = format!("SELECT pg_try_advisory_xact_lock({NUMBERING_LOCK})");
    let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, lock)).await?;
    row.map_or(Ok(false), |row| row.try_get_by_index(0))
}

/// Lets a migration wait for a lock for two seconds only: writers that come meanwhile wait behind it.
pub(crate) async fn wait_briefly_for_locks(transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared("SET LOCAL lock_timeout = '2s'").await?;
    }
    Ok(())
}
