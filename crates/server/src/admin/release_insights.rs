//! `/v1/releases/{prn}/adoption` and `…/insights`: how far a release came, and what devices said of it.

use axum::extract::{Path, State};
use olivine_api::errors::ErrorBody;
use olivine_api::release_insights as insights_api;
use olivine_api::releases as api;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::scope;
use olivine_domain::prn::Id;
use olivine_operations::releases::{self, Adoption, Insights};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(adoption)).routes(routes!(insights))
}

/// Count the devices of a release
///
/// Answers with how many devices of the cohort are on the release, before it and after it, and how many installed it or failed to, in
/// total and day by day. Scope: `release.read`.
#[utoipa::path(get, path = "/releases/{prn}/adoption", tag = "releases", params(
    ("prn" = String, Path, description = "The PRN of the release to count the devices of.")),
    responses((status = 200, body = api::Adoption), (status = 404, body = ErrorBody)))]
async fn adoption(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseRead>,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::Adoption>, ApiError> {
    let id = named(&prn, by.organization)?;
    let seen = releases::adoption(&app.ctx, &by, id).await?;
    Ok(axum::Json(show_adoption(seen, by.organization)))
}

/// Get the insights of a release
///
/// Answers with what the devices reported about the release: how far they have come in total and day by day, in which ways updates failed and
/// how often, and for the last 14 days at most, how many were offered it, installed it or failed to in each hour. The answer costs the same
/// for a fleet of any size: what is not counted completely says so. Scope: `release.read`.
#[utoipa::path(get, path = "/releases/{prn}/insights", tag = "releases", params(
    ("prn" = String, Path, description = "The PRN of the release to get the insights of.")),
    responses((status = 200, body = insights_api::ReleaseInsights), (status = 404, body = ErrorBody)))]
async fn insights(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseRead>,
    Path(prn): Path<String>,
) -> Result<axum::Json<insights_api::ReleaseInsights>, ApiError> {
    let id = named(&prn, by.organization)?;
    let seen = releases::insights(&app.ctx, &by, id).await?;
    Ok(axum::Json(show_insights(seen, by.organization)))
}

fn show_insights(seen: Insights, organization: Id<Organization>) -> insights_api::ReleaseInsights {
    let outcomes = seen.outcomes.into_iter().map(|(outcome, matching)| insights_api::ReleaseOutcome {
        outcome: outcome.as_str().to_owned(),
        devices: matching.count,
        exact: matching.is_exact,
    });
    let failures = seen.failures.into_iter().map(|failure| insights_api::ReleaseFailure {
        outcome: failure.outcome.as_str().to_owned(),
        detail: wire::text(failure.detail),
        devices: failure.devices,
        last_reported_at: failure.last_at.to_string(),
    });
    let hours = seen.hours.into_iter().map(|hour| insights_api::ReleaseHour {
        begins_at: hour.begins_at.to_string(),
        offered: hour.offered,
        installed: hour.installed,
        failed: hour.failed,
    });
    insights_api::ReleaseInsights {
        adoption: show_adoption(seen.adoption, organization),
        outcomes: outcomes.collect(),
        failures: failures.collect(),
        more_failures: seen.has_more_failures,
        hours: hours.collect(),
        hours_since: seen.hours_since.to_string(),
        hours_exact: seen.are_all_hours,
    }
}

fn show_adoption(seen: Adoption, organization: Id<Organization>) -> api::Adoption {
    let days = seen.days.into_iter().map(|day| api::AdoptionDay {
        day: day.day,
        arrived: day.delta.arrived,
        departed: day.delta.departed,
        claimed: day.delta.claimed,
        installed: day.delta.installed,
        failed: day.delta.failed,
    });
    api::Adoption {
        release_prn: seen.release.id.prn(organization).to_string(),
        cohort_prn: seen.release.cohort.prn(organization).to_string(),
        devices: seen.devices,
        on: seen.on,
        before: seen.before,
        after: seen.after,
        elsewhere: seen.elsewhere,
        claimed: seen.release.claims,
        installed: seen.installed,
        failed: seen.failed,
        days: days.collect(),
    }
}
