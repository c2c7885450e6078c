//! `/v1/bulk_operations`: one change for many devices.

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::bulk_operations as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::bulk_operations::{Action, BulkOperation, Selection};
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::permissions::{Actor, scope};
use olivine_domain::prn::Prn;
use olivine_domain::search::Searchable as _;
use olivine_operations::bulk_operations::{self, Create, Planned};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::bundles::all_own;
use crate::admin::devices::tags;
use crate::admin::idempotency::ForNew;
use crate::app::App;
use crate::http::body::Json;
use crate::http::dry_runs::Tried;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Listing, search};
use crate::http::revisions::Record;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update))
}

fn shown(operation: BulkOperation) -> api::BulkOperation {
    let BulkOperation { organization, action, selection, progress, principal, .. } = operation;
    let (search, device_prns) = match selection {
        Selection::Search(search) => (Some(search), None),
        Selection::Devices(devices) => {
            (None, Some(devices.into_iter().map(|id| id.prn(organization).to_string()).collect()))
        }
    };
    let refusals = progress.refusals.into_iter().map(|refused| api::BulkRefusal {
        device_prn: refused.device.prn(organization).to_string(),
        code: refused.code,
        message: refused.message,
    });
    api::BulkOperation {
        prn: operation.id.prn(organization).to_string(),
        organization_prn: wire::organization(organization),
        action: action.as_str().to_owned(),
        cohort_prn: wire::text(action.cohort().map(|cohort| cohort.prn(organization))),
        tags: action.tags().map(|tags| tags.iter().map(str::to_owned).collect()),
        search,
        device_prns,
        state: operation.state.as_str().to_owned(),
        stopped_because: operation.stopped_because,
        matched: operation.matched,
        exact: operation.is_exact,
        done: progress.changed + progress.unchanged + progress.refused,
        changed: progress.changed,
        unchanged: progress.unchanged,
        refused: progress.refused,
        refusals: refusals.collect(),
        started_by: principal.identity.name(organization),
        finished_at: wire::text(operation.finished_at),
        inserted_at: operation.inserted_at.to_string(),
        updated_at: operation.updated_at.to_string(),
    }
}

fn record(status: StatusCode, operation: BulkOperation) -> Record<api::BulkOperationEnvelope> {
    let revision = operation.revision;
    Record { status, revision, body: api::BulkOperationEnvelope { bulk_operation: shown(operation) } }
}

fn shown_plan(Planned { action, matching }: Planned) -> api::BulkOperationPlanEnvelope {
    let plan = api::BulkOperationPlan {
        dry_run: true,
        action: action.as_str().to_owned(),
        count: matching.count,
        exact: matching.is_exact,
    };
    api::BulkOperationPlanEnvelope { plan }
}

/// What is to be done to each device. What goes with another action is refused, never ignored.
fn action(
    by: &Actor,
    name: &str,
    cohort_prn: Option<&str>,
    given: Option<&[String]>,
) -> Result<Action, ApiError> {
    let mut fields = Fields::default();
    let cohort: Option<Prn<Cohort>> = cohort_prn.and_then(|prn| fields.parse("cohort_prn", prn));
    let tags_of = given.and_then(|given| tags(&mut fields, "tags", given));
    let (takes_cohort, takes_tags) = (name == "move", matches!(name, "tag" | "untag"));
    if !Action::NAMES.contains(&name) {
        fields.refuse("action", format!("'{name}' is no action; there are {}", Action::NAMES.join(", ")));
    } else if takes_cohort != cohort_prn.is_some() {
        fields.refuse("cohort_prn", "name the cohort with the action 'move', and with no other");
    } else if takes_tags != given.is_some() {
        fields.refuse("tags", "name the tags with the actions 'tag' and 'untag', and with no other");
    }
    let (cohort, tags) = fields.all(Some((cohort, tags_of)))?;
    let cohort = cohort.map(|cohort| own(cohort, by.organization)).transpose()?;
    Ok(match (name, cohort, tags.unwrap_or_default()) {
        ("move", Some(cohort), _) => Action::Move(cohort),
        ("tag", _, tags) => Action::Tag(tags),
        ("untag", _, tags) => Action::Untag(tags),
        ("quarantine", ..) => Action::Quarantine,
        _ => Action::Lift,
    })
}

fn selection(
    by: &Actor,
    text: Option<String>,
    device_prns: Option<Vec<String>>,
) -> Result<Selection, ApiError> {
    let mut fields = Fields::default();
    match (text, device_prns) {
        (Some(text), None) => {
            if !text.trim().is_empty() {
                search(&text, Device::FIELDS)?;
            }
            Ok(Selection::Search(text))
        }
        (None, Some(prns)) => {
            let parsed = prns.iter().map(|prn| fields.parse("device_prns", prn)).collect::<Option<Vec<_>>>();
            let prns: Vec<Prn<Device>> = fields.all(parsed)?;
            Ok(Selection::Devices(all_own(prns, by.organization)?))
        }
        (None, None) | (Some(_), Some(_)) => {
            fields.refuse("search", "say which devices: give either search or device_prns");
            fields.all(None)
        }
    }
}

/// Begin a bulk operation
///
/// Makes one change for many devices: moves them to a cohort, gives them tags or takes tags away, quarantines them or lifts the quarantine.
/// The server does it in the background, 500 devices at a time, by the rules for changing a single device; follow it with
/// `GET /v1/bulk_operations/{prn}` or by its events. Devices that can't be changed are counted and listed in the record. Before each batch
/// the server looks whether the caller still may; otherwise it stops. At most 10 are running at once in an organization
/// (`too_many_bulk_operations`). With `dry_run`, nothing is changed, and the answer is 200 with the number of devices. Scope: `device.update`.
#[utoipa::path(post, path = "/bulk_operations", tag = "bulk_operations", request_body = api::BulkOperationCreate, responses(
    (status = 200, description = "With `dry_run`: how many devices there are", body = api::BulkOperationPlanEnvelope),
    (status = 201, body = api::BulkOperationEnvelope), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceUpdate>,
    id: ForNew,
    Json(body): Json<api::BulkOperationCreate>,
) -> Result<Tried<Record<api::BulkOperationEnvelope>, api::BulkOperationPlanEnvelope>, ApiError> {
    let wish = Create {
        id: id.made(),
        action: action(&by, &body.action, body.cohort_prn.as_deref(), body.tags.as_deref())?,
        selection: selection(&by, body.search, body.device_prns)?,
        confirm_count: body.confirm_count,
    };
    Ok(if body.dry_run {
        Tried::Plan(shown_plan(bulk_operations::plan(&app.ctx, &by, wish).await?))
    } else {
        Tried::Real(record(StatusCode::CREATED, bulk_operations::create(&app.ctx, &by, wish).await?))
    })
}

/// List bulk operations
///
/// Answers with one page of the organization's bulk operations. A caller who reaches some products or cohorts only sees their own ones.
/// They are deleted 90 days after their end. Scope: `device.read`.
#[utoipa::path(get, path = "/bulk_operations", tag = "bulk_operations", params(Listing<BulkOperation>),
    responses((status = 200, body = api::BulkOperationList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceRead>,
    listing: Listing<BulkOperation>,
) -> Result<axum::Json<api::BulkOperationList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = bulk_operations::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let bulk_operations = page.items.into_iter().map(shown).collect();
    Ok(axum::Json(api::BulkOperationList { bulk_operations, next_page }))
}

/// Get a bulk operation
///
/// Answers with one bulk operation: how far it is, and which devices it could not change. Scope: `device.read`.
#[utoipa::path(get, path = "/bulk_operations/{prn}", tag = "bulk_operations", params(
    ("prn" = String, Path, description = "The PRN of the bulk operation to read.")),
    responses((status = 200, body = api::BulkOperationEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::BulkOperationEnvelope>, ApiError> {
    let found = bulk_operations::get(&app.ctx, &by, named(&prn, by.organization)?).await?;
    Ok(record(StatusCode::OK, found))
}

/// Cancel a bulk operation
///
/// Ends a running bulk operation before its next batch. Devices that were changed stay changed. Scope: `device.update`.
#[utoipa::path(patch, path = "/bulk_operations/{prn}", tag = "bulk_operations", params(
    ("prn" = String, Path, description = "The PRN of the bulk operation to cancel.")),
    request_body = api::BulkOperationUpdate, responses((status = 200, body = api::BulkOperationEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceUpdate>,
    Path(prn): Path<String>,
    Json(body): Json<api::BulkOperationUpdate>,
) -> Result<Record<api::BulkOperationEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    if body.state != "cancelled" {
        fields.refuse("state", format!("it can only become 'cancelled', not '{}'", body.state));
    }
    fields.all(Some(()))?;
    Ok(record(StatusCode::OK, bulk_operations::cancel(&app.ctx, &by, id).await?))
}
