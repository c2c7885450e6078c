//! The Admin API: for people and CI, under `/v1`.

pub mod api_keys;
mod archiving;
pub mod artifact_versions;
pub mod artifacts;
pub mod auth;
pub mod binaries;
pub mod binary_content;
mod binary_impact;
pub mod binary_parts;
pub mod binary_signatures;
pub mod bulk_operations;
pub mod bundle_overrides;
pub mod bundles;
pub mod ca_certificates;
pub mod cohort_graph;
pub mod cohorts;
pub mod device_certificates;
pub mod device_counts;
pub mod device_import;
pub mod device_summary;
mod device_updates;
pub mod devices;
pub mod events;
mod grants;
pub mod idempotency;
pub mod jobs;
mod link_base;
mod lookup;
pub mod organizations;
pub mod overview;
mod people;
pub mod products;
pub mod release_insights;
pub mod release_rollbacks;
pub mod releases;
pub mod server;
pub mod signing_keys;
pub mod stops;
pub mod storage_backends;
mod views;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::path::Operation;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::openapi::{Base, examples, failures, operations, scopes};

fn routes() -> OpenApiRouter<App> {
    let routes = OpenApiRouter::new()
        .merge(archiving::routes())
        .merge(artifacts::routes())
        .merge(artifact_versions::routes())
        .merge(binaries::routes())
        .merge(binary_content::routes())
        .merge(binary_impact::routes())
        .merge(binary_parts::routes())
        .merge(binary_signatures::routes())
        .merge(signing_keys::routes())
        .merge(products::routes())
        .merge(cohorts::routes())
        .merge(cohort_graph::routes())
        .merge(devices::routes())
        .merge(device_import::routes())
        .merge(device_summary::routes())
        .merge(device_counts::routes())
        .merge(bulk_operations::routes())
        .merge(device_certificates::routes())
        .merge(ca_certificates::routes())
        .merge(bundles::routes())
        .merge(releases::routes())
        .merge(release_insights::routes())
        .merge(release_rollbacks::routes())
        .merge(bundle_overrides::routes())
        .merge(api_keys::routes())
        .merge(device_updates::routes())
        .merge(events::routes())
        .merge(storage_backends::routes())
        .merge(organizations::routes())
        .merge(stops::routes())
        .merge(overview::routes())
        .merge(lookup::routes())
        .merge(jobs::routes())
        .merge(server::routes())
        .merge(people::routes())
        .merge(views::routes());
    OpenApiRouter::with_openapi(Base::openapi()).nest("/v1", routes)
}

/// Routes for callers, routes for everybody, and the document that describes both.
fn described_routes() -> (Router<App>, Router<App>, Document) {
    let (paths, mut document) = routes().split_for_parts();
    let (open, described) = OpenApiRouter::new().nest("/v1", people::open_routes()).split_for_parts();
    document.merge(described);
    for path in document.paths.paths.values_mut() {
        operations(path).for_each(|(_, operation)| {
            name(operation);
            scopes::add(operation);
        });
    }
    failures::describe(&mut document);
    examples::add(&mut document);
    (paths, open, document)
}

/// The names of handlers are unique only within their resource, but generators of clients need names that are unique in the whole document.
fn name(operation: &mut Operation) {
    let tag = operation.tags.iter().flatten().next();
    operation.operation_id = tag.zip(operation.operation_id.as_ref()).map(|(tag, id)| format!("{tag}_{id}"));
}

/// The document that describes all routes.
pub fn document() -> Document {
    described_routes().2
}

/// All routes, those for callers behind authentication, and the document that describes them.
pub fn router(app: &App) -> (Router<App>, Document) {
    let (paths, open, document) = described_routes();
    let paths = paths
        .route_layer(from_fn_with_state(app.clone(), idempotency::hold))
        .route_layer(from_fn_with_state(app.clone(), auth::authenticate));
    (paths.merge(open), document)
}
