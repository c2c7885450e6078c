//! `/v1/events`: the audit trail.

mod export;
mod feed;
mod shown;
mod stream;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use olivine_api::errors::ErrorBody;
use olivine_api::events as api;
use olivine_domain::events::Event;
use olivine_domain::permissions::scope;
use olivine_operations::events;
use olivine_operations::people::Person;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::http::listing::Listing;
use crate::http::room::Place;
use crate::wire;

use self::shown::{shown, stream_caller};

pub(super) fn routes() -> OpenApiRouter<App> {
    let router = OpenApiRouter::new().routes(routes!(list)).routes(routes!(stream::stream));
    router.routes(routes!(export::export)).routes(routes!(get))
}

/// List events
///
/// Answers with one page of the audit trail: who did what to which record, and when. `?resource_prn=` lists the history of one record.
///
/// With `after` it answers with a part of the event feed instead, in which no event is missing and each has a number: 1, 2, 3 and so on. To
/// go on, send the `cursor` of the answer as `after`. The feed takes `after`, `limit` (up to 1,000; 100 by default), `wait`, and the
/// filters `type`, `resource_prn`, `actor_prn`, `about_prn`, `product_prn` and `cohort_prn`. Each filter can be given several times for
/// several values. If an answer has no events but a new cursor, there can be more events: ask again. Scope: `event.read`.
#[utoipa::path(get, path = "/events", tag = "events",
    params(Listing<Event>,
        ("after" = Option<String>, Query, description = "A place in the event feed: a cursor of an earlier answer, `0` for the oldest event that was not deleted, or `now`."),
        ("wait" = Option<u64>, Query, description = "With `after`: how many seconds to wait for an event if there is none yet, at most 60.")),
    responses((status = 200, body = api::EventList), (status = 400, body = ErrorBody), (status = 410, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::EventRead>,
    person: Option<Extension<Person>>,
    place: Option<Extension<Place>>,
    listing: Listing<Event>,
) -> Result<Response, ApiError> {
    if listing.pairs().all().iter().any(|(key, _)| key == feed::AFTER) {
        let place = place.as_ref().map(|Extension(place)| place);
        return feed::answer(&app, &by, &stream_caller(&by, person), place, listing.pairs()).await;
    }
    let (query, _) = listing.read(&[])?;
    let page = events::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let events = page.items.into_iter().map(shown).collect::<Result<_, _>>()?;
    let list = api::EventList { events, next_page, cursor: None, last_number: None, complete_from: None };
    Ok(axum::Json(list).into_response())
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
