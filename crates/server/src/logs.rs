//! One line per request, with its id; and where the request came from, for the audit trail. Never tokens, keys or queries, and nothing
//! that a request makes up: its method and its route come from closed lists.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use olivine_domain::permissions::{MAX_CALLER_ID, Origin};
use tracing::{Instrument, info_span};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::config::Log;
use crate::http::lines::Known;
use crate::http::screening::screen;
use crate::http::unread::BodyEnd;
use crate::http::words::{RouteName, method_name};

/// The header that names a request in answers, logs and events.
pub const REQUEST_ID: &str = "x-request-id";

/// How many lines wait for who reads standard error: a few MiB. What comes beyond them is dropped.
const WAITING_LINES: usize = 10_000;

/// The log of a process. Dropping it writes what still waits, for a second at most.
pub struct Written {
    _flushes: WorkerGuard,
    /// Counts the lines that nobody took in time.
    pub dropped: ErrorCounter,
}

/// Starts logging to standard error, from a thread of its own: a pipe that nobody reads must not stop requests.
pub fn start(config: &Log) -> anyhow::Result<Written> {
    let filter = EnvFilter::try_new(&config.level)?;
    let (writer, flushes) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(std::io::stderr());
    let dropped = writer.error_counter();
    // Colours are for terminals; in a file or a journal they are noise.
    let is_terminal = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(is_terminal);
    if config.format == "json" {
        logs.json().init();
    } else {
        logs.init();
    }
    Ok(Written { _flushes: flushes, dropped })
}

/// Gives the request an id, and says in one line what became of it.
pub async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = app.ctx.new_uuid().to_string();
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = address.map(|peer| app.proxies.client(peer, request.headers()));
    let caller_request_id = caller_request_id(&request);
    request.extensions_mut().insert(Origin { request_id: Some(id.clone()), caller_request_id, address });
    // The route, not the path: it holds no tokens, and metrics by it stay few.
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", |path| path.as_str()).to_owned();
    let method = method_name(request.method());
    let span = info_span!("request", id, method, route);
    let (request, body_end) = BodyEnd::watch(request);
    let mut response = match screen(&request, app.limits.header_bytes) {
        Ok(()) => next.run(request).instrument(span.clone()).await,
        Err(refused) => refused.into_response(),
    };

    app.stages.say_goodbye(&mut response);
    body_end.say_goodbye(&mut response);
    let status = response.status();
    let took = began.elapsed();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let is_known = response.extensions().get::<Known>().is_some();
    if let Some(left_out) = if is_known { Some(0) } else { app.lines.admit() } {
        span.in_scope(|| {
            let (status, took_ms) = (status.as_u16(), took.as_secs_f64() * 1000.0);
            let (address, left_out) =
                (address.map(tracing::field::display), (left_out > 0).then_some(left_out));
            tracing::info!(status, took_ms, address, left_out, "answered");
        });
    }
    let route = response.extensions().get::<RouteName>().map_or(route, |name| name.0.to_owned());
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.as_str().to_owned())];
    metrics::counter!("olivine_http_requests_total", &labels).increment(1);
    metrics::histogram!("olivine_http_request_seconds", &labels[..2]).record(took.as_secs_f64());
    response
}

/// The caller's own id of the request, where it has the form of one, so that a trace can be followed through: as many characters as are noted.
/// It is never the request's id, for then callers would choose what the audit trail says.
pub(crate) fn caller_request_id(request: &Request) -> Option<String> {
    let given = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = given.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (is_plain && !given.is_empty()).then(|| given.chars().take(MAX_CALLER_ID).collect())
}
