//! Limits against clients that are too many, too slow or too large.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use http::StatusCode;
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_content::uploads::BodyError;
use tokio::time::{Instant, timeout};

use crate::admin::error::ApiError;
use crate::app::App;
use crate::config::Limits;

/// Asks callers to come back later when too many requests are being worked on. The place is given back when the answer begins; a
/// long download does not keep it.
pub async fn make_room(State(app): State<App>, request: Request, next: Next) -> Response {
    let Ok(place) = app.room.try_acquire() else {
        return no_room().into_response();
    };
    let response = next.run(request).await;
    drop(place);
    response
}

/// The answer to a request for which there is no room.
pub(crate) fn no_room() -> ApiError {
    let message = "the server is working on as many requests as it can: try again in a second";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, ErrorItem::new(ErrorCode::RateLimited, message))
}

/// Reads a small body whole: within the time and the size that the limits allow.
pub async fn read_small(body: Body, limits: &Limits) -> Result<Bytes, ApiError> {
    let too_large = || {
        let message = format!("a JSON body may have at most {} bytes", limits.json_bytes);
        let item = ErrorItem::new(ErrorCode::PayloadTooLarge, message).with("limit", limits.json_bytes);
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, item)
    };
    let read = axum::body::to_bytes(body, limits.json_bytes);
    match timeout(Duration::from_secs(limits.request_seconds), read).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let source: &dyn std::error::Error = &error;
            let is_length = std::iter::successors(Some(source), |error| error.source())
                .any(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
            Err(if is_length { too_large() } else { ApiError::bad_request("the request's body broke off") })
        }
        Err(_) => Err(too_slow("the request's body did not arrive in time")),
    }
}

/// An answer to who was too slow.
pub fn too_slow(message: &str) -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, ErrorItem::new(ErrorCode::RequestTimeout, message))
}

/// The stream ended because its sender was too slow.
#[derive(Debug, thiserror::Error)]
#[error(
    "the upload was slower than the server allows; nothing of it was kept, so send it again, or in smaller parts"
)]
pub struct TooSlow;

/// The bytes of an upload, cut off when they come too slowly: after a pause that is too long, or at a rate that would keep a place
/// forever.
pub fn paced(body: Body, limits: &Limits) -> stream::BoxStream<'static, Result<Bytes, BodyError>> {
    let pace = Pace {
        idle: Duration::from_secs(limits.upload_idle_seconds),
        rate: limits.upload_bytes_per_second,
        began: Instant::now(),
        bytes: 0,
    };
    let state = (body.into_data_stream(), pace, false);
    let paced = stream::unfold(state, |(mut body, mut pace, ended)| async move {
        if ended {
            return None;
        }
        match timeout(pace.idle, body.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(bytes))) if pace.holds(bytes.len()) => Some((Ok(bytes), (body, pace, false))),
            Ok(Some(Err(error))) => Some((Err(error.into()), (body, pace, true))),
            Ok(Some(Ok(_))) | Err(_) => Some((Err(TooSlow.into()), (body, pace, true))),
        }
    });
    paced.fuse().boxed()
}

/// How fast an upload has been.
struct Pace {
    idle: Duration,
    rate: u64,
    began: Instant,
    bytes: u64,
}

impl Pace {
    /// Whether the average is still good enough, with `more` bytes that just came.
    fn holds(&mut self, more: usize) -> bool {
        self.bytes = self.bytes.saturating_add(more as u64);
        let elapsed = self.began.elapsed();
        elapsed < self.idle || self.bytes >= self.rate.saturating_mul(elapsed.as_secs())
    }
}
