//! Users: people of the installation, and their credentials. Works across organizations.

use olivine_domain::Timestamp;
use olivine_domain::authenticators::RecoveryCode;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::{Organization, Revision};
use std::str::FromStr as _;

use olivine_domain::pages::{Cursor, Last, Order, Page};
use olivine_domain::prn::{Id, Prn};
use olivine_domain::search::{Clause, Value};
use olivine_domain::users::{Email, User};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait as _, EntityTrait, IntoActiveModel, PaginatorTrait as _,
    QueryFilter, QueryOrder, QuerySelect,
};

use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{Reader, Write};
use crate::entities::people::users::{Column, Entity, Model};
use crate::entities::people::{known_browsers, memberships, recovery_codes};
use crate::error::Error;
use crate::lists::{self, ListQuery, Scope};
use crate::rows::Row;

const TABLE: &str = "users";

/// The credentials of a user. Never shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The password's hash, as a PHC string; `None` if there is no password.
    pub password_hash: Option<String>,
    /// The sealed secret of the authenticator app in use.
    pub totp_secret: Option<String>,
    /// The sealed secret of one that is not confirmed yet.
    pub totp_pending: Option<String>,
    /// The last step whose code was used.
    pub totp_last_step: Option<i64>,
}

/// Whether there is any user.
pub async fn any(reader: &impl Reader) -> Result<bool, Error> {
    Ok(Entity::find().one(&reader.executor()).await?.is_some())
}

/// The user.
pub async fn find(reader: &impl Reader, id: Id<User>) -> Result<Option<User>, Error> {
    Entity::find_by_id(id.uuid()).one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The user, or [`Error::NotFound`].
pub async fn get(reader: &impl Reader, id: Id<User>) -> Result<User, Error> {
    find(reader, id).await?.ok_or(Error::NotFound { table: TABLE })
}

/// Those of the users that there are, in no particular order.
pub async fn get_many(reader: &impl Reader, ids: &[Id<User>]) -> Result<Vec<User>, Error> {
    let mut users = Vec::with_capacity(ids.len());
    for ids in ids.chunks(lists::MOST_IDS) {
        let these = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        for row in these.all(&reader.executor()).await? {
            users.push(parse(&row)?);
        }
    }
    Ok(users)
}

/// The user, locked: changes of an account and of its memberships happen one after another.
pub async fn lock(write: &Write, id: Id<User>) -> Result<User, Error> {
    let select = Entity::find_by_id(id.uuid()).lock_exclusive();
    parse(&select.one(write.transaction()).await?.ok_or(Error::NotFound { table: TABLE })?)
}

/// The user with this address, and by what they prove who they are.
pub async fn find_by_email(
    reader: &impl Reader,
    email: &Email,
) -> Result<Option<(User, Credentials)>, Error> {
    let row = Entity::find().filter(Column::Email.eq(email.as_str())).one(&reader.executor()).await?;
    row.map(|row| Ok((parse(&row)?, credentials(row)))).transpose()
}

/// The credentials of the user.
pub async fn credentials_of(reader: &impl Reader, id: Id<User>) -> Result<Credentials, Error> {
    let row = Entity::find_by_id(id.uuid()).one(&reader.executor()).await?;
    row.map(credentials).ok_or(Error::NotFound { table: TABLE })
}

/// How many changes the user's memberships have seen.
pub async fn membership_changes(reader: &impl Reader, id: Id<User>) -> Result<i64, Error> {
    let row = Entity::find_by_id(id.uuid()).one(&reader.executor()).await?;
    row.map(|row| row.memberships).ok_or(Error::NotFound { table: TABLE })
}

/// A page of users: all of the installation's, or those who have a membership in an organization.
pub async fn list(
    reader: &impl Reader,
    members_of: Option<Id<Organization>>,
    query: &ListQuery,
) -> Result<Page<User>, Error> {
    let executor = reader.executor();
    let scope = Scope {
        backend: executor.get_database_backend(),
        organization: members_of.unwrap_or(Id::new(Uuid::nil())),
    };
    let mut select = Entity::find();
    if let Some(organization) = members_of {
        let members = Query::select()
            .column(memberships::Column::UserId)
            .from(memberships::Entity)
            .and_where(memberships::Column::OrganizationId.eq(organization.uuid()))
            .to_owned();
        select = select.filter(Column::Id.in_subquery(members));
    }
    for clause in &query.clauses {
        let unsearchable = || Error::Unsearchable { field: clause.field.name.to_owned() };
        select = select.filter(filter(&scope, clause).ok_or_else(unsearchable)?);
    }
    let place = Expr::tuple([Expr::col(Column::InsertedAt), Expr::col(Column::Id)]);
    let after = query.after.as_ref().and_then(tuple);
    let (order, seen) = match query.order {
        Order::Asc => (sea_orm::Order::Asc, after.map(|after| place.gt(after))),
        Order::Desc => (sea_orm::Order::Desc, after.map(|after| place.lt(after))),
    };
    let select = seen.into_iter().fold(select, QueryFilter::filter);
    let select = select.order_by(Column::InsertedAt, order.clone()).order_by(Column::Id, order);
    let rows = select.limit(query.limit.get() as u64 + 1).all(&executor).await?;
    let users = rows.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(users, query.limit, |user| Cursor {
        last: Last::Inserted { at: user.inserted_at, id: user.id.uuid() },
        order: query.order,
    }))
}

fn tuple(cursor: &Cursor) -> Option<SimpleExpr> {
    let Last::Inserted { at, id } = cursor.last else { return None };
    Some(Expr::tuple([Expr::val(at.as_micros()), Expr::val(id)]))
}

fn filter(scope: &Scope, clause: &Clause) -> Option<SimpleExpr> {
    match (clause.field.name, &clause.value) {
        ("prn", Value::Prn(prn)) => {
            let user = prn.parse::<Prn<User>>().ok();
            Some(user.map_or_else(lists::never, |prn| Column::Id.eq(prn.id.uuid())))
        }
        (name, _) => scope.plain(Column::from_str(name).ok()?, clause),
    }
}

/// How many administrators of the installation can sign in, apart from `user`.
pub async fn other_administrators(write: &Write, user: Id<User>) -> Result<u64, Error> {
    let others = Entity::find()
        .filter(Column::IsAdministrator.eq(true))
        .filter(Column::DisabledAt.is_null())
        .filter(Column::Id.ne(user.uuid()));
    Ok(others.count(write.transaction()).await?)
}

/// Adds a user.
pub async fn insert(write: &Write, user: &User, credentials: &Credentials) -> Result<(), Error> {
    let mut row = row(user);
    row.password_hash.clone_from(&credentials.password_hash);
    row.totp_secret.clone_from(&credentials.totp_secret);
    row.totp_pending.clone_from(&credentials.totp_pending);
    row.totp_last_step = credentials.totp_last_step;
    changes::insert(write, row).await
}

/// Replaces all but the credentials, if nobody else did since `old`.
pub async fn update(write: &Write, old: &User, new: &User) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Replaces the credentials of a user whose row is locked.
pub async fn set_credentials(write: &Write, id: Id<User>, credentials: &Credentials) -> Result<(), Error> {
    let update = Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(credentials.password_hash.clone()))
        .col_expr(Column::TotpSecret, Expr::value(credentials.totp_secret.clone()))
        .col_expr(Column::TotpPending, Expr::value(credentials.totp_pending.clone()))
        .col_expr(Column::TotpLastStep, Expr::value(credentials.totp_last_step))
        .filter(Column::Id.eq(id.uuid()));
    changes::compare_and_set(write, update).await
}

/// Replaces the password's hash by one of the same password with other figures, unless the password was changed meanwhile.
pub async fn rehash(write: &Write, id: Id<User>, old: &str, new: &str) -> Result<bool, Error> {
    let update = Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(new.to_owned()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::PasswordHash.eq(old));
    Ok(update.exec(write.transaction()).await?.rows_affected == 1)
}

/// Uses a step of the authenticator app up; `false` where it, or a later one, was used before.
pub async fn use_totp_step(write: &Write, id: Id<User>, step: i64) -> Result<bool, Error> {
    let unused = Condition::any().add(Column::TotpLastStep.is_null()).add(Column::TotpLastStep.lt(step));
    let update = Entity::update_many()
        .col_expr(Column::TotpLastStep, Expr::value(step))
        .filter(Column::Id.eq(id.uuid()))
        .filter(unused);
    Ok(update.exec(write.transaction()).await?.rows_affected == 1)
}

/// Notes that a membership of the user begins, changes or ends.
pub async fn note_membership_change(write: &Write, id: Id<User>) -> Result<(), Error> {
    let update = Entity::update_many()
        .col_expr(Column::Memberships, Expr::col(Column::Memberships).add(1))
        .filter(Column::Id.eq(id.uuid()));
    changes::compare_and_set(write, update).await
}

/// Deletes a user who has no membership, no session and no link.
pub async fn delete(write: &Write, id: Id<User>) -> Result<(), Error> {
    forget_recovery_codes(write, id).await?;
    forget_browsers(write, id).await?;
    changes::delete_one(write, TABLE, Entity::delete_many().filter(Column::Id.eq(id.uuid()))).await
}

/// Replaces the recovery codes.
pub async fn set_recovery_codes(write: &Write, id: Id<User>, codes: &[RecoveryCode]) -> Result<(), Error> {
    forget_recovery_codes(write, id).await?;
    let row = |code: &RecoveryCode| recovery_codes::Model { user_id: id.uuid(), hash: code.hash().to_hex() };
    let rows = codes.iter().map(|code| row(code).into_active_model());
    recovery_codes::Entity::insert_many(rows).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Takes all recovery codes away.
pub async fn forget_recovery_codes(write: &Write, id: Id<User>) -> Result<(), Error> {
    let all = recovery_codes::Entity::delete_many().filter(recovery_codes::Column::UserId.eq(id.uuid()));
    all.exec(write.transaction()).await?;
    Ok(())
}

/// How many recovery codes are left.
pub async fn count_recovery_codes(reader: &impl Reader, id: Id<User>) -> Result<u64, Error> {
    let left = recovery_codes::Entity::find().filter(recovery_codes::Column::UserId.eq(id.uuid()));
    Ok(left.count(&reader.executor()).await?)
}

/// Uses a recovery code up; `false` where the user has no such code.
pub async fn use_recovery_code(write: &Write, id: Id<User>, code: &RecoveryCode) -> Result<bool, Error> {
    let one = recovery_codes::Entity::delete_many()
        .filter(recovery_codes::Column::UserId.eq(id.uuid()))
        .filter(recovery_codes::Column::Hash.eq(code.hash().to_hex()));
    Ok(one.exec(write.transaction()).await?.rows_affected == 1)
}

/// Whether the user signed in before in the browser whose cookie has this hash.
pub async fn knows_browser(reader: &impl Reader, id: Id<User>, hash: &Sha256Digest) -> Result<bool, Error> {
    let one = known_browsers::Entity::find_by_id((id.uuid(), hash.to_hex()));
    Ok(one.one(&reader.executor()).await?.is_some())
}

/// Notes that the user signed in in this browser, and forgets the one that was used longest ago where there are more than `most`.
pub async fn note_browser(
    write: &Write,
    id: Id<User>,
    hash: &Sha256Digest,
    now: Timestamp,
    most: u64,
) -> Result<(), Error> {
    use known_browsers::{Column, Entity, Model};
    let row = Model { user_id: id.uuid(), hash: hash.to_hex(), last_at: now.as_micros() };
    let again = OnConflict::columns([Column::UserId, Column::Hash]).update_column(Column::LastAt).to_owned();
    Entity::insert(row.into_active_model())
        .on_conflict(again)
        .exec_without_returning(write.transaction())
        .await?;
    let all = Entity::find().filter(Column::UserId.eq(id.uuid())).order_by_desc(Column::LastAt);
    let over = all.offset(most).limit(lists::MOST_IDS as u64).all(write.transaction()).await?;
    for row in over {
        Entity::delete_by_id((row.user_id, row.hash)).exec(write.transaction()).await?;
    }
    Ok(())
}

/// Forgets in which browsers the user signed in.
pub async fn forget_browsers(write: &Write, id: Id<User>) -> Result<(), Error> {
    let all = known_browsers::Entity::delete_many().filter(known_browsers::Column::UserId.eq(id.uuid()));
    all.exec(write.transaction()).await?;
    Ok(())
}

fn row(user: &User) -> Model {
    Model {
        id: user.id.uuid(),
        email: user.email.as_str().to_owned(),
        name: user.name.as_str().to_owned(),
        is_administrator: user.is_administrator,
        second_factor_since: user.second_factor_since.map(Timestamp::as_micros),
        disabled_at: user.disabled_at.map(Timestamp::as_micros),
        // What is the same in an old and a new row is not written.
        password_hash: None,
        totp_secret: None,
        totp_pending: None,
        totp_last_step: None,
        memberships: 0,
        revision: user.revision.get(),
        inserted_at: user.inserted_at.as_micros(),
        updated_at: user.updated_at.as_micros(),
    }
}

fn credentials(row: Model) -> Credentials {
    let Model { password_hash, totp_secret, totp_pending, totp_last_step, .. } = row;
    Credentials { password_hash, totp_secret, totp_pending, totp_last_step }
}

pub(crate) fn parse(model: &Model) -> Result<User, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(User {
        id: Id::new(model.id),
        email: row.given("email", &model.email)?,
        name: row.given("name", &model.name)?,
        is_administrator: model.is_administrator,
        second_factor_since: row.optional_moment("second_factor_since", model.second_factor_since)?,
        disabled_at: row.optional_moment("disabled_at", model.disabled_at)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
