//! `/v1/binaries`: the records.

use std::collections::HashMap;

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::binaries as api;
use olivine_api::binary_signatures::EmbeddedSignature;
use olivine_api::errors::ErrorBody;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::{Binary, BinaryState, VerificationError};
use olivine_domain::contents::replicas::Replica;
use olivine_domain::permissions::{Actor, scope};
use olivine_domain::prn::Prn;
use olivine_domain::signing_keys::KeyStatus;
use olivine_operations::Context;
use olivine_operations::binaries::{self, View};
use olivine_operations::binary_signatures::SignatureWithKey;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::artifact_versions;
use crate::admin::auth::Permit;
use crate::admin::idempotency::ForNew;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Expand, Listing, Pairs};
use crate::http::revisions::{IfMatch, Record};
use crate::wire;

const EXPANDABLE: &[&str] = &["artifact_version", "artifact_version.artifact"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, update, delete))
        .routes(routes!(downloads))
        .routes(routes!(replicas))
}

/// The records as they are shown, with what else is wanted.
async fn shown(
    ctx: &Context,
    by: &Actor,
    views: Vec<View>,
    expand: &Expand,
) -> Result<Vec<api::Binary>, ApiError> {
    let mut versions = HashMap::new();
    if expand.wants("artifact_version") {
        let found = binaries::versions_of(ctx, by, views.iter().map(|view| &view.binary)).await?;
        let with_artifacts = expand.wants("artifact_version.artifact");
        let found = artifact_versions::shown(ctx, by, found, with_artifacts).await?;
        versions.extend(found.into_iter().map(|version| (version.prn.clone(), version)));
    }
    let show = |view: View| {
        let mut shown = show(view);
        shown.artifact_version = versions.get(&shown.artifact_version_prn).cloned();
        shown
    };
    Ok(views.into_iter().map(show).collect())
}

/// The record as it is shown, without anything expanded.
pub(super) fn show(view: View) -> api::Binary {
    let View { binary, signatures } = view;
    api::Binary {
        prn: binary.id.prn(binary.organization).to_string(),
        organization_prn: wire::organization(binary.organization),
        artifact_version_prn: binary.artifact_version.prn(binary.organization).to_string(),
        target: binary.target.to_string(),
        hash: binary.hash.to_string(),
        size: binary.size,
        state: binary.state.to_string(),
        description: wire::text(binary.description),
        custom_metadata: wire::metadata(binary.custom_metadata),
        signatures: signatures.into_iter().map(embedded).collect(),
        bytes_uploaded: binary.bytes_uploaded,
        storage_backend_prn: wire::storage(binary.storage, binary.organization),
        destroyed: binary.state == BinaryState::Destroyed,
        verification_error: binary.verification_error.map(show_error),
        inserted_at: binary.inserted_at.to_string(),
        created_at: wire::to_the_second(binary.inserted_at),
        updated_at: binary.updated_at.to_string(),
        artifact_version: None,
    }
}

fn embedded(found: SignatureWithKey) -> EmbeddedSignature {
    let signature = found.signature;
    EmbeddedSignature {
        prn: signature.id.prn(signature.organization).to_string(),
        signing_key_prn: signature.signing_key.prn(signature.organization).to_string(),
        keyid: found.keyid.to_string(),
        scheme: signature.scheme.as_str().to_owned(),
        signature: signature.signature.to_string(),
        valid: found.key_status != KeyStatus::Revoked,
        inserted_at: signature.inserted_at.to_string(),
    }
}

fn show_error(error: VerificationError) -> api::VerificationError {
    api::VerificationError {
        code: error.code.as_str().to_owned(),
        expected: error.expected,
        actual: error.actual,
        at: error.at.to_string(),
    }
}

/// The record in its envelope.
pub(super) fn record(status: StatusCode, view: View) -> Record<api::BinaryEnvelope> {
    let revision = view.binary.revision;
    Record { status, revision, body: api::BinaryEnvelope { binary: show(view) } }
}

/// Create a binary
///
/// Makes the record of a file in the state `uploadable` and returns it; upload the content next. If the artifact version has a
/// binary for this target already, the answer is 409 `target_taken`. The declared size must fit into the storage quota
/// (`quota_exceeded`). Scope: `binary.create`.
#[utoipa::path(post, path = "/binaries", tag = "binaries", request_body = api::BinaryCreate, responses(
    (status = 201, body = api::BinaryEnvelope), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryCreate>,
    id: ForNew,
    Json(body): Json<api::BinaryCreate>,
) -> Result<Record<api::BinaryEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let version: Option<Prn<ArtifactVersion>> =
        fields.parse("artifact_version_prn", &body.artifact_version_prn);
    let target = fields.parse("target", &body.target);
    let hash = fields.parse("hash", &body.hash);
    let description = fields.optional("description", body.description);
    let custom_metadata = fields.metadata(body.custom_metadata);
    let ((version, target), hash) = fields.all(version.zip(target).zip(hash))?;
    let artifact_version = own(version, by.organization)?;
    let (id, size) = (id.or_chosen(body.id), body.size);
    let new = binaries::Create { id, artifact_version, target, hash, size, description, custom_metadata };
    Ok(record(StatusCode::CREATED, binaries::create(&app.ctx, &by, new).await?))
}

/// List binaries
///
/// Answers with one page of the organization's binaries. `?artifact_version_prn=` lists those of one artifact version, and
/// `?state=signable` those that need a signature. Scope: `binary.read`.
#[utoipa::path(get, path = "/binaries", tag = "binaries", params(Listing<Binary>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `artifact_version`, `artifact_version.artifact`.")),
    responses((status = 200, body = api::BinaryList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryRead>,
    listing: Listing<Binary>,
) -> Result<axum::Json<api::BinaryList>, ApiError> {
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = binaries::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let binaries = shown(&app.ctx, &by, page.items, &expand).await?;
    Ok(axum::Json(api::BinaryList { binaries, next_page }))
}

/// Get a binary
///
/// Answers with one binary and its signatures. Poll it after an upload, until its state is `signable` or `verification_error` says what
/// is wrong. Scope: `binary.read`.
#[utoipa::path(get, path = "/binaries/{prn}", tag = "binaries", params(
    ("prn" = String, Path, description = "The PRN of the binary to read."),
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `artifact_version`, `artifact_version.artifact`.")),
    responses((status = 200, body = api::BinaryEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryRead>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<Record<api::BinaryEnvelope>, ApiError> {
    let (id, expand) = (named(&prn, by.organization)?, pairs.expand(EXPANDABLE)?);
    let view = binaries::get(&app.ctx, &by, id).await?;
    let revision = view.binary.revision;
    let mut shown = shown(&app.ctx, &by, vec![view], &expand).await?;
    Ok(Record::found(revision, api::BinaryEnvelope { binary: shown.remove(0) }))
}

/// Update a binary, or change its state
///
/// Changes description and metadata, or moves the binary to another state: `hashable` after an upload, `hashing` to verify again,
/// `uploadable` to start over, `destroyed` to delete the content for good. A state that can't follow the present one is 409
/// `invalid_transition`. Destroying a binary that is released needs `confirm` (409 `confirmation_required`). Scope: `binary.update`; to
/// destroy, `binary.destroy`.
#[utoipa::path(patch, path = "/binaries/{prn}", tag = "binaries", params(
    ("prn" = String, Path, description = "The PRN of the binary to change."),
    ("confirm" = Option<String>, Query, description = "The PRN of the binary, repeated: confirms that it is to be destroyed although releases or overrides deliver it.")),
    request_body = api::BinaryUpdate, responses((status = 200, body = api::BinaryEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    pairs: Pairs,
    Json(body): Json<api::BinaryUpdate>,
) -> Result<Record<api::BinaryEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let state = body.state.and_then(|name| {
        let known = BinaryState::from_name(&name);
        let problem = || format!("'{name}' is not a state; the states are {}", BinaryState::NAMES.join(", "));
        fields.take("state", known.ok_or_else(problem))
    });
    let change = binaries::Update {
        state,
        description: fields.change("description", body.description),
        custom_metadata: fields.metadata_change(body.custom_metadata),
        confirm: pairs.confirm(&prn)?.then_some(id),
    };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, binaries::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete a binary that was never signed
///
/// Deletes the record and what was uploaded. A binary that was signed once can't be deleted, only destroyed (409 `invalid_state`). Scope:
/// `binary.delete`.
#[utoipa::path(delete, path = "/binaries/{prn}", tag = "binaries", params(
    ("prn" = String, Path, description = "The PRN of the binary to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    binaries::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Count a binary's downloads, day by day
///
/// Answers with the number of download URLs that were issued, and of downloads that were finished, for each day that has any. Scope:
/// `binary.read`.
#[utoipa::path(get, path = "/binaries/{prn}/downloads", tag = "binaries", params(
    ("prn" = String, Path, description = "The PRN of the binary to count the downloads of.")),
    responses((status = 200, body = api::DownloadCounts), (status = 404, body = ErrorBody)))]
async fn downloads(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryRead>,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::DownloadCounts>, ApiError> {
    let id = named(&prn, by.organization)?;
    let days = binaries::count_downloads(&app.ctx, &by, id).await?;
    let show = |day: binaries::DayOfDownloads| api::DownloadCount {
        day: day.day,
        issued: day.issued,
        finished: day.finished,
    };
    Ok(axum::Json(api::DownloadCounts { downloads: days.into_iter().map(show).collect() }))
}

/// List a binary's replicas
///
/// Answers with the copies of the content in further storage backends, and their state. Of a destroyed binary it lists the copies that
/// are still to be deleted: once the list is empty, the content is gone everywhere. Scope: `binary.read`.
#[utoipa::path(get, path = "/binaries/{prn}/replicas", tag = "binaries", params(
    ("prn" = String, Path, description = "The PRN of the binary whose replicas to list.")),
    responses((status = 200, body = api::Replicas), (status = 404, body = ErrorBody)))]
async fn replicas(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryRead>,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::Replicas>, ApiError> {
    let id = named(&prn, by.organization)?;
    let replicas = binaries::list_replicas(&app.ctx, &by, id).await?;
    let show = |replica: Replica| api::Replica {
        storage_backend_prn: wire::storage(replica.storage, replica.organization),
        state: replica.state.as_str().to_owned(),
        error: replica.error,
        inserted_at: replica.inserted_at.to_string(),
        updated_at: replica.updated_at.to_string(),
    };
    Ok(axum::Json(api::Replicas { replicas: replicas.into_iter().map(show).collect() }))
}
