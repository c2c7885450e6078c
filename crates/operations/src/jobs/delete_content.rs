//! Deletes a content from a storage, and is tried again until the storage confirms. Waits while a backup is made.

use olivine_content::ContentKey;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::binary_replicas::ReplicaState;
use olivine_domain::events::Subject;
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::binary_replicas::{self, Place};
use olivine_records::{Reader, binaries, settings};

use super::job::{Claimed, Job, Outcome, without_organization};
use super::orders::{DeleteContent, Held};
use crate::events::{EventData, Noticed, Storage, StoredContent};
use crate::{Context, Error, backup, storages};

impl Job for DeleteContent {
    const KIND: &'static str = "delete_content";

    fn subject(&self) -> String {
        let Self { binary, generation, .. } = self;
        match self.storage {
            None => format!("{binary}:{generation}"),
            Some(storage) => format!("{binary}:{generation}:{storage}"),
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
    let DeleteContent { binary, generation, storage, held } = job;
    if let Some(moment) = backup::held_until(ctx).await? {
        return Ok(Outcome::Again(moment));
    }
    let Some(organization) = claimed.organization() else { return Ok(without_organization()) };
    let storage = match storage {
        Some(storage) => storage,
        None => storage_of(ctx, binary).await?,
    };
    let place = Place { organization, binary, generation, storage };
    if is_wanted(ctx, place).await? {
        tracing::error!(%binary, %storage, "an order to delete what is wanted is passed over");
        return Ok(Outcome::Done);
    }
    match delete(ctx, place, held).await {
        Ok(gone) => conclude(ctx, claimed, place, gone).await,
        Err(error) => {
            let w = ctx.work().await?;
            let why = Some(error.to_string());
            let deleting = ReplicaState::Deleting;
            binary_replicas::change(&w, place, deleting, deleting, why.as_deref(), ctx.now()).await?;
            w.commit().await?;
            Err(error)
        }
    }
}

/// Puts on record that a content is gone, together with the job's end.
async fn conclude(ctx: &Context, claimed: Claimed<'_>, place: Place, gone: Gone) -> Result<Outcome, Error> {
    let mut w = ctx.work().await?;
    // Of a destroyed binary it is on record where its content still is, so it is on record when it is gone.
    if is_noted(&w, place).await? {
        binary_replicas::delete(&w, place).await?;
        let Place { organization, binary, generation, storage } = place;
        let content = StoredContent {
            storage_backend_prn: Storage(storage, organization),
            generation: generation.get(),
        };
        let noticed = Noticed { noticed: "when it was to be deleted" };
        let data = match gone {
            Gone::Deleted => Some(EventData::BinaryContentDeleted(content)),
            Gone::Missing => Some(EventData::BinaryContentMissing((content, noticed))),
            Gone::Nothing => None,
        };
        if let Some(data) = data {
            w.event(&Actor::system(organization), Subject::of(binary), data);
        }
    }
    settings::delete(&w, &begun(place)).await?;
    if claimed.finish(ctx, &w).await? {
        w.commit().await?;
    }
    Ok(Outcome::Recorded)
}

async fn is_noted(reader: &impl Reader, place: Place) -> Result<bool, Error> {
    let replica = binary_replicas::find(reader, place).await?;
    Ok(replica.is_some_and(|replica| replica.state == ReplicaState::Deleting))
}

/// Whether a content is one that counts. No order can be for such a one, since whoever gives it takes the content off the record in the
/// same transaction; but what is deleted is lost, so it is asked once more.
async fn is_wanted(ctx: &Context, place: Place) -> Result<bool, Error> {
    if let Some(replica) = binary_replicas::find(ctx.db(), place).await? {
        return Ok(replica.state != ReplicaState::Deleting);
    }
    let head = binaries::find_head_of_any_organization(ctx.db(), place.binary).await?;
    Ok(head.is_some_and(|head| {
        (head.generation, head.storage) == (place.generation, place.storage)
            && head.state != BinaryState::Destroyed
    }))
}

/// Deletes a content from the storage that the records mean. That something was there is on record before it is deleted, because this may
/// be repeated: the second attempt finds nothing, and must not take the content for lost.
async fn delete(ctx: &Context, place: Place, held: Held) -> Result<Gone, Error> {
    let Place { organization, binary, generation, storage } = place;
    let opened = storages::checked_now(ctx, storage).await?;
    let key = ContentKey { organization, binary, generation };
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
    let Place { binary, generation, storage, .. } = place;
    format!("deletion_begun:{binary}:{}:{storage}", generation.get())
}

/// Where a content is whose order does not say so.
async fn storage_of(ctx: &Context, binary: Id<Binary>) -> Result<Id<StorageBackend>, Error> {
    let head = binaries::find_head_of_any_organization(ctx.db(), binary).await?;
    Ok(head.map_or(StorageBackend::DATA_FOLDER, |head| head.storage))
}
