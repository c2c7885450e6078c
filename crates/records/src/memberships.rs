//! Memberships: which user may do what in which organization.

use olivine_domain::Timestamp;
use olivine_domain::memberships::Membership;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::prn::{Id, Prn};
use olivine_domain::search::{Clause, Value};
use olivine_domain::users::User;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::people::memberships::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::Row;

const TABLE: &str = "memberships";

/// The membership.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<Membership>,
) -> Result<Membership, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// The user's membership in the organization.
pub async fn find_of(
    reader: &impl Reader,
    organization: Id<Organization>,
    user: Id<User>,
) -> Result<Option<Membership>, Error> {
    let one = Entity::find()
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::OrganizationId.eq(organization.uuid()));
    one.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The memberships of a user, in whichever organizations, the oldest first.
pub async fn list_of_user(reader: &impl Reader, user: Id<User>) -> Result<Vec<Membership>, Error> {
    let all = Entity::find().filter(Column::UserId.eq(user.uuid()));
    let all = all.order_by_asc(Column::InsertedAt).order_by_asc(Column::Id);
    all.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// All memberships of an organization.
pub async fn list_all(
    reader: &impl Reader,
    organization: Id<Organization>,
) -> Result<Vec<Membership>, Error> {
    let all = Entity::find().filter(Column::OrganizationId.eq(organization.uuid()));
    all.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// A page of the organization's memberships.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<Membership>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// Adds a membership.
pub async fn insert(write: &Write, membership: &Membership) -> Result<(), Error> {
    changes::insert(write, row(membership)).await
}

/// Replaces the grants, if nobody else did since `old`.
pub async fn update(write: &Write, old: &Membership, new: &Membership) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Ends a membership.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<Membership>) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

impl Listed for Entity {
    type Item = Membership;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "user_prn"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match (clause.field.name, &clause.value) {
            ("user_prn", Value::Prn(prn)) => {
                let user = prn.parse::<Prn<User>>().ok();
                Some(user.map_or_else(lists::never, |prn| Column::UserId.eq(prn.id.uuid())))
            }
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<Membership, Error> {
        parse(model)
    }

    fn place(membership: &Membership) -> (Timestamp, Uuid) {
        (membership.inserted_at, membership.id.uuid())
    }
}

fn row(membership: &Membership) -> Model {
    Model {
        id: membership.id.uuid(),
        organization_id: membership.organization.uuid(),
        user_id: membership.user.uuid(),
        grants: membership.grants.to_string(),
        revision: membership.revision.get(),
        inserted_at: membership.inserted_at.as_micros(),
        updated_at: membership.updated_at.as_micros(),
    }
}

pub(crate) fn parse(model: &Model) -> Result<Membership, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Membership {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        user: Id::new(model.user_id),
        grants: row.text("grants", &model.grants)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
