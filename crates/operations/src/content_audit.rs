//! Comparing records and contents, both ways, for the server's operator; and repairing what can be repaired.

use std::time::Duration;

use futures_util::TryStreamExt;
use olivine_content::{Backend, ContentKey, Progress, StoredContent};
use olivine_domain::Timestamp;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::{Replica, ReplicaState, StorageBackend};
use olivine_records::binary_replicas::{self, Place};
use olivine_records::{binaries, organizations, storage_backends};

use crate::binaries::content_key;
use crate::copies::{self, is_verified};
use crate::{Context, Error};

/// What nobody refers to may be an upload that is just beginning.
const GRACE: Duration = Duration::from_hours(24);
const BATCH: u64 = 500;

/// How to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Read every content and hash it, instead of comparing sizes only.
    pub hashes: bool,
    /// Repair what can be repaired.
    pub repair: bool,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In which storage.
    pub storage: Id<StorageBackend>,
    /// What it is called there.
    pub name: String,
    /// What is wrong.
    pub problem: Problem,
    /// Whether it is as it should be now, or has been ordered to become so.
    pub repaired: bool,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A verified content is not there.
    Missing,
    /// It has another size than was verified.
    WrongSize,
    /// It has other bytes than were verified.
    WrongHash,
    /// Nobody refers to it.
    Orphaned,
    /// Not a name of ours; never touched.
    Foreign,
}

impl Problem {
    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::WrongSize => "wrong size",
            Self::WrongHash => "wrong hash",
            Self::Orphaned => "orphaned",
            Self::Foreign => "foreign",
        }
    }
}

/// The storages of the server and of all organizations.
pub async fn storages(ctx: &Context) -> Result<Vec<Id<StorageBackend>>, Error> {
    let mut all = vec![StorageBackend::DATA_FOLDER];
    all.extend(storage_backends::list_all(ctx.db(), None).await?.into_iter().map(|backend| backend.id));
    for organization in organizations::list_ids(ctx.db()).await? {
        let own = storage_backends::list_all(ctx.db(), Some(organization)).await?;
        all.extend(own.into_iter().map(|backend| backend.id));
    }
    Ok(all)
}

/// Looks through one storage. `found` is told what is wrong; the number of contents that were looked at is returned.
pub async fn audit(
    ctx: &Context,
    storage: Id<StorageBackend>,
    options: Options,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<u64, Error> {
    let mut looked = 0;
    looked += check_firsts(ctx, storage, options, found).await?;
    looked += check_replicas(ctx, storage, options, found).await?;
    check_stored(ctx, storage, options, found).await?;
    Ok(looked)
}

/// The first places of binaries: what is wrong there is repaired from a copy.
async fn check_firsts(
    ctx: &Context,
    storage: Id<StorageBackend>,
    options: Options,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<u64, Error> {
    let (mut after, mut looked) = (None, 0);
    loop {
        let batch = binaries::list_in_storage_of_all_organizations(ctx.db(), storage, after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(looked) };
        after = Some(last.id);
        for binary in batch.iter().filter(|binary| is_verified(binary)) {
            looked += 1;
            let Some(problem) = problem(ctx, storage, binary, options).await? else { continue };
            let repaired = options.repair && restore(ctx, storage, binary).await;
            found(Finding { storage, name: content_key(binary).to_string(), problem, repaired });
        }
    }
}

/// The copies: what is wrong there is copied anew.
async fn check_replicas(
    ctx: &Context,
    storage: Id<StorageBackend>,
    options: Options,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<u64, Error> {
    let (mut after, mut looked) = (None, 0);
    loop {
        let batch = binary_replicas::list_in_storage_of_all_organizations(ctx.db(), storage, after, BATCH);
        let batch = batch.await?;
        let Some(last) = batch.last() else { return Ok(looked) };
        after = Some(last.binary);
        for replica in batch.iter().filter(|replica| replica.state == ReplicaState::Complete) {
            let binary = binaries::find(ctx.db(), replica.organization, replica.binary).await?;
            let Some(binary) = binary.filter(|binary| binary.generation == replica.generation) else {
                continue;
            };
            looked += 1;
            let Some(problem) = problem(ctx, storage, &binary, options).await? else { continue };
            let repaired = options.repair;
            if repaired {
                copy_anew(ctx, replica, &binary).await?;
            }
            found(Finding { storage, name: content_key(&binary).to_string(), problem, repaired });
        }
    }
}

/// What is wrong with a verified content, if it still is verified.
async fn problem(
    ctx: &Context,
    storage: Id<StorageBackend>,
    binary: &Binary,
    options: Options,
) -> Result<Option<Problem>, Error> {
    let opened = ctx.storage(storage).await?;
    let key = content_key(binary);
    let wrong = match opened.backend.size(&key).await {
        Err(olivine_content::Error::NotFound) => Some(Problem::Missing),
        Err(olivine_content::Error::Corrupt { .. }) => Some(Problem::WrongHash),
        Err(error) => return Err(error.into()),
        Ok(size) if Some(size) != binary.size => Some(Problem::WrongSize),
        Ok(_) if options.hashes => wrong_hash(&*opened.backend, &key, binary).await?,
        Ok(_) => None,
    };
    // Destroyed, reset or moved while it was looked at?
    let now = binaries::find_head_of_any_organization(ctx.db(), binary.id).await?;
    let is_same = now.is_some_and(|now| {
        (now.generation, now.storage, now.state) == (binary.generation, binary.storage, binary.state)
    });
    Ok(wrong.filter(|_| is_same))
}

async fn wrong_hash(
    backend: &dyn Backend,
    key: &ContentKey,
    binary: &Binary,
) -> Result<Option<Problem>, Error> {
    match backend.digest(key, &Progress::new()).await {
        Ok(digested) if digested.sha256 == binary.hash => Ok(None),
        Ok(_) | Err(olivine_content::Error::Corrupt { .. }) => Ok(Some(Problem::WrongHash)),
        Err(olivine_content::Error::NotFound) => Ok(Some(Problem::Missing)),
        Err(error) => Err(error.into()),
    }
}

/// Brings a content back to its first place from a copy. What is wrong there goes first, but only once a right copy is known.
async fn restore(ctx: &Context, storage: Id<StorageBackend>, binary: &Binary) -> bool {
    let attempt = async {
        if !copies::has_right_copy(ctx, binary, storage).await? {
            return Ok(false);
        }
        ctx.storage(storage).await?.backend.delete(&content_key(binary)).await?;
        copies::copy(ctx, binary, storage).await?;
        Ok::<_, Error>(true)
    };
    attempt.await.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, binary = %binary.id, "can't be restored");
        false
    })
}

async fn copy_anew(ctx: &Context, replica: &Replica, binary: &Binary) -> Result<(), Error> {
    ctx.storage(replica.storage).await?.backend.delete(&content_key(binary)).await?;
    copies::order_again(ctx, binary, replica.storage).await
}

/// What lies in a storage without a record that wants it.
async fn check_stored(
    ctx: &Context,
    storage: Id<StorageBackend>,
    options: Options,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<(), Error> {
    let opened = ctx.storage(storage).await?;
    let before = ctx.now().minus(GRACE);
    let mut stored = opened.backend.list(None);
    while let Some(one) = stored.try_next().await? {
        let Some(problem) = unwanted(ctx, storage, &one, before).await? else { continue };
        let mut repaired = false;
        if let (Problem::Orphaned, true, Some(key)) = (problem, options.repair, &one.key) {
            opened.backend.delete(key).await?;
            repaired = true;
        }
        found(Finding { storage, name: one.name, problem, repaired });
    }
    Ok(())
}

async fn unwanted(
    ctx: &Context,
    storage: Id<StorageBackend>,
    stored: &StoredContent,
    before: Timestamp,
) -> Result<Option<Problem>, Error> {
    let Some(key) = stored.key else { return Ok(Some(Problem::Foreign)) };
    // Two installations may share a bucket: what belongs to organizations that nobody here knows is not ours to judge.
    match organizations::get(ctx.db(), key.organization).await {
        Err(olivine_records::Error::NotFound { .. }) => return Ok(Some(Problem::Foreign)),
        other => other?,
    };
    if stored.modified >= before {
        return Ok(None);
    }
    let head = binaries::find_head_of_any_organization(ctx.db(), key.binary).await?;
    // Parts of a content that is wanted are never looked at one by one: in some storages they are the content.
    let is_first = head.is_some_and(|head| {
        (head.storage, head.generation, head.organization) == (storage, key.generation, key.organization)
            && head.state != BinaryState::Destroyed
    });
    if is_first {
        return Ok(None);
    }
    let place =
        Place { organization: key.organization, binary: key.binary, generation: key.generation, storage };
    let replica = binary_replicas::find(ctx.db(), place).await?;
    Ok(replica.is_none().then_some(Problem::Orphaned))
}

/// What a storage is called, for people.
pub async fn name_of(ctx: &Context, storage: Id<StorageBackend>) -> Result<String, Error> {
    if storage == StorageBackend::DATA_FOLDER {
        return Ok("data-folder".to_owned());
    }
    let record = storage_backends::get_of_any_organization(ctx.db(), storage).await;
    let record = record.map_err(Error::missing(storage))?;
    Ok(format!("{} ({})", record.name, record.url))
}
