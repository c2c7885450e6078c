//! The changes that every table knows: insert, compare-and-set, and delete. Each touches exactly one row, or fails.

use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{
    ActiveModelTrait, ColumnTrait as _, Condition, DeleteMany, EntityTrait, IdenStatic as _, IntoActiveModel,
    Iterable as _, ModelTrait, QueryFilter as _, UpdateMany,
};

use crate::database::Write;
use crate::error::Error;
use crate::lists::Listed;

/// Adds a row.
pub(crate) async fn insert<M>(write: &Write, row: M) -> Result<(), Error>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    M::Entity::insert(row.into_active_model()).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Columns by which a record is known, and by which a change of it must still find it.
const KNOWN_BY: [&str; 3] = ["id", "organization_id", "revision"];

/// Writes what is different in `new`, if nobody else changed the record since it was `old`; [`Error::Conflict`] otherwise. What is the same
/// in both is not written, so that numbers which others keep in the same row stay as they are. A change has a new revision.
pub(crate) async fn replace<M>(write: &Write, old: &M, new: &M) -> Result<(), Error>
where
    M: ModelTrait,
    <M::Entity as EntityTrait>::Column: Copy,
{
    let mut change = <<M::Entity as EntityTrait>::ActiveModel as ActiveModelTrait>::default();
    let mut same = Condition::all();
    for column in <M::Entity as EntityTrait>::Column::iter() {
        let (before, after) = (old.get(column), new.get(column));
        if KNOWN_BY.contains(&column.as_str()) {
            same = same.add(column.into_expr().eq(before.clone()));
        }
        if before != after {
            change.set(column, after);
        }
    }
    compare_and_set(write, M::Entity::update_many().set(change).filter(same)).await
}

/// Deletes one of the organization's records, that nothing belongs to.
pub(crate) async fn delete<E: Listed>(
    write: &Write,
    organization: Id<Organization>,
    id: Id<E::Item>,
) -> Result<(), Error> {
    let one = Condition::all().add(E::ID.eq(id.uuid())).add(E::ORGANIZATION.eq(organization.uuid()));
    delete_one(write, E::default().table_name(), E::delete_many().filter(one)).await
}

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
