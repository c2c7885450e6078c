//! For whoever watches the server: is it alive, can it work, what has it done.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_operations::{Error, health};

use crate::admin::error::ApiError;
use crate::app::App;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Whoever asks wants to know soon.
const PATIENCE: Duration = Duration::from_secs(3);

/// `GET /readyz`: database and storage can be reached and written, and the server does not stop.
pub async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    if app.stages.told.is_cancelled() {
        let item = ErrorItem::new(ErrorCode::Unavailable, "this server is about to stop: ask another one");
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, item));
    }
    let checked = tokio::time::timeout(PATIENCE, health::check(&app.ctx)).await;
    checked.map_err(|source| Error::Unavailable {
        what: "database or content storage",
        source: source.into(),
    })??;
    Ok("ready\n")
}

/// `GET /metrics`: in Prometheus' text format.
pub async fn metrics(State(app): State<App>) -> Result<Response, ApiError> {
    for ((kind, state), count) in health::count_jobs(&app.ctx).await? {
        let labels = [("kind", kind), ("state", state.as_str().to_owned())];
        #[expect(clippy::cast_precision_loss, reason = "a gauge; nobody has 2^52 jobs")]
        metrics::gauge!("olivine_jobs", &labels).set(count as f64);
    }
    metrics::gauge!("olivine_jobs_oldest_due_seconds")
        .set(health::oldest_due_job(&app.ctx).await?.as_secs_f64());
    if let Some(ago) = health::last_look(&app.ctx) {
        metrics::gauge!("olivine_changes_last_look_seconds").set(ago.as_secs_f64());
    }
    let text = app.metrics.render();
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
