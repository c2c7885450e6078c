//! `/v1/artifacts`

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::artifacts as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::artifacts::Artifact;
use olivine_domain::permissions::scope;
use olivine_operations::artifacts;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::idempotency::ForNew;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named};
use crate::http::listing::Listing;
use crate::http::revisions::{IfMatch, Record};
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update, delete))
}

/// The record as it is shown.
pub(super) fn shown(artifact: Artifact) -> api::Artifact {
    api::Artifact {
        prn: artifact.id.prn(artifact.organization).to_string(),
        organization_prn: wire::organization(artifact.organization),
        name: artifact.name.to_string(),
        description: wire::text(artifact.description),
        custom_metadata: wire::metadata(artifact.custom_metadata),
        archived_at: wire::text(artifact.archived_at),
        inserted_at: artifact.inserted_at.to_string(),
        updated_at: artifact.updated_at.to_string(),
    }
}

pub(super) fn record(status: StatusCode, artifact: Artifact) -> Record<api::ArtifactEnvelope> {
    Record { status, revision: artifact.revision, body: api::ArtifactEnvelope { artifact: shown(artifact) } }
}

/// Create an artifact
///
/// Creates an artifact, a new type of binary, and returns it. If the name is taken, the answer is 409 `name_taken`. Scope: `artifact.create`.
#[utoipa::path(post, path = "/artifacts", tag = "artifacts", request_body = api::ArtifactCreate, responses(
    (status = 201, body = api::ArtifactEnvelope), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactCreate>,
    id: ForNew,
    Json(body): Json<api::ArtifactCreate>,
) -> Result<Record<api::ArtifactEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let description = fields.optional("description", body.description);
    let custom_metadata = fields.metadata(body.custom_metadata);
    let id = id.or_chosen(body.id);
    let new = fields.all(name.map(|name| artifacts::New { name, description, custom_metadata }))?;
    Ok(record(StatusCode::CREATED, artifacts::create(&app.ctx, &by, id, new).await?))
}

/// List artifacts
///
/// Answers with one page of the organization's artifacts. Scope: `artifact.read`.
#[utoipa::path(get, path = "/artifacts", tag = "artifacts", params(Listing<Artifact>),
    responses((status = 200, body = api::ArtifactList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactRead>,
    listing: Listing<Artifact>,
) -> Result<axum::Json<api::ArtifactList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = artifacts::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    Ok(axum::Json(api::ArtifactList { artifacts: page.items.into_iter().map(shown).collect(), next_page }))
}

/// Get an artifact
///
/// Answers with one artifact. Scope: `artifact.read`.
#[utoipa::path(get, path = "/artifacts/{prn}", tag = "artifacts", params(
    ("prn" = String, Path, description = "The PRN of the artifact to read.")),
    responses((status = 200, body = api::ArtifactEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::ArtifactEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    Ok(record(StatusCode::OK, artifacts::get(&app.ctx, &by, id).await?))
}

/// Update an artifact
///
/// Changes name, description and metadata. Bundles that exist keep the metadata that they were made with. With `If-Match`, the answer is
/// 412 if somebody changed the artifact in between. Scope: `artifact.update`.
#[utoipa::path(patch, path = "/artifacts/{prn}", tag = "artifacts", params(
    ("prn" = String, Path, description = "The PRN of the artifact to change.")),
    request_body = api::ArtifactUpdate, responses((status = 200, body = api::ArtifactEnvelope),
    (status = 404, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::ArtifactUpdate>,
) -> Result<Record<api::ArtifactEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let change = artifacts::Change {
        name: fields.optional("name", body.name),
        description: fields.change("description", body.description),
        custom_metadata: fields.metadata_change(body.custom_metadata),
    };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, artifacts::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete an artifact
///
/// Deletes an artifact for good. It must not have versions (409 `in_use`). Scope: `artifact.delete`.
#[utoipa::path(delete, path = "/artifacts/{prn}", tag = "artifacts", params(
    ("prn" = String, Path, description = "The PRN of the artifact to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    artifacts::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
