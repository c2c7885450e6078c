//! `/v1/binaries/{prn}/content` and `/v1/binaries/{prn}/download`: the whole content in one request, in and out.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, LOCATION};
use olivine_api::binaries::BinaryEnvelope;
use olivine_api::errors::ErrorBody;
use olivine_domain::permissions::scope;
use olivine_operations::{binaries, content};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::binaries::record;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::http::reading::{announced, paced};
use crate::http::revisions::Record;
use crate::local_urls::FromElsewhere;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(upload)).routes(routes!(download))
}

/// A body that is no JSON: bytes as they are. Only the document needs the type.
enum RawBytes {}

impl PartialSchema for RawBytes {
    fn schema() -> RefOr<Schema> {
        let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(binary)).build().into()
    }
}

impl ToSchema for RawBytes {}

/// Upload a binary's content in one request
///
/// Stores the body as the whole content, up to 100 MB; larger contents are uploaded in parts. The binary must be `uploadable` (409
/// `invalid_state`). Afterwards set its state to `hashable`, and the server verifies it. Scope: `binary.upload`.
#[utoipa::path(put, path = "/binaries/{prn}/content", tag = "binaries", params(
    ("prn" = String, Path, description = "The PRN of the binary to upload to.")),
    request_body(content = inline(RawBytes), content_type = "application/octet-stream"), responses(
    (status = 200, body = BinaryEnvelope), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    (status = 413, body = ErrorBody), (status = 422, body = ErrorBody), (status = 507, body = ErrorBody)))]
async fn upload(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryUpload>,
    Path(prn): Path<String>,
    request: Request,
) -> Result<Record<BinaryEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let length = announced(&request);
    let body = paced(request, &app.limits);
    Ok(record(StatusCode::OK, content::upload(&app.ctx, &by, id, length, body).await?))
}

/// Get a URL that downloads a binary's content
///
/// Redirects to a signed URL of the storage, which works for some time and without an API key. A binary without a verified content is 409
/// `invalid_state`. Scope: `binary.download`.
#[utoipa::path(get, path = "/binaries/{prn}/download", tag = "binaries", params(
    ("prn" = String, Path, description = "The PRN of the binary to download.")),
    responses(
    (status = 302, description = "The signed URL is in the header `Location`."), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
async fn download(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryDownload>,
    Path(prn): Path<String>,
    caller: FromElsewhere,
) -> Result<Response, ApiError> {
    let id = named(&prn, by.organization)?;
    let url = binaries::download_url(&app.ctx, &by, id).await?;
    app.local_urls.look(caller, Some(&url.url));
    let headers = [(LOCATION, url.url), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::FOUND, headers).into_response())
}
