//! `/v1/api_keys`

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use olivine_api::api_keys as api;
use olivine_api::errors::ErrorBody;
use olivine_api::memberships::Grant;
use olivine_domain::api_keys::{ApiKey, ApiKeySecret};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::scope;
use olivine_domain::prn::Id;
use olivine_operations::api_keys;
use olivine_operations::lists::NewId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::grants::{given_grants, shown_grants};
use crate::admin::idempotency::{ForNew, Secret};
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named};
use crate::http::listing::Listing;
use crate::http::revisions::{IfMatch, Record};
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update, revoke))
}

pub(super) fn shown(key: ApiKey, secret: Option<&ApiKeySecret>) -> api::ApiKey {
    let grants = shown_grants(&key.grants, key.organization);
    // All grants of a key reach the same.
    let reach = grants.first().cloned().unwrap_or_default();
    api::ApiKey {
        prn: key.id.prn(key.organization).to_string(),
        organization_prn: wire::organization(key.organization),
        name: key.name.to_string(),
        role: grants.iter().find_map(|grant| grant.role.clone()),
        scopes: key.grants.scopes().map(|scope| scope.as_str().to_owned()).collect(),
        product_prns: reach.product_prns,
        cohort_prns: reach.cohort_prns,
        grants,
        owner_prn: key.owner.map(wire::of_installation),
        hint: key.hint,
        expires_at: wire::text(key.expires_at),
        revoked_at: wire::text(key.revoked_at),
        inserted_at: key.inserted_at.to_string(),
        updated_at: key.updated_at.to_string(),
        key: secret.map(|secret| secret.reveal().to_owned()),
    }
}

fn record(status: StatusCode, key: ApiKey) -> Record<api::ApiKeyEnvelope> {
    Record { status, revision: key.revision, body: api::ApiKeyEnvelope { api_key: shown(key, None) } }
}

/// The new key that a body asks for.
pub(super) fn given(
    body: api::ApiKeyCreate,
    organization: Id<Organization>,
    id: NewId,
) -> Result<api_keys::Create, ApiError> {
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let grant = |role, scopes| Grant {
        role,
        scopes,
        product_prns: body.product_prns.clone(),
        cohort_prns: body.cohort_prns.clone(),
    };
    // A role and single scopes besides are two grants.
    let grants = match (body.role, body.scopes) {
        (Some(role), Some(scopes)) => vec![grant(Some(role), None), grant(None, Some(scopes))],
        (role, scopes) => vec![grant(role, scopes)],
    };
    let grants = given_grants(&mut fields, organization, grants)?;
    let expires_at = fields.optional("expires_at", body.expires_at);
    let (name, grants) = fields.all(name.zip(grants))?;
    Ok(api_keys::Create { id, name, grants, expires_at, owner: None })
}

/// Create an API key
///
/// Makes a key and answers with its secret in `key`, which is shown only this once. The key has a role, single scopes, or both. It reaches
/// the whole organization, or some of its products and cohorts. A key can't give scopes that it lacks itself, nor a later expiry than its
/// own (403 and 422). Scope: `api_key.create`.
#[utoipa::path(post, path = "/api_keys", tag = "api_keys", request_body = api::ApiKeyCreate, responses(
    (status = 201, body = api::ApiKeyEnvelope), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::ApiKeyCreate>,
    id: ForNew,
    Json(body): Json<api::ApiKeyCreate>,
) -> Result<Response, ApiError> {
    let new = given(body, by.organization, id.made())?;
    let created = api_keys::create(&app.ctx, &by, new).await?;
    let (revision, status) = (created.api_key.revision, StatusCode::CREATED);
    let body = api::ApiKeyEnvelope { api_key: shown(created.api_key, created.secret.as_ref()) };
    Ok((Extension(Secret), Record { status, revision, body }).into_response())
}

/// List API keys
///
/// Answers with one page of the organization's API keys, revoked ones included, never with their secrets. Scope: `api_key.read`.
#[utoipa::path(get, path = "/api_keys", tag = "api_keys", params(Listing<ApiKey>),
    responses((status = 200, body = api::ApiKeyList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::ApiKeyRead>,
    listing: Listing<ApiKey>,
) -> Result<axum::Json<api::ApiKeyList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = api_keys::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let api_keys = page.items.into_iter().map(|key| shown(key, None)).collect();
    Ok(axum::Json(api::ApiKeyList { api_keys, next_page }))
}

/// Get an API key
///
/// Answers with one API key, without its secret. Scope: `api_key.read`.
#[utoipa::path(get, path = "/api_keys/{prn}", tag = "api_keys", params(
    ("prn" = String, Path, description = "The PRN of the API key to read.")),
    responses((status = 200, body = api::ApiKeyEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::ApiKeyRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::ApiKeyEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    Ok(record(StatusCode::OK, api_keys::get(&app.ctx, &by, id).await?))
}

/// Rename an API key or change its expiry
///
/// Changes the name or the expiry; role and scopes stay. The last working key with the role `admin` can't be made to expire (409
/// `in_use`), nor can a key be changed that has more scopes than the caller's (403). Scope: `api_key.update`.
#[utoipa::path(patch, path = "/api_keys/{prn}", tag = "api_keys", params(
    ("prn" = String, Path, description = "The PRN of the API key to change.")),
    request_body = api::ApiKeyUpdate, responses((status = 200, body = api::ApiKeyEnvelope),
    (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::ApiKeyUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::ApiKeyUpdate>,
) -> Result<Record<api::ApiKeyEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let change = api_keys::Update {
        name: fields.optional("name", body.name),
        expires_at: fields.change("expires_at", body.expires_at),
    };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, api_keys::update(&app.ctx, &by, id, expected, change).await?))
}

/// Revoke an API key
///
/// The key is refused from now on; its record stays, for the audit trail. This can't be undone. The last working key with the role
/// `admin` can't be revoked (409 `in_use`), nor can a key that has more scopes than the caller's (403). Scope: `api_key.revoke`.
#[utoipa::path(delete, path = "/api_keys/{prn}", tag = "api_keys", params(
    ("prn" = String, Path, description = "The PRN of the API key to revoke.")),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
async fn revoke(
    State(app): State<App>,
    Permit(by): Permit<scope::ApiKeyRevoke>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    api_keys::revoke(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
