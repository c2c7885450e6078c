//! Copies of contents in several storages: ordering them, making them, and what is known of them.

use futures_util::{StreamExt, TryStreamExt};
use olivine_content::{Progress, ReceiveError};
use olivine_domain::contents::archive_storage::ChosenStorages;
use olivine_domain::contents::replicas::{Replica, ReplicaState};
use olivine_domain::contents::{Content, ContentKey};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::time::Timestamp;
use olivine_records::replicas::{self, Place};
use olivine_records::{Reader, contents, organizations, storage_backends};

use crate::content::kinds;
use crate::jobs::orders::{DeleteContent, Held, Replicate};
use crate::storages::Opened;
use crate::work::Work;
use crate::{Context, Error};

/// Orders the copies that a verified content lacks, in the transaction that records where it is.
pub(crate) async fn order(ctx: &Context, w: &mut Work, content: &Content) -> Result<(), Error> {
    for storage in storage_backends::list_replicating(w, content.organization).await? {
        let place = Place { key: content.key(), storage: storage.id };
        if storage.id != content.storage && replicas::find(w, place).await?.is_none() {
            order_one(ctx, w, content, storage.id).await?;
        }
    }
    Ok(())
}

/// The record of a copy of a content's current generation, as it begins.
pub(crate) fn replica(
    ctx: &Context,
    content: &Content,
    storage: Id<StorageBackend>,
    state: ReplicaState,
) -> Replica {
    let now = ctx.now();
    Replica {
        content: content.id,
        storage,
        organization: content.organization,
        generation: content.generation,
        state,
        error: None,
        inserted_at: now,
        updated_at: now,
    }
}

/// Orders one copy, unless its place is yet to be cleared.
pub(crate) async fn order_one(
    ctx: &Context,
    w: &mut Work,
    content: &Content,
    storage: Id<StorageBackend>,
) -> Result<(), Error> {
    if is_to_be_cleared(w, Place { key: content.key(), storage }).await? {
        // Once it is cleared, it is found to be missing.
        return Ok(());
    }
    replicas::put(w, &replica(ctx, content, storage, ReplicaState::Copying)).await?;
    let job = Replicate { content: content.id, generation: content.generation, storage };
    w.order(Some(content.organization), &job);
    Ok(())
}

/// Orders the copies that an organization's verified contents lack, so many in one transaction. What is in the archive storage has none.
pub(crate) async fn order_missing(
    ctx: &Context,
    organization: Id<Organization>,
    batch: u64,
) -> Result<(), Error> {
    let archive =
        ChosenStorages::of(&organizations::get(ctx.db(), organization).await?, ctx.storages().own).archive;
    for storage in storage_backends::list_replicating(ctx.db(), organization).await? {
        // From batch to batch it goes on where it was, since looking at all contents again takes long.
        let mut after = None;
        loop {
            let lacking =
                contents::list_without_copy(ctx.db(), organization, storage.id, archive, after, batch)
                    .await?;
            let Some(last) = lacking.last() else { break };
            after = Some(last.id);
            let mut w = ctx.work().await?;
            for seen in &lacking {
                let Some(locked) = kinds::lock(&w, seen).await? else { continue };
                let content = locked.content();
                if content.is_verified() {
                    order_one(ctx, &mut w, &content, storage.id).await?;
                }
            }
            w.commit().await?;
        }
    }
    Ok(())
}

/// Orders that all copies of a content's current generation are deleted, the first one included. Of a destroyed one it stays on record
/// where its content still is.
pub(crate) async fn order_deletions(
    ctx: &Context,
    w: &mut Work,
    content: &Content,
    keeps_record: bool,
) -> Result<(), Error> {
    let others = replicas::list_for(w, content.organization, &[content.id]).await?;
    let first = replica(ctx, content, content.storage, ReplicaState::Deleting);
    if keeps_record {
        replicas::put(w, &first).await?;
    }
    let held = if content.is_verified() { Held::Complete } else { Held::Anything };
    order_content_deletion(w, &first, held);
    for other in others.into_iter().filter(|other| other.generation == content.generation) {
        // Else it would be on record as a copy that counts, and no order to delete it would be carried out.
        replicas::put(w, &replica(ctx, content, other.storage, ReplicaState::Deleting)).await?;
        order_content_deletion(w, &other, held_as(other.state));
    }
    Ok(())
}

/// Orders the deletion of one copy of a content that is destroyed.
pub(crate) async fn order_deletion(ctx: &Context, replica: &Replica) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let place = Place::of(replica);
    replicas::change(&w, place, replica.state, ReplicaState::Deleting, None, ctx.now()).await?;
    order_content_deletion(&mut w, replica, held_as(replica.state));
    w.commit().await
}

/// Whether what is in a place, or was, is yet to be deleted there: nothing may be put there until that is done.
pub(crate) async fn is_to_be_cleared(reader: &impl Reader, place: Place) -> Result<bool, Error> {
    let found = replicas::find(reader, place).await?;
    Ok(found.is_some_and(|replica| replica.state == ReplicaState::Deleting))
}

/// What is to be found where a copy was in this state.
pub(crate) const fn held_as(state: ReplicaState) -> Held {
    match state {
        ReplicaState::Complete => Held::Complete,
        ReplicaState::Copying | ReplicaState::Deleting => Held::Anything,
    }
}

fn order_content_deletion(w: &mut Work, replica: &Replica, held: Held) {
    w.order(Some(replica.organization), &deletion(replica, held));
}

fn deletion(replica: &Replica, held: Held) -> DeleteContent {
    let Replica { content, generation, storage, .. } = *replica;
    DeleteContent { content, generation, storage: Some(storage), held }
}

/// Orders that a content is deleted in one of its places, at that moment. Until that is done, its record keeps anything from being put
/// there again, which the order would take away.
pub(crate) async fn clear(
    ctx: &Context,
    w: &mut Work,
    content: &Content,
    storage: Id<StorageBackend>,
    held: Held,
    at: Timestamp,
) -> Result<(), Error> {
    let replica = replica(ctx, content, storage, ReplicaState::Deleting);
    replicas::put(w, &replica).await?;
    w.order_at(Some(content.organization), &deletion(&replica, held), at);
    Ok(())
}

/// Copies a verified content to a storage, from whichever storage gives it out, and checks it on the way.
pub(crate) async fn copy(ctx: &Context, content: &Content, to: Id<StorageBackend>) -> Result<(), Error> {
    let target = ctx.storage(to).await?;
    let mut failure = Error::internal("a verified content has no copy");
    for from in sources(ctx, content, to).await? {
        let source = match ctx.storage(from).await {
            Ok(source) => source,
            Err(error) => {
                failure = error;
                continue;
            }
        };
        match transfer(content, &source, &target).await {
            Ok(()) => return Ok(()),
            Err(Transfer::Source(error)) => failure = error,
            Err(Transfer::Target(error)) => return Err(error),
        }
    }
    Err(failure)
}

/// Whether any other storage than `except` has a copy with the right bytes.
pub(crate) async fn has_right_copy(
    ctx: &Context,
    content: &Content,
    except: Id<StorageBackend>,
) -> Result<bool, Error> {
    let mut failure = None;
    for from in sources(ctx, content, except).await? {
        let digested = match ctx.storage(from).await {
            Ok(source) => source.backend.digest(&content.key(), &Progress::new()).await.map_err(Error::from),
            Err(error) => Err(error),
        };
        match digested {
            Ok(digested) if digested.sha256 == content.hash => return Ok(true),
            // A storage that can't be asked says nothing against its copy.
            Err(error) if error.is_of_dependency() => failure = Some(error),
            Ok(_) | Err(_) => {}
        }
    }
    failure.map_or(Ok(false), Err)
}

/// Orders a copy that is there but wrong anew.
pub(crate) async fn order_again(
    ctx: &Context,
    content: &Content,
    storage: Id<StorageBackend>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let Some(locked) = kinds::lock(&w, content).await? else { return Ok(()) };
    let current = locked.content();
    if current.is_verified() && current.generation == content.generation {
        order_one(ctx, &mut w, &current, storage).await?;
        // Until it is there again, no device is sent to it.
        locked.note_change(&mut w);
        w.commit().await?;
    }
    Ok(())
}

/// Where a content can be read: its first place, then its complete copies.
async fn sources(
    ctx: &Context,
    content: &Content,
    to: Id<StorageBackend>,
) -> Result<Vec<Id<StorageBackend>>, Error> {
    let replicas = replicas::list_for(ctx.db(), content.organization, &[content.id]).await?;
    let complete = replicas.iter().filter(|replica| replica.is_complete_copy_of(content.key()));
    let all = std::iter::once(content.storage).chain(complete.map(|replica| replica.storage));
    Ok(all.filter(|storage| *storage != to).collect())
}

/// On which side a transfer failed.
enum Transfer {
    Source(Error),
    Target(Error),
}

/// Whether the target has the right content already. One of the same size may still have other bytes, and must not count as copied; what
/// is wrong is removed, so that the right one can take its place.
async fn is_there(content: &Content, key: &ContentKey, size: u64, target: &Opened) -> Result<bool, Error> {
    let is_right = match target.backend.size(key).await {
        Err(olivine_content::Error::NotFound) => return Ok(false),
        Ok(there) if there == size => match target.backend.digest(key, &Progress::new()).await {
            Ok(digested) => digested.sha256 == content.hash,
            Err(olivine_content::Error::NotFound) => return Ok(false),
            Err(olivine_content::Error::Corrupt { .. }) => false,
            Err(error) => return Err(error.into()),
        },
        Ok(_) | Err(olivine_content::Error::Corrupt { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    if !is_right {
        tracing::warn!(%key, "other bytes than the record's are where a copy is to be made; they are replaced");
        target.backend.delete(key).await?;
    }
    Ok(is_right)
}

async fn transfer(content: &Content, source: &Opened, target: &Opened) -> Result<(), Transfer> {
    let key = content.key();
    let size = content.size.ok_or_else(|| Transfer::Source(Error::internal("a verified size")))?;
    if is_there(content, &key, size, target).await.map_err(Transfer::Target)? {
        return Ok(());
    }
    let read = source.backend.read(&key, None).await.map_err(|error| Transfer::Source(error.into()))?;
    let body = read.map_err(Into::into).boxed();
    match target.backend.import(&key, size, content.hash, body).await {
        Ok(()) => Ok(()),
        Err(ReceiveError::Storage(error)) => Err(Transfer::Target(error.into())),
        // What the source gave out is not what it holds by our records, or it broke off.
        Err(other) => {
            Err(Transfer::Source(Error::Unavailable { what: "content storage", source: other.into() }))
        }
    }
}
