//! Moving contents to another storage, for the server's operator. Each is copied and compared first; only then its record names the
//! new place, in the transaction that orders the deletion at the old one.

use olivine_domain::contents::Content;
use olivine_domain::contents::replicas::ReplicaState;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Authorized, installation};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::text::{FromRecord as _, Name};
use olivine_domain::time::Timestamp;
use olivine_records::replicas::{self, Place};
use olivine_records::{contents, storage_backends};

use crate::content::kinds::{self, Locked};
use crate::copies;
use crate::jobs::orders::Held;
use crate::work::Work;
use crate::{Context, Error};

/// What came of moving one content.
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
    _: &Authorized<installation::StorageFind>,
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

/// The next contents in a storage, by their keys: of all organizations, if they move to a storage of the server, else
/// of the one whose storage it is.
pub async fn list(
    ctx: &Context,
    _: &Authorized<installation::ContentMove>,
    organization: Id<Organization>,
    from: Id<StorageBackend>,
    to: Id<StorageBackend>,
    after: Option<Id<Content>>,
) -> Result<(Vec<Content>, Option<Id<Content>>), Error> {
    const BATCH: u64 = 100;
    let mut found = contents::list_in_storage_of_all_organizations(ctx.db(), from, after, BATCH).await?;
    let last = found.last().map(|content| content.id);
    if !StorageBackend::is_of_server(to) {
        found.retain(|content| content.organization == organization);
    }
    Ok((found, last))
}

/// Moves one content.
pub async fn move_content(
    ctx: &Context,
    by: &Authorized<installation::ContentMove>,
    seen: &Content,
    to: Id<StorageBackend>,
) -> Result<Moved, Error> {
    let place = Place { key: seen.key(), storage: to };
    if !seen.is_verified() || copies::is_to_be_cleared(ctx.db(), place).await? {
        return Ok(Moved::Busy);
    }
    copies::copy(ctx, seen, to).await?;
    let mut w = ctx.work().await?;
    let Some(locked) = lock_movable(&w, seen, to).await? else { return Ok(Moved::Busy) };
    let old = locked.content();
    switch(ctx, &mut w, &by.within(old.organization), &locked, to).await?;
    leave(ctx, &mut w, &old, ctx.now()).await?;
    w.commit().await?;
    Ok(Moved::Done)
}

/// Locks a verified content that goes to a storage; `None` where it is not what was seen any more, or where the new place is yet to be
/// cleared.
pub(crate) async fn lock_movable(
    w: &Work,
    seen: &Content,
    to: Id<StorageBackend>,
) -> Result<Option<Locked>, Error> {
    let Some(locked) = kinds::lock(w, seen).await? else { return Ok(None) };
    let content = locked.content();
    let place = Place { key: seen.key(), storage: to };
    let is_same = (content.key(), content.storage) == (seen.key(), seen.storage);
    if !is_same || !content.is_verified() || copies::is_to_be_cleared(w, place).await? {
        return Ok(None);
    }
    if !StorageBackend::is_of_server(to) && !storage_backends::keep(w, to).await? {
        return Err(Error::not_found(to));
    }
    Ok(Some(locked))
}

/// Records that the first place of a content is where it was copied.
pub(crate) async fn switch(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    locked: &Locked,
    to: Id<StorageBackend>,
) -> Result<(), Error> {
    locked.move_to(ctx, w, by, to).await?;
    replicas::delete(w, Place { key: locked.content().key(), storage: to }).await?;
    Ok(())
}

/// What becomes of the old place: a copy, if contents are copied there anyway, else it is cleared at that moment.
pub(crate) async fn leave(ctx: &Context, w: &mut Work, old: &Content, at: Timestamp) -> Result<(), Error> {
    let replicating = storage_backends::list_replicating(w, old.organization).await?;
    if !replicating.iter().any(|backend| backend.id == old.storage) {
        return copies::clear(ctx, w, old, old.storage, Held::Complete, at).await;
    }
    let replica = copies::replica(ctx, old, old.storage, ReplicaState::Complete);
    replicas::put(w, &replica).await?;
    Ok(())
}
