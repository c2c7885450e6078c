//! Checks whether a storage is the one that the records mean. Each storage has an identity of its own, which the database remembers from
//! its first use on, so that a folder that is not mounted, another process's folder or another bucket behind the same name is noticed.
//!
//! Without this, contents would be stored where no other process finds them, and be reported as deleted where they never were. Nothing
//! here may change an identity that is in a storage.

use std::sync::atomic::Ordering;

use olivine_content::StorageIdentity;
use olivine_domain::contents::Content;
use olivine_domain::permissions::{Authorized, installation};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::{contents, settings, storage_backends};

use super::wrong::WrongStorage;
use super::{Opened, name_of};
use crate::work::Work;
use crate::{Context, Error};

/// How many contents are looked for in a storage whose identity is not known.
const SAMPLES: usize = 5;
const BATCH: u64 = 500;

/// Checks a storage, unless this process has already found it to be the right one.
pub(super) async fn check_once(ctx: &Context, id: Id<StorageBackend>, opened: &Opened) -> Result<(), Error> {
    if opened.is_checked.load(Ordering::Acquire) { Ok(()) } else { check(ctx, id, opened).await }
}

/// Checks a storage anew: at the start, and before something is reported of it that can't be taken back.
pub(super) async fn check(ctx: &Context, id: Id<StorageBackend>, opened: &Opened) -> Result<(), Error> {
    let recorded = settings::find(ctx.db(), &key(id)).await?;
    let found = opened.backend.identity().await?;
    let is_right = match (&recorded, found) {
        (Some(recorded), Some(found)) => *recorded == found.to_string(),
        _ => false,
    };
    if !is_right {
        settle(ctx, id, opened, recorded, found).await?;
    }
    opened.is_checked.store(true, Ordering::Release);
    Ok(())
}

/// What to do where the identity on record and the one in storage are not the same.
async fn settle(
    ctx: &Context,
    id: Id<StorageBackend>,
    opened: &Opened,
    recorded: Option<String>,
    found: Option<StorageIdentity>,
) -> Result<(), Error> {
    let samples = samples(ctx, id).await?;
    let Some(recorded) = recorded else {
        if found.is_none() && !samples.is_empty() && !has_any(opened, &samples).await? {
            return Err(WrongStorage::Empty { named: name_of(ctx, id).await? }.into());
        }
        if samples.is_empty()
            && let Some(wrong) = shared_elsewhere(ctx, id).await?
        {
            return Err(wrong.into());
        }
        return adopt(ctx, id, opened, Record::First).await;
    };
    match found {
        // Only the file that names it was lost, as in a copy without hidden files.
        None if !samples.is_empty() && has_any(opened, &samples).await? => {
            let written = match recorded.parse() {
                Ok(identity) => opened.backend.claim_identity(identity).await?.to_string(),
                Err(_) => String::new(),
            };
            if written == recorded { Ok(()) } else { Err(other(ctx, id).await?) }
        }
        // No other process can have put anything into another folder: there is none.
        _ if samples.is_empty() && ctx.storages().is_alone && StorageBackend::is_of_server(id) => {
            adopt(ctx, id, opened, Record::Anew).await
        }
        _ => Err(other(ctx, id).await?),
    }
}

/// How an identity is put on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    /// Unless another process was faster: then both must mean the same storage.
    First,
    /// In place of another one.
    Anew,
}

async fn adopt(ctx: &Context, id: Id<StorageBackend>, opened: &Opened, record: Record) -> Result<(), Error> {
    let identity = opened.backend.claim_identity(StorageIdentity::new(ctx.new_uuid())).await?.to_string();
    let w = ctx.work().await?;
    let stored = match record {
        Record::First => settings::put_if_absent(&w, &key(id), &identity).await?,
        Record::Anew => {
            settings::put(&w, &key(id), &identity).await?;
            identity.clone()
        }
    };
    if stored != identity {
        return Err(other(ctx, id).await?);
    }
    w.commit().await
}

/// Takes a storage as it is now for the one on record, by order of the server's operator.
pub async fn accept(
    ctx: &Context,
    _: &Authorized<installation::StorageAdopt>,
    id: Id<StorageBackend>,
) -> Result<(), Error> {
    let opened = super::opened(ctx, id).await?;
    adopt(ctx, id, &opened, Record::Anew).await
}

/// Forgets the identity of a storage backend that is removed.
pub(crate) async fn forget(w: &mut Work, id: Id<StorageBackend>) -> Result<(), Error> {
    Ok(settings::delete(w, &key(id)).await?)
}

/// Checks the storages that this process is going to use, at its start. A store that does not answer is checked when it is first used.
///
/// Errors: [`Error::WrongStorage`]; [`Error::Unavailable`] and others where it can't be told.
pub async fn check_at_start(ctx: &Context) -> Result<(), Error> {
    let (own, data_folder) = (ctx.storages().own, StorageBackend::DATA_FOLDER);
    if own != data_folder && !samples(ctx, data_folder).await?.is_empty() {
        check_now(ctx, data_folder).await?;
    }
    check_now(ctx, own).await
}

/// Checks one storage anew.
pub async fn check_now(ctx: &Context, id: Id<StorageBackend>) -> Result<(), Error> {
    check(ctx, id, &*super::opened(ctx, id).await?).await
}

/// Where the server keeps contents, if that is not the folder of one of its processes. A process that was started without a storage URL,
/// although the others have one, would keep contents to itself.
async fn shared_elsewhere(ctx: &Context, id: Id<StorageBackend>) -> Result<Option<WrongStorage>, Error> {
    if ctx.storages().is_alone || id != StorageBackend::DATA_FOLDER {
        return Ok(None);
    }
    let servers = storage_backends::list_all(ctx.db(), None).await?;
    Ok(servers.last().map(|other| WrongStorage::NotShared { url: other.url.to_string() }))
}

/// Some of the verified contents whose first place is this storage.
async fn samples(ctx: &Context, id: Id<StorageBackend>) -> Result<Vec<Content>, Error> {
    let (mut after, mut samples) = (None, Vec::new());
    while samples.len() < SAMPLES {
        let batch = contents::list_in_storage_of_all_organizations(ctx.db(), id, after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = Some(last.id);
        samples.extend(batch.into_iter().filter(Content::is_verified).take(SAMPLES - samples.len()));
    }
    Ok(samples)
}

async fn has_any(opened: &Opened, samples: &[Content]) -> Result<bool, Error> {
    for content in samples {
        match opened.backend.size(&content.key()).await {
            Ok(size) if Some(size) == content.size => return Ok(true),
            Ok(_) | Err(olivine_content::Error::NotFound | olivine_content::Error::Corrupt { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

async fn other(ctx: &Context, id: Id<StorageBackend>) -> Result<Error, Error> {
    Ok(WrongStorage::Other { named: name_of(ctx, id).await? }.into())
}

fn key(id: Id<StorageBackend>) -> String {
    format!("storage_identity:{id}")
}
