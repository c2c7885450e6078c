//! Binary signatures, and which of them count.

use olivine_domain::Timestamp;
use olivine_domain::binaries::Binary;
use olivine_domain::binary_signatures::{BinarySignature, SignatureBytes};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::{Cursor, Limit, Page};
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::signing_keys::{KeyId, KeyStatus, SigningKey};
use sea_orm::sea_query::{ExprTrait, JoinType, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    Select,
};
use uuid::Uuid;

use crate::changes;
use crate::database::{ListReader, Reader, Write};
use crate::dialect;
use crate::entities::binary_signatures::{Column, Entity, Model};
use crate::entities::{binaries, signing_keys};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed, MOST_IDS};
use crate::rows::Row;

const TABLE: &str = "binary_signatures";

/// A signature with what tells whether it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureWithKey {
    /// The signature.
    pub signature: BinarySignature,
    /// What its key is named by besides its PRN.
    pub keyid: KeyId,
    /// What its key may still do: those of a revoked one don't count.
    pub key_status: KeyStatus,
}

/// The signature, if the organization has it.
pub async fn find_by_id(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<BinarySignature>,
) -> Result<Option<BinarySignature>, Error> {
    lists::find::<Entity>(reader, organization, id).await
}

/// The signature.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<BinarySignature>,
) -> Result<BinarySignature, Error> {
    find_by_id(reader, organization, id).await?.ok_or(Error::NotFound { table: TABLE })
}

/// The one signature of a binary by a key.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    binary: Id<Binary>,
    key: Id<SigningKey>,
) -> Result<Option<BinarySignature>, Error> {
    let row = Entity::find().filter(of(organization, binary)).filter(Column::SigningKeyId.eq(key.uuid()));
    row.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// A page of the organization's signatures.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<BinarySignature>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// All signatures of these binaries with what is known of their keys, oldest first.
pub async fn list_for(
    reader: &impl Reader,
    organization: Id<Organization>,
    binaries: &[Id<Binary>],
) -> Result<Vec<SignatureWithKey>, Error> {
    let mut all = Vec::new();
    for binaries in binaries.chunks(MOST_IDS) {
        let signatures = with_keys()
            .filter(Column::OrganizationId.eq(organization.uuid()))
            .filter(Column::BinaryId.is_in(binaries.iter().map(|id| id.uuid())))
            .column_as(signing_keys::Column::Keyid, "keyid")
            .column_as(signing_keys::Column::Status, "status")
            .order_by_asc(Column::InsertedAt)
            .order_by_asc(Column::Id);
        let rows = signatures.into_model::<KeyedModel>().all(&reader.executor()).await?;
        all.extend(rows);
    }
    all.into_iter().map(KeyedModel::parse).collect()
}

/// How many of a binary's signatures count: those whose keys are not revoked.
pub async fn count_valid(
    reader: &impl Reader,
    organization: Id<Organization>,
    binary: Id<Binary>,
) -> Result<usize, Error> {
    let valid = with_keys()
        .filter(of(organization, binary))
        .filter(signing_keys::Column::Status.ne(KeyStatus::Revoked.as_str()));
    let count = valid.count(&reader.executor()).await?;
    // There is at most one per key; a count that does not fit is as good as infinite.
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// A page of the binaries that a key signed, the oldest signature first: to follow up on its revocation in batches.
pub async fn list_binaries_signed_by(
    reader: &impl ListReader,
    organization: Id<Organization>,
    key: Id<SigningKey>,
    after: Option<Cursor>,
) -> Result<Page<Id<Binary>>, Error> {
    let query = ListQuery { after, limit: Limit::MOST, ..ListQuery::default() };
    let by_key = Condition::all().add(Column::SigningKeyId.eq(key.uuid()));
    let page = lists::page_of::<Entity>(reader, organization, by_key, &query).await?;
    Ok(page.map(|signature| signature.binary))
}

/// Adds a signature.
pub async fn insert(write: &Write, signature: &BinarySignature) -> Result<(), Error> {
    changes::insert(write, row(signature)).await
}

/// Deletes a signature.
pub async fn delete(
    write: &Write,
    organization: Id<Organization>,
    id: Id<BinarySignature>,
) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

/// Deletes all signatures of a binary (its content is about to change); returns how many there were.
pub async fn delete_all(
    write: &Write,
    organization: Id<Organization>,
    binary: Id<Binary>,
) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(of(organization, binary)).exec(write.transaction()).await?.rows_affected)
}

fn of(organization: Id<Organization>, binary: Id<Binary>) -> Condition {
    Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::BinaryId.eq(binary.uuid()))
}

fn with_keys() -> Select<Entity> {
    let key: RelationDef = Entity::belongs_to(signing_keys::Entity)
        .from(Column::SigningKeyId)
        .to(signing_keys::Column::Id)
        .into();
    Entity::find().join(JoinType::InnerJoin, key)
}

impl Listed for Entity {
    type Item = BinarySignature;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "binary_prn", "signing_key_prn"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "binary_prn" => scope.named::<Binary>(Column::BinaryId, clause),
            "signing_key_prn" => scope.named::<SigningKey>(Column::SigningKeyId, clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn bytes(with: &[String]) -> Option<SimpleExpr> {
        use binaries::Column as Of;
        if !with.iter().any(|path| path == "binary") {
            return None;
        }
        let binary = Query::select()
            .expr(dialect::bytes(Of::CustomMetadata))
            .from(binaries::Entity)
            .and_where(Of::Id.into_expr().equals(Column::BinaryId.as_column_ref()))
            .take();
        Some(lists::subquery(binary))
    }

    fn parse(model: &Model) -> Result<BinarySignature, Error> {
        parse(model)
    }

    fn place(signature: &BinarySignature) -> (Timestamp, Uuid) {
        (signature.inserted_at, signature.id.uuid())
    }
}

#[derive(sea_orm::FromQueryResult)]
struct KeyedModel {
    #[sea_orm(nested)]
    signature: Model,
    keyid: String,
    status: String,
}

impl KeyedModel {
    fn parse(self) -> Result<SignatureWithKey, Error> {
        let row = Row::new("signing_keys", self.signature.signing_key_id);
        Ok(SignatureWithKey {
            keyid: row.text("keyid", &self.keyid)?,
            key_status: row.text("status", &self.status)?,
            signature: parse(&self.signature)?,
        })
    }
}

fn row(signature: &BinarySignature) -> Model {
    Model {
        id: signature.id.uuid(),
        organization_id: signature.organization.uuid(),
        binary_id: signature.binary.uuid(),
        signing_key_id: signature.signing_key.uuid(),
        scheme: signature.scheme.as_str().to_owned(),
        signature: signature.signature.as_bytes().to_vec(),
        inserted_at: signature.inserted_at.as_micros(),
    }
}

fn parse(model: &Model) -> Result<BinarySignature, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(BinarySignature {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        binary: Id::new(model.binary_id),
        signing_key: Id::new(model.signing_key_id),
        scheme: row.text("scheme", &model.scheme)?,
        signature: SignatureBytes::from_bytes(model.signature.clone()),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
    })
}
