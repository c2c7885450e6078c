//! Contents of archived artifact versions that nothing can serve: moved into the archive storage of their organization, and back when
//! something can serve them again. Which of them, the rule in `domain::contents::archive_storage` says.
//!
//! A content is copied and compared, and only then does its record name the new place; until then it is served from the old one. A copy is
//! recorded before its first byte is written, as a replica that is being made. So the remains of an interrupted move are known, and are
//! deleted. The old place is cleared once the download URLs that lead there have expired.

use olivine_domain::contents::Content;
use olivine_domain::contents::archive_storage::{self as rules, ChosenStorages, Destination};
use olivine_domain::contents::replicas::{Replica, ReplicaState};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::time::Timestamp;
use olivine_records::replicas::{self, Place};
use olivine_records::{Reader, contents, organizations, storage_backends};

use crate::content::kinds::{self, Locked};
use crate::copies::{self, held_as};
use crate::jobs::orders::Held;
use crate::links::LinkPolicy;
use crate::work::Work;
use crate::{Context, Error, moves};

mod looks;

pub(crate) use looks::order_moves;

/// How long to wait before trying again to move a content whose new place is not free yet.
const LATER: std::time::Duration = std::time::Duration::from_mins(1);

/// The result of moving a content to the storage where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It is there.
    Done,
    /// It has to be looked at again at that moment.
    Again(Timestamp),
}

/// Brings a verified content to where it belongs.
pub(crate) async fn settle(ctx: &Context, seen: &Content) -> Result<Settled, Error> {
    let destination = destination_of(ctx, ctx.db(), seen).await?;
    withdraw(ctx, seen, destination).await?;
    let Some(to) = destination.storage() else { return Ok(Settled::Done) };
    if seen.storage != to {
        if let Some(until) = ctx.storages().cool_down.until(to, ctx.now()) {
            return Ok(Settled::Again(until));
        }
        if !announce(ctx, seen, to).await? {
            return Ok(later(ctx));
        }
        if let Err(error) = copies::copy(ctx, seen, to).await {
            ctx.storages().cool_down.begin(to, ctx.now());
            note_failure(ctx, Place { key: seen.key(), storage: to }, &error).await?;
            return Err(error);
        }
    }
    conclude(ctx, seen, destination, to).await
}

fn later(ctx: &Context) -> Settled {
    Settled::Again(ctx.now().plus(LATER))
}

/// Where a content belongs.
async fn destination_of(
    ctx: &Context,
    reader: &impl Reader,
    content: &Content,
) -> Result<Destination, Error> {
    let organization = organizations::get(reader, content.organization).await?;
    let chosen = chosen_storages(ctx, reader, &organization).await?;
    let uses = contents::find_uses(reader, content.organization, content.id, ctx.now()).await?;
    Ok(uses.map_or(Destination::Stays, |uses| rules::destination(content.storage, uses, chosen)))
}

/// The storages that an organization chose. Servers of the version before may have removed the archive storage: then it has none.
async fn chosen_storages(
    ctx: &Context,
    reader: &impl Reader,
    organization: &Organization,
) -> Result<ChosenStorages, Error> {
    let mut chosen = ChosenStorages::of(organization, ctx.storages().own);
    if let Some(archive) = chosen.archive {
        match storage_backends::get(reader, organization.id, archive).await {
            Err(olivine_records::Error::NotFound { .. }) => chosen.archive = None,
            found => drop(found?),
        }
    }
    Ok(chosen)
}

/// Records that a copy is about to be made; `false` where none may be made now.
async fn announce(ctx: &Context, seen: &Content, to: Id<StorageBackend>) -> Result<bool, Error> {
    let mut w = ctx.work().await?;
    let Some(locked) = moves::lock_movable(&w, seen, to).await? else { return Ok(false) };
    let content = locked.content();
    if replicas::find(&w, Place { key: content.key(), storage: to }).await?.is_some() {
        return Ok(true);
    }
    if is_replicating(&w, content.organization, to).await? {
        copies::order_one(ctx, &mut w, &content, to).await?;
    } else {
        replicas::put(&w, &copies::replica(ctx, &content, to, ReplicaState::Copying)).await?;
    }
    w.commit().await?;
    Ok(true)
}

/// Takes back copies that were announced and are not wanted any more: not in the place where the content goes now, and not where
/// contents are copied anyway.
async fn withdraw(ctx: &Context, seen: &Content, destination: Destination) -> Result<(), Error> {
    let wanted = destination.storage();
    for replica in replicas::list_for(ctx.db(), seen.organization, &[seen.id]).await? {
        let is_announced = replica.state == ReplicaState::Copying && replica.key() == seen.key();
        if !is_announced
            || Some(replica.storage) == wanted
            || is_replicating(ctx.db(), seen.organization, replica.storage).await?
        {
            continue;
        }
        let mut w = ctx.work().await?;
        let Some(locked) = kinds::lock(&w, seen).await? else { return Ok(()) };
        let (place, content) = (Place::of(&replica), locked.content());
        let is_still = replicas::find(&w, place).await?.is_some_and(|now| now.state == ReplicaState::Copying);
        if is_still && content.key() == place.key {
            copies::clear(ctx, &mut w, &content, place.storage, Held::Anything, ctx.now()).await?;
            w.commit().await?;
        }
    }
    Ok(())
}

async fn is_replicating(
    reader: &impl Reader,
    organization: Id<Organization>,
    storage: Id<StorageBackend>,
) -> Result<bool, Error> {
    let replicating = storage_backends::list_replicating(reader, organization).await?;
    Ok(replicating.iter().any(|backend| backend.id == storage))
}

/// Records in the replica why it could not be made.
async fn note_failure(ctx: &Context, place: Place, error: &Error) -> Result<(), Error> {
    let w = ctx.work().await?;
    let (copying, why) = (ReplicaState::Copying, error.to_string());
    replicas::change(&w, place, copying, copying, Some(&why), ctx.now()).await?;
    w.commit().await
}

/// Puts the new place on record, if the content still belongs there.
async fn conclude(
    ctx: &Context,
    seen: &Content,
    decided: Destination,
    to: Id<StorageBackend>,
) -> Result<Settled, Error> {
    let mut w = ctx.work().await?;
    let Some(locked) = moves::lock_movable(&w, seen, to).await? else { return Ok(later(ctx)) };
    let content = locked.content();
    // A release may have been created while it was copied.
    if destination_of(ctx, &w, &content).await? != decided {
        return Ok(Settled::Again(ctx.now()));
    }
    let organization = organizations::get(&w, content.organization).await?;
    let unreachable_at = LinkPolicy::of(&organization).expires_at(ctx);
    match decided {
        Destination::Stays => return Ok(Settled::Done),
        Destination::Archive(archive) => {
            move_to_archive(ctx, &mut w, &locked, archive, unreachable_at).await?;
        }
        Destination::Back(usual) => {
            moves::switch(ctx, &mut w, &Actor::system(content.organization), &locked, usual).await?;
            moves::leave(ctx, &mut w, &content, unreachable_at).await?;
            copies::order(ctx, &mut w, &Content { storage: usual, ..content }).await?;
        }
    }
    w.commit().await?;
    Ok(Settled::Done)
}

/// Keeps a content only in the archive storage: everywhere else it is deleted, replicas included.
async fn move_to_archive(
    ctx: &Context,
    w: &mut Work,
    locked: &Locked,
    archive: Id<StorageBackend>,
    unreachable_at: Timestamp,
) -> Result<(), Error> {
    let content = locked.content();
    let is_elsewhere = |replica: &Replica| {
        let is_deleting = replica.state == ReplicaState::Deleting;
        replica.key() == content.key()
            && !is_deleting
            && ![archive, content.storage].contains(&replica.storage)
    };
    let replicas = replicas::list_for(&*w, content.organization, &[content.id]).await?;
    let elsewhere: Vec<_> = replicas.into_iter().filter(is_elsewhere).collect();
    if content.storage != archive {
        moves::switch(ctx, w, &Actor::system(content.organization), locked, archive).await?;
        copies::clear(ctx, w, &content, content.storage, Held::Complete, unreachable_at).await?;
    } else if !elsewhere.is_empty() {
        // No event says that it is in fewer places.
        locked.note_change(w);
    }
    for replica in elsewhere {
        copies::clear(ctx, w, &content, replica.storage, held_as(replica.state), unreachable_at).await?;
    }
    Ok(())
}
