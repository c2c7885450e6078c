//! `/v1/signing_keys`

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::errors::ErrorBody;
use olivine_api::signing_keys as api;
use olivine_domain::permissions::scope;
use olivine_domain::signing_keys::{Certificate, KeyMaterial, SigningKey};
use olivine_operations::signing_keys;
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
pub(super) fn shown(key: &SigningKey) -> api::SigningKey {
    api::SigningKey {
        prn: key.id.prn(key.organization).to_string(),
        organization_prn: wire::organization(key.organization),
        keyid: key.keyid().to_string(),
        algorithm: key.algorithm().as_str().to_owned(),
        public_value: key.public_key().public_value(),
        certificate: key.certificate().map(|certificate| certificate.pem().to_owned()),
        not_before: wire::text(key.certificate().map(Certificate::not_before)),
        not_after: wire::text(key.certificate().map(Certificate::not_after)),
        state: key.status.as_str().to_owned(),
        inserted_at: key.inserted_at.to_string(),
        updated_at: key.updated_at.to_string(),
        name: key.name.to_string(),
    }
}

fn record(status: StatusCode, key: &SigningKey) -> Record<api::SigningKeyEnvelope> {
    Record { status, revision: key.revision, body: api::SigningKeyEnvelope { signing_key: shown(key) } }
}

/// Register a signing key
///
/// Trusts a public key: its signatures count from now on. A key that is registered already is 409 `key_taken`. Scope:
/// `signing_key.create`.
#[utoipa::path(post, path = "/signing_keys", tag = "signing_keys", request_body = api::SigningKeyCreate, responses(
    (status = 201, body = api::SigningKeyEnvelope), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::SigningKeyCreate>,
    id: ForNew,
    Json(body): Json<api::SigningKeyCreate>,
) -> Result<Record<api::SigningKeyEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let material = fields.take("value", KeyMaterial::parse(&body.value));
    let (name, material) = fields.all(name.zip(material))?;
    let new = signing_keys::New { name, material };
    Ok(record(StatusCode::CREATED, &signing_keys::create(&app.ctx, &by, id.made(), new).await?))
}

/// List signing keys
///
/// Answers with one page of the organization's signing keys. Scope: `signing_key.read`.
#[utoipa::path(get, path = "/signing_keys", tag = "signing_keys", params(Listing<SigningKey>),
    responses((status = 200, body = api::SigningKeyList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::SigningKeyRead>,
    listing: Listing<SigningKey>,
) -> Result<axum::Json<api::SigningKeyList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = signing_keys::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    Ok(axum::Json(api::SigningKeyList { signing_keys: page.items.iter().map(shown).collect(), next_page }))
}

/// Get a signing key
///
/// Answers with one signing key. Scope: `signing_key.read`.
#[utoipa::path(get, path = "/signing_keys/{prn}", tag = "signing_keys", params(
    ("prn" = String, Path, description = "The PRN of the signing key to read.")),
    responses((status = 200, body = api::SigningKeyEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::SigningKeyRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::SigningKeyEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    Ok(record(StatusCode::OK, &signing_keys::get(&app.ctx, &by, id).await?))
}

/// Rename, disable, enable or revoke a signing key
///
/// A disabled key makes no new signatures. The signatures of a revoked key stop counting immediately, so binaries that then have too few
/// go back to `signable`; this can't be undone. With `If-Match`, the answer is 412 if somebody changed the key in between. Scope:
/// `signing_key.update`.
#[utoipa::path(patch, path = "/signing_keys/{prn}", tag = "signing_keys", params(
    ("prn" = String, Path, description = "The PRN of the signing key to change.")),
    request_body = api::SigningKeyUpdate, responses((status = 200, body = api::SigningKeyEnvelope),
    (status = 404, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::SigningKeyUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::SigningKeyUpdate>,
) -> Result<Record<api::SigningKeyEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let change = signing_keys::Change {
        name: fields.optional("name", body.name),
        status: fields.optional("state", body.state),
    };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, &signing_keys::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete a signing key
///
/// Deletes a signing key for good. A key that has made signatures can't be deleted (409 `in_use`); revoke it instead. Scope:
/// `signing_key.delete`.
#[utoipa::path(delete, path = "/signing_keys/{prn}", tag = "signing_keys", params(
    ("prn" = String, Path, description = "The PRN of the signing key to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::SigningKeyDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    signing_keys::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
