//! Limits against too many clients, slow clients and large bodies.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use bytes::BytesMut;
use futures_util::stream::{self, StreamExt};
use http::header::CONTENT_LENGTH;
use http::{Extensions, StatusCode};
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_content::uploads::BodyError;
use tokio::time::{Instant, timeout};

use crate::http::error::{ApiError, TooSlow};
use crate::http::limits::Limits;
use crate::http::room::Place;
use crate::http::unread::Announced;

/// Reads a small body whole: within the time and the size that the limits allow. Meanwhile the request has no place among those that
/// are worked on, and what has arrived counts as held in memory until the request is answered.
pub async fn read_small(extensions: &Extensions, body: Body, limits: &Limits) -> Result<Bytes, ApiError> {
    let place = extensions.get::<Place>();
    place.inspect(|place| place.begin_waiting());
    let patience = Duration::from_secs(limits.request_seconds);
    let announced = extensions.get::<Announced>().map_or(0, |announced| announced.0);
    let read = timeout(patience, collect((body, announced), limits, place)).await;
    let bytes = read.map_err(|_| too_slow("the request's body did not arrive in time"))??;
    place.map(Place::end_waiting).transpose()?;
    Ok(bytes)
}

async fn collect(
    (body, announced): (Body, u64),
    limits: &Limits,
    place: Option<&Place>,
) -> Result<Bytes, ApiError> {
    let too_large = || {
        let message = format!("a JSON body may have at most {} bytes", limits.json_bytes);
        let item = ErrorItem::new(ErrorCode::PayloadTooLarge, message).with("limit", limits.json_bytes);
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, item)
    };
    if usize::try_from(announced).unwrap_or(usize::MAX) > limits.json_bytes {
        return Err(too_large());
    }
    let (mut body, mut collected) = (body.into_data_stream(), BytesMut::new());
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(|_| ApiError::bad_request("the request's body broke off"))?;
        if collected.len() + bytes.len() > limits.json_bytes {
            return Err(too_large());
        }
        place.map(|place| place.hold_bytes(bytes.len())).transpose()?;
        collected.extend_from_slice(&bytes);
    }
    Ok(collected.freeze())
}

/// The number of bytes that a request announces, if it does.
pub fn announced(request: &Request) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// An answer to who was too slow.
pub fn too_slow(message: &str) -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, ErrorItem::new(ErrorCode::RequestTimeout, message))
}

/// The bytes of an upload, cut off when they come too slowly: after a pause that is too long, or at a rate that would keep a place
/// forever.
///
/// The request has no place any more among those that are worked on: how many uploads there may be is limited elsewhere.
pub fn paced(request: Request, limits: &Limits) -> stream::BoxStream<'static, Result<Bytes, BodyError>> {
    request.extensions().get::<Place>().inspect(|place| place.begin_waiting());
    let pace = Pace {
        idle: Duration::from_secs(limits.upload_idle_seconds),
        rate: limits.upload_bytes_per_second,
        began: Instant::now(),
        bytes: 0,
    };
    let state = (request.into_body().into_data_stream(), pace, false);
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
