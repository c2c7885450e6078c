//! The status and the code for each meaning of an error (a refusal has its own code). This is the only place that decides them.

use std::any::Any;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use headers::{ContentRange, HeaderMapExt as _};
use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, StatusCode, Uri};
use olivine_api::errors::{ErrorBody, ErrorCode, ErrorItem};
use olivine_domain::refusals::{Fact, Meaning};
use olivine_operations::Error;
use olivine_operations::error::Taken;
use serde_json::{Map, Value};

use crate::http::words::{method_name, shortened};

/// The stream ended because its sender was too slow.
#[derive(Debug, thiserror::Error)]
#[error(
    "the upload was slower than the server allows; nothing of it was kept, so send it again, or in smaller parts"
)]
pub struct TooSlow;

/// An answer that is not a success.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    items: Vec<ErrorItem>,
    /// When to try again, if not when such an answer usually says.
    retry_after: Option<Duration>,
}

impl ApiError {
    /// One thing is wrong.
    pub fn new(status: StatusCode, item: ErrorItem) -> Self {
        Self { status, items: vec![item], retry_after: None }
    }

    /// Several fields are wrong, or one.
    pub fn invalid(items: Vec<ErrorItem>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, items, retry_after: None }
    }

    /// It makes sense to try again after that time.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The request can't be read.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorItem::new(ErrorCode::BadRequest, message))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let size = self.items.first().and_then(|item| item.context.get("size")?.as_u64());
        let mut response = (self.status, Json(ErrorBody { errors: self.items })).into_response();
        let headers = response.headers_mut();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"olivine\""));
            }
            StatusCode::RANGE_NOT_SATISFIABLE => {
                if let Some(size) = size {
                    headers.typed_insert(ContentRange::unsatisfied_bytes(size));
                }
            }
            _ => {}
        }
        if let Some(wait) = self.retry_after.or_else(|| usual_wait(self.status)) {
            // In whole seconds, and never earlier.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

/// When it makes sense to try again, where it does.
const fn usual_wait(status: StatusCode) -> Option<Duration> {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Some(Duration::from_secs(1)),
        StatusCode::SERVICE_UNAVAILABLE => Some(Duration::from_secs(5)),
        _ => None,
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        if let Error::Internal(source)
        | Error::Unavailable { source, .. }
        | Error::Misconfigured { source, .. } = &error
        {
            tracing::error!(error = &**source as &dyn std::error::Error, "{error}");
        }
        let (status, code) = meaning(&error);
        let message = match &error {
            Error::Interrupted(source) if source.is::<TooSlow>() => source.to_string(),
            _ => error.to_string(),
        };
        let item = ErrorItem { code: code.to_owned(), message, context: Map::new() };
        let answer = Self::new(status, with_facts(&error, item));
        if let Error::TooMany { wait, .. } = &error {
            return answer.retry_after(*wait);
        }
        // Nobody mends that within seconds.
        let is_lasting = matches!(error, Error::Misconfigured { .. });
        if is_lasting { answer.retry_after(Duration::from_mins(1)) } else { answer }
    }
}

fn meaning(error: &Error) -> (StatusCode, &'static str) {
    use ErrorCode as Code;
    use StatusCode as Status;
    let (status, code) = match error {
        Error::Refused(refusal) => return (status_of(refusal.meaning()), refusal.code()),
        Error::NotFound { .. } => (Status::NOT_FOUND, Code::NotFound),
        Error::Unauthenticated(_) => (Status::UNAUTHORIZED, Code::Unauthenticated),
        Error::Forbidden(_) => (Status::FORBIDDEN, Code::Unauthorized),
        Error::Invalid { .. } => (Status::UNPROCESSABLE_ENTITY, Code::Invalid),
        Error::Taken { what, .. } => (Status::CONFLICT, taken(*what)),
        Error::InUse(_) => (Status::CONFLICT, Code::InUse),
        Error::PreconditionFailed => (Status::PRECONDITION_FAILED, Code::PreconditionFailed),
        Error::Conflict(_) => (Status::CONFLICT, Code::Conflict),
        Error::TooLarge { .. } => (Status::PAYLOAD_TOO_LARGE, Code::PayloadTooLarge),
        Error::Interrupted(source) if source.is::<TooSlow>() => {
            (Status::REQUEST_TIMEOUT, Code::RequestTimeout)
        }
        Error::Interrupted(_) => (Status::BAD_REQUEST, Code::BadRequest),
        Error::StorageFull => (Status::INSUFFICIENT_STORAGE, Code::StorageFull),
        Error::ContentGone => (Status::GONE, Code::ContentGone),
        Error::OutOfRange { .. } => (Status::RANGE_NOT_SATISFIABLE, Code::RangeNotSatisfiable),
        Error::SearchTooBroad(_) => (Status::BAD_REQUEST, Code::SearchTooBroad),
        Error::SearchInProgress(_) => (Status::TOO_MANY_REQUESTS, Code::SearchInProgress),
        Error::TooMany { .. } => (Status::TOO_MANY_REQUESTS, Code::RateLimited),
        Error::Stale => (Status::SERVICE_UNAVAILABLE, Code::Stale),
        Error::Unavailable { .. } | Error::Deadlock | Error::WrongStorage(_) | Error::ContentDamaged(_) => {
            (Status::SERVICE_UNAVAILABLE, Code::Unavailable)
        }
        Error::Misconfigured { .. } => (Status::SERVICE_UNAVAILABLE, Code::Misconfigured),
        Error::Internal(_) => (Status::INTERNAL_SERVER_ERROR, Code::Internal),
    };
    (status, code.as_str())
}

const fn status_of(meaning: Meaning) -> StatusCode {
    match meaning {
        Meaning::Unauthenticated => StatusCode::UNAUTHORIZED,
        Meaning::Forbidden => StatusCode::FORBIDDEN,
        Meaning::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Meaning::Conflict => StatusCode::CONFLICT,
        Meaning::Outdated => StatusCode::PRECONDITION_FAILED,
        Meaning::Gone => StatusCode::GONE,
    }
}

const fn taken(what: Taken) -> ErrorCode {
    match what {
        Taken::Name => ErrorCode::NameTaken,
        Taken::Version => ErrorCode::VersionTaken,
        Taken::Target => ErrorCode::TargetTaken,
        Taken::Key => ErrorCode::KeyTaken,
        Taken::Identifier => ErrorCode::IdentifierTaken,
        Taken::Certificate => ErrorCode::CertificateTaken,
        Taken::Id => ErrorCode::IdTaken,
    }
}

/// Adds the facts that a program needs to act on the error.
fn with_facts(error: &Error, item: ErrorItem) -> ErrorItem {
    match error {
        Error::Forbidden(missing) => item.with("missing_scope", missing.scope.as_str()),
        Error::Invalid { field, .. } => item.with("field", *field),
        Error::Taken { by: Some(prn), .. } => item.with("prn", prn.as_str()),
        Error::Refused(refusal) => {
            refusal.facts().into_iter().fold(item, |item, (name, fact)| item.with(name, json(fact)))
        }
        Error::TooLarge { limit } => item.with("limit", *limit),
        Error::OutOfRange { total } => item.with("size", *total),
        _ => item,
    }
}

/// A refusal's fact in JSON.
fn json(fact: Fact) -> Value {
    match fact {
        Fact::Text(text) => text.into(),
        Fact::Number(number) => number.into(),
        Fact::List(facts) => facts.into_iter().map(json).collect(),
        Fact::Record(facts) => facts.into_iter().map(|(name, fact)| (name.to_owned(), json(fact))).collect(),
    }
}

/// For paths that do not exist.
pub async fn no_such_path(uri: Uri) -> ApiError {
    let message = format!("there is nothing at {}: see /docs for what there is", shortened(uri.path()));
    ApiError::new(StatusCode::NOT_FOUND, ErrorItem::new(ErrorCode::NotFound, message))
}

/// For all paths, where the process has not the role.
pub async fn served_elsewhere() -> ApiError {
    let message = "this process does not serve the Admin API: its roles (server.roles) are without 'api'";
    ApiError::new(StatusCode::NOT_FOUND, ErrorItem::new(ErrorCode::NotFound, message))
}

/// For methods that a path does not have.
pub async fn no_such_method(method: Method, uri: Uri) -> ApiError {
    let (path, method) = (shortened(uri.path()), method_name(&method));
    let message = format!("{path} can't be asked for with {method}: see /docs for what can");
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, ErrorItem::new(ErrorCode::MethodNotAllowed, message))
}

/// For defects: the connection and all other requests go on.
#[expect(clippy::needless_pass_by_value, reason = "the signature that CatchPanicLayer asks for")]
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let fault = format!("a handler panicked: {}", text.unwrap_or("without a word"));
    ApiError::from(Error::internal(fault)).into_response()
}

#[cfg(test)]
mod tests;
