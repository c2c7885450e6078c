//! Sessions: browsers in which somebody is signed in. A token is never stored: only its hash, by which it is found.

use olivine_domain::Timestamp;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::prn::Id;
use olivine_domain::sessions::UserSession;
use olivine_domain::users::User;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::changes;
use crate::database::{Reader, Write};
use crate::entities::people::user_sessions::{Column, Entity, Model};
use crate::error::Error;
use crate::lists;
use crate::rows::Row;

const TABLE: &str = "user_sessions";

/// The user's sessions, the youngest first.
pub async fn list_of_user(reader: &impl Reader, user: Id<User>) -> Result<Vec<UserSession>, Error> {
    let all = Entity::find().filter(Column::UserId.eq(user.uuid()));
    let all = all.order_by_desc(Column::InsertedAt).order_by_desc(Column::Id);
    all.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// Adds a session whose token has this hash.
pub async fn insert(write: &Write, session: &UserSession, hash: &Sha256Digest) -> Result<(), Error> {
    changes::insert(write, row(session, hash)).await
}

/// Gives a session a new token, when its user proved anew who they are. [`Error::Conflict`] where it ended meanwhile.
pub async fn renew(write: &Write, session: &UserSession, hash: &Sha256Digest) -> Result<(), Error> {
    let update = Entity::update_many()
        .col_expr(Column::Hash, Expr::value(hash.to_hex()))
        .col_expr(Column::HasSecondFactor, Expr::value(session.has_second_factor))
        .col_expr(Column::AuthenticatedAt, Expr::value(session.authenticated_at.as_micros()))
        .col_expr(Column::LastSeenAt, Expr::value(session.last_seen_at.as_micros()))
        .filter(Column::Id.eq(session.id.uuid()));
    changes::compare_and_set(write, update).await
}

/// Writes down that the session was used.
pub async fn touch(write: &Write, id: Id<UserSession>, now: Timestamp) -> Result<(), Error> {
    let update = Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(now.as_micros()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::LastSeenAt.lt(now.as_micros()));
    update.exec(write.transaction()).await?;
    Ok(())
}

/// Ends a session of the user; `false` where there is no such session.
pub async fn delete(write: &Write, user: Id<User>, id: Id<UserSession>) -> Result<bool, Error> {
    let one = Entity::delete_many().filter(Column::Id.eq(id.uuid())).filter(Column::UserId.eq(user.uuid()));
    Ok(one.exec(write.transaction()).await?.rows_affected == 1)
}

/// Ends all sessions of the user but `except`; returns how many.
pub async fn delete_all(
    write: &Write,
    user: Id<User>,
    except: Option<Id<UserSession>>,
) -> Result<u64, Error> {
    let mut all = Entity::delete_many().filter(Column::UserId.eq(user.uuid()));
    if let Some(except) = except {
        all = all.filter(Column::Id.ne(except.uuid()));
    }
    Ok(all.exec(write.transaction()).await?.rows_affected)
}

/// Ends the user's oldest sessions, so that `most` are left.
pub async fn delete_oldest(write: &Write, user: Id<User>, most: usize) -> Result<(), Error> {
    let over = Entity::find()
        .filter(Column::UserId.eq(user.uuid()))
        .order_by_desc(Column::InsertedAt)
        .order_by_desc(Column::Id)
        .offset(most as u64)
        .limit(lists::MOST_IDS as u64);
    let over: Vec<_> = over.all(write.transaction()).await?.into_iter().map(|row| row.id).collect();
    if !over.is_empty() {
        Entity::delete_many().filter(Column::Id.is_in(over)).exec(write.transaction()).await?;
    }
    Ok(())
}

/// Forgets sessions of all users that were not used since `seen`, or began before `begun`; returns how many.
pub async fn purge(write: &Write, seen: Timestamp, begun: Timestamp) -> Result<u64, Error> {
    let old = Entity::delete_many().filter(
        sea_orm::Condition::any()
            .add(Column::LastSeenAt.lt(seen.as_micros()))
            .add(Column::InsertedAt.lt(begun.as_micros())),
    );
    Ok(old.exec(write.transaction()).await?.rows_affected)
}

/// Ends all sessions of everybody.
pub async fn delete_everybodys(write: &Write) -> Result<(), Error> {
    Entity::delete_many().exec(write.transaction()).await?;
    Ok(())
}

fn row(session: &UserSession, hash: &Sha256Digest) -> Model {
    Model {
        id: session.id.uuid(),
        user_id: session.user.uuid(),
        hash: hash.to_hex(),
        client: session.client.clone(),
        address: session.address.map(|address| address.to_string()),
        has_second_factor: session.has_second_factor,
        authenticated_at: session.authenticated_at.as_micros(),
        last_seen_at: session.last_seen_at.as_micros(),
        inserted_at: session.inserted_at.as_micros(),
    }
}

pub(crate) fn parse(model: &Model) -> Result<UserSession, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(UserSession {
        id: Id::new(model.id),
        user: Id::new(model.user_id),
        client: model.client.clone(),
        address: row.optional("address", model.address.as_deref())?,
        has_second_factor: model.has_second_factor,
        authenticated_at: row.moment("authenticated_at", model.authenticated_at)?,
        last_seen_at: row.moment("last_seen_at", model.last_seen_at)?,
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
    })
}
