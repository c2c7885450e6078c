//! `/v1/views`: pages of the console that people saved.

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::errors::ErrorBody;
use olivine_api::views as api;
use olivine_domain::views::{Audience, View};
use olivine_operations::views;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::{Caller, ScopeFree};
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

fn shown(view: &View) -> api::View {
    api::View {
        prn: view.id.prn(view.organization).to_string(),
        organization_prn: wire::organization(view.organization),
        owner_prn: view.owner.prn(view.organization).to_string(),
        shared: view.is_shared(),
        name: view.name.to_string(),
        path: view.path.to_string(),
        query: view.query.to_string(),
        inserted_at: view.inserted_at.to_string(),
        updated_at: view.updated_at.to_string(),
    }
}

fn record(status: StatusCode, view: &View) -> Record<api::ViewEnvelope> {
    Record { status, revision: view.revision, body: api::ViewEnvelope { view: shown(view) } }
}

const fn audience(shared: bool) -> Audience {
    if shared { Audience::Organization } else { Audience::Owner }
}

/// Create a view
///
/// Saves a page of the web console under a name. The view belongs to the caller. The path has to be one of the console's pages: it begins with
/// one `/`, and leads to no other host and to no API of this server (422), because a shared view is a link in other people's browsers. A
/// person can have 100 views in an organization, and an organization 500 shared ones (409 `too_many_views`). Names are unique among the views
/// of one owner (409 `name_taken`). A personal API key creates views of its owner; the organization's own keys can't create any (403
/// `owner_required`). No scope is needed.
#[utoipa::path(post, path = "/views", tag = "views", request_body = api::ViewCreate, responses(
    (status = 201, body = api::ViewEnvelope), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    ScopeFree(by): ScopeFree,
    id: ForNew,
    Json(body): Json<api::ViewCreate>,
) -> Result<Record<api::ViewEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let path = fields.parse("path", &body.path);
    let query = fields.parse("query", body.query.as_deref().unwrap_or_default());
    let audience = audience(body.shared.unwrap_or_default());
    let id = id.or_chosen(body.id);
    let texts = name.zip(path).zip(query);
    let new = fields.all(texts.map(|((name, path), query)| views::New { name, path, query, audience }))?;
    Ok(record(StatusCode::CREATED, &views::create(&app.ctx, &by, id, new).await?))
}

/// List views
///
/// Answers with one page of the caller's own views and of those that are shared in the organization. `shared=true` leaves the private ones
/// out, and `owner_prn` those of other people. A view holds no data, so everybody in the organization sees the shared ones, also those whose
/// rights reach only some products and cohorts. API keys of the organization see the shared ones, and a personal key also those of its owner.
/// No scope is needed.
#[utoipa::path(get, path = "/views", tag = "views", params(Listing<View>),
    responses((status = 200, body = api::ViewList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    listing: Listing<View>,
) -> Result<axum::Json<api::ViewList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = views::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    Ok(axum::Json(api::ViewList { views: page.items.iter().map(shown).collect(), next_page }))
}

/// Get a view
///
/// Answers with one view: the caller's own, or one that is shared. Other people's private views don't exist for the caller (404). No scope is
/// needed.
#[utoipa::path(get, path = "/views/{prn}", tag = "views", params(
    ("prn" = String, Path, description = "The PRN of the view to read.")),
    responses((status = 200, body = api::ViewEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Caller(by): Caller,
    Path(prn): Path<String>,
) -> Result<Record<api::ViewEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    Ok(record(StatusCode::OK, &views::get(&app.ctx, &by, id).await?))
}

/// Update a view
///
/// Changes a view's name, path and query, and whether it is shared. Its owner may do this, also with a personal API key; a shared view may also
/// be changed by a caller that has the scope `organization.update`. All others get 403. With `If-Match`, the answer is 412 if somebody changed
/// the view in between. Changes of shared views are in the audit trail; those of private ones are not.
#[utoipa::path(patch, path = "/views/{prn}", tag = "views", params(
    ("prn" = String, Path, description = "The PRN of the view to change.")),
    request_body = api::ViewUpdate, responses((status = 200, body = api::ViewEnvelope), (status = 403, body = ErrorBody),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Caller(by): Caller,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::ViewUpdate>,
) -> Result<Record<api::ViewEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let change = views::Change {
        name: fields.optional("name", body.name),
        path: fields.optional("path", body.path),
        query: fields.optional("query", body.query),
        audience: body.shared.map(audience),
    };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, &views::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete a view
///
/// Deletes a view for good. Its owner may do this, also with a personal API key; a shared view may also be deleted by a caller that has the
/// scope `organization.update`. All others get 403. When somebody's membership ends, all of their views in the organization go with it.
#[utoipa::path(delete, path = "/views/{prn}", tag = "views", params(
    ("prn" = String, Path, description = "The PRN of the view to delete.")),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Caller(by): Caller,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    views::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
