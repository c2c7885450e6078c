//! The audit trail: written by every other operation, read here.

pub(crate) mod belonging;
pub mod callers;
mod data;
pub mod export;
pub mod feed;
mod fields;
mod payloads;
mod records;
pub mod tail;

use std::borrow::Cow;

pub(crate) use data::EventData;
pub(crate) use fields::{Change, Fingerprint, MOST_ENTRIES, Storage, Whole};
use olivine_domain::events::{Event, Subject, cut_text, longest_text};
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_records::events;
pub(crate) use payloads::{
    AuthenticationFailed, Because, BulkBatch, BulkEnded, BulkFacts, BundleContents, CertificateExpired,
    CheckedForRelease, ClaimedRelease, CodesLeft, ContentUploaded, DownloadFinished, DownloadIssued,
    Imported, JobFacts, Nothing, Noticed, OfDevice, Omissions, Omitted, Provisioned, ReleaseChanged,
    RenewalFacts, ReplicationFailed, RolledBack, Running, SignatureCount, SignatureFacts, SignedIn,
    SourcePrn, StopFacts, StoredContent, Undeliverable, UpdateReported, UploadCompleted, UploadExpired,
    VerificationCodeCreated, VerificationFailed,
};
use serde_json::Value;

use crate::error::Error;
use crate::event_budgets;
use crate::{Context, lists::ListQuery};

/// An event that happens now. `None` if its cause is over the budget for events of this type: then it is only counted.
pub(crate) fn new(
    ctx: &Context,
    actor: &Actor,
    subject: impl Into<Subject>,
    data: EventData<'_>,
) -> Option<Event> {
    let subject = subject.into();
    let is_admitted = ctx.event_budgets().admits(actor, data.kind(), &subject, ctx.now());
    is_admitted.then(|| build(ctx, actor, subject, data))
}

/// An event that says how many were left out.
pub(crate) fn counted(ctx: &Context, omitted: event_budgets::Omitted) -> Option<Event> {
    let kind = omitted.kind()?;
    let event_budgets::Omitted { organization, identity, subject, since, counts } = omitted;
    let actor = Actor { identity, ..Actor::system(organization) };
    let omissions = Omissions { counts: Omitted::ByType(counts), since: Some(since) };
    Some(build(ctx, &actor, subject, EventData::Omitted(kind, omissions)))
}

/// An event with its texts cut: the one place where events are made.
pub(crate) fn build(ctx: &Context, actor: &Actor, subject: Subject, data: EventData<'_>) -> Event {
    let kind = data.kind();
    let mut data = data.into_json();
    cut(&mut data, longest_text(&actor.identity));
    Event {
        id: ctx.new_id(),
        organization: actor.organization,
        kind: kind.into(),
        identity: actor.identity.into(),
        person: actor.person,
        subject,
        product: None,
        cohort: None,
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
    Ok(events::list(&ctx.reads_for(by), &by.tenancy(), query).await?)
}

/// Reads one event.
pub async fn get(ctx: &Context, by: &Authorized<scope::EventRead>, id: Id<Event>) -> Result<Event, Error> {
    events::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))
}

#[cfg(test)]
mod tests;
