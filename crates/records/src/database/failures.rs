//! What it means that the database could not be used.

use crate::dialect;
use crate::error::Error;

/// The database is damaged, or it can't be reached or used now.
pub(super) fn unavailable(error: sqlx::Error) -> Error {
    if dialect::is_damage(&error) {
        return Error::Damaged { source: error.into() };
    }
    let trouble = dialect::trouble(&error);
    Error::Unavailable { trouble, source: error.into() }
}
