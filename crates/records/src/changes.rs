//! The two changes that every table knows: compare-and-set, and delete. Each touches exactly one row, or fails.

use sea_orm::{DeleteMany, EntityTrait, UpdateMany};

use crate::database::Write;
use crate::error::Error;

/// Runs an update whose conditions say what the record must still be like; [`Error::Conflict`] where it is not.
pub(crate) async fn compare_and_set<E: EntityTrait>(
    write: &Write,
    update: UpdateMany<E>,
) -> Result<(), Error> {
    match update.exec(write.transaction()).await?.rows_affected {
        0 => Err(Error::Conflict),
        _ => Ok(()),
    }
}

/// Deletes one record of `table` that nothing belongs to.
pub(crate) async fn delete_one<E: EntityTrait>(
    write: &Write,
    table: &'static str,
    delete: DeleteMany<E>,
) -> Result<(), Error> {
    let deleted = delete.exec(write.transaction()).await;
    match deleted.map_err(|error| Error::from(error).on_delete(table))?.rows_affected {
        0 => Err(Error::NotFound { table }),
        _ => Ok(()),
    }
}
