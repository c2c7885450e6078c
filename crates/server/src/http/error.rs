//! What status and code an error's meaning has. Nowhere else.

use std::any::Any;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use headers::{ContentRange, HeaderMapExt as _};
use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, StatusCode, Uri};
use olivine_api::errors::{ErrorBody, ErrorCode, ErrorItem};
use olivine_content::tokens::TokenError;
use olivine_domain::binaries::{self, BinaryState};
use olivine_domain::binary_parts::{Incomplete, PartMisfit};
use olivine_domain::releases::channel::{ChannelRefusal, Named};
use olivine_domain::releases::rollback::RollbackRefusal;
use olivine_operations::Error;
use olivine_operations::distribution::Refusal;
use olivine_operations::error::{ReleaseHasDevices, Taken};
use serde_json::{Value, json};

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
        let item = with_facts(&error, ErrorItem::new(code, message));
        let answer = Self::new(status, item);
        // Nobody mends that within seconds.
        if code == ErrorCode::Misconfigured { answer.retry_after(Duration::from_mins(1)) } else { answer }
    }
}

fn meaning(error: &Error) -> (StatusCode, ErrorCode) {
    use ErrorCode as Code;
    use StatusCode as Status;
    match error {
        Error::NotFound { .. } => (Status::NOT_FOUND, Code::NotFound),
        Error::Unauthenticated(_) => (Status::UNAUTHORIZED, Code::Unauthenticated),
        Error::Stranger(refusal) => stranger(refusal),
        Error::Forbidden(_) | Error::GrantExceeded(_) => (Status::FORBIDDEN, Code::Unauthorized),
        Error::Invalid { .. } | Error::PartMisfit(_) => (Status::UNPROCESSABLE_ENTITY, Code::Invalid),
        Error::Taken { what, .. } => (Status::CONFLICT, taken(*what)),
        Error::InUse(_) => (Status::CONFLICT, Code::InUse),
        Error::Channel(refusal) => refused(refusal),
        Error::Rollback(refusal) => (Status::CONFLICT, not_taken_back(refusal)),
        Error::RollbackUndeliverable { .. } => (Status::CONFLICT, Code::RollbackUndeliverable),
        Error::OtherCohort(_) => (Status::UNPROCESSABLE_ENTITY, Code::ReleaseNotInCohort),
        Error::ConfirmationRequired(_) | Error::ReleaseHasDevices(_) => {
            (Status::CONFLICT, Code::ConfirmationRequired)
        }
        Error::Refused(binaries::Refusal::InvalidTransition { .. }) => {
            (Status::CONFLICT, Code::InvalidTransition)
        }
        Error::Refused(_) => (Status::CONFLICT, Code::InvalidState),
        Error::Incomplete(_) => (Status::UNPROCESSABLE_ENTITY, Code::IncompleteUpload),
        Error::PreconditionFailed => (Status::PRECONDITION_FAILED, Code::PreconditionFailed),
        Error::Conflict(_) => (Status::CONFLICT, Code::Conflict),
        Error::SizeMismatch { .. } => (Status::UNPROCESSABLE_ENTITY, Code::SizeMismatch),
        Error::HashMismatch { .. } => (Status::UNPROCESSABLE_ENTITY, Code::HashMismatch),
        Error::TooLarge { .. } => (Status::PAYLOAD_TOO_LARGE, Code::PayloadTooLarge),
        Error::Interrupted(source) if source.is::<TooSlow>() => {
            (Status::REQUEST_TIMEOUT, Code::RequestTimeout)
        }
        Error::Interrupted(_) => (Status::BAD_REQUEST, Code::BadRequest),
        Error::SignatureInvalid(_) => (Status::UNPROCESSABLE_ENTITY, Code::SignatureInvalid),
        Error::SigningKeyUnusable(_) => (Status::UNPROCESSABLE_ENTITY, Code::SigningKeyUnusable),
        Error::Quota(_) => (Status::CONFLICT, Code::QuotaExceeded),
        Error::StorageFull => (Status::INSUFFICIENT_STORAGE, Code::StorageFull),
        Error::ContentGone => (Status::GONE, Code::ContentGone),
        Error::OutOfRange { .. } => (Status::RANGE_NOT_SATISFIABLE, Code::RangeNotSatisfiable),
        Error::Link(TokenError::Expired) => (Status::FORBIDDEN, Code::LinkExpired),
        Error::Link(_) => (Status::FORBIDDEN, Code::LinkInvalid),
        Error::IdempotencyKeyReused => (Status::UNPROCESSABLE_ENTITY, Code::IdempotencyKeyReused),
        Error::StorageRefused(_) => (Status::UNPROCESSABLE_ENTITY, Code::StorageRefused),
        Error::SearchTooBroad(_) => (Status::BAD_REQUEST, Code::SearchTooBroad),
        Error::SearchInProgress(_) => (Status::TOO_MANY_REQUESTS, Code::SearchInProgress),
        Error::Stale => (Status::SERVICE_UNAVAILABLE, Code::Stale),
        Error::Unavailable { .. } | Error::Deadlock | Error::WrongStorage(_) | Error::ContentDamaged(_) => {
            (Status::SERVICE_UNAVAILABLE, Code::Unavailable)
        }
        Error::Misconfigured { .. } => (Status::SERVICE_UNAVAILABLE, Code::Misconfigured),
        Error::Internal(_) => (Status::INTERNAL_SERVER_ERROR, Code::Internal),
    }
}

/// Client certificates that are not welcome.
const fn stranger(refusal: &Refusal) -> (StatusCode, ErrorCode) {
    match refusal {
        Refusal::Unknown { .. } | Refusal::Unproven { .. } => {
            (StatusCode::UNAUTHORIZED, ErrorCode::CertificateUnknown)
        }
        Refusal::Removed => (StatusCode::UNAUTHORIZED, ErrorCode::CertificateRemoved),
        Refusal::NotValid { .. } => (StatusCode::UNAUTHORIZED, ErrorCode::CertificateExpired),
        Refusal::NotProvisioned(_) => (StatusCode::FORBIDDEN, ErrorCode::ProvisioningRefused),
    }
}

/// What no channel could take is invalid; what this channel, as it is now, does not take is a conflict.
const fn refused(refusal: &ChannelRefusal) -> (StatusCode, ErrorCode) {
    const INVALID: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    const CONFLICT: StatusCode = StatusCode::CONFLICT;
    match refusal {
        ChannelRefusal::NotInCohort(_) => (INVALID, ErrorCode::ReleaseNotInCohort),
        ChannelRefusal::NotNeighbours { .. } => (INVALID, ErrorCode::ReleasesNotNeighbours),
        ChannelRefusal::Cycle { .. } => (INVALID, ErrorCode::ReleaseCycle),
        ChannelRefusal::SinkConstrained(_) => (CONFLICT, ErrorCode::SinkConstrained),
        ChannelRefusal::ConstrainedBeforeSink { .. } => (CONFLICT, ErrorCode::ConstrainedBeforeSink),
        ChannelRefusal::SecondSink { .. } => (CONFLICT, ErrorCode::SecondSink),
        ChannelRefusal::SeveralSinks { .. } => (CONFLICT, ErrorCode::SeveralSinks),
    }
}

const fn not_taken_back(refusal: &RollbackRefusal) -> ErrorCode {
    match refusal {
        RollbackRefusal::LaterRelease { .. } => ErrorCode::RollbackLaterRelease,
        _ => ErrorCode::RollbackTargetUnclear,
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

fn names(states: &[BinaryState]) -> Vec<&'static str> {
    states.iter().map(|state| state.as_str()).collect()
}

/// Adds the facts that a program needs to act on the error.
fn with_facts(error: &Error, item: ErrorItem) -> ErrorItem {
    match error {
        Error::Forbidden(missing) | Error::GrantExceeded(missing) => {
            item.with("missing_scope", missing.scope.as_str())
        }
        Error::Invalid { field, .. } => item.with("field", *field),
        Error::PartMisfit(misfit) => item.with("field", misfit_field(*misfit)),
        Error::Taken { by: Some(prn), .. } => item.with("prn", prn.as_str()),
        Error::Channel(refusal) => channel_facts(refusal, item),
        Error::Rollback(refusal) => rollback_facts(refusal, item),
        Error::RollbackUndeliverable { bundle, .. } => item.with("bundle", bundle.as_str()),
        Error::ReleaseHasDevices(refused) => leaving_facts(refused, item),
        Error::OtherCohort(release) => {
            item.with("rule", ErrorCode::ReleaseNotInCohort.as_str()).with("release", release.prn.to_string())
        }
        Error::ConfirmationRequired(required) => item
            .with("confirm", required.confirm.as_str())
            .with("releases", named(&required.releases))
            .with("bundle_overrides", named(&required.bundle_overrides)),
        Error::Refused(binaries::Refusal::InvalidTransition { from, asked, allowed }) => {
            item.with("state", from.as_str()).with("asked", asked.as_str()).with("allowed", names(allowed))
        }
        Error::Refused(binaries::Refusal::WrongState { state, required, .. }) => {
            item.with("state", state.as_str()).with("required", names(required))
        }
        Error::Incomplete(incomplete) => incomplete_facts(incomplete, item),
        Error::SizeMismatch { expected, .. } => item.with("expected", *expected),
        Error::HashMismatch { expected, actual } => {
            item.with("expected", expected.to_string()).with("actual", actual.to_string())
        }
        Error::TooLarge { limit } => item.with("limit", *limit),
        Error::Quota(quota) => {
            item.with("used", quota.used).with("allowed", quota.allowed).with("asked", quota.asked)
        }
        Error::OutOfRange { total } => item.with("size", *total),
        _ => item,
    }
}

/// Which releases stand in the way.
fn channel_facts(refusal: &ChannelRefusal, item: ErrorItem) -> ErrorItem {
    let prn = |named: &Named| named.prn.to_string();
    let item = item.with("rule", refusal.code());
    match refusal {
        ChannelRefusal::NotInCohort(release) => item.with("release", release.to_string()),
        ChannelRefusal::SinkConstrained(sink) => item.with("release", prn(sink)),
        ChannelRefusal::ConstrainedBeforeSink { next, .. } => item.with("next_release", prn(next)),
        ChannelRefusal::NotNeighbours { previous, next } => {
            item.with("previous_release", prn(previous)).with("next_release", prn(next))
        }
        ChannelRefusal::Cycle { release, next } => {
            item.with("release", prn(release)).with("next_release", prn(next))
        }
        ChannelRefusal::SecondSink { release, sink } => {
            item.with("release", prn(release)).with("sink", prn(sink))
        }
        ChannelRefusal::SeveralSinks { sink, previous } => {
            let previous: Vec<_> = previous.iter().map(prn).collect();
            item.with("release", prn(sink)).with("previous_releases", previous)
        }
    }
}

/// Which releases a rollback is refused for.
fn rollback_facts(refusal: &RollbackRefusal, item: ErrorItem) -> ErrorItem {
    let prn = |named: &Named| named.prn.to_string();
    match refusal {
        RollbackRefusal::NoneBefore(release) => item.with("release", prn(release)),
        RollbackRefusal::SeveralBefore { release, before } => {
            let before: Vec<_> = before.iter().map(prn).collect();
            item.with("release", prn(release)).with("previous_releases", before)
        }
        RollbackRefusal::LaterRelease { release, next } => {
            item.with("release", prn(release)).with("next_release", prn(next))
        }
        _ => item,
    }
}

/// How many devices are on a release, and what becomes of them.
fn leaving_facts(refused: &ReleaseHasDevices, item: ErrorItem) -> ErrorItem {
    let ReleaseHasDevices { release, leaving } = refused;
    let listed = |all: &[(Named, u64)]| -> Vec<Value> {
        let one = |(to, devices): &(Named, u64)| json!({"prn": to.prn.to_string(), "name": to.name.as_str(), "devices": devices});
        all.iter().map(one).collect()
    };
    item.with("confirm", release.prn.to_string())
        .with("devices", leaving.devices)
        .with("go_to", listed(&leaving.go_to))
        .with("count_as", listed(&leaving.count_as))
        .with("without_update", leaving.stranded)
}

/// Records with their names.
fn named(records: &[(String, String)]) -> Vec<Value> {
    records.iter().map(|(prn, name)| json!({"prn": prn, "name": name})).collect()
}

const fn misfit_field(misfit: PartMisfit) -> &'static str {
    match misfit {
        PartMisfit::TooLarge(_) | PartMisfit::LargerThanBinary { .. } => "size",
        PartMisfit::OtherBinarySize { .. } => "expected_binary_size",
    }
}

fn incomplete_facts(incomplete: &Incomplete, item: ErrorItem) -> ErrorItem {
    match incomplete {
        Incomplete::NoParts => item,
        Incomplete::Gap { missing, last } => item.with("missing", missing.clone()).with("last", last.get()),
        Incomplete::NotValid { parts } => {
            item.with("parts", parts.iter().map(|(index, _)| index.get()).collect::<Vec<_>>())
        }
        Incomplete::PartTooSmall { index, size } => item.with("index", index.get()).with("size", *size),
        Incomplete::OtherSize { declared, actual } => {
            item.with("declared", *declared).with("actual", *actual)
        }
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
