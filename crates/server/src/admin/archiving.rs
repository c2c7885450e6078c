//! `/v1/…/{prn}/archive` and `/v1/…/{prn}/unarchive`: the same for all kinds of records that can be archived.

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::artifact_versions::ArtifactVersionEnvelope;
use olivine_api::artifacts::ArtifactEnvelope;
use olivine_api::bundles::BundleEnvelope;
use olivine_api::cohorts::CohortEnvelope;
use olivine_api::errors::ErrorBody;
use olivine_api::plans::ReleaseOrPlan;
use olivine_api::products::ProductEnvelope;
use olivine_api::releases as api;
use olivine_domain::permissions::scope;
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release;
use olivine_operations::{artifact_versions, artifacts, bundles, cohorts, products, releases};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::releases::{Changed, placement, record};
use crate::app::App;
use crate::http::body::Json;
use crate::http::dry_runs::{GraphEdit, Intent, Tried};
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::revisions::Record;
use crate::wire::plans::show_release_plan;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(archive_release))
        .routes(routes!(unarchive_release))
        .routes(routes!(archive_bundle))
        .routes(routes!(unarchive_bundle))
        .routes(routes!(archive_artifact_version))
        .routes(routes!(unarchive_artifact_version))
        .routes(routes!(archive_artifact))
        .routes(routes!(unarchive_artifact))
        .routes(routes!(archive_cohort))
        .routes(routes!(unarchive_cohort))
        .routes(routes!(archive_product))
        .routes(routes!(unarchive_product))
}

/// The two operations of a kind of records that has no place to go back to.
macro_rules! archiving {
    (
        $resource:ident, $scope:ident, $envelope:ident, $tag:literal;
        $(#[doc = $archive_doc:literal])* $archive:ident $archive_path:literal $archive_prn:literal;
        $(#[doc = $unarchive_doc:literal])* $unarchive:ident $unarchive_path:literal $unarchive_prn:literal;
    ) => {
        $(#[doc = $archive_doc])*
        #[utoipa::path(post, path = $archive_path, tag = $tag, operation_id = "archive", params(
            ("prn" = String, Path, description = $archive_prn)),
            responses((status = 200, body = $envelope), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
        async fn $archive(
            State(app): State<App>,
            Permit(by): Permit<scope::$scope>,
            Path(prn): Path<String>,
        ) -> Result<Record<$envelope>, ApiError> {
            let id = named(&prn, by.organization)?;
            let archived = $resource::archive(&app.ctx, &by, id).await?;
            Ok(crate::admin::$resource::record(StatusCode::OK, archived))
        }

        $(#[doc = $unarchive_doc])*
        #[utoipa::path(post, path = $unarchive_path, tag = $tag, operation_id = "unarchive", params(
            ("prn" = String, Path, description = $unarchive_prn)),
            responses((status = 200, body = $envelope), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
        async fn $unarchive(
            State(app): State<App>,
            Permit(by): Permit<scope::$scope>,
            Path(prn): Path<String>,
        ) -> Result<Record<$envelope>, ApiError> {
            let id = named(&prn, by.organization)?;
            let back = $resource::unarchive(&app.ctx, &by, id).await?;
            Ok(crate::admin::$resource::record(StatusCode::OK, back))
        }
    };
}

/// Archive a release
///
/// Takes the release out of its cohort's path, and keeps its record, events and numbers. No further device gets it. Releases that point to
/// it point to its next one from then on, and devices that are on it go on to that one. If it is the latest release, devices that are on it
/// get no update. Archiving it again changes nothing. With `dry_run=true`, nothing is changed, and the answer is the plan. Scope:
/// `release.update`.
#[utoipa::path(post, path = "/releases/{prn}/archive", tag = "releases", operation_id = "archive", params(
    ("prn" = String, Path, description = "The PRN of the release to archive."),
    ("dry_run" = Option<bool>, Query, description = "With true, the release is not archived: the answer says what archiving it would do, or why it would be refused. Default: false."),
    ("graph_revision" = Option<String>, Query, description = "The `graph_revision` of the cohort's graph or of a plan. If the graph has changed since, the release is not archived (412). Default: no condition.")),
    responses((status = 200, body = ReleaseOrPlan), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    (status = 412, body = ErrorBody)))]
async fn archive_release(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseUpdate>,
    Path(prn): Path<String>,
    GraphEdit { intent, expected }: GraphEdit,
) -> Result<Changed, ApiError> {
    let id = named(&prn, by.organization)?;
    Ok(match intent {
        Intent::Real => {
            Tried::Real(record(StatusCode::OK, releases::archive(&app.ctx, &by, id, &expected).await?))
        }
        Intent::DryRun => {
            Tried::Plan(show_release_plan(releases::plan_archive(&app.ctx, &by, id, &expected).await?))
        }
    })
}

/// Take a release back from the archive
///
/// Puts an archived release on its cohort's path again, by the rules for a new release: without a neighbour it becomes the latest one. It
/// keeps its claims and numbers. A release that is not archived stays where it is. With `dry_run=true`, nothing is changed, and the answer
/// is the plan. Scope: `release.update`.
#[utoipa::path(post, path = "/releases/{prn}/unarchive", tag = "releases", operation_id = "unarchive", params(
    ("prn" = String, Path, description = "The PRN of the archived release to take back."),
    ("dry_run" = Option<bool>, Query, description = "With true, the release stays in the archive: the answer says what taking it back would do, or why it would be refused. Default: false."),
    ("graph_revision" = Option<String>, Query, description = "The `graph_revision` of the cohort's graph or of a plan. If the graph has changed since, the release stays in the archive (412). Default: no condition.")),
    request_body = api::ReleaseUnarchive, responses((status = 200, body = ReleaseOrPlan),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn unarchive_release(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseUpdate>,
    Path(prn): Path<String>,
    GraphEdit { intent, expected }: GraphEdit,
    Json(body): Json<api::ReleaseUnarchive>,
) -> Result<Changed, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let next: Option<Prn<Release>> = fields.optional("next_release_prn", body.next_release_prn);
    let previous: Option<Prn<Release>> = fields.optional("previous_release_prn", body.previous_release_prn);
    fields.all(Some(()))?;
    let neighbour = |prn: Option<Prn<Release>>| prn.map(|prn| own(prn, by.organization)).transpose();
    let placement = placement(neighbour(previous)?, neighbour(next)?);
    Ok(match intent {
        Intent::Real => {
            let view = releases::unarchive(&app.ctx, &by, id, placement, &expected).await?;
            Tried::Real(record(StatusCode::OK, view))
        }
        Intent::DryRun => {
            let planned = releases::plan_unarchive(&app.ctx, &by, id, placement, &expected).await?;
            Tried::Plan(show_release_plan(planned))
        }
    })
}

archiving! {
    bundles, BundleUpdate, BundleEnvelope, "bundles";
    /// Archive a bundle
    ///
    /// Keeps the record, but lists leave it out. No new release or override can deliver the bundle. While a release on a path or an
    /// override that is not over delivers it, the answer is 409 `in_use`. Archiving it again changes nothing. Scope: `bundle.update`.
    archive_bundle "/bundles/{prn}/archive" "The PRN of the bundle to archive.";
    /// Take a bundle back from the archive
    ///
    /// The bundle appears in lists again, and new releases and overrides can deliver it. Scope: `bundle.update`.
    unarchive_bundle "/bundles/{prn}/unarchive" "The PRN of the archived bundle to take back.";
}

archiving! {
    artifact_versions, ArtifactVersionUpdate, ArtifactVersionEnvelope, "artifact_versions";
    /// Archive an artifact version
    ///
    /// Keeps the record, but lists leave it out. The version gets no new binaries, and no new bundles are made of it. Bundles that have its
    /// binaries already stay as they are, and so do devices. Archiving it again changes nothing. Scope: `artifact_version.update`.
    archive_artifact_version "/artifact_versions/{prn}/archive" "The PRN of the artifact version to archive.";
    /// Take an artifact version back from the archive
    ///
    /// The version appears in lists again, and it can get binaries. If its artifact is archived, the answer is 409 `archived`. Scope:
    /// `artifact_version.update`.
    unarchive_artifact_version "/artifact_versions/{prn}/unarchive" "The PRN of the archived artifact version to take back.";
}

archiving! {
    artifacts, ArtifactUpdate, ArtifactEnvelope, "artifacts";
    /// Archive an artifact
    ///
    /// Keeps the record, but lists leave it out. The artifact gets no new versions, its versions get no new binaries, and no new bundles
    /// are made of them. Bundles that have its binaries already stay as they are. Archiving it again changes nothing. Scope:
    /// `artifact.update`.
    archive_artifact "/artifacts/{prn}/archive" "The PRN of the artifact to archive.";
    /// Take an artifact back from the archive
    ///
    /// The artifact appears in lists again, and it can get versions. Scope: `artifact.update`.
    unarchive_artifact "/artifacts/{prn}/unarchive" "The PRN of the archived artifact to take back.";
}

archiving! {
    cohorts, CohortUpdate, CohortEnvelope, "cohorts";
    /// Archive a cohort
    ///
    /// Keeps the cohort and its releases, but lists leave the cohort out. It gets no new devices or releases. While it has devices, the
    /// answer is 409 `in_use`. Archiving it again changes nothing. Scope: `cohort.update`.
    archive_cohort "/cohorts/{prn}/archive" "The PRN of the cohort to archive.";
    /// Take a cohort back from the archive
    ///
    /// The cohort appears in lists again, and it can get devices and releases. If its product is archived, the answer is 409 `archived`.
    /// Scope: `cohort.update`.
    unarchive_cohort "/cohorts/{prn}/unarchive" "The PRN of the archived cohort to take back.";
}

archiving! {
    products, ProductUpdate, ProductEnvelope, "products";
    /// Archive a product
    ///
    /// Keeps the record, but lists leave it out. The product gets no new devices or cohorts. While it has devices, the answer is 409
    /// `in_use`. Archiving it again changes nothing. Scope: `product.update`.
    archive_product "/products/{prn}/archive" "The PRN of the product to archive.";
    /// Take a product back from the archive
    ///
    /// The product appears in lists again, and it can get devices and cohorts. Scope: `product.update`.
    unarchive_product "/products/{prn}/unarchive" "The PRN of the archived product to take back.";
}
