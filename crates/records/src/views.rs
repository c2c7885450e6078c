//! Saved views. Who may see or change one is not decided here: a list is asked for whose.

use olivine_domain::Timestamp;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::prn::{Id, Prn};
use olivine_domain::search::{Clause, Operator, Value};
use olivine_domain::text::Name;
use olivine_domain::users::User;
use olivine_domain::views::{Audience, Room, View};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::people::views::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::Row;

const TABLE: &str = "views";

/// The view, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<View>,
) -> Result<Option<View>, Error> {
    lists::find::<Entity>(reader, organization, id).await
}

/// The view.
pub async fn get(reader: &impl Reader, organization: Id<Organization>, id: Id<View>) -> Result<View, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// The owner's view of that name.
pub async fn find_by_name(
    reader: &impl Reader,
    organization: Id<Organization>,
    owner: Id<User>,
    name: &Name,
) -> Result<Option<View>, Error> {
    let named = of_owner(organization, owner).add(Column::Name.eq(name.as_str()));
    Entity::find().filter(named).one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// A page of the organization's shared views and of those of one owner, if one is named.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    owner: Option<Id<User>>,
    query: &ListQuery,
) -> Result<Page<View>, Error> {
    lists::page_of::<Entity>(reader, organization, seen_by(owner), query).await
}

/// What an owner sees, or somebody who owns none.
pub(crate) fn seen_by(owner: Option<Id<User>>) -> Condition {
    let shared = Condition::any().add(Column::Shared.eq(true));
    shared.add_option(owner.map(|owner| Column::OwnerId.eq(owner.uuid())))
}

/// How many views the owner has, and how many shared ones the organization.
pub async fn room(
    reader: &impl Reader,
    organization: Id<Organization>,
    owner: Id<User>,
) -> Result<Room, Error> {
    let shared =
        Condition::all().add(Column::OrganizationId.eq(organization.uuid())).add(Column::Shared.eq(true));
    Ok(Room {
        of_owner: count(reader, of_owner(organization, owner)).await?,
        shared: count(reader, shared).await?,
    })
}

async fn count(reader: &impl Reader, of: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(of).count(&reader.executor()).await?)
}

fn of_owner(organization: Id<Organization>, owner: Id<User>) -> Condition {
    Condition::all().add(Column::OrganizationId.eq(organization.uuid())).add(Column::OwnerId.eq(owner.uuid()))
}

/// Adds a view.
pub async fn insert(write: &Write, view: &View) -> Result<(), Error> {
    changes::insert(write, row(view)).await
}

/// Replaces what can change, if nobody else did since `old`.
pub async fn update(write: &Write, old: &View, new: &View) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Deletes a view.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<View>) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

impl Listed for Entity {
    type Item = View;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match (clause.field.name, &clause.value, clause.operator) {
            ("owner_prn", Value::Prn(prn), Operator::Equals) => {
                let owner = prn.parse::<Prn<User>>().ok();
                Some(owner.map_or_else(lists::never, |prn| Column::OwnerId.eq(prn.id.uuid())))
            }
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<View, Error> {
        parse(model)
    }

    fn place(view: &View) -> (Timestamp, Uuid) {
        (view.inserted_at, view.id.uuid())
    }
}

fn row(view: &View) -> Model {
    Model {
        id: view.id.uuid(),
        organization_id: view.organization.uuid(),
        owner_id: view.owner.uuid(),
        name: view.name.as_str().to_owned(),
        path: view.path.as_str().to_owned(),
        query: view.query.as_str().to_owned(),
        shared: view.is_shared(),
        revision: view.revision.get(),
        inserted_at: view.inserted_at.as_micros(),
        updated_at: view.updated_at.as_micros(),
    }
}

fn parse(model: &Model) -> Result<View, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(View {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        owner: Id::new(model.owner_id),
        name: row.given("name", &model.name)?,
        path: row.given("path", &model.path)?,
        query: row.given("query", &model.query)?,
        audience: if model.shared { Audience::Organization } else { Audience::Owner },
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
