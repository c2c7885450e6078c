//! Around each request of a device: its id, room, a defect caught, and what is measured and logged.
//!
//! One layer, because a million devices pass it. Successes are counted, and not logged above `debug`.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::{HeaderValue, Method, StatusCode};
use metrics::{Counter, Histogram};
use olivine_domain::permissions::Origin;
use tracing::{Instrument, debug_span};

use super::DeviceApp;
use crate::http::error::panicked;
use crate::http::screening::screen;
use crate::http::unread::BodyEnd;
use crate::http::words::method_name;
use crate::logs::{REQUEST_ID, caller_request_id};

/// Gives the request an id and a place, and says what became of it.
pub(super) async fn observe(State(app): State<DeviceApp>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let app = &*app.0;
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

/// What is measured, by method and route.
#[derive(Debug)]
pub(super) struct Meters {
    routes: Vec<Meter>,
}

/// One that devices use all the time, found without looking it up among all that is measured.
#[derive(Debug)]
struct Meter {
    method: &'static str,
    route: &'static str,
    successes: Counter,
    seconds: Histogram,
}

const REQUESTS: &str = "olivine_device_requests_total";
const SECONDS: &str = "olivine_device_request_seconds";

impl Meters {
    /// With meters for these routes.
    pub(super) fn new(routes: &[(Method, &'static str)]) -> Self {
        let meter = |(method, route): &(Method, &'static str)| {
            let method = method_name(method);
            let labels = [("method", method.to_owned()), ("route", (*route).to_owned())];
            let [by_method, by_route] = labels.clone();
            let with_status = [by_method, by_route, ("status", "200".to_owned())];
            let successes = metrics::counter!(REQUESTS, &with_status);
            Meter { method, route, successes, seconds: metrics::histogram!(SECONDS, &labels) }
        };
        Self { routes: routes.iter().map(meter).collect() }
    }

    fn count(&self, method: &str, route: &str, status: StatusCode, took: Duration) {
        let usual = self.routes.iter().find(|meter| meter.route == route && meter.method == method);
        match usual {
            Some(meter) if status == StatusCode::OK => meter.successes.increment(1),
            _ => {
                let labels = [
                    ("method", method.to_owned()),
                    ("route", route.to_owned()),
                    ("status", status.as_str().to_owned()),
                ];
                metrics::counter!(REQUESTS, &labels).increment(1);
            }
        }
        if let Some(meter) = usual {
            meter.seconds.record(took.as_secs_f64());
        }
    }
}
