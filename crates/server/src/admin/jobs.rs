//! `/v1/jobs`: the server's own work for the organization.

use axum::extract::{Path, State};
use olivine_api::errors::ErrorBody;
use olivine_api::jobs as api;
use olivine_domain::jobs::Job;
use olivine_domain::permissions::scope;
use olivine_operations::jobs::{self, About};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::http::listing::Listing;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(retry))
}

fn shown(job: Job) -> api::Job {
    let (organization, about) = (job.organization, About::of(&job));
    api::Job {
        prn: job.id.prn(organization).to_string(),
        organization_prn: wire::organization(organization),
        kind: job.kind,
        state: job.state.as_str().to_owned(),
        binary_prn: wire::text(about.binary.map(|id| id.prn(organization))),
        bundle_prn: wire::text(about.bundle.map(|id| id.prn(organization))),
        storage_backend_prn: about.storage.and_then(|id| wire::storage(id, organization)),
        attempts: job.attempts,
        last_error: job.last_error,
        due_at: job.due_at.to_string(),
        inserted_at: job.inserted_at.to_string(),
        updated_at: job.updated_at.to_string(),
    }
}

/// List jobs
///
/// Answers with one page of the jobs of this organization. `?state=given_up` lists those that the server gave up, and
/// `?search=state:'waiting' and attempts>0` those that failed and will be tried again. Jobs for the whole installation are not listed.
/// Finished jobs are deleted after some days. Scope: `organization.read`.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(Listing<Job>),
    responses((status = 200, body = api::JobList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::OrganizationRead>,
    listing: Listing<Job>,
) -> Result<axum::Json<api::JobList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = jobs::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    Ok(axum::Json(api::JobList { jobs: page.items.into_iter().map(shown).collect(), next_page }))
}

/// Get a job
///
/// Answers with one job of this organization, with the reason why its last attempt failed. Scope: `organization.read`.
#[utoipa::path(get, path = "/jobs/{prn}", tag = "jobs", params(
    ("prn" = String, Path, description = "The PRN of the job to read.")),
    responses((status = 200, body = api::JobEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::OrganizationRead>,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::JobEnvelope>, ApiError> {
    let job = jobs::get(&app.ctx, &by, named(&prn, by.organization)?).await?;
    Ok(axum::Json(api::JobEnvelope { job: shown(job) }))
}

/// Retry a job
///
/// Starts a job that was given up, or that waits for its next attempt, as soon as a process is free to do it. Use it once the cause of the
/// failures is repaired, such as wrong credentials of a storage. The answer is 409 `not_retried` if the job is running or finished, or if
/// another job for the same work was created since. Scope: `organization.update`.
#[utoipa::path(post, path = "/jobs/{prn}/retry", tag = "jobs", params(
    ("prn" = String, Path, description = "The PRN of the job to retry.")),
    responses((status = 200, body = api::JobEnvelope), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn retry(
    State(app): State<App>,
    Permit(by): Permit<scope::OrganizationUpdate>,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::JobEnvelope>, ApiError> {
    let job = jobs::retry(&app.ctx, &by, named(&prn, by.organization)?).await?;
    Ok(axum::Json(api::JobEnvelope { job: shown(job) }))
}
