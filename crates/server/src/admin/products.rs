//! `/v1/products`

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::errors::ErrorBody;
use olivine_api::products as api;
use olivine_domain::permissions::scope;
use olivine_domain::products::Product;
use olivine_operations::products;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::idempotency::ForNew;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named};
use crate::http::listing::Listing;
use crate::http::revisions::{IfMatch, Record};
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update, delete))
}

/// The record as it is shown.
pub(super) fn shown(product: Product) -> api::Product {
    api::Product {
        prn: product.id.prn(product.organization).to_string(),
        organization_prn: wire::organization(product.organization),
        name: product.name.to_string(),
        description: wire::text(product.description),
        target: wire::text(product.target),
        archived_at: wire::text(product.archived_at),
        inserted_at: product.inserted_at.to_string(),
        updated_at: product.updated_at.to_string(),
    }
}

pub(super) fn record(status: StatusCode, product: Product) -> Record<api::ProductEnvelope> {
    Record { status, revision: product.revision, body: api::ProductEnvelope { product: shown(product) } }
}

/// Create a product
///
/// Creates a product, a new type of device, and returns it. If the name is taken, the answer is 409 `name_taken`. Scope: `product.create`.
#[utoipa::path(post, path = "/products", tag = "products", request_body = api::ProductCreate, responses(
    (status = 201, body = api::ProductEnvelope), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::ProductCreate>,
    id: ForNew,
    Json(body): Json<api::ProductCreate>,
) -> Result<Record<api::ProductEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let description = fields.optional("description", body.description);
    let target = fields.optional("target", body.target);
    let id = id.or_chosen(body.id);
    let new = fields.all(name.map(|name| products::New { name, description, target }))?;
    Ok(record(StatusCode::CREATED, products::create(&app.ctx, &by, id, new).await?))
}

/// List products
///
/// Answers with one page of the organization's products. Scope: `product.read`.
#[utoipa::path(get, path = "/products", tag = "products", params(Listing<Product>),
    responses((status = 200, body = api::ProductList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::ProductRead>,
    listing: Listing<Product>,
) -> Result<axum::Json<api::ProductList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = products::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    Ok(axum::Json(api::ProductList { products: page.items.into_iter().map(shown).collect(), next_page }))
}

/// Get a product
///
/// Answers with one product. Scope: `product.read`.
#[utoipa::path(get, path = "/products/{prn}", tag = "products", params(
    ("prn" = String, Path, description = "The PRN of the product to read.")),
    responses((status = 200, body = api::ProductEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::ProductRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::ProductEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    Ok(record(StatusCode::OK, products::get(&app.ctx, &by, id).await?))
}

/// Update a product
///
/// Changes name, description and target. A new target counts for the devices that have none of their own. With `If-Match`, the answer is
/// 412 if somebody changed the product in between. Scope: `product.update`.
#[utoipa::path(patch, path = "/products/{prn}", tag = "products", params(
    ("prn" = String, Path, description = "The PRN of the product to change.")),
    request_body = api::ProductUpdate, responses((status = 200, body = api::ProductEnvelope),
    (status = 404, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::ProductUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::ProductUpdate>,
) -> Result<Record<api::ProductEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let change = products::Change {
        name: fields.optional("name", body.name),
        description: fields.change("description", body.description),
        target: fields.change("target", body.target),
    };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, products::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete a product
///
/// Deletes a product for good. It must have neither cohorts nor devices (409 `in_use`). Scope: `product.delete`.
#[utoipa::path(delete, path = "/products/{prn}", tag = "products", params(
    ("prn" = String, Path, description = "The PRN of the product to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::ProductDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    products::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
