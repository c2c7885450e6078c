//! `/v1/releases`

use std::collections::HashMap;

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::errors::ErrorBody;
use olivine_api::plans::{ReleaseOrPlan, ReleasePlanEnvelope};
use olivine_api::releases as api;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::{Actor, scope};
use olivine_domain::prn::{Id, Prn};
use olivine_domain::releases::graph::Placement;
use olivine_domain::releases::{Phase, PhaseValue, Release};
use olivine_operations::releases::{self, Mode, PhaseChange, View};
use olivine_operations::{Context, bundles as bundle_operations};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::devices::tags;
use crate::admin::idempotency::ForNew;
use crate::app::App;
use crate::http::body::Json;
use crate::http::dry_runs::{GraphEdit, Intent, Tried};
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Expand, Listing, Pairs};
use crate::http::revisions::{IfMatch, Record};
use crate::wire;
use crate::wire::bundles::show_bundle;
use crate::wire::plans::show_release_plan;
use crate::wire::releases::show_release;

const EXPANDABLE: &[&str] = &["bundle", "cohort", "cohort.product"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, update, delete))
        .routes(routes!(of_binary))
}

/// The records as they are shown, with what else is wanted.
async fn shown(
    ctx: &Context,
    by: &Actor,
    views: Vec<View>,
    expand: &Expand,
) -> Result<Vec<api::Release>, ApiError> {
    let mut bundles = HashMap::new();
    if expand.wants("bundle") {
        bundles = bundles_of(ctx, by, views.iter().map(|view| view.release.bundle)).await?;
    }
    let mut cohorts = HashMap::new();
    if expand.wants("cohort") {
        let found = releases::cohorts_of(ctx, by, &views).await?;
        let shown = super::cohorts::shown(ctx, by, found, expand.wants("cohort.product")).await?;
        cohorts.extend(shown.into_iter().map(|cohort| (cohort.prn.clone(), cohort)));
    }
    let show = |view: View| {
        let bundle = bundles.get(&view.release.bundle).cloned();
        let release = show_release(view);
        let cohort = cohorts.get(&release.cohort_prn).cloned();
        api::Release { bundle: bundle.map(show_bundle), cohort, ..release }
    };
    Ok(views.into_iter().map(show).collect())
}

/// Bundles by their keys.
pub(super) async fn bundles_of(
    ctx: &Context,
    by: &Actor,
    ids: impl Iterator<Item = Id<Bundle>>,
) -> Result<HashMap<Id<Bundle>, Bundle>, ApiError> {
    let ids: Vec<_> = ids.collect();
    let found = bundle_operations::get_many(ctx, by, &ids).await?;
    Ok(found.into_iter().map(|bundle| (bundle.id, bundle)).collect())
}

/// A release after its change, or the plan of it.
pub(super) type Changed = Tried<Record<api::ReleaseEnvelope>, ReleasePlanEnvelope>;

pub(super) fn record(status: StatusCode, view: View) -> Record<api::ReleaseEnvelope> {
    let revision = view.release.revision;
    Record { status, revision, body: api::ReleaseEnvelope { release: show_release(view) } }
}

/// A phase as it was written.
fn phase(
    fields: &mut Fields,
    mode: Option<String>,
    value: Option<f64>,
    phase_tags: Option<Vec<String>>,
) -> PhaseChange {
    let mode = mode.and_then(|name| {
        let problem = || format!("'{name}' is not a mode; there are {}", Phase::MODES.join(" and "));
        fields.take("phase_mode", Mode::from_name(&name).ok_or_else(problem))
    });
    let value = value.and_then(|value| fields.take("phase_value", PhaseValue::new(value)));
    let tags = phase_tags.and_then(|own| tags(fields, "phase_tags", &own));
    PhaseChange { mode, value, tags }
}

/// Create a release
///
/// Delivers a bundle to a cohort, and answers with the release. Unless it names a neighbour, it becomes the cohort's latest release. It
/// can't follow a release that is scheduled in the future or phased (`sink_constrained`). With `dry_run=true`, nothing is created, and the
/// answer is 200 with the plan. Scope: `release.create`.
#[utoipa::path(post, path = "/releases", tag = "releases", params(
    ("dry_run" = Option<bool>, Query, description = "With true, no release is created: the answer says what creating it would do, or why it would be refused. Default: false."),
    ("graph_revision" = Option<String>, Query, description = "The `graph_revision` of the cohort's graph or of a plan. If the graph has changed since, no release is created (412). Default: no condition.")),
    request_body = api::ReleaseCreate, responses(
    (status = 200, description = "With `dry_run`: what the change would do", body = ReleasePlanEnvelope),
    (status = 201, body = api::ReleaseEnvelope), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseCreate>,
    id: ForNew,
    GraphEdit { intent, expected }: GraphEdit,
    Json(body): Json<api::ReleaseCreate>,
) -> Result<Changed, ApiError> {
    let new = new_release(&by, id, body)?;
    Ok(match intent {
        Intent::Real => {
            let view = releases::create(&app.ctx, &by, new, &expected).await?;
            Tried::Real(record(StatusCode::CREATED, view))
        }
        Intent::DryRun => {
            Tried::Plan(show_release_plan(releases::plan_create(&app.ctx, &by, new, &expected).await?))
        }
    })
}

fn new_release(by: &Actor, id: ForNew, body: api::ReleaseCreate) -> Result<releases::Create, ApiError> {
    let mut fields = Fields::default();
    let cohort: Option<Prn<Cohort>> = fields.parse("cohort_prn", &body.cohort_prn);
    let bundle: Option<Prn<Bundle>> = fields.parse("bundle_prn", &body.bundle_prn);
    let next: Option<Prn<Release>> = fields.optional("next_release_prn", body.next_release_prn);
    let previous: Option<Prn<Release>> = fields.optional("previous_release_prn", body.previous_release_prn);
    let name = fields.parse("name", &body.name);
    let description = fields.optional("description", body.description);
    let version = fields.optional("version", body.version);
    let version_requirement = fields.optional("version_requirement", body.version_requirement);
    let schedule_date = fields.optional("schedule_date", body.schedule_date);
    let phase = phase(&mut fields, body.phase_mode, body.phase_value, body.phase_tags);
    let ((cohort, bundle), name) = fields.all(cohort.zip(bundle).zip(name))?;
    let neighbour = |prn: Option<Prn<Release>>| prn.map(|prn| own(prn, by.organization)).transpose();
    Ok(releases::Create {
        id: id.or_chosen(body.id),
        cohort: own(cohort, by.organization)?,
        bundle: own(bundle, by.organization)?,
        placement: placement(neighbour(previous)?, neighbour(next)?),
        name,
        description,
        version,
        version_requirement,
        required: body.required,
        disabled: body.disabled,
        schedule_date,
        phase,
    })
}

pub(super) const fn placement(previous: Option<Id<Release>>, next: Option<Id<Release>>) -> Placement {
    match (previous, next) {
        (None, None) => Placement::Sink,
        (None, Some(next)) => Placement::Before(next),
        (Some(previous), None) => Placement::After(previous),
        (Some(previous), Some(next)) => Placement::Between { previous, next },
    }
}

/// List releases
///
/// Answers with one page of the organization's releases. `?cohort_prn=` lists those of one cohort. Scope: `release.read`.
#[utoipa::path(get, path = "/releases", tag = "releases", params(Listing<Release>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `bundle`, `cohort`, `cohort.product`.")),
    responses((status = 200, body = api::ReleaseList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseRead>,
    listing: Listing<Release>,
) -> Result<axum::Json<api::ReleaseList>, ApiError> {
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = releases::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let releases = shown(&app.ctx, &by, page.items, &expand).await?;
    Ok(axum::Json(api::ReleaseList { releases, next_page }))
}

/// List the releases that contain a binary
///
/// Answers with one page of the releases whose bundle has this binary. Look here before destroying it. Scope: `release.read`.
#[utoipa::path(get, path = "/binaries/{prn}/releases", tag = "releases", params(
    ("prn" = String, Path, description = "The PRN of the binary whose releases to list."),
    Listing<Release>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `bundle`, `cohort`, `cohort.product`.")),
    responses((status = 200, body = api::ReleaseList), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn of_binary(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseRead>,
    Path(prn): Path<String>,
    listing: Listing<Release>,
) -> Result<axum::Json<api::ReleaseList>, ApiError> {
    let binary = named(&prn, by.organization)?;
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = releases::list_with_binary(&app.ctx, &by, binary, &query).await?;
    let next_page = wire::cursor(&page);
    let releases = shown(&app.ctx, &by, page.items, &expand).await?;
    Ok(axum::Json(api::ReleaseList { releases, next_page }))
}

/// Get a release
///
/// Answers with one release. If some or all devices can't get it, `affected_by` says why. Scope: `release.read`.
#[utoipa::path(get, path = "/releases/{prn}", tag = "releases", params(
    ("prn" = String, Path, description = "The PRN of the release to read."),
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `bundle`, `cohort`, `cohort.product`.")),
    responses((status = 200, body = api::ReleaseEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseRead>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<Record<api::ReleaseEnvelope>, ApiError> {
    let (id, expand) = (named(&prn, by.organization)?, pairs.expand(EXPANDABLE)?);
    let view = releases::get(&app.ctx, &by, id).await?;
    let revision = view.release.revision;
    let mut shown = shown(&app.ctx, &by, vec![view], &expand).await?;
    Ok(Record::found(revision, api::ReleaseEnvelope { release: shown.remove(0) }))
}

/// Update a release
///
/// Changes a release: enables or disables it, widens its phase, schedules it, or puts it before another release. Devices see it at their
/// next check for an update. With `If-Match`, the answer is 412 if somebody changed the release in between. With `dry_run=true`, nothing is
/// changed, and the answer is the plan. Scope: `release.update`.
#[utoipa::path(patch, path = "/releases/{prn}", tag = "releases", params(
    ("prn" = String, Path, description = "The PRN of the release to change."),
    ("dry_run" = Option<bool>, Query, description = "With true, the release stays as it is: the answer says what the change would do, or why it would be refused. Default: false."),
    ("graph_revision" = Option<String>, Query, description = "The `graph_revision` of the cohort's graph or of a plan. If the graph has changed since, the release stays as it is (412). Default: no condition.")),
    request_body = api::ReleaseUpdate, responses((status = 200, body = ReleaseOrPlan),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseUpdate>,
    Path(prn): Path<String>,
    IfMatch(revision): IfMatch,
    GraphEdit { intent, expected }: GraphEdit,
    Json(body): Json<api::ReleaseUpdate>,
) -> Result<Changed, ApiError> {
    let id = named(&prn, by.organization)?;
    let change = change(&by, body)?;
    Ok(match intent {
        Intent::Real => {
            let view = releases::update(&app.ctx, &by, id, revision, change, &expected).await?;
            Tried::Real(record(StatusCode::OK, view))
        }
        Intent::DryRun => {
            let planned = releases::plan_update(&app.ctx, &by, id, revision, change, &expected).await?;
            Tried::Plan(show_release_plan(planned))
        }
    })
}

fn change(by: &Actor, body: api::ReleaseUpdate) -> Result<releases::Change, ApiError> {
    let mut fields = Fields::default();
    let bundle: Option<Prn<Bundle>> = fields.optional("bundle_prn", body.bundle_prn);
    let next: Option<Option<Prn<Release>>> = fields.change("next_release_prn", body.next_release_prn);
    let change = releases::Change {
        bundle: None,
        next: None,
        name: fields.optional("name", body.name),
        description: fields.change("description", body.description),
        version: fields.change("version", body.version),
        version_requirement: fields.change("version_requirement", body.version_requirement),
        required: body.required,
        disabled: body.disabled,
        schedule_date: fields.change("schedule_date", body.schedule_date),
        phase: phase(&mut fields, body.phase_mode, body.phase_value, body.phase_tags),
    };
    let change = fields.all(Some(change))?;
    let bundle = bundle.map(|bundle| own(bundle, by.organization)).transpose()?;
    let next = next.map(|next| next.map(|next| own(next, by.organization)).transpose()).transpose()?;
    Ok(releases::Change { bundle, next, ..change })
}

/// Delete a release
///
/// Deletes a release for good. Releases that point to it point to its next one from then on. While devices are on it, this needs `confirm`
/// (409 `confirmation_required`): the error says how many there are and what happens to them. With `dry_run=true`, nothing is deleted, and
/// the answer is 200 with the plan. Scope: `release.delete`.
#[utoipa::path(delete, path = "/releases/{prn}", tag = "releases", params(
    ("prn" = String, Path, description = "The PRN of the release to delete."),
    ("confirm" = Option<String>, Query, description = "The PRN of the release, repeated: confirms that it is to be deleted although devices are on it."),
    ("dry_run" = Option<bool>, Query, description = "With true, the release is not deleted: the answer says what deleting it would do, or why it would be refused. Default: false."),
    ("graph_revision" = Option<String>, Query, description = "The `graph_revision` of the cohort's graph or of a plan. If the graph has changed since, the release is not deleted (412). Default: no condition.")),
    responses((status = 200, description = "With `dry_run`: what the change would do", body = ReleasePlanEnvelope),
    (status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseDelete>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<Tried<StatusCode, ReleasePlanEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let (GraphEdit { intent, expected }, is_confirmed) = GraphEdit::confirmed(&pairs, &prn)?;
    let confirm = is_confirmed.then_some(id);
    Ok(match intent {
        Intent::Real => {
            releases::delete(&app.ctx, &by, id, confirm, &expected).await?;
            Tried::Real(StatusCode::NO_CONTENT)
        }
        Intent::DryRun => {
            let planned = releases::plan_delete(&app.ctx, &by, id, confirm, &expected).await?;
            Tried::Plan(show_release_plan(planned))
        }
    })
}
