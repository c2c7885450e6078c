//! `/v1/binaries/{prn}/impact`: what destroying a binary would do.

use axum::extract::{Path, State};
use olivine_api::binaries as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::scope;
use olivine_domain::prn::Id;
use olivine_operations::binaries::{self, Impact, ReleaseImpact};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(impact))
}

/// Get what destroying a binary would do
///
/// Answers with the bundles that have the binary, the releases and overrides that bring it to devices, how many devices are on these
/// releases or would be offered them now, and which later releases devices could no longer get. Devices that are on no known release of the
/// cohort, and devices that a phase or tags hold back, are not counted. Releases and overrides are shown only if the caller has
/// `release.read` and `bundle_override.read` and reaches them. The request changes nothing, and costs the same for any number of devices.
/// Scope: `binary.read`.
#[utoipa::path(get, path = "/binaries/{prn}/impact", tag = "binaries", params(
    ("prn" = String, Path, description = "The PRN of the binary that might be destroyed.")),
    responses((status = 200, body = api::BinaryImpactEnvelope), (status = 404, body = ErrorBody)))]
async fn impact(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryRead>,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::BinaryImpactEnvelope>, ApiError> {
    let impact = binaries::impact(&app.ctx, &by, named(&prn, by.organization)?).await?;
    Ok(axum::Json(api::BinaryImpactEnvelope { impact: shown(impact, by.organization) }))
}

fn shown(impact: Impact, organization: Id<Organization>) -> api::BinaryImpact {
    let bundles = impact.bundles.into_iter().map(|bundle| api::ImpactedBundle {
        bundle_prn: bundle.id.prn(organization).to_string(),
        name: wire::text(bundle.name),
    });
    let overrides = impact.bundle_overrides.into_iter().map(|found| api::ImpactedOverride {
        bundle_override_prn: found.id.prn(organization).to_string(),
        name: found.name.to_string(),
    });
    let archived = impact.archived_releases.iter().map(|release| release.id.prn(organization).to_string());
    api::BinaryImpact {
        binary_prn: impact.binary.id.prn(organization).to_string(),
        confirmation_required: impact.needs_confirmation,
        bundles: bundles.collect(),
        releases: impact.releases.into_iter().map(|found| release(found, organization)).collect(),
        archived_release_prns: archived.collect(),
        bundle_overrides: overrides.collect(),
        more: impact.has_more,
    }
}

fn release(found: ReleaseImpact, organization: Id<Organization>) -> api::ImpactedRelease {
    let ReleaseImpact { release, devices, waiting_devices, held } = found;
    api::ImpactedRelease {
        release_prn: release.id.prn(organization).to_string(),
        cohort_prn: release.cohort.prn(organization).to_string(),
        name: release.name.to_string(),
        required: release.required,
        devices,
        waiting_devices,
        held_release_prns: held.into_iter().map(|id| id.prn(organization).to_string()).collect(),
    }
}
