//! `/content/{token}`: the server's own signed URLs. The holder of one may do exactly what it permits, until it expires, and needs no key.

use std::ops::Range;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use headers::{AcceptRanges, ContentLength, ContentRange, ETag, HeaderMapExt, IfRange};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method, StatusCode};
use http_range_header::{StartPosition, SyntacticallyCorrectRange};
use olivine_domain::Sha256Digest;
use olivine_domain::permissions::Origin;
use olivine_operations::Error;
use olivine_operations::content::{self, Followed, Served};

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::lines::Known;
use crate::http::reading::{announced, paced};
use crate::http::room::{CALLER_PATIENCE, Place};

/// The routes, for `GET`, `HEAD` and `PUT`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/content/{token}", get(download).put(upload))
        .route("/d/{token}", get(short))
        .route("/d/{token}/{near}", get(short_near))
}

/// Takes the bytes of a part.
async fn upload(
    State(app): State<App>,
    Extension(origin): Extension<Origin>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let target = content::upload_target(&app.ctx, &token)?;
    request.extensions().get::<Place>().inspect(|place| place.begin_waiting());
    let _ticket = app.uploads.wait(&target, origin.address, CALLER_PATIENCE).await?;
    let length = announced(&request);
    let body = paced(request, &app.limits);
    let received = content::receive_part(&app.ctx, &token, origin, length, body).await?;
    // As S3 does, so that clients need not tell the two apart.
    let tag = format!("\"{}\"", received.sha256.to_hex());
    Ok((StatusCode::OK, Extension(Known), [("etag", tag)]).into_response())
}

/// Gives out a content, or a range of it.
async fn download(
    State(app): State<App>,
    Extension(origin): Extension<Origin>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let served = content::locate(&app.ctx, &token).await?;
    serve(app, &token, served, origin, &Asked::of(&request)).await
}

/// What a request says of what it wants, without its body.
struct Asked {
    method: Method,
    headers: HeaderMap,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self { method: request.method().clone(), headers: request.headers().clone() }
    }
}

/// Leads on from a short URL, or gives the content out.
async fn short(
    State(app): State<App>,
    Extension(origin): Extension<Origin>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    lead_on(app, &token, None, origin, &Asked::of(&request)).await
}

/// The same, from the copy that is near.
async fn short_near(
    State(app): State<App>,
    Extension(origin): Extension<Origin>,
    Path((token, near)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    lead_on(app, &token, Some(&near), origin, &Asked::of(&request)).await
}

async fn lead_on(
    app: App,
    token: &str,
    near: Option<&str>,
    origin: Origin,
    asked: &Asked,
) -> Result<Response, ApiError> {
    match content::follow(&app.ctx, token, near).await? {
        // Temporary, and with the method kept (RFC 9110, 15.4.3): the next time it may lead elsewhere.
        Followed::Elsewhere(url) => {
            let location = HeaderValue::from_str(&url.url).map_err(|_| Error::internal("a signed URL"))?;
            Ok((StatusCode::FOUND, [(LOCATION, location), (CACHE_CONTROL, NO_STORE)]).into_response())
        }
        Followed::Here(served) => serve(app, token, served, origin, asked).await,
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");

/// Gives out a content, or a range of it.
async fn serve(
    app: App,
    token: &str,
    served: Served,
    origin: Origin,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let tag: ETag =
        format!("\"{}\"", served.hash.to_hex()).parse().map_err(|_| Error::internal("entity tag"))?;
    let headers = fixed_headers(&served, &tag);
    if not_modified(&asked.headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let range =
        if range_applies(&asked.headers, &tag) { asked_range(&asked.headers, served.size)? } else { None };

    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let bytes = range.clone().unwrap_or(0..served.size);
    let mut response = (status, headers).into_response();
    response.extensions_mut().insert(Known);
    response.headers_mut().typed_insert(ContentLength(bytes.end - bytes.start));
    if let Some(range) = range {
        let range = ContentRange::bytes(range, served.size).map_err(|_| Error::internal("content range"))?;
        response.headers_mut().typed_insert(range);
    }
    if asked.method == Method::HEAD {
        return Ok(response);
    }
    let ticket = app.download_places.admit(&Sha256Digest::of(token.as_bytes()), origin.address)?;
    let reader = served.read(&app.ctx, bytes).await?;
    let download = app.downloads.begin(ticket, app.ctx, served, origin, reader);
    *response.body_mut() = Body::from_stream(download.into_stream().await);
    Ok(response)
}

fn fixed_headers(served: &Served, tag: &ETag) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.typed_insert(tag.clone());
    headers.typed_insert(AcceptRanges::bytes());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The content of a URL never changes, but it can be destroyed, and caches would not notice that.
    headers.insert(CACHE_CONTROL, NO_STORE);
    if let Ok(value) = HeaderValue::from_str(&served.filename.content_disposition()) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    headers
}

/// Whether the client has it already (`If-None-Match`).
pub(crate) fn not_modified(headers: &HeaderMap, tag: &ETag) -> bool {
    let condition =
        headers.contains_key(IF_NONE_MATCH).then(|| headers.typed_get::<headers::IfNoneMatch>()).flatten();
    condition.is_some_and(|condition| !condition.precondition_passes(tag))
}

/// Whether `If-Range`, where there is one, names the content as it is. What can't be read names nothing.
fn range_applies(headers: &HeaderMap, tag: &ETag) -> bool {
    let names_it = |condition: IfRange| !condition.is_modified(Some(tag), None);
    !headers.contains_key(IF_RANGE) || headers.typed_get::<IfRange>().is_some_and(names_it)
}

/// The one range that was asked for. Several ranges, and what is no range at all, are answered with the whole, as RFC 9110 allows.
fn asked_range(headers: &HeaderMap, size: u64) -> Result<Option<Range<u64>>, ApiError> {
    let Some(value) = headers.get(RANGE).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    // The unit's name is written in any case (RFC 9110, 14.1).
    let value = value.to_ascii_lowercase();
    let Ok(parsed) = http_range_header::parse_range_header(&value) else { return Ok(None) };
    if parsed.ranges.len() > 1 {
        return Ok(None);
    }
    // The last bytes of which there are fewer are all of them (RFC 9110, 14.1.3).
    if let [SyntacticallyCorrectRange { start: StartPosition::FromLast(last), .. }] = parsed.ranges.as_slice()
        && (1..=*last).contains(&size)
    {
        return Ok(Some(0..size));
    }
    match parsed.validate(size) {
        Ok(ranges) => Ok(ranges.into_iter().next().map(|range| *range.start()..*range.end() + 1)),
        Err(_) => Err(Error::OutOfRange { total: size }.into()),
    }
}
