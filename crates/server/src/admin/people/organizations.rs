//! `/v1/organizations`: the organizations of the installation, for the people who administer it.

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::errors::ErrorBody;
use olivine_api::organizations as api;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::{Id, Prn};
use olivine_operations::people::installation::{self, Entry, Joining};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::SignedIn;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::Fields;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_organization, list_organizations))
        .routes(routes!(rename_organization))
        .routes(routes!(join_organization))
}

fn shown(Entry { organization, is_member }: Entry) -> api::OrganizationEntry {
    api::OrganizationEntry {
        prn: wire::organization(organization.id),
        name: organization.name.to_string(),
        is_member,
        inserted_at: organization.inserted_at.to_string(),
        updated_at: organization.updated_at.to_string(),
    }
}

fn envelope(entry: Entry) -> axum::Json<api::OrganizationEntryEnvelope> {
    axum::Json(api::OrganizationEntryEnvelope { organization: shown(entry) })
}

fn id(text: &str) -> Result<Id<Organization>, ApiError> {
    let prn = text.parse::<Prn<Organization>>();
    prn.map(|prn| prn.id).map_err(|problem| ApiError::bad_request(problem.to_string()))
}

/// Create an organization
///
/// Makes another organization of the installation, with nothing in it. The person becomes a member with the role `admin`, unless `join` is
/// false. Needs a person who administers the installation, a fresh session, and no scope.
#[utoipa::path(post, path = "/organizations", tag = "organization", security(("session" = [])), request_body = api::OrganizationCreate, responses(
    (status = 201, body = api::OrganizationEntryEnvelope), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create_organization(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Json(body): Json<api::OrganizationCreate>,
) -> Result<(StatusCode, axum::Json<api::OrganizationEntryEnvelope>), ApiError> {
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let name = fields.all(name)?;
    let joining = if body.join.unwrap_or(true) { Joining::AsAdmin } else { Joining::No };
    let made = installation::create(&app.ctx, person.fresh(&app.ctx)?, name, joining).await?;
    Ok((StatusCode::CREATED, envelope(made)))
}

/// List organizations
///
/// Answers with all organizations of the installation if the person administers it, and otherwise with those that the person is a member
/// of, the oldest first. Needs a session, and no scope.
#[utoipa::path(get, path = "/organizations", tag = "organization", security(("session" = [])), responses(
    (status = 200, body = api::OrganizationEntryList)))]
async fn list_organizations(
    State(app): State<App>,
    SignedIn(person): SignedIn,
) -> Result<axum::Json<api::OrganizationEntryList>, ApiError> {
    let all = installation::list(&app.ctx, &person).await?;
    Ok(axum::Json(api::OrganizationEntryList { organizations: all.into_iter().map(shown).collect() }))
}

/// Rename an organization
///
/// Gives an organization of the installation another name. Its own settings are changed by its administrators (`PATCH /v1/organization`).
/// Needs a person who administers the installation, a fresh session, and no scope.
#[utoipa::path(patch, path = "/organizations/{prn}", tag = "organization", security(("session" = [])), params(
    ("prn" = String, Path, description = "The PRN of the organization to rename.")),
    request_body = api::OrganizationRename, responses((status = 200, body = api::OrganizationEntryEnvelope), (status = 403, body = ErrorBody),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn rename_organization(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Path(prn): Path<String>,
    Json(body): Json<api::OrganizationRename>,
) -> Result<axum::Json<api::OrganizationEntryEnvelope>, ApiError> {
    let id = id(&prn)?;
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let name = fields.all(name)?;
    Ok(envelope(installation::rename(&app.ctx, person.fresh(&app.ctx)?, id, name).await?))
}

/// Join an organization
///
/// Makes the person a member of an organization of the installation, with the role `admin`. The audit trail of that organization says so.
/// Needs a person who administers the installation, a fresh session, and no scope.
#[utoipa::path(post, path = "/organizations/{prn}/join", tag = "organization", security(("session" = [])), params(
    ("prn" = String, Path, description = "The PRN of the organization to join.")),
    responses((status = 200, body = api::OrganizationEntryEnvelope), (status = 403, body = ErrorBody),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn join_organization(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::OrganizationEntryEnvelope>, ApiError> {
    Ok(envelope(installation::join(&app.ctx, person.fresh(&app.ctx)?, id(&prn)?).await?))
}
