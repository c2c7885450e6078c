//! Callers: keys and sessions, with the person behind them and what that person may do. Each is one query, because it runs for each
//! request. Works across organizations: a caller is of whichever organization its record says.

use olivine_domain::api_keys::ApiKey;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::memberships::{Member, Place};
use olivine_domain::permissions::Grants;
use olivine_domain::prn::Id;
use olivine_domain::sessions::UserSession;
use olivine_domain::users::User;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Func, IntoTableRef, JoinType, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait as _, FromQueryResult, IdenStatic, Iterable, Order, QueryResult};

use uuid::Uuid;

use crate::database::Reader;
use crate::entities::people::{memberships as m, user_sessions as s, users as u};
use crate::entities::{api_keys as k, organizations as o};
use crate::error::Error;
use crate::rows::Row;
use crate::{api_keys, lists, memberships, sessions, users};

/// An API key that was shown.
#[derive(Clone, Debug)]
pub struct KeyCaller {
    /// The key.
    pub key: ApiKey,
    /// The person whose key it is, unless it is the organization's. `None` also where there is no such person any more.
    pub owner: Option<Member>,
}

impl KeyCaller {
    /// What the key's owner may do now in its organization, if it is somebody's: what they may not, the key may not either.
    pub fn owner_grants(&self) -> Option<Grants> {
        let of_owner = || self.owner.as_ref().map(|owner| owner.grants_in(self.key.organization));
        self.key.owner.map(|_| of_owner().unwrap_or_default())
    }
}

/// A browser in which somebody is signed in.
#[derive(Clone, Debug)]
pub struct SessionCaller {
    /// The session.
    pub session: UserSession,
    /// Who is signed in.
    pub person: Member,
}

/// The key with that secret.
pub async fn find_by_key(reader: &impl Reader, hash: &Sha256Digest) -> Result<Option<KeyCaller>, Error> {
    let mut select = Query::select();
    select.from(k::Entity).and_where(k::Column::Hash.eq(hash.to_hex()));
    columns::<k::Column>(&mut select, KEY);
    with_person(&mut select, Expr::col((k::Entity, k::Column::OwnerId)));
    Ok(Found::read(reader, select).await?.keys.pop())
}

/// The session whose token has this hash.
pub async fn find_by_session(
    reader: &impl Reader,
    hash: &Sha256Digest,
) -> Result<Option<SessionCaller>, Error> {
    let mut select = Query::select();
    select.from(s::Entity).and_where(s::Column::Hash.eq(hash.to_hex()));
    columns::<s::Column>(&mut select, SESSION);
    with_person(&mut select, Expr::col((s::Entity, s::Column::UserId)));
    Ok(Found::read(reader, select).await?.sessions.pop())
}

/// A user with what they may do, in whichever organizations.
pub async fn find_member(reader: &impl Reader, user: Id<User>) -> Result<Option<Member>, Error> {
    let mut select = Query::select();
    select.from(u::Entity).and_where(u::Column::Id.eq(user.uuid()));
    select_person(&mut select);
    let mut member = None;
    for row in reader.executor().query_all(&select).await? {
        add_place(&mut member, &row)?;
    }
    Ok(member)
}

/// Those of the keys and sessions that there are: whether callers who were let in still may is asked for all of them at once.
pub async fn list(
    reader: &impl Reader,
    keys: &[Id<ApiKey>],
    sessions: &[Id<UserSession>],
) -> Result<(Vec<KeyCaller>, Vec<SessionCaller>), Error> {
    let (mut of_keys, mut of_sessions) = (Query::select(), Query::select());
    of_keys
        .columns(k::Column::iter())
        .from(k::Entity)
        .and_where(k::Column::Id.is_in(lists::steady(keys).map(Id::uuid)));
    of_sessions
        .columns(s::Column::iter())
        .from(s::Entity)
        .and_where(s::Column::Id.is_in(lists::steady(sessions).map(Id::uuid)));
    let mut select = Query::select();
    // No key has the id of a session, so that each row is one or the other.
    let never = Expr::col((k::Entity, k::Column::Id)).equals((s::Entity, s::Column::Id));
    select.from_subquery(of_keys, Alias::new("api_keys")).join_subquery(
        JoinType::FullOuterJoin,
        of_sessions,
        Alias::new("user_sessions"),
        never,
    );
    columns::<k::Column>(&mut select, KEY);
    columns::<s::Column>(&mut select, SESSION);
    let of_key = Expr::col((k::Entity, k::Column::OwnerId));
    let of_session = Expr::col((s::Entity, s::Column::UserId));
    // The rows of one caller follow each other.
    select.order_by((k::Entity, k::Column::Id), Order::Asc).order_by((s::Entity, s::Column::Id), Order::Asc);
    with_person(&mut select, Func::coalesce([of_key, of_session]).into());
    let found = Found::read(reader, select).await?;
    Ok((found.keys, found.sessions))
}

const KEY: &str = "k_";
const SESSION: &str = "s_";
const USER: &str = "u_";
const MEMBERSHIP: &str = "m_";
const NAME: &str = "o_name";
const REQUIRES_SECOND_FACTOR: &str = "o_require_second_factor";

/// Selects all columns of a table under names of their own.
fn columns<C>(select: &mut SelectStatement, prefix: &str)
where
    C: ColumnTrait + Iterable + IdenStatic,
{
    for column in C::iter() {
        let name = Alias::new(format!("{prefix}{}", column.as_str()));
        select.expr_as(Expr::col(column.as_column_ref()), name);
    }
}

/// Joins the person with this id, with all of their memberships.
fn with_person(select: &mut SelectStatement, id: sea_orm::sea_query::SimpleExpr) {
    let own = Expr::col((u::Entity, u::Column::Id)).eq(id);
    select.join(JoinType::LeftJoin, u::Entity.into_table_ref(), own);
    select_person(select);
}

fn select_person(select: &mut SelectStatement) {
    let of_user = Expr::col((m::Entity, m::Column::UserId)).equals((u::Entity, u::Column::Id));
    let place = Expr::col((o::Entity, o::Column::Id)).equals((m::Entity, m::Column::OrganizationId));
    select.left_join(m::Entity, of_user).left_join(o::Entity, place);
    columns::<u::Column>(select, USER);
    columns::<m::Column>(select, MEMBERSHIP);
    select
        .expr_as(Expr::col((o::Entity, o::Column::Name)), Alias::new(NAME))
        .expr_as(Expr::col((o::Entity, o::Column::RequireSecondFactor)), Alias::new(REQUIRES_SECOND_FACTOR))
        .order_by((m::Entity, m::Column::InsertedAt), Order::Asc)
        .order_by((m::Entity, m::Column::Id), Order::Asc);
}

/// What rows say, of which each has at most one membership.
#[derive(Default)]
struct Found {
    keys: Vec<KeyCaller>,
    sessions: Vec<SessionCaller>,
}

impl Found {
    async fn read(reader: &impl Reader, select: SelectStatement) -> Result<Self, Error> {
        let mut found = Self::default();
        for row in reader.executor().query_all(&select).await? {
            found.add(&row)?;
        }
        Ok(found)
    }

    fn add(&mut self, row: &QueryResult) -> Result<(), Error> {
        if let Some(key) = model::<k::Model>(row, KEY)? {
            if self.keys.last().is_none_or(|last| last.key.id.uuid() != key.id) {
                self.keys.push(KeyCaller { key: api_keys::parse(&key)?, owner: None });
            }
            return self.keys.last_mut().map_or(Ok(()), |last| add_place(&mut last.owner, row));
        }
        let Some(session) = model::<s::Model>(row, SESSION)? else { return Ok(()) };
        if let Some(last) = self.sessions.last_mut().filter(|last| last.session.id.uuid() == session.id) {
            last.person.places.extend(place(row)?);
            return Ok(());
        }
        let Some(user) = model::<u::Model>(row, USER)? else { return Ok(()) };
        let person = Member { user: users::parse(&user)?, places: place(row)?.into_iter().collect() };
        self.sessions.push(SessionCaller { session: sessions::parse(&session)?, person });
        Ok(())
    }
}

/// Adds the membership of a row to its user, who is the same in all rows.
fn add_place(member: &mut Option<Member>, row: &QueryResult) -> Result<(), Error> {
    if let Some(member) = member {
        member.places.extend(place(row)?);
    } else if let Some(user) = model::<u::Model>(row, USER)? {
        *member = Some(Member { user: users::parse(&user)?, places: place(row)?.into_iter().collect() });
    }
    Ok(())
}

fn place(row: &QueryResult) -> Result<Option<Place>, Error> {
    let Some(membership) = model::<m::Model>(row, MEMBERSHIP)? else { return Ok(None) };
    let name: String = row.try_get("", NAME)?;
    Ok(Some(Place {
        organization_name: Row::new("organizations", membership.organization_id).given("name", &name)?,
        requires_second_factor: row.try_get("", REQUIRES_SECOND_FACTOR)?,
        membership: memberships::parse(&membership)?,
    }))
}

/// What a row has of a table that was joined, if it has anything.
fn model<M: FromQueryResult>(row: &QueryResult, prefix: &str) -> Result<Option<M>, Error> {
    let id: Option<Uuid> = row.try_get(prefix, "id")?;
    Ok(id.map(|_| M::from_query_result(row, prefix)).transpose()?)
}
