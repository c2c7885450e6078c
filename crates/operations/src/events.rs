//! The audit trail: written by every other operation, read here.

use olivine_domain::events::{Event, EventType, Subject};
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_records::{Write, events};
use serde_json::Value;

use crate::error::Error;
use crate::{Context, lists::ListQuery};

/// Writes an event into the transaction of the change that it is about.
pub(crate) async fn record(
    ctx: &Context,
    w: &Write,
    actor: &Actor,
    kind: EventType,
    subject: impl Into<Subject>,
    data: Value,
) -> Result<(), Error> {
    Ok(events::insert(w, &new(ctx, actor, kind, subject, &data)).await?)
}

/// An event that happens now, for whoever writes many at once.
pub(crate) fn new(
    ctx: &Context,
    actor: &Actor,
    kind: EventType,
    subject: impl Into<Subject>,
    data: &Value,
) -> Event {
    Event {
        id: ctx.new_id(),
        organization: actor.organization,
        kind,
        identity: actor.identity,
        subject: subject.into(),
        data: data.to_string(),
        origin: actor.origin.clone(),
        inserted_at: ctx.now(),
    }
}

/// Lists events.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::EventRead>,
    query: &ListQuery,
) -> Result<Page<Event>, Error> {
    Ok(events::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// Reads one event.
pub async fn get(ctx: &Context, by: &Authorized<scope::EventRead>, id: Id<Event>) -> Result<Event, Error> {
    events::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}
