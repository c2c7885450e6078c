//! Deletes a content from a storage. It is retried until the storage confirms, and waits while a backup is made.

use olivine_domain::contents::replicas::ReplicaState;
use olivine_domain::contents::{Content, ContentKey};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::replicas::{self, Place};
use olivine_records::{Reader, contents, settings};

use super::job::{Claimed, Job, Outcome, without_organization};
use super::orders::{DeleteContent, Held};
use crate::content::kinds::{self, Fact};
use crate::{Context, Error, backup, storages};

impl Job for DeleteContent {
    const KIND: &'static str = "delete_content";

    fn subject(&self) -> String {
        let Self { content, generation, .. } = self;
        match self.storage {
            None => format!("{content}:{generation}"),
            Some(storage) => format!("{content}:{generation}:{storage}"),
        }
    }

    async fn run(self, ctx: &Context, claimed: Claimed<'_>) -> Result<Outcome, Error> {
        run(ctx, claimed, self).await
    }
}

/// What became of a content that is no longer in a storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    /// It, or what there was of it, was deleted by this job.
    Deleted,
    /// The complete content should have been there, but was not.
    Missing,
    /// Nothing was to be expected, and nothing was there.
    Nothing,
}

async fn run(ctx: &Context, claimed: Claimed<'_>, job: DeleteContent) -> Result<Outcome, Error> {
    let DeleteContent { content, generation, storage, held } = job;
    if let Some(moment) = backup::held_until(ctx).await? {
        return Ok(Outcome::Again(moment));
    }
    let Some(organization) = claimed.organization() else { return Ok(without_organization()) };
    let storage = match storage {
        Some(storage) => storage,
        None => storage_of(ctx, content).await?,
    };
    let key = ContentKey { organization, content, generation };
    let place = Place { key, storage };
    if is_wanted(ctx, place).await? {
        tracing::error!(%key, %storage, "an order to delete what is wanted is passed over");
        return Ok(Outcome::Done);
    }
    match delete(ctx, place, held).await {
        Ok(gone) => conclude(ctx, claimed, place, gone).await,
        Err(error) => {
            let w = ctx.work().await?;
            let why = Some(error.to_string());
            let deleting = ReplicaState::Deleting;
            replicas::change(&w, place, deleting, deleting, why.as_deref(), ctx.now()).await?;
            w.commit().await?;
            Err(error)
        }
    }
}

/// Records that a content is gone, together with the job's end.
async fn conclude(ctx: &Context, claimed: Claimed<'_>, place: Place, gone: Gone) -> Result<Outcome, Error> {
    let mut w = ctx.work().await?;
    // A destroyed binary's record lists where its content still is, so the record must change when the content is gone.
    if is_noted(&w, place).await? {
        replicas::delete(&w, place).await?;
        let fact = match gone {
            Gone::Deleted => Some(Fact::Deleted),
            Gone::Missing => Some(Fact::Missing("when it was to be deleted")),
            Gone::Nothing => None,
        };
        // As long as a copy is on record, its content is.
        let content = contents::find_of_any_organization(&w, place.key.content).await?;
        if let (Some(fact), Some(content)) = (fact, content) {
            kinds::note(&mut w, content.kind, place.key, place.storage, fact);
        }
    }
    settings::delete(&w, &begun(place)).await?;
    if claimed.finish(ctx, &w).await? {
        w.commit().await?;
    }
    Ok(Outcome::Recorded)
}

async fn is_noted(reader: &impl Reader, place: Place) -> Result<bool, Error> {
    let replica = replicas::find(reader, place).await?;
    Ok(replica.is_some_and(|replica| replica.state == ReplicaState::Deleting))
}

/// Whether a record still refers to the content. This never happens, because the transaction that orders a deletion also removes the
/// reference. But a deletion can't be undone, so it is checked again.
async fn is_wanted(ctx: &Context, place: Place) -> Result<bool, Error> {
    if let Some(replica) = replicas::find(ctx.db(), place).await? {
        return Ok(replica.state != ReplicaState::Deleting);
    }
    let content = contents::find_of_any_organization(ctx.db(), place.key.content).await?;
    Ok(content.is_some_and(|content| {
        (content.key(), content.storage) == (place.key, place.storage) && !content.is_destroyed()
    }))
}

/// Deletes a content from the storage that the records mean. That something was there is on record before it is deleted, because this may
/// be repeated: the second attempt finds nothing, and must not conclude that the content was lost.
async fn delete(ctx: &Context, place: Place, held: Held) -> Result<Gone, Error> {
    let Place { key, storage } = place;
    let opened = storages::checked_now(ctx, storage).await?;
    if !is_noted(ctx.db(), place).await? {
        // Nobody is told of it.
        opened.backend.delete(&key).await?;
        return Ok(Gone::Nothing);
    }
    let mut was_there = settings::find(ctx.db(), &begun(place)).await?.is_some();
    if !was_there && opened.backend.holds(&key).await? {
        let w = ctx.work().await?;
        settings::put(&w, &begun(place), "something was there").await?;
        w.commit().await?;
        was_there = true;
    }
    opened.backend.delete(&key).await?;
    Ok(match held {
        _ if was_there => Gone::Deleted,
        Held::Complete => {
            tracing::warn!(%key, %storage, "a content that was to be deleted was not in its storage");
            Gone::Missing
        }
        Held::Anything => Gone::Nothing,
    })
}

/// The name under which it is on record that a deletion has begun.
fn begun(place: Place) -> String {
    let Place { key: ContentKey { content, generation, .. }, storage } = place;
    format!("deletion_begun:{content}:{}:{storage}", generation.get())
}

/// Where a content is whose order does not say so.
async fn storage_of(ctx: &Context, content: Id<Content>) -> Result<Id<StorageBackend>, Error> {
    let content = contents::find_of_any_organization(ctx.db(), content).await?;
    Ok(content.map_or(StorageBackend::DATA_FOLDER, |content| content.storage))
}
