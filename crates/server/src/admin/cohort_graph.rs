//! `/v1/cohorts/{prn}/graph`: a cohort's releases, with their devices and where these go.

use axum::extract::{Path, State};
use olivine_api::errors::ErrorBody;
use olivine_api::release_graphs as api;
use olivine_domain::permissions::scope;
use olivine_operations::releases::{self, Node, Picture};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(graph))
}

/// Get the release graph of a cohort
///
/// Answers with the releases on the update paths of a cohort: how many devices are on each, how many devices failed to update to it, which
/// release a device without tags on it would get now, and why no later one. At most 1,000 releases are shown, those nearest the latest one.
/// Archived releases are left out. Scope: `release.read`.
#[utoipa::path(get, path = "/cohorts/{prn}/graph", tag = "cohorts", params(
    ("prn" = String, Path, description = "The PRN of the cohort whose releases to show.")),
    responses((status = 200, body = api::ReleaseGraphEnvelope), (status = 404, body = ErrorBody)))]
async fn graph(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseRead>,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::ReleaseGraphEnvelope>, ApiError> {
    let picture = releases::picture(&app.ctx, &by, named(&prn, by.organization)?).await?;
    let Picture { cohort, revision, releases, has_more } = picture;
    let graph = api::ReleaseGraph {
        cohort_prn: cohort.id.prn(cohort.organization).to_string(),
        graph_revision: revision.to_string(),
        devices: cohort.devices,
        releases: releases.into_iter().map(shown).collect(),
        more: has_more,
    };
    Ok(axum::Json(api::ReleaseGraphEnvelope { graph }))
}

fn shown(node: Node) -> api::GraphRelease {
    let Node { release, devices, failed, affected_by, destination } = node;
    let organization = release.organization;
    api::GraphRelease {
        release_prn: release.id.prn(organization).to_string(),
        name: release.name.to_string(),
        version: wire::text(release.version),
        version_requirement: release.version_requirement.map(|requirement| requirement.as_str().to_owned()),
        bundle_prn: release.bundle.prn(organization).to_string(),
        next_release_prn: wire::text(release.next.map(|next| next.prn(organization))),
        required: release.required,
        disabled: release.disabled,
        schedule_date: wire::text(release.schedule_date),
        devices,
        claims: release.claims,
        failed,
        affected_by: affected_by.into_iter().map(|id| id.prn(organization).to_string()).collect(),
        goes_to_prn: wire::text(destination.goes_to.map(|id| id.prn(organization))),
        held_because: destination.held_because,
    }
}
