//! `/v1/server`: which server answers.

use axum::extract::State;
use olivine_api::server as api;
use olivine_domain::permissions::scope;
use olivine_operations::health;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::error::ApiError;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Get the server
///
/// Answers with the version of the server process that handles the request, with the kind and the migrations of its database, and with its
/// time. Scope: `organization.read`.
#[utoipa::path(get, path = "/server", tag = "server", responses((status = 200, body = api::ServerEnvelope)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::OrganizationRead>,
) -> Result<axum::Json<api::ServerEnvelope>, ApiError> {
    let schema = health::schema(&app.ctx, &by).await?;
    let server = api::Server {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: schema.database.to_owned(),
        last_migration: schema.last_migration,
        pending_migrations: schema.pending,
        now: app.ctx.now().to_string(),
    };
    Ok(axum::Json(api::ServerEnvelope { server }))
}
