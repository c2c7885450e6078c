//! Copies a verified content to another storage. Tried again for as long as the copy is wanted; a storage that fails rests for a while,
//! and holds nothing else up.

use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::binary_replicas::ReplicaState;
use olivine_domain::events::Subject;
use olivine_domain::permissions::Actor;
use olivine_records::binaries;
use olivine_records::binary_replicas::{self, Place};

use super::job::{Claimed, Job, Lane, Outcome, without_organization};
use super::orders::Replicate;
use crate::binaries::content_key::content_key;
use crate::events::{EventData, ReplicationFailed, Storage, StoredContent};
use crate::work::Work;
use crate::{Context, Error, copies};

impl Job for Replicate {
    const KIND: &'static str = "replicate";
    const LANE: Lane = Lane::Remote;

    fn subject(&self) -> String {
        format!("{}:{}:{}", self.binary, self.generation, self.storage)
    }

    async fn run(self, ctx: &Context, claimed: Claimed<'_>) -> Result<Outcome, Error> {
        let Some(organization) = claimed.organization() else { return Ok(without_organization()) };
        let Self { binary, generation, storage } = self;
        run(ctx, claimed, Place { organization, binary, generation, storage }).await
    }
}

async fn run(ctx: &Context, claimed: Claimed<'_>, place: Place) -> Result<Outcome, Error> {
    let storage = place.storage;
    let Some(wanted) = wanted(ctx, place).await? else { return unwanted(ctx, place).await };
    if let Some(until) = ctx.storages().rest.until(storage, ctx.now()) {
        return Ok(Outcome::Again(until));
    }
    if let Err(error) = copies::copy(ctx, &wanted, storage).await {
        ctx.storages().rest.begin(storage, ctx.now());
        note_failure(ctx, place, &error).await?;
        return Err(error);
    }
    conclude(ctx, claimed, place).await
}

/// The binary, if a copy of this generation is still to be made.
async fn wanted(ctx: &Context, place: Place) -> Result<Option<Binary>, Error> {
    let replica = binary_replicas::find(ctx.db(), place).await?;
    if replica.is_none_or(|replica| replica.state != ReplicaState::Copying) {
        return Ok(None);
    }
    let binary = binaries::find(ctx.db(), place.organization, place.binary).await?;
    Ok(binary.filter(|binary| is_current(binary, place)))
}

fn is_current(binary: &Binary, place: Place) -> bool {
    binary.generation == place.generation && binary.is_verified()
}

/// Takes away what an attempt may have left behind, if nobody wants it any more.
async fn unwanted(ctx: &Context, place: Place) -> Result<Outcome, Error> {
    let head = binaries::find_head_of_any_organization(ctx.db(), place.binary).await?;
    let is_over =
        head.is_none_or(|head| head.generation != place.generation || head.state == BinaryState::Destroyed);
    if is_over {
        let key = olivine_content::ContentKey {
            organization: place.organization,
            binary: place.binary,
            generation: place.generation,
        };
        ctx.storage(place.storage).await?.backend.delete(&key).await?;
    }
    Ok(Outcome::Done)
}

/// Puts on record that a copy failed; an event tells of the first time only.
async fn note_failure(ctx: &Context, place: Place, error: &Error) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let before = binary_replicas::find(&w, place).await?;
    let Some(before) = before.filter(|replica| replica.state == ReplicaState::Copying) else { return Ok(()) };
    let why = error.to_string();
    let copying = ReplicaState::Copying;
    binary_replicas::change(&w, place, copying, copying, Some(&why), ctx.now()).await?;
    if before.error.is_none() {
        let data = EventData::BinaryReplicationFailed(ReplicationFailed {
            storage_backend_prn: Storage(place.storage, place.organization),
            error: why,
        });
        let (actor, subject) = (Actor::system(place.organization), Subject::of(place.binary));
        w.event(&actor, subject, data);
    }
    w.commit().await
}

/// Puts the copy on record, together with the job's end.
async fn conclude(ctx: &Context, claimed: Claimed<'_>, place: Place) -> Result<Outcome, Error> {
    let mut w = ctx.work().await?;
    let binary = match binaries::lock(&w, place.organization, place.binary).await {
        Err(olivine_records::Error::NotFound { .. }) => None,
        other => Some(other?),
    };
    let Some(binary) = binary.filter(|binary| is_current(binary, place)) else {
        drop(w);
        return unwanted(ctx, place).await;
    };
    if !put(ctx, &mut w, place).await? {
        return Ok(Outcome::Done);
    }
    if claimed.finish(ctx, &w).await? {
        w.commit().await?;
        tracing::debug!(key = %content_key(&binary), "replicated");
    }
    Ok(Outcome::Recorded)
}

async fn put(ctx: &Context, w: &mut Work, place: Place) -> Result<bool, Error> {
    let (from, to) = (ReplicaState::Copying, ReplicaState::Complete);
    if !binary_replicas::change(w, place, from, to, None, ctx.now()).await? {
        return Ok(false);
    }
    let data = EventData::BinaryReplicated(StoredContent {
        storage_backend_prn: Storage(place.storage, place.organization),
        generation: place.generation.get(),
    });
    let (actor, subject) = (Actor::system(place.organization), Subject::of(place.binary));
    w.event(&actor, subject, data);
    Ok(true)
}
