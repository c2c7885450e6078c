//! `/v1/overview`: the organization at a glance.

use axum::extract::State;
use olivine_api::overview as api;
use olivine_domain::ca_certificates::CaCertificate;
use olivine_domain::permissions::scope;
use olivine_operations::overview::{self, Matching, Overview};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::stops;
use crate::app::App;
use crate::http::error::ApiError;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

const fn number(found: Matching) -> api::Number {
    api::Number { count: found.count, exact: found.is_exact }
}

/// Get the overview
///
/// Answers with the organization at a glance: how many devices it has, and how many of them are quarantined or failed to update, its
/// unsigned binaries by state, its storage, jobs that were given up, CA certificates that expire soon, and emergency stops. The request
/// costs the same for any number of devices. Scope: `organization.read`.
#[utoipa::path(get, path = "/overview", tag = "organization", operation_id = "overview",
    responses((status = 200, body = api::OverviewEnvelope)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::OrganizationRead>,
) -> Result<axum::Json<api::OverviewEnvelope>, ApiError> {
    let overview = shown(overview::get(&app.ctx, &by).await?);
    Ok(axum::Json(api::OverviewEnvelope { overview }))
}

fn shown(found: Overview) -> api::Overview {
    let Overview { organization, stops, devices, binaries, jobs_given_up, ending } = found;
    let in_states = binaries.into_iter().map(|(state, found)| api::BinariesInState {
        state: state.as_str().to_owned(),
        count: found.count,
        exact: found.is_exact,
    });
    let ended = |authority: CaCertificate| api::EndingCertificate {
        ca_certificate_prn: authority.id.prn(authority.organization).to_string(),
        subject: authority.certificate.facts().subject.clone(),
        not_after: authority.certificate.facts().not_after.to_string(),
    };
    api::Overview {
        devices: devices.map(|devices| number(devices.all)),
        quarantined_devices: devices.map(|devices| number(devices.quarantined)),
        failed_devices: devices.map(|devices| number(devices.failed)),
        binaries: in_states.collect(),
        storage_used: organization.storage_used,
        storage_quota: organization.storage_quota,
        jobs_given_up: number(jobs_given_up),
        ending_ca_certificates: ending.map(|found| found.into_iter().map(ended).collect()),
        stops: stops.iter().map(stops::shown).collect(),
    }
}
