//! `/v1/devices/{prn}/update`: asking on a device's behalf, and why the answer is what it is.

use axum::extract::{Path, State};
use olivine_api::devices as api;
use olivine_api::errors::ErrorBody;
use olivine_api::manifests::ManifestEntry;
use olivine_domain::artifacts::Artifact;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::scope;
use olivine_domain::prn::Id;
use olivine_domain::resolution::Source;
use olivine_domain::resolution::trace::TraceStep;
use olivine_operations::distribution::{self, Answer, Ask, Expanded, Expansion};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::local_urls::FromElsewhere;
use crate::wire::manifests::{self, show_manifest};
use crate::wire::reports::read_report;

/// What an answer names beside PRNs, for people.
const NAMED: [Expansion; 4] =
    [Expansion::Release, Expansion::BundleOverride, Expansion::Bundle, Expansion::ArtifactNames];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check))
}

/// Check for a device's update on its behalf
///
/// Answers as the device would be answered, and claims a place if the release has a numeric phase. With `explain`, nothing is changed,
/// claimed or issued, and `trace` says how the answer came about. Scope: `device.check_for_update`.
#[utoipa::path(post, path = "/devices/{prn}/update", tag = "devices", params(
    ("prn" = String, Path, description = "The PRN of the device to check for.")),
    request_body = api::UpdateCheck, responses((status = 200, body = api::UpdateAnswer),
    (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn check(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceCheckForUpdate>,
    Path(prn): Path<String>,
    caller: FromElsewhere,
    Json(body): Json<api::UpdateCheck>,
) -> Result<axum::Json<api::UpdateAnswer>, ApiError> {
    let id = named(&prn, by.organization)?;
    let (release, bundle) = (body.release_prn.as_deref(), body.bundle_prn.as_deref());
    let report = read_report(release, bundle, body.release_version.as_deref(), by.organization);
    let ask = Ask { report, write: body.write, explain: body.explain, expand: NAMED.to_vec() };
    let answer = distribution::ask(&app.ctx, &by, id, &ask).await?;
    app.local_urls.look(caller, answer.manifest.as_ref().and_then(manifests::first_url));
    Ok(axum::Json(shown(answer, by.organization)))
}

fn shown(answer: Answer, organization: Id<Organization>) -> api::UpdateAnswer {
    let Expanded { release, bundle_override, bundle, artifact_names, .. } = answer.expanded;
    let source_name = release.map(|view| view.release.name.to_string());
    let source_name = source_name.or_else(|| bundle_override.map(|found| found.name.to_string()));
    let with_name = |(entry, artifact): (ManifestEntry, Id<Artifact>)| ManifestEntry {
        artifact_name: artifact_names.get(&artifact).map(ToString::to_string),
        ..entry
    };
    let manifest = answer.manifest.as_ref().map(|manifest| {
        let artifacts = manifest.template().entries.iter().map(|entry| entry.artifact);
        show_manifest(manifest).into_iter().zip(artifacts).map(with_name).collect()
    });
    let (kind, source) = match answer.source {
        None => (None, None),
        Some(Source::Release(id)) => (Some("release"), Some(id.prn(organization).to_string())),
        Some(Source::BundleOverride(id)) => (Some("bundle_override"), Some(id.prn(organization).to_string())),
    };
    api::UpdateAnswer {
        status: answer.status.as_str().to_owned(),
        source_type: kind.map(str::to_owned),
        source_prn: source,
        source_name,
        bundle_prn: answer.bundle.map(|bundle| bundle.prn(organization).to_string()),
        bundle_name: bundle.and_then(|bundle| bundle.name.as_ref().map(ToString::to_string)),
        manifest,
        trace: answer.trace.map(|steps| steps.into_iter().map(step).collect()),
    }
}

fn step(step: TraceStep) -> api::TraceStep {
    api::TraceStep {
        step: step.step.as_str().to_owned(),
        outcome: step.outcome.as_str().to_owned(),
        reason: step.reason,
    }
}
