//! Moving contents to another storage, for the server's operator. Each is copied and compared first; only then its record names the
//! new place, in the transaction that orders the deletion at the old one.

use olivine_domain::binaries::Binary;
use olivine_domain::binary_replicas::ReplicaState;
use olivine_domain::events::Subject;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::text::{FromRecord as _, Name};
use olivine_records::binary_replicas::{self, Place};
use olivine_records::{binaries, storage_backends};

use crate::binaries::steps::store;
use crate::copies;
use crate::events::EventData;
use crate::jobs::orders::Held;
use crate::work::Work;
use crate::{Context, Error, events};

/// What came of moving one binary's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It is in its new place.
    Done,
    /// It is being uploaded, verified, reset, moved or destroyed, or its new place is yet to be cleared: look again later.
    Busy,
}

/// The storage that an operator names: one of an organization's, or one of the server's own.
pub async fn find_storage(
    ctx: &Context,
    organization: Id<Organization>,
    named: &str,
) -> Result<Id<StorageBackend>, Error> {
    match named {
        "server" => return Ok(ctx.storages().own),
        "data-folder" => return Ok(StorageBackend::DATA_FOLDER),
        _ => {}
    }
    let name = Name::from_record(named);
    let found = match name {
        Some(name) => storage_backends::find_by_name(ctx.db(), organization, &name).await?,
        None => None,
    };
    found.map(|found| found.id).ok_or(Error::NotFound { what: "storage backend", named: named.to_owned() })
}

/// The next binaries whose contents are in a storage, by their keys: of all organizations, if they move to a storage of the server, else
/// of the one whose storage it is.
pub async fn list(
    ctx: &Context,
    organization: Id<Organization>,
    from: Id<StorageBackend>,
    to: Id<StorageBackend>,
    after: Option<Id<Binary>>,
) -> Result<(Vec<Binary>, Option<Id<Binary>>), Error> {
    const BATCH: u64 = 100;
    let mut found = binaries::list_in_storage_of_all_organizations(ctx.db(), from, after, BATCH).await?;
    let last = found.last().map(|binary| binary.id);
    if !StorageBackend::is_of_server(to) {
        found.retain(|binary| binary.organization == organization);
    }
    Ok((found, last))
}

/// Moves one binary's content.
pub async fn move_content(ctx: &Context, seen: &Binary, to: Id<StorageBackend>) -> Result<Moved, Error> {
    let place =
        Place { organization: seen.organization, binary: seen.id, generation: seen.generation, storage: to };
    if !seen.is_verified() || copies::is_to_be_cleared(ctx.db(), place).await? {
        return Ok(Moved::Busy);
    }
    copies::copy(ctx, seen, to).await?;
    let mut w = ctx.work().await?;
    let binary = match binaries::lock(&w, seen.organization, seen.id).await {
        Err(olivine_records::Error::NotFound { .. }) => None,
        other => Some(other?),
    };
    let is_same = |binary: &Binary| {
        binary.is_verified() && (binary.generation, binary.storage) == (seen.generation, seen.storage)
    };
    let Some(binary) = binary.filter(is_same) else { return Ok(Moved::Busy) };
    if copies::is_to_be_cleared(&w, place).await? {
        return Ok(Moved::Busy);
    }
    if !StorageBackend::is_of_server(to) && !storage_backends::keep(&w, to).await? {
        return Err(Error::not_found(to));
    }
    let moved = store(ctx, &w, &binary, Binary { storage: to, ..binary.clone() }).await?;
    binary_replicas::delete(&w, place).await?;
    leave(ctx, &mut w, &binary).await?;
    let data = EventData::BinaryMoved(events::Change { from: &binary, to: &moved });
    let actor = Actor::system(moved.organization);
    w.event(&actor, Subject::of(moved.id), data);
    w.commit().await?;
    Ok(Moved::Done)
}

/// What becomes of the old place: a copy, if contents are copied there anyway, else it is cleared. Until that is done, its record keeps
/// anything from being put there again, which the order to clear it would take away.
async fn leave(ctx: &Context, w: &mut Work, old: &Binary) -> Result<(), Error> {
    let replicating = storage_backends::list_replicating(w, old.organization).await?;
    let stays = replicating.iter().any(|backend| backend.id == old.storage);
    let state = if stays { ReplicaState::Complete } else { ReplicaState::Deleting };
    let replica = copies::replica(ctx, old, old.storage, state);
    binary_replicas::put(w, &replica).await?;
    if !stays {
        copies::order_content_deletion(w, &replica, Held::Complete);
    }
    Ok(())
}
