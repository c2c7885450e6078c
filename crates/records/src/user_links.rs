//! Links that work once: to set the installation up, to show a second factor, and to choose a new password. Works across organizations.

use olivine_domain::Timestamp;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::invitations::LinkPurpose;
use olivine_domain::prn::Id;
use olivine_domain::users::User;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::changes;
use crate::database::{Reader, Write};
use crate::entities::people::user_links::{Column, Entity, Model};
use crate::error::Error;
use crate::rows::Row;

const TABLE: &str = "user_links";
const SET_UP: &str = "set_up";
const SECOND_FACTOR: &str = "second_factor";
const RESET_PASSWORD: &str = "reset_password";

/// What the link is for whose token has this hash, if it is good at `now`.
pub async fn find(
    reader: &impl Reader,
    hash: &Sha256Digest,
    now: Timestamp,
) -> Result<Option<LinkPurpose>, Error> {
    let good = Entity::find_by_id(hash.to_hex()).filter(Column::ExpiresAt.gt(now.as_micros()));
    good.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// Whether there is a link to set the installation up.
pub async fn has_set_up(reader: &impl Reader) -> Result<bool, Error> {
    let one = Entity::find().filter(Column::Purpose.eq(SET_UP));
    Ok(one.one(&reader.executor()).await?.is_some())
}

/// Adds a link, in place of those for the same purpose and user.
pub async fn insert(
    write: &Write,
    hash: &Sha256Digest,
    purpose: &LinkPurpose,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let row = match purpose {
        LinkPurpose::SetUp => {
            let others = Entity::delete_many().filter(Column::Purpose.eq(SET_UP));
            others.exec(write.transaction()).await?;
            (SET_UP, None, None)
        }
        LinkPurpose::SecondFactor { user } => (SECOND_FACTOR, Some(user.uuid()), None),
        LinkPurpose::ResetPassword { user, memberships } => {
            delete_of_user(write, *user).await?;
            (RESET_PASSWORD, Some(user.uuid()), Some(*memberships))
        }
    };
    let (purpose, user_id, memberships) = row;
    let (hash, purpose, expires_at) = (hash.to_hex(), purpose.to_owned(), expires_at.as_micros());
    changes::insert(write, Model { hash, purpose, user_id, memberships, expires_at }).await
}

/// Uses a link up; `false` where somebody else did, or it is over.
pub async fn use_up(write: &Write, hash: &Sha256Digest, now: Timestamp) -> Result<bool, Error> {
    let one = Entity::delete_many()
        .filter(Column::Hash.eq(hash.to_hex()))
        .filter(Column::ExpiresAt.gt(now.as_micros()));
    Ok(one.exec(write.transaction()).await?.rows_affected == 1)
}

/// Voids a user's links.
pub async fn delete_of_user(write: &Write, user: Id<User>) -> Result<(), Error> {
    Entity::delete_many().filter(Column::UserId.eq(user.uuid())).exec(write.transaction()).await?;
    Ok(())
}

/// Voids all links.
pub async fn delete_all(write: &Write) -> Result<(), Error> {
    Entity::delete_many().exec(write.transaction()).await?;
    Ok(())
}

/// Forgets links that are over; returns how many.
pub async fn purge(write: &Write, now: Timestamp) -> Result<u64, Error> {
    let over = Entity::delete_many().filter(Column::ExpiresAt.lte(now.as_micros()));
    Ok(over.exec(write.transaction()).await?.rows_affected)
}

fn parse(model: &Model) -> Result<LinkPurpose, Error> {
    let row = Row::new(TABLE, "a link");
    Ok(match (model.purpose.as_str(), model.user_id, model.memberships) {
        (SET_UP, None, None) => LinkPurpose::SetUp,
        (SECOND_FACTOR, Some(user), None) => LinkPurpose::SecondFactor { user: Id::new(user) },
        (RESET_PASSWORD, Some(user), Some(memberships)) => {
            LinkPurpose::ResetPassword { user: Id::new(user), memberships }
        }
        _ => return Err(row.corrupt("purpose")),
    })
}
