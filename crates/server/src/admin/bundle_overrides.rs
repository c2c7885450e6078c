//! `/v1/bundle_overrides`

use std::collections::HashMap;

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::bundle_overrides as api;
use olivine_api::errors::ErrorBody;
use olivine_api::plans::{BundleOverrideOrPlan, BundleOverridePlanEnvelope};
use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, scope};
use olivine_domain::prn::{Id, Prn};
use olivine_domain::tags::Tags;
use olivine_operations::{Context, bundle_overrides};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::{Permit, PermitPart};
use crate::admin::bundles::all_own;
use crate::admin::devices::tags;
use crate::admin::idempotency::ForNew;
use crate::admin::releases::bundles_of;
use crate::app::App;
use crate::http::body::Json;
use crate::http::dry_runs::{Intent, Trial, Tried};
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Expand, Listing, Pairs};
use crate::http::revisions::{IfMatch, Record};
use crate::wire;
use crate::wire::bundle_overrides::show_bundle_override;
use crate::wire::bundles::show_bundle;
use crate::wire::plans::show_override_plan;

const EXPANDABLE: &[&str] = &["bundle"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update, delete))
}

/// The records as they are shown, with what else is wanted.
async fn shown(
    ctx: &Context,
    by: &Actor,
    found: Vec<BundleOverride>,
    expand: &Expand,
) -> Result<Vec<api::BundleOverride>, ApiError> {
    let mut bundles = HashMap::new();
    if expand.wants("bundle") {
        bundles = bundles_of(ctx, by, found.iter().map(|found| found.bundle)).await?;
    }
    let show = |found: BundleOverride| {
        let bundle = bundles.get(&found.bundle).cloned();
        api::BundleOverride { bundle: bundle.map(show_bundle), ..show_bundle_override(found) }
    };
    Ok(found.into_iter().map(show).collect())
}

/// An override after its change, or the plan of it.
type Changed = Tried<Record<api::BundleOverrideEnvelope>, BundleOverridePlanEnvelope>;

fn record(status: StatusCode, found: BundleOverride) -> Record<api::BundleOverrideEnvelope> {
    let revision = found.revision;
    Record {
        status,
        revision,
        body: api::BundleOverrideEnvelope { bundle_override: show_bundle_override(found) },
    }
}

/// The devices that an override is for, by PRNs that may still turn out to belong to another organization.
enum Named {
    Devices(Vec<Prn<Device>>),
    Tags(Tags),
    Cohort(Prn<Cohort>),
}

impl Named {
    fn own(self, organization: Id<Organization>) -> Result<Audience, ApiError> {
        Ok(match self {
            Self::Devices(prns) => Audience::Devices(all_own(prns, organization)?),
            Self::Tags(tags) => Audience::Tags(tags),
            Self::Cohort(prn) => Audience::Cohort(own(prn, organization)?),
        })
    }
}

/// At most one of the three; what is wrong is noted.
fn audience(
    fields: &mut Fields,
    device_prns: Option<Vec<String>>,
    own_tags: Option<Vec<String>>,
    cohort_prn: Option<String>,
) -> Option<Named> {
    match (device_prns, own_tags, cohort_prn) {
        (None, None, None) => None,
        (Some(prns), None, None) => {
            let parsed = prns.iter().map(|prn| fields.parse("device_prns", prn));
            parsed.collect::<Option<_>>().map(Named::Devices)
        }
        (None, Some(own), None) => tags(fields, "tags", &own).map(Named::Tags),
        (None, None, Some(prn)) => fields.parse("cohort_prn", &prn).map(Named::Cohort),
        _ => {
            fields.refuse("device_prns", "name only one of device_prns, tags and cohort_prn");
            None
        }
    }
}

/// Create a bundle override
///
/// Gives a bundle to chosen devices from `starts_at` until `ends_at`, in place of what their releases give them, and answers with the
/// override. If several active overrides choose a device, the one that started last applies. With `dry_run=true`, nothing is created, and
/// the answer is 200 with the plan. For at most 10 devices in `device_prns`, the scope `bundle_override.for_device` is enough. Scope:
/// `bundle_override.create`, which includes it.
#[utoipa::path(post, path = "/bundle_overrides", tag = "bundle_overrides", params(
    ("dry_run" = Option<bool>, Query, description = "With true, no override is created: the answer says which devices it would reach, or why it would be refused. Default: false.")),
    request_body = api::BundleOverrideCreate,
    responses((status = 200, description = "With `dry_run`: what the change would do", body = BundleOverridePlanEnvelope), (status = 201, body = api::BundleOverrideEnvelope), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    PermitPart(by): PermitPart<scope::BundleOverrideCreate>,
    id: ForNew,
    Trial(intent): Trial,
    Json(body): Json<api::BundleOverrideCreate>,
) -> Result<Changed, ApiError> {
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let description = fields.optional("description", body.description);
    let bundle: Option<Prn<Bundle>> = fields.parse("bundle_prn", &body.bundle_prn);
    let starts_at = fields.optional("starts_at", body.starts_at);
    let ends_at = fields.optional("ends_at", body.ends_at);
    if body.device_prns.is_none() && body.tags.is_none() && body.cohort_prn.is_none() {
        fields.refuse("device_prns", "say whom it is for: name one of device_prns, tags and cohort_prn");
    }
    let audience = audience(&mut fields, body.device_prns, body.tags, body.cohort_prn);
    let ((name, bundle), audience) = fields.all(name.zip(bundle).zip(audience))?;
    let new = bundle_overrides::Create {
        id: id.or_chosen(body.id),
        name,
        description,
        bundle: own(bundle, by.organization)?,
        starts_at,
        ends_at,
        audience: audience.own(by.organization)?,
    };
    Ok(match intent {
        Intent::Real => {
            Tried::Real(record(StatusCode::CREATED, bundle_overrides::create(&app.ctx, &by, new).await?))
        }
        Intent::DryRun => {
            Tried::Plan(show_override_plan(bundle_overrides::plan_create(&app.ctx, &by, new).await?))
        }
    })
}

/// List bundle overrides
///
/// Answers with one page of the organization's bundle overrides, ended ones included. Scope: `bundle_override.read`.
#[utoipa::path(get, path = "/bundle_overrides", tag = "bundle_overrides", params(Listing<BundleOverride>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `bundle`.")),
    responses((status = 200, body = api::BundleOverrideList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::BundleOverrideRead>,
    listing: Listing<BundleOverride>,
) -> Result<axum::Json<api::BundleOverrideList>, ApiError> {
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = bundle_overrides::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let bundle_overrides = shown(&app.ctx, &by, page.items, &expand).await?;
    Ok(axum::Json(api::BundleOverrideList { bundle_overrides, next_page }))
}

/// Get a bundle override
///
/// Answers with one bundle override. `expand[]=bundle` embeds its bundle. Scope: `bundle_override.read`.
#[utoipa::path(get, path = "/bundle_overrides/{prn}", tag = "bundle_overrides", params(
    ("prn" = String, Path, description = "The PRN of the override to read."),
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `bundle`.")),
    responses((status = 200, body = api::BundleOverrideEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::BundleOverrideRead>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<Record<api::BundleOverrideEnvelope>, ApiError> {
    let (id, expand) = (named(&prn, by.organization)?, pairs.expand(EXPANDABLE)?);
    let found = bundle_overrides::get(&app.ctx, &by, id).await?;
    let revision = found.revision;
    let mut shown = shown(&app.ctx, &by, vec![found], &expand).await?;
    Ok(Record::found(revision, api::BundleOverrideEnvelope { bundle_override: shown.remove(0) }))
}

/// Update a bundle override
///
/// Changes name, bundle, time or the choice of devices. Devices see it at their next check for an update. With `If-Match`, the answer is
/// 412 if somebody changed the override in between. With `dry_run=true`, nothing is changed, and the answer is the plan. Scope:
/// `bundle_override.update`.
#[utoipa::path(patch, path = "/bundle_overrides/{prn}", tag = "bundle_overrides", params(
    ("prn" = String, Path, description = "The PRN of the override to change."),
    ("dry_run" = Option<bool>, Query, description = "With true, the override stays as it is: the answer says which devices it would reach, or why the change would be refused. Default: false.")),
    request_body = api::BundleOverrideUpdate, responses((status = 200, body = BundleOverrideOrPlan),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::BundleOverrideUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Trial(intent): Trial,
    Json(body): Json<api::BundleOverrideUpdate>,
) -> Result<Changed, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let bundle: Option<Prn<Bundle>> = fields.optional("bundle_prn", body.bundle_prn);
    let audience = audience(&mut fields, body.device_prns, body.tags, body.cohort_prn);
    let change = bundle_overrides::Change {
        name: fields.optional("name", body.name),
        description: fields.change("description", body.description),
        bundle: None,
        starts_at: fields.optional("starts_at", body.starts_at),
        ends_at: fields.change("ends_at", body.ends_at),
        audience: None,
    };
    let change = fields.all(Some(change))?;
    let change = bundle_overrides::Change {
        bundle: bundle.map(|bundle| own(bundle, by.organization)).transpose()?,
        audience: audience.map(|audience| audience.own(by.organization)).transpose()?,
        ..change
    };
    Ok(match intent {
        Intent::Real => {
            let found = bundle_overrides::update(&app.ctx, &by, id, expected, change).await?;
            Tried::Real(record(StatusCode::OK, found))
        }
        Intent::DryRun => {
            let planned = bundle_overrides::plan_update(&app.ctx, &by, id, expected, change).await?;
            Tried::Plan(show_override_plan(planned))
        }
    })
}

/// Delete a bundle override
///
/// Ends the override for good. Its devices get updates from their releases again; what they have installed stays. Scope:
/// `bundle_override.delete`.
#[utoipa::path(delete, path = "/bundle_overrides/{prn}", tag = "bundle_overrides", params(
    ("prn" = String, Path, description = "The PRN of the override to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::BundleOverrideDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    bundle_overrides::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
