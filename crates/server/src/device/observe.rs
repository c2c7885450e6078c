//! Around each request of a device: its id, room, a defect caught, and what is measured and logged.
//!
//! One layer, because a million devices pass it. Successes are counted, and not logged above `debug`. A request that is refused here has
//! not been looked at by its protocol, so the answer has the form that [`ApiError`](crate::http::error::ApiError) has everywhere.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::{HeaderValue, StatusCode};
use olivine_domain::permissions::Origin;
use tracing::{Instrument, debug_span};

use super::app::DeviceApp;
use crate::http::error::panicked;
use crate::http::screening::screen;
use crate::http::unread::BodyEnd;
use crate::http::words::method_name;
use crate::logs::{REQUEST_ID, caller_request_id};

/// Gives the request an id and a place, and says what became of it.
pub async fn observe(State(app): State<DeviceApp>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let app = app.parts();
    let id = app.app.ctx.new_uuid().to_string();
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = address.map(|peer| app.proxies.client(peer, request.headers()));
    let caller_request_id = caller_request_id(&request);
    request.extensions_mut().insert(Origin { request_id: Some(id.clone()), caller_request_id, address });
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    let method = method_name(request.method());
    let span = debug_span!("device_request", id, method, route);

    let (mut request, body_end) = BodyEnd::watch(request);
    let entered = screen(&request, app.app.limits.header_bytes).and_then(|()| app.app.room.enter());
    let mut response = match entered {
        Ok(place) => {
            request.extensions_mut().insert(place.clone());
            let answering = AssertUnwindSafe(next.run(request).instrument(span.clone()));
            let answer = answering.catch_unwind().await.unwrap_or_else(panicked);
            // A large answer keeps the device's place until it is taken.
            app.answers.hold_with(answer, place.leave())
        }
        Err(refused) => refused.into_response(),
    };

    app.app.stages.say_goodbye(&mut response);
    body_end.say_goodbye(&mut response);
    let status = response.status();
    let took = began.elapsed();
    span.in_scope(|| {
        let (status, took_ms) = (status.as_u16(), took.as_secs_f64() * 1000.0);
        let address = address.map(tracing::field::display);
        // Who is refused for asking too much is counted, and does not fill the log.
        if response.status().is_success() || response.status() == StatusCode::TOO_MANY_REQUESTS {
            tracing::debug!(status, took_ms, address, "answered");
        } else if let Some(left_out) = app.app.lines.admit() {
            let left_out = (left_out > 0).then_some(left_out);
            tracing::info!(id, method, route, status, took_ms, address, left_out, "answered a device");
        }
    });
    if let Ok(value) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    app.meters.count(method, route, status, took);
    response
}
