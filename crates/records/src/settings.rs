//! Values that a database stores about the servers that use it, by name. Never a secret: at most the fingerprint of one.

use sea_orm::EntityTrait;
use sea_orm::IntoActiveModel;
use sea_orm::sea_query::OnConflict;

use crate::database::access::{Reader, Write};
use crate::entities::settings::{Column, Entity, Model};
use crate::error::Error;

/// The value of that name.
pub async fn find(reader: &impl Reader, key: &str) -> Result<Option<String>, Error> {
    Ok(Entity::find_by_id(key).one(&reader.executor()).await?.map(|row| row.value))
}

/// Stores the value unless there is one of that name; returns the one that is stored now. Of several that do so at once, one wins.
pub async fn put_if_absent(write: &Write, key: &str, value: &str) -> Result<String, Error> {
    let row = Model { key: key.to_owned(), value: value.to_owned() }.into_active_model();
    let keep = OnConflict::column(Column::Key).do_nothing().to_owned();
    Entity::insert(row).on_conflict(keep).exec_without_returning(write.transaction()).await?;
    find(write, key).await?.ok_or(Error::NotFound { table: "settings" })
}

/// Stores the value, in place of one that may be there.
pub async fn put(write: &Write, key: &str, value: &str) -> Result<(), Error> {
    let row = Model { key: key.to_owned(), value: value.to_owned() }.into_active_model();
    let replace = OnConflict::column(Column::Key).update_column(Column::Value).to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Forgets the value of that name.
pub async fn delete(write: &Write, key: &str) -> Result<(), Error> {
    Entity::delete_by_id(key).exec(write.transaction()).await?;
    Ok(())
}
