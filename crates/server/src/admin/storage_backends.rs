//! `/v1/storage_backends`

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::errors::ErrorBody;
use olivine_api::json::Raw;
use olivine_api::storage_backends as api;
use olivine_content::cdn::CdnSettings;
use olivine_domain::permissions::scope;
use olivine_domain::storage_backends::StorageBackend;
use olivine_operations::storage_backends::{self, Checked, StorageCredentials, View};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::devices::tags;
use crate::admin::idempotency::ForNew;
use crate::admin::link_base::LinkBase;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named};
use crate::http::listing::Listing;
use crate::http::revisions::{IfMatch, Record};
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, update, delete))
        .routes(routes!(check))
}

/// The record as it is shown: never its secrets.
fn shown(view: View) -> api::StorageBackend {
    let View { backend, cdn } = view;
    let organization = backend.organization;
    api::StorageBackend {
        prn: organization.map(|owner| backend.id.prn(owner).to_string()).unwrap_or_default(),
        organization_prn: organization.map(wire::organization).unwrap_or_default(),
        name: backend.name.to_string(),
        url: backend.url.to_string(),
        endpoint: backend.endpoint,
        region: backend.region,
        has_credentials: backend.sealed_credentials.is_some(),
        cdn: cdn.map(|(kind, url)| api::Cdn { kind, url }),
        near_tags: backend.near.iter().map(str::to_owned).collect(),
        replicates: backend.replicates,
        position: backend.position,
        checksums: backend.checksums,
        inserted_at: backend.inserted_at.to_string(),
        updated_at: backend.updated_at.to_string(),
    }
}

fn record(status: StatusCode, view: View) -> Record<api::StorageBackendEnvelope> {
    let revision = view.backend.revision;
    Record { status, revision, body: api::StorageBackendEnvelope { storage_backend: shown(view) } }
}

fn credentials(said: api::StorageCredentials) -> StorageCredentials {
    use api::StorageCredentials as Said;
    match said {
        Said::S3 { access_key_id, secret_access_key, session_token } => {
            StorageCredentials::S3 { access_key_id, secret_access_key, session_token }
        }
        Said::Gcs { service_account_key } => StorageCredentials::Gcs { service_account_key },
        Said::Azure { account, access_key } => StorageCredentials::Azure { account, access_key },
    }
}

fn cdn(fields: &mut Fields, said: Option<Raw>) -> Option<CdnSettings> {
    said.and_then(|json| fields.take("cdn", serde_json::from_str(json.get())))
}

/// Register a storage backend
///
/// The server tries the storage first: it writes, reads, lists, signs and deletes. If something does not work, the error names it, with
/// the permission that is missing. If the name is taken, the answer is 409 `name_taken`. Scope: `storage_backend.create`.
#[utoipa::path(post, path = "/storage_backends", tag = "storage_backends", request_body = api::StorageBackendCreate,
    responses((status = 201, body = api::StorageBackendEnvelope), (status = 409, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::StorageBackendCreate>,
    id: ForNew,
    Json(body): Json<api::StorageBackendCreate>,
) -> Result<Record<api::StorageBackendEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let url = fields.parse("url", &body.url);
    let near = tags(&mut fields, "near_tags", &body.near_tags);
    let cdn = cdn(&mut fields, body.cdn);
    let ((name, url), near) = fields.all(name.zip(url).zip(near))?;
    let new = storage_backends::Create {
        id: id.or_chosen(body.id),
        name,
        url,
        endpoint: body.endpoint,
        region: body.region,
        credentials: body.credentials.map(credentials),
        cdn,
        near,
        replicates: body.replicates,
        position: body.position,
        checksums: body.checksums,
    };
    Ok(record(StatusCode::CREATED, storage_backends::create(&app.ctx, &by, new).await?))
}

/// List storage backends
///
/// Answers with one page of the organization's storage backends, never with credentials. Scope: `storage_backend.read`.
#[utoipa::path(get, path = "/storage_backends", tag = "storage_backends", params(Listing<StorageBackend>),
    responses((status = 200, body = api::StorageBackendList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::StorageBackendRead>,
    listing: Listing<StorageBackend>,
) -> Result<axum::Json<api::StorageBackendList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = storage_backends::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let storage_backends = page.items.into_iter().map(shown).collect();
    Ok(axum::Json(api::StorageBackendList { storage_backends, next_page }))
}

/// Get a storage backend
///
/// Answers with one storage backend, without its credentials. Scope: `storage_backend.read`.
#[utoipa::path(get, path = "/storage_backends/{prn}", tag = "storage_backends", params(
    ("prn" = String, Path, description = "The PRN of the storage backend to read.")),
    responses((status = 200, body = api::StorageBackendEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::StorageBackendRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::StorageBackendEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    Ok(record(StatusCode::OK, storage_backends::get(&app.ctx, &by, id).await?))
}

/// Update a storage backend
///
/// Changes name, credentials, CDN, replication or the choice of devices. New credentials, and a change of `checksums`, are tried first.
/// With `If-Match`, the answer is 412 if somebody changed the storage backend in between. Scope: `storage_backend.update`.
#[utoipa::path(patch, path = "/storage_backends/{prn}", tag = "storage_backends", params(
    ("prn" = String, Path, description = "The PRN of the storage backend to change.")),
    request_body = api::StorageBackendUpdate, responses((status = 200, body = api::StorageBackendEnvelope),
    (status = 404, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::StorageBackendUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::StorageBackendUpdate>,
) -> Result<Record<api::StorageBackendEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let change = storage_backends::Update {
        name: fields.optional("name", body.name),
        credentials: body.credentials.map(credentials),
        cdn: body.cdn.map(|said| cdn(&mut fields, said)),
        near: body.near_tags.and_then(|given| tags(&mut fields, "near_tags", &given)),
        replicates: body.replicates,
        position: body.position,
        checksums: body.checksums,
    };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, storage_backends::update(&app.ctx, &by, id, expected, change).await?))
}

/// Check a storage backend
///
/// Repeats the check that was made when the storage was registered: writes, reads, lists and deletes something small. It also asks the
/// storage, as a browser would, whether pages of this server may send parts to it (CORS). The answer is 200 even if the check finds a
/// problem. Scope: `storage_backend.update`.
#[utoipa::path(post, path = "/storage_backends/{prn}/check", tag = "storage_backends", params(
    ("prn" = String, Path, description = "The PRN of the storage backend to check.")),
    responses((status = 200, body = api::StorageBackendCheckEnvelope), (status = 404, body = ErrorBody)))]
async fn check(
    State(app): State<App>,
    Permit(by): Permit<scope::StorageBackendUpdate>,
    Path(prn): Path<String>,
    LinkBase(base): LinkBase,
) -> Result<axum::Json<api::StorageBackendCheckEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let origin = origin(&base);
    let Checked { storage, cors } = storage_backends::try_again(&app.ctx, &by, id, origin).await?;
    let failed = storage.err();
    let check = api::StorageBackendCheck {
        works: failed.is_none(),
        failed_step: failed.as_ref().map(|failed| failed.step.to_owned()),
        missing_permission: failed.as_ref().and_then(|failed| failed.permission.map(str::to_owned)),
        problem: failed.map(|failed| failed.told),
        origin: origin.to_owned(),
        allows_browsers: cors.as_ref().map(Result::is_ok),
        cors_problem: wire::text(cors.and_then(Result::err)),
    };
    Ok(axum::Json(api::StorageBackendCheckEnvelope { check }))
}

/// The scheme, host and port that a URL begins with.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    url[host..].find('/').map_or(url, |path| &url[..host + path])
}

/// Remove a storage backend
///
/// Removes a storage backend from the organization. It must not hold the content of any binary, and it must not be the storage of new or
/// archived binaries (409 `in_use`). Scope: `storage_backend.delete`.
#[utoipa::path(delete, path = "/storage_backends/{prn}", tag = "storage_backends", params(
    ("prn" = String, Path, description = "The PRN of the storage backend to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::StorageBackendDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    storage_backends::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_has_no_path() {
        for (url, expected) in [
            ("https://olivine.example.com", "https://olivine.example.com"),
            ("https://olivine.example.com/", "https://olivine.example.com"),
            ("http://127.0.0.1:8080/below/it", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }
}
