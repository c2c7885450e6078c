//! `/v1/events`: the audit trail.

use axum::extract::{Path, State};
use olivine_api::errors::ErrorBody;
use olivine_api::events as api;
use olivine_domain::events::Event;
use olivine_domain::permissions::scope;
use olivine_operations::{Error, events};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::http::listing::Listing;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

fn shown(event: Event) -> Result<api::Event, ApiError> {
    let data = wire::json(&event.data).ok_or_else(|| Error::internal("an event's data is not JSON"))?;
    Ok(api::Event {
        prn: event.id.prn(event.organization).to_string(),
        organization_prn: wire::organization(event.organization),
        kind: event.kind.as_str().to_owned(),
        actor: event.identity.name(event.organization),
        resource_prn: event.subject.prn(event.organization),
        data,
        request_id: event.origin.request_id,
        caller_request_id: event.origin.caller_request_id,
        address: wire::text(event.origin.address),
        inserted_at: event.inserted_at.to_string(),
    })
}

/// List events
///
/// Answers with one page of the audit trail: who did what to which record, and when. `?resource_prn=` lists the history of one record.
/// Scope: `event.read`.
#[utoipa::path(get, path = "/events", tag = "events", params(Listing<Event>),
    responses((status = 200, body = api::EventList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::EventRead>,
    listing: Listing<Event>,
) -> Result<axum::Json<api::EventList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = events::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let events = page.items.into_iter().map(shown).collect::<Result<_, _>>()?;
    Ok(axum::Json(api::EventList { events, next_page }))
}

/// Get an event
///
/// Answers with one entry of the audit trail. Scope: `event.read`.
#[utoipa::path(get, path = "/events/{prn}", tag = "events", params(("prn" = String, Path, description = "The PRN of the event to read.")),
    responses((status = 200, body = api::EventEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::EventRead>,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::EventEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let event = shown(events::get(&app.ctx, &by, id).await?)?;
    Ok(axum::Json(api::EventEnvelope { event }))
}
