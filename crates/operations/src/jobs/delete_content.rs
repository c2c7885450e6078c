//! Deletes a content from a storage, and is tried again until the storage confirms. Waits while a backup is made.

use olivine_content::ContentKey;
use olivine_domain::binaries::{Binary, BinaryState, Generation};
use olivine_domain::events::{EventType, Subject};
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::{ReplicaState, StorageBackend};
use olivine_records::binaries;
use olivine_records::binary_replicas::{self, Place};
use olivine_records::jobs::{self, Job};
use serde_json::json;

use super::runner::Outcome;
use crate::{Context, Error, backup, events};

pub(super) async fn run(
    ctx: &Context,
    job: &Job,
    owner: &str,
    binary: Id<Binary>,
    generation: Generation,
    storage: Option<Id<StorageBackend>>,
) -> Result<Outcome, Error> {
    if let Some(moment) = backup::held_until(ctx).await? {
        return Ok(Outcome::Again(moment));
    }
    let Some(organization) = job.organization else { return Ok(Outcome::Done) };
    let storage = match storage {
        Some(storage) => storage,
        None => storage_of(ctx, binary).await?,
    };
    let place = Place { organization, binary, generation, storage };
    if is_wanted(ctx, place).await? {
        tracing::error!(%binary, %storage, "an order to delete what is wanted is passed over");
        return Ok(Outcome::Done);
    }
    let deleted = delete(ctx, place).await;
    let w = ctx.db().write().await?;
    let now = ctx.now();
    if let Err(error) = deleted {
        let why = Some(error.to_string());
        let deleting = ReplicaState::Deleting;
        binary_replicas::change(&w, place, deleting, deleting, why.as_deref(), now).await?;
        w.commit().await?;
        return Err(error);
    }
    // Of a destroyed binary it is on record where its content still is, so it is on record when it is gone.
    let is_noted = binary_replicas::find(&w, place).await?;
    if is_noted.is_some_and(|replica| replica.state == ReplicaState::Deleting) {
        binary_replicas::delete(&w, place).await?;
        let actor = Actor::system(organization);
        let data = json!({"storage_backend": storage.to_string(), "generation": generation.get()});
        events::record(ctx, &w, &actor, EventType::BinaryContentDeleted, Subject::of(binary), data).await?;
    }
    if jobs::finish(&w, job.id, owner, now).await? {
        w.commit().await?;
    }
    Ok(Outcome::Recorded)
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

async fn delete(ctx: &Context, place: Place) -> Result<(), Error> {
    let Place { organization, binary, generation, storage } = place;
    let storage = ctx.storage(storage).await?;
    Ok(storage.backend.delete(&ContentKey { organization, binary, generation }).await?)
}

/// Where a content is whose order does not say so.
async fn storage_of(ctx: &Context, binary: Id<Binary>) -> Result<Id<StorageBackend>, Error> {
    let head = binaries::find_head_of_any_organization(ctx.db(), binary).await?;
    Ok(head.map_or(StorageBackend::DATA_FOLDER, |head| head.storage))
}
