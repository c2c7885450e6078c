//! `/v1/devices`

use std::collections::HashMap;

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::devices as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::{Id, Prn};
use olivine_domain::products::Product;
use olivine_domain::tags::Tags;
use olivine_operations::{Context, devices};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::{Permit, PermitPart};
use crate::admin::idempotency::ForNew;
use crate::admin::{cohorts, products};
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Expand, Listing, Pairs};
use crate::http::revisions::{IfMatch, Record};
use crate::wire;
use crate::wire::cohorts::show_cohort;
use crate::wire::devices::{show_device, show_last_report};

const EXPANDABLE: &[&str] = &["product", "cohort", "last_report"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update, delete))
}

/// The records as they are shown, with what else is wanted.
async fn shown(
    ctx: &Context,
    by: &Authorized<scope::DeviceRead>,
    devices: Vec<Device>,
    expand: &Expand,
) -> Result<Vec<api::Device>, ApiError> {
    let mut said = HashMap::new();
    if expand.wants("last_report") {
        said = devices::last_reports_of(ctx, by, &devices).await?;
    }
    let mut products = HashMap::new();
    if expand.wants("product") {
        products = cohorts::products_of(ctx, by, devices.iter().map(|device| device.product)).await?;
    }
    let mut cohorts: HashMap<Id<Cohort>, Cohort> = HashMap::new();
    if expand.wants("cohort") {
        let found = devices::cohorts_of(ctx, by, &devices).await?;
        cohorts.extend(found.into_iter().map(|cohort| (cohort.id, cohort)));
    }
    let mut show = |device: Device| {
        let product = products.get(&device.product).cloned();
        let cohort = device.cohort.and_then(|cohort| cohorts.get(&cohort)).cloned();
        let said = said.remove(&device.id);
        api::Device {
            last_report: said.map(|said| show_last_report(said, device.organization)),
            product: product.map(products::shown),
            cohort: cohort.map(show_cohort),
            ..show_device(device)
        }
    };
    Ok(devices.into_iter().map(&mut show).collect())
}

fn record(status: StatusCode, device: Device) -> Record<api::DeviceEnvelope> {
    Record { status, revision: device.revision, body: api::DeviceEnvelope { device: show_device(device) } }
}

/// Tags as they were written.
pub(super) fn tags(fields: &mut Fields, field: &str, tags: &[String]) -> Option<Tags> {
    fields.take(field, Tags::new(tags.iter().map(String::as_str)))
}

/// Create a device
///
/// Registers a device and returns it. If another device has the identifier, the answer is 409 `identifier_taken`. Scope:
/// `device.create`.
#[utoipa::path(post, path = "/devices", tag = "devices",
    request_body = api::DeviceCreate, responses((status = 201, body = api::DeviceEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceCreate>,
    id: ForNew,
    Json(body): Json<api::DeviceCreate>,
) -> Result<Record<api::DeviceEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let identifier = fields.parse("identifier", &body.identifier);
    let product: Option<Prn<Product>> = fields.parse("product_prn", &body.product_prn);
    let cohort: Option<Prn<Cohort>> = fields.optional("cohort_prn", body.cohort_prn);
    let description = fields.optional("description", body.description);
    let tags = tags(&mut fields, "tags", &body.tags);
    let target = fields.optional("target", body.target);
    let ((identifier, product), tags) = fields.all(identifier.zip(product).zip(tags))?;
    let id = id.or_chosen(body.id);
    let new = devices::New {
        identifier,
        product: own(product, by.organization)?,
        cohort: cohort.map(|cohort| own(cohort, by.organization)).transpose()?,
        description,
        tags,
        target,
        quarantined: body.quarantined.unwrap_or(false),
    };
    Ok(record(StatusCode::CREATED, devices::create(&app.ctx, &by, id, new).await?))
}

/// List devices
///
/// Answers with one page of the organization's devices. `?cohort_prn=` lists those of one cohort, `?release_prn=` those on one release, and
/// `?outcome=failed&outcome_release_prn=` those that failed to install one. Scope: `device.read`.
#[utoipa::path(get, path = "/devices", tag = "devices", params(Listing<Device>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `product`, `cohort`, and `last_report` (the report behind the outcome).")),
    responses((status = 200, body = api::DeviceList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceRead>,
    listing: Listing<Device>,
) -> Result<axum::Json<api::DeviceList>, ApiError> {
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = devices::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let devices = shown(&app.ctx, &by, page.items, &expand).await?;
    Ok(axum::Json(api::DeviceList { devices, next_page }))
}

/// Get a device
///
/// Answers with one device and what it last reported. Scope: `device.read`.
#[utoipa::path(get, path = "/devices/{prn}", tag = "devices", params(("prn" = String, Path, description = "The PRN of the device to read."),
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `product`, `cohort`, and `last_report` (the report behind the outcome).")),
    responses((status = 200, body = api::DeviceEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceRead>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<Record<api::DeviceEnvelope>, ApiError> {
    let (id, expand) = (named(&prn, by.organization)?, pairs.expand(EXPANDABLE)?);
    let device = devices::get(&app.ctx, &by, id).await?;
    let revision = device.revision;
    let mut shown = shown(&app.ctx, &by, vec![device], &expand).await?;
    Ok(Record::found(revision, api::DeviceEnvelope { device: shown.remove(0) }))
}

/// Update a device
///
/// Changes the device, moves it to another cohort or product, or quarantines it. The device sees it at its next check for an update. With
/// `If-Match`, the answer is 412 if somebody changed the device in between. A request that changes nothing but `tags`, `cohort_prn` or
/// `quarantined` takes the scope `device.tag`, `device.move` or `device.quarantine` only. Scope: `device.update`, which includes these.
#[utoipa::path(patch, path = "/devices/{prn}", tag = "devices", params(
    ("prn" = String, Path, description = "The PRN of the device to change.")),
    request_body = api::DeviceUpdate, responses((status = 200, body = api::DeviceEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    PermitPart(by): PermitPart<scope::DeviceUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::DeviceUpdate>,
) -> Result<Record<api::DeviceEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let product: Option<Prn<Product>> = fields.optional("product_prn", body.product_prn);
    let cohort: Option<Option<Prn<Cohort>>> = fields.change("cohort_prn", body.cohort_prn);
    let change = devices::Change {
        identifier: fields.optional("identifier", body.identifier),
        description: fields.change("description", body.description),
        tags: body.tags.and_then(|given| tags(&mut fields, "tags", &given)),
        target: fields.change("target", body.target),
        quarantined: body.quarantined,
        ..devices::Change::default()
    };
    let change = fields.all(Some(change))?;
    let own_cohort =
        |cohort: Option<Prn<Cohort>>| cohort.map(|cohort| own(cohort, by.organization)).transpose();
    let change = devices::Change {
        product: product.map(|product| own(product, by.organization)).transpose()?,
        cohort: cohort.map(own_cohort).transpose()?,
        ..change
    };
    Ok(record(StatusCode::OK, devices::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete a device
///
/// Deletes the device and its certificates for good. It can no longer connect, and provisioning does not bring these certificates back.
/// Scope: `device.delete`.
#[utoipa::path(delete, path = "/devices/{prn}", tag = "devices", params(
    ("prn" = String, Path, description = "The PRN of the device to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    devices::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
