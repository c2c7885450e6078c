//! A binary's row, and what its list can be searched by.

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::{Binary, BinaryState, VerificationError, VerificationErrorCode};
use olivine_domain::contents::Generation;
use olivine_domain::organizations::Revision;
use olivine_domain::prn::Id;
use olivine_domain::search::{Clause, Operator, Value};
use olivine_domain::text::Description;
use olivine_domain::{CustomMetadata, Sha256Digest, Timestamp};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{ExprTrait, Query, SimpleExpr};
use uuid::Uuid;

use crate::dialect;
use crate::entities::binaries::{Column, Entity, Model};
use crate::entities::{artifact_versions, artifacts};
use crate::error::Error;
use crate::lists::{self, Listed, Scope};
use crate::rows::{Row, owned, stored};

impl Listed for Entity {
    type Item = Binary;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "artifact_version_prn", "target", "hash", "state"];

    fn filter(scope: &Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "artifact_version_prn" => scope.named::<ArtifactVersion>(Column::ArtifactVersionId, clause),
            "target" => target(scope, clause),
            "hash" => hash(scope, clause),
            "destroyed" => destroyed(clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn bytes(with: &[String]) -> Option<SimpleExpr> {
        use artifact_versions::Column as Version;
        use artifacts::Column as Artifact;
        let own = dialect::bytes(Column::CustomMetadata);
        if with.is_empty() {
            return Some(own);
        }
        // An artifact is only shown with the version, and may be too much here where it isn't.
        let parents = Query::select()
            .expr(dialect::bytes(Version::CustomMetadata).add(dialect::bytes(Artifact::CustomMetadata)))
            .from(artifact_versions::Entity)
            .inner_join(
                artifacts::Entity,
                Artifact::Id.into_expr().equals(Version::ArtifactId.as_column_ref()),
            )
            .and_where(Version::Id.into_expr().equals(Column::ArtifactVersionId.as_column_ref()))
            .take();
        Some(own.add(lists::subquery(parents)))
    }

    fn parse(model: &Model) -> Result<Binary, Error> {
        parse(model)
    }

    fn place(binary: &Binary) -> (Timestamp, Uuid) {
        (binary.inserted_at, binary.id.uuid())
    }
}

/// Targets are equal by their keys, so that `portable` finds `universal`; parts of them are looked for as written.
fn target(scope: &Scope, clause: &Clause) -> Option<SimpleExpr> {
    match (&clause.value, clause.operator) {
        (Value::Text(text), Operator::Equals) => Some(
            text.parse::<olivine_domain::Target>()
                .map_or_else(|_| lists::never(), |target| Column::TargetKey.eq(target.key())),
        ),
        _ => scope.plain(Column::Target, clause),
    }
}

/// A hash is found in each spelling that is accepted at creation.
fn hash(scope: &Scope, clause: &Clause) -> Option<SimpleExpr> {
    match (&clause.value, clause.operator) {
        (Value::Text(text), Operator::Equals) => Some(
            text.parse::<Sha256Digest>()
                .map_or_else(|_| lists::never(), |hash| Column::Hash.eq(hash.to_hex())),
        ),
        _ => scope.plain(Column::Hash, clause),
    }
}

fn destroyed(clause: &Clause) -> Option<SimpleExpr> {
    let name = BinaryState::Destroyed.as_str();
    match clause.value {
        Value::Boolean(true) => Some(Column::State.eq(name)),
        Value::Boolean(false) => Some(Column::State.ne(name)),
        _ => None,
    }
}

pub(super) fn row(binary: &Binary) -> Result<Model, Error> {
    let error = binary.verification_error.as_ref();
    Ok(Model {
        id: binary.id.uuid(),
        organization_id: binary.organization.uuid(),
        artifact_version_id: binary.artifact_version.uuid(),
        target: binary.target.as_str().to_owned(),
        target_key: binary.target.key().to_owned(),
        hash: binary.hash.to_hex(),
        size: binary.size.map(|size| stored("size", size)).transpose()?,
        size_declared: binary.size_declared,
        state: binary.state.as_str().to_owned(),
        description: owned(binary.description.as_ref(), Description::as_str),
        custom_metadata: owned(binary.custom_metadata.as_ref(), CustomMetadata::as_json),
        bytes_uploaded: stored("bytes_uploaded", binary.bytes_uploaded)?,
        generation: binary.generation.get().into(),
        upload_session: binary.upload_session.clone(),
        ever_signed: binary.ever_signed,
        verification_code: error.map(|error| error.code.as_str().to_owned()),
        verification_expected: error.and_then(|error| error.expected.clone()),
        verification_actual: error.and_then(|error| error.actual.clone()),
        verification_at: error.map(|error| error.at.as_micros()),
        revision: binary.revision.get(),
        inserted_at: binary.inserted_at.as_micros(),
        updated_at: binary.updated_at.as_micros(),
        storage_backend_id: binary.storage.uuid(),
    })
}

pub(super) fn parse(model: &Model) -> Result<Binary, Error> {
    let row = Row::new(super::TABLE, model.id);
    Ok(Binary {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        artifact_version: Id::new(model.artifact_version_id),
        target: row.given("target", &model.target)?,
        hash: row.hash("hash", &model.hash)?,
        size: model.size.map(|size| row.number("size", size)).transpose()?,
        size_declared: model.size_declared,
        state: row.known("state", BinaryState::from_name(&model.state))?,
        description: row.optional("description", model.description.as_deref())?,
        custom_metadata: row.metadata(model.custom_metadata.as_deref())?,
        bytes_uploaded: row.number("bytes_uploaded", model.bytes_uploaded)?,
        generation: Generation::new(row.number("generation", model.generation)?),
        verification_error: verification_error(&row, model)?,
        storage: Id::new(model.storage_backend_id),
        upload_session: model.upload_session.clone(),
        ever_signed: model.ever_signed,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}

fn verification_error(row: &Row, model: &Model) -> Result<Option<VerificationError>, Error> {
    let Some(code) = &model.verification_code else { return Ok(None) };
    Ok(Some(VerificationError {
        code: row.known("verification_code", VerificationErrorCode::from_name(code))?,
        expected: model.verification_expected.clone(),
        actual: model.verification_actual.clone(),
        at: row.moment("verification_at", row.known("verification_at", model.verification_at)?)?,
    }))
}
