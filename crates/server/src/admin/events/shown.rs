//! Shared by all ways to read events: the form of an event in answers, and the check of long-running callers.

use axum::Extension;
use olivine_api::events as api;
use olivine_domain::events::Event;
use olivine_domain::permissions::Actor;
use olivine_operations::Error;
use olivine_operations::events::callers::StreamCaller;
use olivine_operations::people::Person;

use crate::http::error::ApiError;
use crate::wire;

/// An event as the API shows it.
pub(super) fn shown(event: Event) -> Result<api::Event, ApiError> {
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
        number: None,
        cursor: None,
    })
}

/// Who goes on reading.
pub(super) fn stream_caller(actor: &Actor, person: Option<Extension<Person>>) -> StreamCaller {
    StreamCaller { actor: actor.clone(), session: person.map(|Extension(person)| person.session.id) }
}
