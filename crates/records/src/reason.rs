//! The error message of a database, without repetitions. The drivers' errors repeat each other's texts on the way up, and PostgreSQL's end
//! in a line number of its source code.

use std::fmt;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::postgres::PgDatabaseError;

/// Why the database refused, or could not be reached: the source of this crate's errors.
pub struct Reason(pub(crate) DbErr);

impl From<DbErr> for Reason {
    fn from(error: DbErr) -> Self {
        Self(error)
    }
}

impl From<sqlx::Error> for Reason {
    fn from(error: sqlx::Error) -> Self {
        Self(DbErr::Conn(RuntimeErr::SqlxError(error.into())))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (DbErr::Exec(RuntimeErr::SqlxError(sqlx))
        | DbErr::Query(RuntimeErr::SqlxError(sqlx))
        | DbErr::Conn(RuntimeErr::SqlxError(sqlx))) = &self.0
        else {
            return self.0.fmt(f);
        };
        match &**sqlx {
            sqlx::Error::Database(reason) if reason.try_downcast_ref::<PgDatabaseError>().is_some() => {
                f.write_str(reason.message())
            }
            sqlx::Error::Database(reason) => reason.fmt(f),
            sqlx::Error::Io(reason) => reason.fmt(f),
            sqlx::Error::Tls(reason) => reason.fmt(f),
            sqlx::Error::PoolTimedOut => f.write_str("no connection could be had in time"),
            other => other.fmt(f),
        }
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Without a source: its text is complete.
impl std::error::Error for Reason {}
