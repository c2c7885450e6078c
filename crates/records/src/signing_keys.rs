//! Signing keys: the public keys that an organization trusts.

use olivine_domain::Timestamp;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::signing_keys::{KeyId, KeyMaterial, SigningKey};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::signing_keys::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::Row;

const TABLE: &str = "signing_keys";

/// The key, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<SigningKey>,
) -> Result<Option<SigningKey>, Error> {
    lists::find::<Entity>(reader, organization, id).await
}

/// The key.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<SigningKey>,
) -> Result<SigningKey, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// The key, which nobody else changes until the transaction ends: lock it before the binary that it signs.
pub async fn lock(
    write: &Write,
    organization: Id<Organization>,
    id: Id<SigningKey>,
) -> Result<SigningKey, Error> {
    let row = Entity::find().filter(one(organization, id)).lock_exclusive().one(write.transaction()).await?;
    parse(&row.ok_or(Error::NotFound { table: TABLE })?)
}

/// The key of that keyid.
pub async fn find_by_keyid(
    reader: &impl Reader,
    organization: Id<Organization>,
    keyid: KeyId,
) -> Result<Option<SigningKey>, Error> {
    let row = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::Keyid.eq(keyid.to_string()));
    row.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The given keys that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    organization: Id<Organization>,
    ids: &[Id<SigningKey>],
) -> Result<Vec<SigningKey>, Error> {
    lists::get_many::<Entity>(reader, organization, ids.iter().map(|id| id.uuid())).await
}

/// A page of the organization's keys.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<SigningKey>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// Adds an key.
pub async fn insert(write: &Write, key: &SigningKey) -> Result<(), Error> {
    changes::insert(write, row(key)).await
}

/// Replaces name and status (a key itself never changes), if nobody else did since `expected`.
pub async fn update(write: &Write, old: &SigningKey, new: &SigningKey) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Deletes a key that signed nothing.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<SigningKey>) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

fn one(organization: Id<Organization>, id: Id<SigningKey>) -> Condition {
    Condition::all().add(Column::Id.eq(id.uuid())).add(Column::OrganizationId.eq(organization.uuid()))
}

impl Listed for Entity {
    type Item = SigningKey;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "name", "keyid", "state"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "state" => scope.plain(Column::Status, clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<SigningKey, Error> {
        parse(model)
    }

    fn place(key: &SigningKey) -> (Timestamp, Uuid) {
        (key.inserted_at, key.id.uuid())
    }
}

fn row(key: &SigningKey) -> Model {
    Model {
        id: key.id.uuid(),
        organization_id: key.organization.uuid(),
        name: key.name.as_str().to_owned(),
        keyid: key.keyid().to_string(),
        algorithm: key.algorithm().as_str().to_owned(),
        public_key: key.public_key().spki_der().to_vec(),
        certificate: key.certificate().map(|certificate| certificate.pem().to_owned()),
        status: key.status.as_str().to_owned(),
        revision: key.revision.get(),
        inserted_at: key.inserted_at.as_micros(),
        updated_at: key.updated_at.as_micros(),
    }
}

fn parse(model: &Model) -> Result<SigningKey, Error> {
    let row = Row::new(TABLE, model.id);
    let material = KeyMaterial::from_stored(&model.public_key, model.certificate.as_deref()).ok();
    Ok(SigningKey {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        name: row.given("name", &model.name)?,
        material: row.known("public_key", material)?,
        status: row.text("status", &model.status)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
