//! For monitoring: whether the server is alive and ready, and its metrics.
//!
//! Anybody may ask these, so none of them costs more when it is asked more often: what was found is remembered for a second.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use metrics_exporter_prometheus::PrometheusHandle;
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_operations::{Context, health};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::this_machine::is_from_here;

/// `/healthz` and `/readyz`, where load balancers look for them, and `/metrics` for this machine and for holders of the token.
pub fn router() -> Router<App> {
    routes().route("/metrics", get(metrics))
}

/// The same for a listener that only the operator's network reaches: `/metrics` for everybody there.
pub fn for_operations() -> Router<App> {
    routes().route("/metrics", get(metrics_for_operations))
}

fn routes() -> Router<App> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: database and storage can be reached and written, and the server does not stop.
async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    if app.stages.told.is_cancelled() {
        let item = ErrorItem::new(ErrorCode::Unavailable, "this server is about to stop: ask another one");
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, item));
    }
    Box::pin(health::check(&app.ctx)).await?;
    Ok("ready\n")
}

/// How long the count of jobs may take. A program that collects metrics gives up soon, and would then have none.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long rendered metrics are served again.
const FRESH: Duration = Duration::from_millis(50);

/// What was measured, as text.
pub struct Metrics {
    handle: PrometheusHandle,
    /// The last text. The first request that finds it too old makes the next one; the others wait for it.
    last: Mutex<Option<(Instant, Bytes)>>,
    /// What opens them from elsewhere.
    token: Option<String>,
}

impl Metrics {
    /// Renders what `handle` has; `token` opens it from other machines.
    pub fn new(handle: PrometheusHandle, token: Option<String>) -> Self {
        Self { handle, last: Mutex::default(), token }
    }

    /// In Prometheus' text format. While the database is away, all but the jobs is there.
    async fn text(&self, ctx: &Context) -> Bytes {
        let mut last = self.last.lock().await;
        if let Some((_, text)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return text.clone();
        }
        measure(ctx).await;
        let text = Bytes::from(self.handle.render());
        *last = Some((Instant::now(), text.clone()));
        text
    }

    fn opens(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        self.token.as_ref().zip(given).is_some_and(|(token, given)| {
            aws_lc_rs::constant_time::verify_slices_are_equal(token.as_bytes(), given.as_bytes()).is_ok()
        })
    }
}

/// `GET /metrics` where others than the operator ask, too.
async fn metrics(
    state: State<App>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if is_from_here(address, &headers) || state.metrics.opens(&headers) {
        return Ok(metrics_for_operations(state).await);
    }
    let message = "metrics are given to programs on the server's own machine, on the listener that server.operations_listen names, and \
                   for the bearer token in server.metrics_token";
    Err(ApiError::new(StatusCode::FORBIDDEN, ErrorItem::new(ErrorCode::Unauthorized, message)))
}

/// `GET /metrics`.
async fn metrics_for_operations(State(app): State<App>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.text(&app.ctx).await).into_response()
}

async fn measure(ctx: &Context) {
    let jobs = tokio::time::timeout(PATIENCE, health::jobs(ctx));
    let events = tokio::time::timeout(PATIENCE, health::measure_events(ctx));
    let (jobs, events) = tokio::join!(jobs, events);
    if !matches!(events, Ok(Ok(()))) {
        tracing::debug!("the events can't be measured for the metrics");
    }
    let jobs = jobs.ok().and_then(|jobs| {
        jobs.inspect_err(|error| tracing::debug!(%error, "jobs can't be counted for the metrics")).ok()
    });
    metrics::gauge!("olivine_jobs_counted").set(if jobs.is_some() { 1.0 } else { 0.0 });
    if let Some(jobs) = jobs {
        tell_jobs(jobs);
    }
    if let Some(ago) = health::last_look(ctx) {
        metrics::gauge!("olivine_changes_last_look_seconds").set(ago.as_secs_f64());
    }
}

fn tell_jobs(jobs: health::Jobs) {
    metrics::gauge!("olivine_jobs_oldest_due_seconds").set(jobs.oldest_due.as_secs_f64());
    for ((kind, state), count) in jobs.counts {
        let labels = [("kind", kind), ("state", state.as_str().to_owned())];
        #[expect(clippy::cast_precision_loss, reason = "a gauge; nobody has 2^52 jobs")]
        metrics::gauge!("olivine_jobs", &labels).set(count as f64);
    }
}
