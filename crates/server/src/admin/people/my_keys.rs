//! `/v1/users/me/api_keys`: the personal keys of the signed-in person.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use olivine_api::api_keys as api;
use olivine_api::errors::ErrorBody;
use olivine_operations::api_keys;
use olivine_operations::lists::NewId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::api_keys::{given, shown};
use crate::admin::auth::{Caller, SignedIn};
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::named;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create_key, list_keys)).routes(routes!(revoke_key))
}

/// Create a personal key
///
/// Makes an API key that belongs to the signed-in person, and answers with its secret in `key`: it is shown only this once. At each request
/// the key may do what it was given, as far as the person may still do it in the organization; it can never grant rights to others. The key
/// stops working when the membership ends. Needs a fresh session, and no scope.
#[utoipa::path(post, path = "/users/me/api_keys", tag = "users", security(("session" = [])), request_body = api::ApiKeyCreate, responses(
    (status = 201, body = api::ApiKeyEnvelope), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create_key(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Caller(actor): Caller,
    Json(body): Json<api::ApiKeyCreate>,
) -> Result<Response, ApiError> {
    let new = given(body, actor.organization, NewId::Fresh)?;
    let created = api_keys::create_personal(&app.ctx, person.fresh(&app.ctx)?, &actor, new).await?;
    let body = api::ApiKeyEnvelope { api_key: shown(created.api_key, created.secret.as_ref()) };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response())
}

/// List your personal keys
///
/// Answers with the keys of the signed-in person in this organization, revoked ones included, the oldest first and never with their
/// secrets. Needs a session, and no scope.
#[utoipa::path(get, path = "/users/me/api_keys", tag = "users", security(("session" = [])), responses((status = 200, body = api::PersonalKeys)))]
async fn list_keys(
    State(app): State<App>,
    _: SignedIn,
    Caller(actor): Caller,
) -> Result<axum::Json<api::PersonalKeys>, ApiError> {
    let keys = api_keys::list_personal(&app.ctx, &actor).await?;
    Ok(axum::Json(api::PersonalKeys { api_keys: keys.into_iter().map(|key| shown(key, None)).collect() }))
}

/// Revoke one of your personal keys
///
/// The key is refused from now on. This can't be undone. Needs a session, and no scope.
#[utoipa::path(delete, path = "/users/me/api_keys/{prn}", tag = "users", security(("session" = [])), params(
    ("prn" = String, Path, description = "The PRN of the personal key to revoke.")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn revoke_key(
    State(app): State<App>,
    _: SignedIn,
    Caller(actor): Caller,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, actor.organization)?;
    api_keys::revoke_personal(&app.ctx, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
