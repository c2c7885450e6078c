//! `/content/{token}`: the server's own signed URLs. Who holds one may do exactly what it says, until it expires; no key is asked for.

use std::ops::Range;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt, TryStreamExt};
use headers::{AcceptRanges, ContentLength, ContentRange, ETag, HeaderMapExt, IfRange};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method, StatusCode};
use http_range_header::{StartPosition, SyntacticallyCorrectRange};
use olivine_content::ContentReader;
use olivine_domain::permissions::Origin;
use olivine_operations::content::{self, Followed, Served};
use olivine_operations::{Context, Error};
use tokio::time::{Duration, Instant};

use crate::admin::binary_content::announced;
use crate::admin::error::ApiError;
use crate::app::App;
use crate::limits::paced;

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
    let length = announced(&request);
    let body = paced(request.into_body(), &app.limits);
    let received = content::receive_part(&app.ctx, &token, origin, length, body).await?;
    // As S3 does, so that clients need not tell the two apart.
    let tag = format!("\"{}\"", received.sha256.to_hex());
    Ok((StatusCode::OK, [("etag", tag)]).into_response())
}

/// Gives out a content, or a range of it.
async fn download(
    State(app): State<App>,
    Extension(origin): Extension<Origin>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let served = content::locate(&app.ctx, &token).await?;
    serve(app, served, origin, &Asked::of(&request)).await
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
        Followed::Here(served) => serve(app, served, origin, asked).await,
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");

/// Gives out a content, or a range of it.
async fn serve(app: App, served: Served, origin: Origin, asked: &Asked) -> Result<Response, ApiError> {
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
    response.headers_mut().typed_insert(ContentLength(bytes.end - bytes.start));
    if let Some(range) = range {
        let range = ContentRange::bytes(range, served.size).map_err(|_| Error::internal("content range"))?;
        response.headers_mut().typed_insert(range);
    }
    if asked.method == Method::HEAD {
        return Ok(response);
    }
    let reader = served.read(&app.ctx, bytes).await?;
    let running = Running::new(app.ctx, served, origin, reader);
    if running.is_at_end() {
        note_end(&running.ctx, &running.served, &running.origin).await;
    }
    *response.body_mut() = Body::from_stream(running.into_stream());
    Ok(response)
}

fn fixed_headers(served: &Served, tag: &ETag) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.typed_insert(tag.clone());
    headers.typed_insert(AcceptRanges::bytes());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // What a URL leads to never changes, but it can be destroyed, and caches would not hear of it.
    headers.insert(CACHE_CONTROL, NO_STORE);
    if let Ok(value) = HeaderValue::from_str(&served.filename.content_disposition()) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    headers
}

fn not_modified(headers: &HeaderMap, tag: &ETag) -> bool {
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
    let Ok(parsed) = http_range_header::parse_range_header(value) else { return Ok(None) };
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

/// How often a running download looks whether its content still may be served.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A running download: broken off when its content is destroyed meanwhile, put on record when its last byte is served.
struct Running {
    reader: ContentReader,
    ctx: Context,
    served: Served,
    origin: Origin,
    left: u64,
    looked: Instant,
}

impl Running {
    fn new(ctx: Context, served: Served, origin: Origin, reader: ContentReader) -> Self {
        let left = reader.range().end - reader.range().start;
        Self { reader, ctx, served, origin, left, looked: Instant::now() }
    }

    fn into_stream(self) -> impl Stream<Item = Result<axum::body::Bytes, BrokenOff>> {
        futures_util::stream::try_unfold(self, Self::next).into_stream()
    }

    async fn next(mut self) -> Result<Option<(axum::body::Bytes, Self)>, BrokenOff> {
        if self.looked.elapsed() >= LOOK_EVERY {
            if !self.served.is_current(&self.ctx).await.unwrap_or(true) {
                return Err(BrokenOff);
            }
            self.looked = Instant::now();
        }
        match self.reader.next().await {
            Some(Ok(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                // Not after it: once a body has the announced length, nobody asks it for more.
                if self.is_at_end() {
                    note_end(&self.ctx, &self.served, &self.origin).await;
                }
                Ok(Some((bytes, self)))
            }
            Some(Err(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a download broke off");
                Err(BrokenOff)
            }
            None => Ok(None),
        }
    }

    /// Whether the content's last byte is out.
    const fn is_at_end(&self) -> bool {
        self.left == 0 && self.reader.range().end == self.reader.total()
    }
}

async fn note_end(ctx: &Context, served: &Served, origin: &Origin) {
    if let Err(error) = served.finished(ctx, origin.clone()).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a finished download was not recorded");
    }
}

/// A download that can't go on.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the content is not served any more")]
struct BrokenOff;
