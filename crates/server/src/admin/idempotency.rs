//! `Idempotency-Key` on POST: the first answer is given again for a day, so that CI can retry blindly.
//!
//! Nothing is read or written for a key before its caller has been found to have the permission: [`hold`] only delays the body, and
//! [`Permit`](crate::admin::auth::Permit) goes on with [`claim`].

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt as _};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use olivine_domain::hash::Sha256Hasher;
use olivine_domain::permissions::Actor;
use olivine_operations::idempotency::{self, Answer, Execution, Plan};
use olivine_operations::lists::NewId;
use uuid::Uuid;

use crate::app::App;
use crate::http::dry_runs;
use crate::http::error::ApiError;
use crate::http::reading::read_small;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const LONGEST_KEY: usize = 255;

/// Marks an answer that must not be kept, because it holds a secret.
#[derive(Clone, Copy, Debug)]
pub struct Secret;

/// A request with a key, between its arrival and its answer.
#[derive(Clone)]
struct Keyed {
    key: Arc<str>,
    /// The body: the client's own until the key is claimed, then a copy of what it sent.
    body: Arc<Mutex<Option<Body>>>,
    execution: Arc<Mutex<Option<Execution>>>,
}

/// Keeps back the body of a request that has a key, and keeps the answer if the key was claimed.
pub async fn hold(State(app): State<App>, request: Request, next: Next) -> Result<Response, ApiError> {
    let key = request.headers().get(&IDEMPOTENCY_KEY).filter(|_| request.method() == Method::POST);
    let Some(key) = key else { return Ok(next.run(request).await) };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY);
    let key = key.ok_or_else(|| ApiError::bad_request("Idempotency-Key takes 1 to 255 plain characters"))?;
    let keyed = Keyed { key: key.into(), body: Arc::default(), execution: Arc::default() };

    let (mut parts, body) = request.into_parts();
    put(&keyed.body, body);
    parts.extensions.insert(keyed.clone());
    let held = Arc::clone(&keyed.body);
    let body = stream::once(async move { take(&held).unwrap_or_default().into_data_stream() }).flatten();
    let response = next.run(Request::from_parts(parts, Body::from_stream(body))).await;
    match take(&keyed.execution) {
        Some(execution) => keep(&app, &execution, response).await,
        None => Ok(response),
    }
}

fn put<T>(place: &Mutex<Option<T>>, value: T) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The answer to a request that is not carried out: the first one's, or an error.
#[derive(Debug)]
pub struct Settled(Box<Response>);

impl IntoResponse for Settled {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<ApiError> for Settled {
    fn from(error: ApiError) -> Self {
        Self(Box::new(error.into_response()))
    }
}

/// Claims the request's key, if it has one, for a caller that has the permission.
pub async fn claim(parts: &mut Parts, app: &App, actor: &Actor) -> Result<(), Settled> {
    let Some(keyed) = parts.extensions.get::<Keyed>().cloned() else { return Ok(()) };
    // If a handler checks a second permission, the key is not claimed again.
    let Some(body) = take(&keyed.body) else { return Ok(()) };
    let body = read_small(&parts.extensions, body, &app.limits).await?;
    if dry_runs::is_asked_for(parts, &body) {
        // It changes nothing, so there is nothing to do only once; the key is for the change itself.
        put(&keyed.body, Body::from(body));
        return Ok(());
    }
    let plan = idempotency::begin(&app.ctx, actor, &keyed.key, &fingerprint(parts, &body)).await;
    match plan.map_err(ApiError::from)? {
        Plan::Replay(answer) => Err(Settled(Box::new(repeated(answer)))),
        Plan::Execute(execution) => {
            parts.extensions.insert(NewId::Replayable(execution.resource));
            put(&keyed.execution, execution);
            put(&keyed.body, Body::from(body));
            Ok(())
        }
    }
}

/// Tells different requests apart.
fn fingerprint(parts: &Parts, body: &[u8]) -> String {
    let mut hasher = Sha256Hasher::new();
    for piece in [parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), body] {
        hasher.update(&(piece.len() as u64).to_be_bytes());
        hasher.update(piece);
    }
    hasher.finish().to_hex()
}

fn repeated(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (REPLAYED.clone(), HeaderValue::from_static("true")),
    ];
    (status, headers, answer.body).into_response()
}

/// Keeps the answer if it is a success; a request that failed may be tried again.
async fn keep(app: &App, execution: &Execution, response: Response) -> Result<Response, ApiError> {
    if !response.status().is_success() || response.extensions().get::<Secret>().is_some() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(olivine_operations::Error::internal)?;
    let body = String::from_utf8_lossy(&bytes).into_owned();
    idempotency::keep_answer(&app.ctx, execution, &Answer { status: parts.status.as_u16(), body }).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// The key for a new record: the one of an idempotent request, if it is one.
#[derive(Clone, Copy, Debug)]
pub struct ForNew(NewId);

impl FromRequestParts<App> for ForNew {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        Ok(Self(parts.extensions.get::<NewId>().copied().unwrap_or_default()))
    }
}

impl ForNew {
    /// The key of a record for which the caller can choose none.
    pub const fn made(self) -> NewId {
        self.0
    }

    /// The key that the caller chose, or else one that is made.
    pub fn or_chosen(self, chosen: Option<Uuid>) -> NewId {
        chosen.map_or(self.0, NewId::Chosen)
    }
}
