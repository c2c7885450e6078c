//! `/v1/artifact_versions`

use std::collections::HashMap;

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::artifact_versions as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::permissions::{Actor, scope};
use olivine_domain::prn::{Id, Prn};
use olivine_operations::{Context, artifact_versions};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::artifacts;
use crate::admin::auth::Permit;
use crate::admin::idempotency::ForNew;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Listing, Pairs};
use crate::http::revisions::{IfMatch, Record};
use crate::wire;

const EXPANDABLE: &[&str] = &["artifact"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update, delete))
}

/// The records as they are shown, with their artifacts if they are wanted.
pub(super) async fn shown(
    ctx: &Context,
    by: &Actor,
    versions: Vec<ArtifactVersion>,
    with_artifacts: bool,
) -> Result<Vec<api::ArtifactVersion>, ApiError> {
    let mut artifacts: HashMap<Id<Artifact>, Artifact> = HashMap::new();
    if with_artifacts {
        let found = artifact_versions::artifacts_of(ctx, by, &versions).await?;
        artifacts.extend(found.into_iter().map(|artifact| (artifact.id, artifact)));
    }
    let show = |version: ArtifactVersion| {
        let artifact = artifacts.get(&version.artifact).cloned();
        show(version, artifact)
    };
    Ok(versions.into_iter().map(show).collect())
}

fn show(version: ArtifactVersion, artifact: Option<Artifact>) -> api::ArtifactVersion {
    api::ArtifactVersion {
        prn: version.id.prn(version.organization).to_string(),
        organization_prn: wire::organization(version.organization),
        artifact_prn: version.artifact.prn(version.organization).to_string(),
        version: version.version.to_string(),
        description: wire::text(version.description),
        custom_metadata: wire::metadata(version.custom_metadata),
        archived_at: wire::text(version.archived_at),
        inserted_at: version.inserted_at.to_string(),
        updated_at: version.updated_at.to_string(),
        artifact: artifact.map(artifacts::shown),
    }
}

pub(super) fn record(status: StatusCode, version: ArtifactVersion) -> Record<api::ArtifactVersionEnvelope> {
    let revision = version.revision;
    Record { status, revision, body: api::ArtifactVersionEnvelope { artifact_version: show(version, None) } }
}

/// Create an artifact version
///
/// Adds a version to an artifact and returns it. If the artifact has this version already, the answer is 409 `version_taken`. Scope:
/// `artifact_version.create`.
#[utoipa::path(post, path = "/artifact_versions", tag = "artifact_versions",
    request_body = api::ArtifactVersionCreate, responses((status = 201, body = api::ArtifactVersionEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactVersionCreate>,
    id: ForNew,
    Json(body): Json<api::ArtifactVersionCreate>,
) -> Result<Record<api::ArtifactVersionEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let artifact: Option<Prn<Artifact>> = fields.parse("artifact_prn", &body.artifact_prn);
    let version = fields.parse("version", &body.version);
    let description = fields.optional("description", body.description);
    let custom_metadata = fields.metadata(body.custom_metadata);
    let (artifact, version) = fields.all(artifact.zip(version))?;
    let (id, artifact) = (id.or_chosen(body.id), own(artifact, by.organization)?);
    let new = artifact_versions::New { artifact, version, description, custom_metadata };
    Ok(record(StatusCode::CREATED, artifact_versions::create(&app.ctx, &by, id, new).await?))
}

/// List artifact versions
///
/// Answers with one page of the organization's artifact versions. `?artifact_prn=` lists those of one artifact. Scope:
/// `artifact_version.read`.
#[utoipa::path(get, path = "/artifact_versions", tag = "artifact_versions", params(Listing<ArtifactVersion>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `artifact`.")),
    responses((status = 200, body = api::ArtifactVersionList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactVersionRead>,
    listing: Listing<ArtifactVersion>,
) -> Result<axum::Json<api::ArtifactVersionList>, ApiError> {
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = artifact_versions::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let artifact_versions = shown(&app.ctx, &by, page.items, expand.wants("artifact")).await?;
    Ok(axum::Json(api::ArtifactVersionList { artifact_versions, next_page }))
}

/// Get an artifact version
///
/// Answers with one artifact version. `expand[]=artifact` embeds its artifact. Scope: `artifact_version.read`.
#[utoipa::path(get, path = "/artifact_versions/{prn}", tag = "artifact_versions", params(
    ("prn" = String, Path, description = "The PRN of the artifact version to read."),
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `artifact`.")),
    responses((status = 200, body = api::ArtifactVersionEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactVersionRead>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<Record<api::ArtifactVersionEnvelope>, ApiError> {
    let (id, expand) = (named(&prn, by.organization)?, pairs.expand(EXPANDABLE)?);
    let version = artifact_versions::get(&app.ctx, &by, id).await?;
    let revision = version.revision;
    let mut shown = shown(&app.ctx, &by, vec![version], expand.wants("artifact")).await?;
    Ok(Record::found(revision, api::ArtifactVersionEnvelope { artifact_version: shown.remove(0) }))
}

/// Update an artifact version
///
/// Changes description and metadata. Bundles that exist keep the metadata that they were made with. With `If-Match`, the answer is 412 if
/// somebody changed the artifact version in between. Scope: `artifact_version.update`.
#[utoipa::path(patch, path = "/artifact_versions/{prn}", tag = "artifact_versions", params(
    ("prn" = String, Path, description = "The PRN of the artifact version to change.")),
    request_body = api::ArtifactVersionUpdate, responses((status = 200, body = api::ArtifactVersionEnvelope),
    (status = 404, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactVersionUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::ArtifactVersionUpdate>,
) -> Result<Record<api::ArtifactVersionEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let change = artifact_versions::Change {
        description: fields.change("description", body.description),
        custom_metadata: fields.metadata_change(body.custom_metadata),
    };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, artifact_versions::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete an artifact version
///
/// Deletes an artifact version for good. It must not have binaries (409 `in_use`). Scope: `artifact_version.delete`.
#[utoipa::path(delete, path = "/artifact_versions/{prn}", tag = "artifact_versions", params(
    ("prn" = String, Path, description = "The PRN of the artifact version to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::ArtifactVersionDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    artifact_versions::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
