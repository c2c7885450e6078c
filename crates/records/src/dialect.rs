//! All that differs between SQLite and PostgreSQL: types, errors, locks, text search.
//!
//! Nothing outside of this file (and of opening a database) may ask which database it is.

pub(crate) mod announcements;
mod constraints;
pub(crate) mod feed;

use std::borrow::Cow;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, DbErr, RuntimeErr};

use crate::error::{Constraint, Error, Trouble};

/// A migration with its words in braces as each database spells them, and with what only SQLite is to be told. A line that begins with
/// `{sqlite}` or `{postgres}` is for that database only.
///
/// Text in PostgreSQL is compared byte by byte (`COLLATE "C"`), as SQLite does, so that order, equality and case are the same in
/// both and don't depend on how the server was set up.
pub(crate) fn schema(backend: DbBackend, sql: &str, sqlite: &str) -> String {
    let words = if backend == DbBackend::Sqlite {
        [
            ("{uuid}", "BLOB"),
            ("{text}", "TEXT"),
            ("{integer}", "INTEGER"),
            ("{boolean}", "INTEGER"),
            ("{real}", "REAL"),
            ("{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            ("{false}", "0"),
            ("{true}", "1"),
            ("{nil}", "x'00000000000000000000000000000000'"),
            ("{bytes}", "BLOB"),
            ("{strict}", " STRICT"),
            ("{transaction}", "0"),
            ("{sqlite}", ""),
            ("{postgres}", "-- "),
        ]
    } else {
        [
            ("{uuid}", "UUID"),
            ("{text}", "TEXT COLLATE \"C\""),
            ("{integer}", "BIGINT"),
            ("{boolean}", "BOOLEAN"),
            ("{real}", "DOUBLE PRECISION"),
            ("{serial}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            ("{false}", "FALSE"),
            ("{true}", "TRUE"),
            ("{nil}", "'00000000-0000-0000-0000-000000000000'"),
            ("{bytes}", "BYTEA"),
            ("{strict}", ""),
            ("{transaction}", "(pg_current_xact_id()::text::bigint)"),
            ("{sqlite}", "-- "),
            ("{postgres}", ""),
        ]
    };
    let sql = sql.to_owned() + if backend == DbBackend::Sqlite { sqlite } else { "" };
    words.iter().fold(sql, |sql, (word, spelling)| sql.replace(word, spelling))
}

/// The number under which processes that migrate one PostgreSQL database wait for each other: "olivine" in ASCII.
const MIGRATION_LOCK: i64 = 0x6f_6c_69_76_69_6e_65;

/// Waits until no other process migrates; held until the transaction ends. SQLite's write transaction is such a lock already.
pub(crate) async fn lock_migrations(transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
        transaction.execute_unprepared(&lock).await?;
    }
    Ok(())
}

/// Whether transactions lock rows, so that two of them may wait for each other. SQLite has one that writes at a time.
pub(crate) fn locks_rows(transaction: &impl ConnectionTrait) -> bool {
    transaction.get_database_backend() == DbBackend::Postgres
}

/// Lets a transaction that has read nothing yet take as long as it needs.
pub(crate) async fn take_time(transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        for setting in ["statement_timeout", "idle_in_transaction_session_timeout"] {
            transaction.execute_unprepared(&format!("SET LOCAL {setting} = 0")).await?;
        }
    }
    Ok(())
}

/// The same for one that shall see the same moment in all that it reads. SQLite's transactions do.
pub(crate) async fn read_one_moment(transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
    }
    take_time(transaction).await
}

/// Asks for the moment on the database's own clock, in microseconds since 1970, where several machines may share it.
pub(crate) const fn now(backend: DbBackend) -> Option<&'static str> {
    match backend {
        DbBackend::Postgres => Some("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"),
        _ => None,
    }
}

/// The moment, in seconds since 1970, as an expression.
pub(crate) const fn now_in_seconds(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "CAST(extract(epoch FROM now()) AS BIGINT)",
        _ => "CAST(strftime('%s', 'now') AS INTEGER)",
    }
}

/// Asks for a row if there is such a table.
pub(crate) fn has_table(backend: DbBackend, table: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("SELECT 1 WHERE to_regclass('{table}') IS NOT NULL"),
        _ => format!("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '{table}'"),
    }
}

/// Asks how many events there are and how many bytes they take, without reading them. SQLite only knows the size of the whole file; its rows
/// are counted from the oldest to the newest, with those between them that are deleted by now.
pub(crate) const fn size_of_events(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => {
            "SELECT GREATEST(reltuples, 0)::bigint, pg_total_relation_size(oid)::bigint FROM pg_class WHERE oid = 'events'::regclass"
        }
        _ => {
            "SELECT COALESCE((SELECT MAX(rowid) FROM events) - (SELECT MIN(rowid) FROM events) + 1, 0), \
             (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())"
        }
    }
}

/// At the end of a `SELECT` inside of an `UPDATE`: passes over rows that another transaction is about to change.
/// SQLite has one writer at a time, so there are none.
pub(crate) const fn skip_locked(backend: DbBackend) -> &'static str {
    if matches!(backend, DbBackend::Postgres) { "FOR UPDATE SKIP LOCKED" } else { "" }
}

/// Whether the text in `column` contains `part`, letter by letter: nothing in `part` is a wildcard.
pub(crate) fn contains(backend: DbBackend, column: impl ColumnTrait, part: &str) -> SimpleExpr {
    position(backend, Expr::col(column.as_column_ref()), part.to_owned())
}

/// The same ignoring case, of the letters A to Z only: both databases fold just these (SQLite always, PostgreSQL in the collation
/// "C"), so `ä` and `Ä` differ in both.
pub(crate) fn contains_ignoring_case(backend: DbBackend, column: impl ColumnTrait, part: &str) -> SimpleExpr {
    let lower = Func::lower(Expr::col(column.as_column_ref())).into();
    position(backend, lower, part.to_ascii_lowercase())
}

/// How many bytes the text in `column` has, 0 where it has none. Both databases know that without reading the text.
pub(crate) fn bytes(column: impl ColumnTrait) -> SimpleExpr {
    let length = Func::cust(Alias::new("octet_length")).arg(Expr::col(column.as_column_ref()));
    // PostgreSQL's are of 32 bits, and a sum of those has no fixed type.
    Func::coalesce([Expr::expr(length).cast_as("BIGINT"), Expr::val(0_i64)]).into()
}

fn position(backend: DbBackend, text: SimpleExpr, part: String) -> SimpleExpr {
    let function = if backend == DbBackend::Sqlite { "instr" } else { "strpos" };
    Expr::expr(Func::cust(Alias::new(function)).arg(text).arg(part)).gt(0)
}

/// What the query planner says about a statement.
#[cfg(test)]
pub(crate) const fn explain(backend: DbBackend) -> &'static str {
    if matches!(backend, DbBackend::Sqlite) { "EXPLAIN QUERY PLAN " } else { "EXPLAIN (COSTS OFF) " }
}

/// What the database's words mean.
pub(crate) fn classify(error: DbErr) -> Error {
    let sqlx = match &error {
        DbErr::ConnectionAcquire(_) => {
            return Error::Unavailable { trouble: Trouble::Slow, source: error.into() };
        }
        DbErr::Exec(RuntimeErr::SqlxError(sqlx))
        | DbErr::Query(RuntimeErr::SqlxError(sqlx))
        | DbErr::Conn(RuntimeErr::SqlxError(sqlx)) => sqlx.clone(),
        _ => return Error::Database { source: error.into() },
    };
    if let Some(hint) = refused_login(&sqlx) {
        return Error::NotLetIn { hint, source: error.into() };
    }
    match &*sqlx {
        sqlx::Error::Database(reason) => match meaning(reason.as_ref()) {
            Meaning::Duplicate(constraint) => Error::Duplicate(constraint),
            Meaning::BrokenReference => Error::ParentMissing,
            Meaning::Deadlock => Error::Deadlock,
            Meaning::StorageFull => Error::StorageFull,
            Meaning::Unavailable => Error::Unavailable { trouble: trouble(&sqlx), source: error.into() },
            Meaning::Other => Error::Database { source: error.into() },
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Error::Unavailable { trouble: trouble(&sqlx), source: error.into() },
        _ => Error::Database { source: error.into() },
    }
}

/// What an error says about a database that is not available.
pub(crate) fn trouble(error: &sqlx::Error) -> Trouble {
    let reason = match error {
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => return Trouble::Slow,
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => {
            return Trouble::ReadOnly;
        }
        sqlx::Error::PoolTimedOut => return Trouble::Slow,
        sqlx::Error::Database(reason) => reason,
        _ => return Trouble::Other,
    };
    let code = reason.code().unwrap_or_default();
    if reason.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        return sqlite_trouble(&code);
    }
    match &*code {
        sqlstate::READ_ONLY | sqlstate::IN_RECOVERY => Trouble::ReadOnly,
        sqlstate::DISK_FULL => Trouble::DiskFull,
        sqlstate::TOO_MANY_CONNECTIONS => Trouble::Crowded,
        sqlstate::QUERY_CANCELED | sqlstate::LOCK_NOT_AVAILABLE => Trouble::Slow,
        _ if code.starts_with(sqlstate::SHUTTING_DOWN) => Trouble::Stopping,
        _ => Trouble::Other,
    }
}

fn sqlite_trouble(code: &str) -> Trouble {
    match sqlite_kind(code) {
        _ if code == sqlite::NO_SHARED_MEMORY => Trouble::DiskFull,
        Some(sqlite::FULL) => Trouble::DiskFull,
        Some(sqlite::READ_ONLY) => Trouble::ReadOnly,
        Some(sqlite::BUSY | sqlite::LOCKED | sqlite::INTERRUPTED) => Trouble::Slow,
        _ => Trouble::Other,
    }
}

/// What to do where the database no longer lets this server in: a password was changed, or a user or a database removed. Only an attempt to
/// connect is answered so.
fn refused_login(error: &sqlx::Error) -> Option<&'static str> {
    let code = error.as_database_error()?.code()?;
    let is_login = code.starts_with(sqlstate::AUTHORIZATION) || code == sqlstate::NO_SUCH_DATABASE;
    permanent_refusal(error).filter(|_| is_login)
}

/// What to do where the database will not let this server in at the next attempt either.
pub(crate) fn permanent_refusal(error: &sqlx::Error) -> Option<&'static str> {
    if matches!(error, sqlx::Error::Tls(_) | sqlx::Error::Configuration(_)) {
        return Some("look at sslmode, sslrootcert, sslcert and sslkey in its URL");
    }
    let reason = error.as_database_error()?;
    let code = reason.code().unwrap_or_default();
    let is_parameter = reason.message().contains("unsupported startup parameter");
    match &*code {
        _ if is_parameter => Some(
            "a pooler in between refuses a parameter of the connection: add it to the pooler's ignore_startup_parameters",
        ),
        sqlstate::WRONG_PASSWORD => Some("the user name or the password in its URL is wrong"),
        _ if code.starts_with(sqlstate::AUTHORIZATION) => Some(
            "it does not accept this user from here: look at the user in its URL, and at the server's pg_hba.conf",
        ),
        sqlstate::NO_SUCH_DATABASE => Some("there is no database of that name: create it first"),
        sqlstate::NOT_PERMITTED => Some("the user may not connect to this database: grant it CONNECT"),
        _ => None,
    }
}

/// Nobody listens there: a server that is down, or is being started again.
pub(crate) fn is_refused(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// A server that is being started.
pub(crate) fn is_starting(error: &sqlx::Error) -> bool {
    is_refused(error) || sqlstate_of(error).is_some_and(|code| code == sqlstate::CANNOT_CONNECT_NOW)
}

/// Said of a server that was asked whether it can be written, and can't.
pub(crate) fn read_only() -> sqlx::Error {
    let error = "the server is read-only, and target_session_attrs asks for one that can be written";
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::ReadOnlyFilesystem, error))
}

/// PostgreSQL's SQLSTATE. <https://www.postgresql.org/docs/current/errcodes-appendix.html>
mod sqlstate {
    pub(super) const READ_ONLY: &str = "25006";
    pub(super) const AUTHORIZATION: &str = "28";
    pub(super) const WRONG_PASSWORD: &str = "28P01";
    pub(super) const NO_SUCH_DATABASE: &str = "3D000";
    pub(super) const SERIALIZATION_FAILURE: &str = "40001";
    pub(super) const DEADLOCK: &str = "40P01";
    pub(super) const NOT_PERMITTED: &str = "42501";
    pub(super) const DISK_FULL: &str = "53100";
    pub(super) const TOO_MANY_CONNECTIONS: &str = "53300";
    /// Said of what a standby that is not promoted can't tell.
    pub(super) const IN_RECOVERY: &str = "55000";
    pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
    pub(super) const QUERY_CANCELED: &str = "57014";
    pub(super) const SHUTTING_DOWN: &str = "57P0";
    pub(super) const CANNOT_CONNECT_NOW: &str = "57P03";
    pub(super) const CONNECTION: &str = "08";
    /// Out of resources, in a state that forbids it, stopped by an operator, an error of the system, not let in.
    pub(super) const UNAVAILABLE: [&str; 6] = [CONNECTION, "53", "55", "57", "58", AUTHORIZATION];
}

/// Whether an error says that an embedded database's file is damaged, or is no database.
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    let is_sqlite = |reason: &dyn sqlx::error::DatabaseError| {
        reason.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some()
    };
    let code = error
        .as_database_error()
        .filter(|reason| is_sqlite(*reason))
        .and_then(sqlx::error::DatabaseError::code);
    matches!(code.and_then(|code| sqlite_kind(&code)), Some(sqlite::CORRUPT | sqlite::NOT_A_DATABASE))
}

/// SQLite's result codes: the low byte is the kind. <https://www.sqlite.org/rescode.html>
mod sqlite {
    pub(super) const PERM: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const NO_MEMORY: i32 = 7;
    pub(super) const READ_ONLY: i32 = 8;
    pub(super) const INTERRUPTED: i32 = 9;
    pub(super) const IO_ERROR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    /// `SQLITE_IOERR_SHMSIZE`: there is no room for the file of shared memory that every open database has beside it.
    pub(super) const NO_SHARED_MEMORY: &str = "4874";
    pub(super) const CANNOT_OPEN: i32 = 14;
    pub(super) const PROTOCOL: i32 = 15;
    pub(super) const NOT_A_DATABASE: i32 = 26;
}

/// Whether the server has no more connections for this client.
pub(crate) fn is_crowded(error: &sqlx::Error) -> bool {
    sqlstate_of(error).as_deref() == Some(sqlstate::TOO_MANY_CONNECTIONS)
}

/// Whether an error says that its connection, and probably others to the same server, can't be used again: the server is stopping or
/// can only be read, or what came is not an answer.
pub(crate) fn spoils_connections(error: &sqlx::Error) -> bool {
    const SPOILING: [&str; 3] = [sqlstate::READ_ONLY, sqlstate::SHUTTING_DOWN, sqlstate::CONNECTION];
    match sqlstate_of(error) {
        Some(code) => SPOILING.iter().any(|class| code.starts_with(class)),
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)),
    }
}

fn sqlstate_of(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(Cow::into_owned)
}

enum Meaning {
    Duplicate(Constraint),
    BrokenReference,
    Deadlock,
    StorageFull,
    Unavailable,
    Other,
}

fn meaning(error: &dyn sqlx::error::DatabaseError) -> Meaning {
    if error.is_unique_violation() {
        return Meaning::Duplicate(match error.constraint() {
            Some(name) => constraints::of_postgres(name),
            None => constraints::of_sqlite(error.message()),
        });
    }
    if error.is_foreign_key_violation() {
        return Meaning::BrokenReference;
    }
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        sqlite_meaning(&code)
    } else {
        postgres_meaning(&code)
    }
}

fn sqlite_kind(code: &str) -> Option<i32> {
    code.parse::<i32>().ok().map(|code| code & 0xff)
}

fn sqlite_meaning(code: &str) -> Meaning {
    use sqlite::{
        BUSY, CANNOT_OPEN, FULL, INTERRUPTED, IO_ERROR, LOCKED, NO_MEMORY, NO_SHARED_MEMORY, PERM, PROTOCOL,
        READ_ONLY,
    };
    match sqlite_kind(code) {
        Some(FULL) => Meaning::StorageFull,
        Some(IO_ERROR) if code == NO_SHARED_MEMORY => Meaning::StorageFull,
        Some(
            PERM | BUSY | LOCKED | NO_MEMORY | READ_ONLY | INTERRUPTED | IO_ERROR | CANNOT_OPEN | PROTOCOL,
        ) => Meaning::Unavailable,
        _ => Meaning::Other,
    }
}

fn postgres_meaning(code: &str) -> Meaning {
    match code {
        sqlstate::READ_ONLY => Meaning::Unavailable,
        sqlstate::SERIALIZATION_FAILURE | sqlstate::DEADLOCK => Meaning::Deadlock,
        _ if sqlstate::UNAVAILABLE.iter().any(|class| code.starts_with(class)) => Meaning::Unavailable,
        _ => Meaning::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_database_that_passes_are_not_defects() {
        let unavailable = |meaning| matches!(meaning, Meaning::Unavailable);
        // Read-only, out of memory, disk full, too many connections, a lock, cancelled, stopping, starting, lost, I/O, a password.
        for code in [
            "25006", "53200", "53100", "53300", "55P03", "57014", "57P01", "57P02", "57P03", "08006",
            "08P01", "58030", "28P01",
        ] {
            assert!(unavailable(postgres_meaning(code)), "{code}");
        }
        for code in ["42601", "23514", "XX001", "25P02"] {
            assert!(matches!(postgres_meaning(code), Meaning::Other), "{code}");
        }
        // SQLite's extended codes have the kind in the low byte: 776 is a database file that was moved, 2570 a failed fsync.
        for code in ["5", "6", "8", "10", "14", "776", "2570", "261"] {
            assert!(unavailable(sqlite_meaning(code)), "{code}");
        }
        for code in ["13", "4874"] {
            assert!(matches!(sqlite_meaning(code), Meaning::StorageFull), "{code}");
            assert_eq!(sqlite_trouble(code), Trouble::DiskFull, "{code}: what a start says");
        }
        for code in ["1", "11", "26", "words"] {
            assert!(matches!(sqlite_meaning(code), Meaning::Other), "{code}");
        }
    }
}
