//! `/v1/cohorts`

use std::collections::HashMap;

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::cohorts as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::{Actor, scope};
use olivine_domain::prn::{Id, Prn};
use olivine_domain::products::Product;
use olivine_operations::{Context, cohorts};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::idempotency::ForNew;
use crate::admin::products;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Listing, Pairs};
use crate::http::revisions::{IfMatch, Record};
use crate::wire;
use crate::wire::cohorts::show_cohort;

const EXPANDABLE: &[&str] = &["product"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update, delete))
}

/// The records as they are shown, with their products if they are wanted.
pub(super) async fn shown(
    ctx: &Context,
    by: &Actor,
    cohorts: Vec<Cohort>,
    with_products: bool,
) -> Result<Vec<api::Cohort>, ApiError> {
    let mut products = HashMap::new();
    if with_products {
        products = products_of(ctx, by, cohorts.iter().map(|cohort| cohort.product)).await?;
    }
    let show = |cohort: Cohort| {
        let product = products.get(&cohort.product).cloned();
        api::Cohort { product: product.map(products::shown), ..show_cohort(cohort) }
    };
    Ok(cohorts.into_iter().map(show).collect())
}

/// Products by their keys.
pub(super) async fn products_of(
    ctx: &Context,
    by: &Actor,
    ids: impl IntoIterator<Item = Id<Product>>,
) -> Result<HashMap<Id<Product>, Product>, ApiError> {
    let found = cohorts::products_of(ctx, by, ids).await?;
    Ok(found.into_iter().map(|product| (product.id, product)).collect())
}

pub(super) fn record(status: StatusCode, cohort: Cohort) -> Record<api::CohortEnvelope> {
    Record { status, revision: cohort.revision, body: api::CohortEnvelope { cohort: show_cohort(cohort) } }
}

/// Create a cohort
///
/// Adds a cohort to a product and returns it. If the product has a cohort of this name, the answer is 409 `name_taken`. Scope:
/// `cohort.create`.
#[utoipa::path(post, path = "/cohorts", tag = "cohorts",
    request_body = api::CohortCreate, responses((status = 201, body = api::CohortEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::CohortCreate>,
    id: ForNew,
    Json(body): Json<api::CohortCreate>,
) -> Result<Record<api::CohortEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let product: Option<Prn<Product>> = fields.parse("product_prn", &body.product_prn);
    let name = fields.parse("name", &body.name);
    let description = fields.optional("description", body.description);
    let (product, name) = fields.all(product.zip(name))?;
    let (id, product) = (id.or_chosen(body.id), own(product, by.organization)?);
    let new = cohorts::New { product, name, description };
    Ok(record(StatusCode::CREATED, cohorts::create(&app.ctx, &by, id, new).await?))
}

/// List cohorts
///
/// Answers with one page of the organization's cohorts. `?product_prn=` lists those of one product. Scope: `cohort.read`.
#[utoipa::path(get, path = "/cohorts", tag = "cohorts", params(Listing<Cohort>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `product`.")),
    responses((status = 200, body = api::CohortList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::CohortRead>,
    listing: Listing<Cohort>,
) -> Result<axum::Json<api::CohortList>, ApiError> {
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = cohorts::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let cohorts = shown(&app.ctx, &by, page.items, expand.wants("product")).await?;
    Ok(axum::Json(api::CohortList { cohorts, next_page }))
}

/// Get a cohort
///
/// Answers with one cohort and its number of devices. Scope: `cohort.read`.
#[utoipa::path(get, path = "/cohorts/{prn}", tag = "cohorts", params(("prn" = String, Path, description = "The PRN of the cohort to read."),
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `product`.")),
    responses((status = 200, body = api::CohortEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::CohortRead>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<Record<api::CohortEnvelope>, ApiError> {
    let (id, expand) = (named(&prn, by.organization)?, pairs.expand(EXPANDABLE)?);
    let cohort = cohorts::get(&app.ctx, &by, id).await?;
    let revision = cohort.revision;
    let mut shown = shown(&app.ctx, &by, vec![cohort], expand.wants("product")).await?;
    Ok(Record::found(revision, api::CohortEnvelope { cohort: shown.remove(0) }))
}

/// Update a cohort
///
/// Changes name and description. With `If-Match`, the answer is 412 if somebody changed the cohort in between. Scope: `cohort.update`.
#[utoipa::path(patch, path = "/cohorts/{prn}", tag = "cohorts", params(
    ("prn" = String, Path, description = "The PRN of the cohort to change.")),
    request_body = api::CohortUpdate, responses((status = 200, body = api::CohortEnvelope),
    (status = 404, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::CohortUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::CohortUpdate>,
) -> Result<Record<api::CohortEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let change = cohorts::Change {
        name: fields.optional("name", body.name),
        description: fields.change("description", body.description),
    };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, cohorts::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete a cohort
///
/// Deletes a cohort for good. It must have neither devices nor releases (409 `in_use`). Scope: `cohort.delete`.
#[utoipa::path(delete, path = "/cohorts/{prn}", tag = "cohorts", params(
    ("prn" = String, Path, description = "The PRN of the cohort to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::CohortDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    cohorts::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
