//! `/v1/releases/{prn}/rollback`: taking a release back.

use axum::extract::{Path, State};
use olivine_api::errors::ErrorBody;
use olivine_api::releases as api;
use olivine_domain::bundle_overrides::Audience;
use olivine_domain::bundles::Bundle;
use olivine_domain::permissions::scope;
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release;
use olivine_operations::releases::{self, RolledBack};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::wire;
use crate::wire::releases::show_release;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(rollback))
}

/// Roll back a release
///
/// No further device gets the release, and the devices that are on it get the bundle of the release before. All of it happens in one
/// step, or nothing does.
///
/// The release is disabled; it is no longer required, phased or scheduled. A release with the old bundle is added after it, unless its
/// devices can already get a later release. Devices that report only a version, which no older release can reach, get a bundle override.
/// Rolling back again only brings back devices that came to the release in between, and changes nothing else. Scope: `release.update`, and
/// also `release.create` if a release is added, and `bundle_override.create` if an override is needed.
#[utoipa::path(post, path = "/releases/{prn}/rollback", tag = "releases", params(
    ("prn" = String, Path, description = "The PRN of the release to roll back.")),
    request_body = api::RollbackCreate, responses((status = 200, body = api::Rollback),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn rollback(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseUpdate>,
    Path(prn): Path<String>,
    Json(body): Json<api::RollbackCreate>,
) -> Result<axum::Json<api::Rollback>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let bundle: Option<Prn<Bundle>> = fields.optional("to_bundle_prn", body.to_bundle_prn);
    let wish = releases::Rollback {
        bundle: None,
        version: fields.optional("release_version", body.release_version),
        name: fields.optional("name", body.name),
        dry_run: body.dry_run,
    };
    let wish = fields.all(Some(wish))?;
    let bundle = bundle.map(|bundle| own(bundle, by.organization)).transpose()?;
    let wish = releases::Rollback { bundle, ..wish };
    // Its future is too large for the stack of every request.
    let done = Box::pin(releases::rollback(&app.ctx, &by, id, &wish)).await?;
    Ok(axum::Json(shown_rollback(done)))
}

fn shown_rollback(done: RolledBack) -> api::Rollback {
    let organization = done.release.release.organization;
    let existing = |release: &Release| (!done.dry_run).then(|| release.id.prn(organization).to_string());
    let onward = done.onward.as_ref().map(|onward| onward.id.prn(organization).to_string());
    api::Rollback {
        dry_run: done.dry_run,
        changed: done.changed,
        steps: done.steps,
        bundle_prn: done.bundle.map(|bundle| bundle.prn(organization).to_string()),
        next_release_prn: onward.or_else(|| done.added.as_ref().and_then(existing)),
        added_release: done.added.as_ref().map(|added| api::RollbackRelease {
            prn: existing(added),
            name: added.name.to_string(),
            version: wire::text(added.version.clone()),
            version_requirement: wire::text(added.version_requirement.clone()),
        }),
        bundle_override: done.bundle_override.as_ref().map(|forced| api::RollbackOverride {
            prn: forced.id.prn(organization).to_string(),
            name: forced.name.to_string(),
            devices: match &forced.audience {
                Audience::Devices(devices) => devices.len() as u64,
                Audience::Tags(_) | Audience::Cohort(_) => 0,
            },
        }),
        devices: api::RollbackDevices {
            on: done.devices.on,
            by_release: done.devices.by_release,
            by_override: done.devices.by_override,
            not_reached: done.devices.not_reached,
            without_binary: done.devices.without_binary,
        },
        release: show_release(done.release),
    }
}
