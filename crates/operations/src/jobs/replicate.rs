//! Copies a verified content to another storage. It is retried for as long as the copy is wanted. A storage that failed is left alone for a
//! while, so that it does not delay other work.

use olivine_domain::contents::replicas::ReplicaState;
use olivine_domain::contents::{Content, ContentKey};
use olivine_records::replicas::{self, Place};
use olivine_records::{contents, storage_backends};

use super::job::{Claimed, Job, Lane, Outcome, without_organization};
use super::orders::{Held, Replicate};
use crate::content::kinds::{self, Fact};
use crate::{Context, Error, copies};

impl Job for Replicate {
    const KIND: &'static str = "replicate";
    const LANE: Lane = Lane::Remote;

    fn subject(&self) -> String {
        format!("{}:{}:{}", self.content, self.generation, self.storage)
    }

    async fn run(self, ctx: &Context, claimed: Claimed<'_>) -> Result<Outcome, Error> {
        let Some(organization) = claimed.organization() else { return Ok(without_organization()) };
        let Self { content, generation, storage } = self;
        let key = ContentKey { organization, content, generation };
        run(ctx, claimed, Place { key, storage }).await
    }
}

async fn run(ctx: &Context, claimed: Claimed<'_>, place: Place) -> Result<Outcome, Error> {
    let storage = place.storage;
    let Some(wanted) = wanted(ctx, place).await? else { return unwanted(ctx, place).await };
    if let Some(until) = ctx.storages().cool_down.until(storage, ctx.now()) {
        return Ok(Outcome::Again(until));
    }
    if let Err(error) = copies::copy(ctx, &wanted, storage).await {
        ctx.storages().cool_down.begin(storage, ctx.now());
        note_failure(ctx, &wanted, place, &error).await?;
        return Err(error);
    }
    conclude(ctx, claimed, &wanted, place).await
}

/// The content, if a copy of this generation is still to be made.
async fn wanted(ctx: &Context, place: Place) -> Result<Option<Content>, Error> {
    let replica = replicas::find(ctx.db(), place).await?;
    if replica.is_none_or(|replica| replica.state != ReplicaState::Copying) {
        return Ok(None);
    }
    let content = contents::find_of_any_organization(ctx.db(), place.key.content).await?;
    Ok(content.filter(|content| is_current(content, place)))
}

fn is_current(content: &Content, place: Place) -> bool {
    content.key() == place.key && content.is_verified()
}

/// Takes away what an attempt may have left behind, if nobody wants it any more.
async fn unwanted(ctx: &Context, place: Place) -> Result<Outcome, Error> {
    let content = contents::find_of_any_organization(ctx.db(), place.key.content).await?;
    match content {
        Some(content) if is_current(&content, place) => clear_unrecorded(ctx, &content, place).await?,
        Some(content) if content.key() == place.key && !content.is_destroyed() => {}
        _ => ctx.storage(place.storage).await?.backend.delete(&place.key).await?,
    }
    Ok(Outcome::Done)
}

/// Orders the deletion of a copy that was written after its place was cleared, because its content is in an archive storage now. The order
/// is recorded, so that nothing is stored there meanwhile.
async fn clear_unrecorded(ctx: &Context, seen: &Content, place: Place) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let Some(locked) = kinds::lock(&w, seen).await? else { return Ok(()) };
    let content = locked.content();
    if !is_current(&content, place)
        || content.storage == place.storage
        || replicas::find(&w, place).await?.is_some()
        || !storage_backends::keep(&w, place.storage).await?
    {
        return Ok(());
    }
    copies::clear(ctx, &mut w, &content, place.storage, Held::Anything, ctx.now()).await?;
    w.commit().await
}

/// Records that a copy failed; an event tells of the first time only.
async fn note_failure(ctx: &Context, seen: &Content, place: Place, error: &Error) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let before = replicas::find(&w, place).await?;
    let Some(before) = before.filter(|replica| replica.state == ReplicaState::Copying) else { return Ok(()) };
    let why = error.to_string();
    let copying = ReplicaState::Copying;
    replicas::change(&w, place, copying, copying, Some(&why), ctx.now()).await?;
    if before.error.is_none() {
        kinds::note(&mut w, seen.kind, place.key, place.storage, Fact::NotCopied(why));
    }
    w.commit().await
}

/// Puts the copy on record, together with the job's end.
async fn conclude(
    ctx: &Context,
    claimed: Claimed<'_>,
    seen: &Content,
    place: Place,
) -> Result<Outcome, Error> {
    let mut w = ctx.work().await?;
    let locked = kinds::lock(&w, seen).await?;
    if !locked.is_some_and(|locked| is_current(&locked.content(), place)) {
        drop(w);
        return unwanted(ctx, place).await;
    }
    let (from, to) = (ReplicaState::Copying, ReplicaState::Complete);
    if !replicas::change(&w, place, from, to, None, ctx.now()).await? {
        drop(w);
        return unwanted(ctx, place).await;
    }
    kinds::note(&mut w, seen.kind, place.key, place.storage, Fact::Copied);
    if claimed.finish(ctx, &w).await? {
        w.commit().await?;
        tracing::debug!(key = %place.key, "replicated");
    }
    Ok(Outcome::Recorded)
}
