//! `/v1/binaries/{prn}/parts`

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::binary_parts as api;
use olivine_api::errors::ErrorBody;
use olivine_content::PartTarget;
use olivine_domain::binary_parts::{BinaryPart, PartIndex};
use olivine_domain::permissions::scope;
use olivine_operations::binary_parts;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named};
use crate::http::listing::Listing;
use crate::local_urls::FromElsewhere;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, put))
}

fn shown(part: &BinaryPart, target: Option<PartTarget>) -> api::BinaryPart {
    let upload = target.map(|target| api::UploadTarget {
        method: target.method.to_owned(),
        url: target.url,
        headers: target.headers.into_iter().collect(),
        expires_at: target.expires_at.to_string(),
    });
    api::BinaryPart {
        prn: part.id.prn(part.organization).to_string(),
        organization_prn: wire::organization(part.organization),
        binary_prn: part.binary().prn(part.organization).to_string(),
        index: part.index.get(),
        size: part.size,
        hash: part.hash.to_string(),
        state: part.state.as_str().to_owned(),
        inserted_at: part.inserted_at.to_string(),
        updated_at: part.updated_at.to_string(),
        presigned_upload_url: upload.as_ref().map(|upload| upload.url.clone()),
        upload,
    }
}

fn index(text: &str) -> Result<PartIndex, ApiError> {
    let number = text.parse().map_err(|_| ApiError::bad_request(format!("'{text}' is not a part index")))?;
    PartIndex::new(number).map_err(|problem| ApiError::bad_request(problem.to_string()))
}

/// List a binary's parts
///
/// Answers with one page of the parts that were announced since the upload began or was reset, with their states. An interrupted upload
/// can continue from it. Scope: `binary.read`.
#[utoipa::path(get, path = "/binaries/{prn}/parts", tag = "binary_parts", params(
    ("prn" = String, Path, description = "The PRN of the binary whose parts to list."),
    Listing<BinaryPart>),
    responses((status = 200, body = api::BinaryPartList), (status = 404, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryRead>,
    Path(prn): Path<String>,
    listing: Listing<BinaryPart>,
) -> Result<axum::Json<api::BinaryPartList>, ApiError> {
    let id = named(&prn, by.organization)?;
    let (query, _) = listing.read(&[])?;
    let page = binary_parts::list(&app.ctx, &by, id, &query).await?;
    let next_page = wire::cursor(&page);
    let binary_parts = page.items.into_iter().map(|part| shown(&part, None)).collect();
    Ok(axum::Json(api::BinaryPartList { binary_parts, next_page }))
}

/// Get a part of a binary
///
/// Answers with one part and its state, without a URL to upload to. Scope: `binary.read`.
#[utoipa::path(get, path = "/binaries/{prn}/parts/{index}", tag = "binary_parts",
    params(
    ("prn" = String, Path, description = "The PRN of the binary that has the part."),
    ("index" = u16, Path, description = "The number of the part, from 1 to 10,000.")),
    responses((status = 200, body = api::BinaryPartEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryRead>,
    Path((prn, place)): Path<(String, String)>,
) -> Result<axum::Json<api::BinaryPartEnvelope>, ApiError> {
    let (id, index) = (named(&prn, by.organization)?, index(&place)?);
    let part = binary_parts::get(&app.ctx, &by, id, index).await?;
    Ok(axum::Json(api::BinaryPartEnvelope { binary_part: shown(&part, None) }))
}

/// Announce a part, to upload it
///
/// Declares size and hash of a part (201; 200 if this index was announced before) and answers with a signed request that uploads its
/// bytes. Announcing an index again replaces the part, or gives a new URL for it. The binary must be `uploadable` (409 `invalid_state`).
/// Scope: `binary.upload`.
#[utoipa::path(put, path = "/binaries/{prn}/parts/{index}", tag = "binary_parts",
    params(
    ("prn" = String, Path, description = "The PRN of the binary to upload to in parts."),
    ("index" = u16, Path, description = "The number of the part, from 1 to 10,000.")),
    request_body = api::BinaryPartPut, responses(
    (status = 200, body = api::BinaryPartEnvelope), (status = 201, body = api::BinaryPartEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn put(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryUpload>,
    Path((prn, place)): Path<(String, String)>,
    caller: FromElsewhere,
    Json(body): Json<api::BinaryPartPut>,
) -> Result<(StatusCode, axum::Json<api::BinaryPartEnvelope>), ApiError> {
    let (id, index) = (named(&prn, by.organization)?, index(&place)?);
    let mut fields = Fields::default();
    let hash = fields.parse("hash", &body.hash);
    let hash = fields.all(hash)?;
    let put =
        binary_parts::Put { index, size: body.size, hash, expected_binary_size: body.expected_binary_size };
    let announced = binary_parts::put(&app.ctx, &by, id, put).await?;
    app.local_urls.look(caller, announced.target.as_ref().map(|target| &*target.url));
    let status = if announced.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((
        status,
        axum::Json(api::BinaryPartEnvelope { binary_part: shown(&announced.part, announced.target) }),
    ))
}
