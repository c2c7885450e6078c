//! The audit trail: written by every other operation, read here.

use std::borrow::Cow;

use olivine_domain::events::{Event, EventType, Subject, cut_text, longest_text};
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_records::{Write, events};
use serde_json::{Value, json};

use crate::error::Error;
use crate::event_budgets::Omitted;
use crate::{Context, lists::ListQuery};

/// Writes an event into the transaction of the change that it is about, unless whoever causes it is over the budget for events of such a
/// type: then it is only counted.
pub(crate) async fn record(
    ctx: &Context,
    w: &Write,
    actor: &Actor,
    kind: EventType,
    subject: impl Into<Subject>,
    data: Value,
) -> Result<(), Error> {
    match new(ctx, actor, kind, subject, data) {
        Some(event) => Ok(events::insert(w, &event).await?),
        None => Ok(()),
    }
}

/// An event that happens now, for callers that write many at once; `None` where it is only counted.
pub(crate) fn new(
    ctx: &Context,
    actor: &Actor,
    kind: EventType,
    subject: impl Into<Subject>,
    data: Value,
) -> Option<Event> {
    let subject = subject.into();
    let is_admitted = ctx.event_budgets().admits(actor, kind, &subject, ctx.now());
    is_admitted.then(|| build(ctx, actor, kind, subject, data))
}

/// An event that says how many were left out.
pub(crate) fn counted(ctx: &Context, omitted: Omitted) -> Option<Event> {
    let kind = omitted.kind()?;
    let Omitted { organization, identity, subject, since, counts } = omitted;
    let actor = Actor { identity, ..Actor::system(organization) };
    let data = json!({
        "omitted": counts.values().sum::<u64>(),
        "omitted_by_type": counts,
        "since": since.to_string(),
    });
    Some(build(ctx, &actor, kind, subject, data))
}

/// An event with its texts cut: the one place where events are made.
pub(crate) fn build(
    ctx: &Context,
    actor: &Actor,
    kind: EventType,
    subject: Subject,
    mut data: Value,
) -> Event {
    cut(&mut data, longest_text(&actor.identity));
    Event {
        id: ctx.new_id(),
        organization: actor.organization,
        kind: kind.into(),
        identity: actor.identity,
        subject,
        data: data.to_string(),
        origin: actor.origin.clone(),
        inserted_at: ctx.now(),
    }
}

/// Cuts all texts in a value.
fn cut(data: &mut Value, most: usize) {
    match data {
        Value::String(text) => {
            if let Cow::Owned(short) = cut_text(text, most) {
                *text = short;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cut(item, most)),
        Value::Object(fields) => fields.values_mut().for_each(|field| cut(field, most)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
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
