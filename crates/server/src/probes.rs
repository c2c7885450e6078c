//! For whoever watches the server: is it alive, can it work, what has it done.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_operations::health;

use crate::admin::error::ApiError;
use crate::app::App;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: database and storage can be reached and written, and the server does not stop.
pub async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    if app.stages.told.is_cancelled() {
        let item = ErrorItem::new(ErrorCode::Unavailable, "this server is about to stop: ask another one");
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, item));
    }
    Box::pin(health::check(&app.ctx)).await?;
    Ok("ready\n")
}

/// How long the count of jobs may take. A program that collects metrics gives up soon, and would then have none.
const PATIENCE: Duration = Duration::from_secs(3);

/// `GET /metrics`: in Prometheus' text format. While the database is away, the others are still told.
pub async fn metrics(State(app): State<App>) -> Response {
    let jobs = tokio::time::timeout(PATIENCE, health::jobs(&app.ctx)).await;
    let jobs = jobs.ok().and_then(|jobs| {
        jobs.inspect_err(|error| tracing::debug!(%error, "jobs can't be counted for the metrics")).ok()
    });
    metrics::gauge!("olivine_jobs_counted").set(if jobs.is_some() { 1.0 } else { 0.0 });
    if let Some(jobs) = jobs {
        tell_jobs(jobs);
    }
    if let Some(ago) = health::last_look(&app.ctx) {
        metrics::gauge!("olivine_changes_last_look_seconds").set(ago.as_secs_f64());
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}

fn tell_jobs(jobs: health::Jobs) {
    metrics::gauge!("olivine_jobs_oldest_due_seconds").set(jobs.oldest_due.as_secs_f64());
    for ((kind, state), count) in jobs.counts {
        let labels = [("kind", kind), ("state", state.as_str().to_owned())];
        #[expect(clippy::cast_precision_loss, reason = "a gauge; nobody has 2^52 jobs")]
        metrics::gauge!("olivine_jobs", &labels).set(count as f64);
    }
}
