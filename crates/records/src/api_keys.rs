//! API keys. A secret is never stored: only its hash, by which it is found.

use olivine_domain::Sha256Digest;
use olivine_domain::Timestamp;
use olivine_domain::api_keys::ApiKey;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Allowed, Grant, Grants, Reach, RecordedIdentity, Role, Scope};
use olivine_domain::prn::Id;
use olivine_domain::search::{Clause, Value};
use olivine_domain::users::User;
use sea_orm::sea_query::{ExprTrait as _, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::changes::replace;
use crate::database::{ListReader, Reader, Write};
use crate::entities::api_keys::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::Row;

const TABLE: &str = "api_keys";

/// The key, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<ApiKey>,
) -> Result<Option<ApiKey>, Error> {
    lists::find::<Entity>(reader, organization, id).await
}

/// The key.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<ApiKey>,
) -> Result<ApiKey, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// A page of the organization's keys.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<ApiKey>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// Whether the organization has an administrator's key that is accepted at `now`, apart from `key`.
pub async fn has_another_admin(write: &Write, key: &ApiKey, now: Timestamp) -> Result<bool, Error> {
    let lasts = Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(now.as_micros()));
    let others = Entity::find()
        .filter(Column::OrganizationId.eq(key.organization.uuid()))
        .filter(Column::Id.ne(key.id.uuid()))
        .filter(Column::Role.eq(Role::Admin.as_str()))
        .filter(Column::RevokedAt.is_null())
        .filter(lasts);
    Ok(others.one(write.transaction()).await?.is_some())
}

/// The keys of a user in an organization, also revoked ones, the oldest first.
pub async fn list_of_user(
    reader: &impl Reader,
    organization: Id<Organization>,
    owner: Id<User>,
) -> Result<Vec<ApiKey>, Error> {
    let all = Entity::find()
        .filter(Column::OwnerId.eq(owner.uuid()))
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .order_by_asc(Column::InsertedAt)
        .order_by_asc(Column::Id);
    all.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// The organization's own keys that this user made, the oldest first: of these the user saw the secret.
pub async fn list_made_by(
    reader: &impl Reader,
    organization: Id<Organization>,
    user: Id<User>,
) -> Result<Vec<ApiKey>, Error> {
    let all = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::CreatedByKind.eq("user"))
        .filter(Column::CreatedById.eq(user.uuid()))
        .filter(Column::OwnerId.is_null())
        .order_by_asc(Column::InsertedAt);
    all.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// Adds a key whose secret has that hash.
pub async fn insert(write: &Write, key: &ApiKey, hash: &Sha256Digest) -> Result<(), Error> {
    let row = row(key, hash).into_active_model();
    Entity::insert(row).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Replaces all but the secret, if nobody else did since `expected`.
pub async fn update(write: &Write, old: &ApiKey, new: &ApiKey) -> Result<(), Error> {
    // A key's hash never changes, so any will do that is the same in both.
    let hash = Sha256Digest::of(b"");
    replace(write, &row(old, &hash), &row(new, &hash)).await
}

impl Listed for Entity {
    type Item = ApiKey;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "name"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "role" => with_role(clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<ApiKey, Error> {
        parse(model)
    }

    fn place(key: &ApiKey) -> (Timestamp, Uuid) {
        (key.inserted_at, key.id.uuid())
    }
}

/// How grants are stored: role, scopes with spaces between them, and what servers of the version before don't know. For those, a key with
/// anything in the last has no scope.
struct Written {
    role: Option<String>,
    scopes: Option<String>,
    grants: Option<String>,
}

impl Written {
    fn of(key: &ApiKey) -> Self {
        let known_before = match key.grants.as_slice() {
            _ if key.owner.is_some() => None,
            [Grant { allowed: Allowed::Role(role), reach: Reach::Whole }] if Role::EARLIER.contains(role) => {
                Some((Some(role.as_str().to_owned()), None))
            }
            [Grant { allowed: Allowed::Scopes(scopes), reach: Reach::Whole }]
                if scopes.iter().all(|scope| scope.is_earlier()) =>
            {
                let names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
                Some((None, Some(names.join(" "))))
            }
            _ => None,
        };
        match known_before {
            Some((role, scopes)) => Self { role, scopes, grants: None },
            None => Self { role: None, scopes: Some(String::new()), grants: Some(key.grants.to_string()) },
        }
    }
}

fn read_grants(row: &Row, model: &Model) -> Result<Grants, Error> {
    match (&model.grants, &model.role, &model.scopes) {
        (Some(grants), None, Some(_)) => row.text("grants", grants),
        (None, Some(role), None) => Ok(Grants::of_role(row.known("role", Role::from_name(role))?)),
        (None, None, Some(scopes)) => {
            let scopes =
                scopes.split_ascii_whitespace().map(|name| row.known("scopes", Scope::from_name(name)));
            Ok(Grants::of_scopes(scopes.collect::<Result<Vec<_>, _>>()?))
        }
        _ => Err(row.corrupt("role")),
    }
}

/// Keys that have one role and nothing else.
fn with_role(clause: &Clause) -> Option<SimpleExpr> {
    let Value::Text(name) = &clause.value else { return None };
    let Some(role) = Role::from_name(name) else { return Some(lists::never()) };
    let alone = Column::Grants.eq(Grants::of_role(role).to_string());
    Some(Column::Role.eq(role.as_str()).or(alone))
}

fn row(key: &ApiKey, hash: &Sha256Digest) -> Model {
    let Written { role, scopes, grants } = Written::of(key);
    Model {
        id: key.id.uuid(),
        organization_id: key.organization.uuid(),
        name: key.name.as_str().to_owned(),
        hint: key.hint.clone(),
        hash: hash.to_hex(),
        role,
        scopes,
        expires_at: key.expires_at.map(Timestamp::as_micros),
        revoked_at: key.revoked_at.map(Timestamp::as_micros),
        revision: key.revision.get(),
        inserted_at: key.inserted_at.as_micros(),
        updated_at: key.updated_at.as_micros(),
        grants,
        owner_id: key.owner.map(Id::uuid),
        created_by_kind: key.created_by.as_ref().map(|by| by.kind().to_owned()),
        created_by_id: key.created_by.as_ref().and_then(RecordedIdentity::id),
    }
}

pub(crate) fn parse(model: &Model) -> Result<ApiKey, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(ApiKey {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        name: row.given("name", &model.name)?,
        hint: model.hint.clone(),
        grants: read_grants(&row, model)?,
        expires_at: model.expires_at.map(|at| row.moment("expires_at", at)).transpose()?,
        revoked_at: model.revoked_at.map(|at| row.moment("revoked_at", at)).transpose()?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
        owner: model.owner_id.map(Id::new),
        created_by: model
            .created_by_kind
            .as_deref()
            .map(|kind| RecordedIdentity::from_stored(kind, model.created_by_id)),
    })
}
