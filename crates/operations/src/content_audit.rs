//! Comparing records and contents, both ways, for the server's operator; and repairing what can be repaired.

use std::time::Duration;

use futures_util::TryStreamExt;
use olivine_content::{Backend, PROBES, Progress, StoredContent};
use olivine_domain::Timestamp;
use olivine_domain::contents::replicas::{Replica, ReplicaState};
use olivine_domain::contents::{Content, ContentKey};
use olivine_domain::permissions::{Authorized, installation};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::replicas::{self, Place};
use olivine_records::{contents, organizations, storage_backends};

use crate::copies;
use crate::{Context, Error, storages};

/// A file without a record may be an upload that is just beginning.
const GRACE: Duration = Duration::from_hours(24);
/// The largest expected difference between a storage's clock and the database's.
const CLOCKS_DIFFER_BY: Duration = Duration::from_mins(5);
const BATCH: u64 = 500;

/// How to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Read every content and hash it. Otherwise sizes are compared, and only what was written after its record last changed is read.
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
    /// What was done about it.
    pub repair: Repair,
}

/// What came of repairing something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Nothing was to be repaired, or this never is.
    NotTried,
    /// It is as it should be now, or has been ordered to become so.
    Done,
    /// No other storage has a right copy.
    NoCopy,
    /// It was tried in vain.
    Failed {
        /// Why.
        why: String,
    },
}

impl Repair {
    fn of(attempt: Result<bool, Error>) -> Self {
        match attempt {
            Ok(true) => Self::Done,
            Ok(false) => Self::NoCopy,
            Err(error) => Self::Failed { why: error.to_string() },
        }
    }
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Contents on record.
    pub contents: u64,
    /// How many of them were read and hashed.
    pub read: u64,
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
pub async fn storages(
    ctx: &Context,
    _: &Authorized<installation::ContentAudit>,
) -> Result<Vec<Id<StorageBackend>>, Error> {
    let mut all = Vec::new();
    if has_data_folder(ctx).await? {
        all.push(StorageBackend::DATA_FOLDER);
    }
    all.extend(storage_backends::list_all(ctx.db(), None).await?.into_iter().map(|backend| backend.id));
    for organization in organizations::list_ids(ctx.db()).await? {
        let own = storage_backends::list_all(ctx.db(), Some(organization)).await?;
        all.extend(own.into_iter().map(|backend| backend.id));
    }
    Ok(all)
}

/// Whether contents may be in a data folder. Where processes share another storage, each has a folder of its own, which stays empty.
async fn has_data_folder(ctx: &Context) -> Result<bool, Error> {
    let (id, storages) = (StorageBackend::DATA_FOLDER, ctx.storages());
    if storages.is_alone || storages.own == id || replicas::is_in_use(ctx.db(), id).await? {
        return Ok(true);
    }
    Ok(!contents::list_in_storage_of_all_organizations(ctx.db(), id, None, 1).await?.is_empty())
}

/// Looks through one storage. `found` is told what is wrong.
pub async fn audit(
    ctx: &Context,
    _: &Authorized<installation::ContentAudit>,
    storage: Id<StorageBackend>,
    options: Options,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<Looked, Error> {
    // If a folder is not mounted, all contents would look missing and would be "repaired", and others would look like orphans.
    storages::identity::check_now(ctx, storage).await?;
    let mut looked = Looked::default();
    check_firsts(ctx, storage, options, &mut looked, found).await?;
    check_replicas(ctx, storage, options, &mut looked, found).await?;
    check_stored(ctx, storage, options, found).await?;
    Ok(looked)
}

/// The first places of contents: what is wrong there is repaired from a copy.
async fn check_firsts(
    ctx: &Context,
    storage: Id<StorageBackend>,
    options: Options,
    looked: &mut Looked,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<(), Error> {
    let mut after = None;
    loop {
        let batch = contents::list_in_storage_of_all_organizations(ctx.db(), storage, after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = Some(last.id);
        for content in batch.iter().filter(|content| content.is_verified()) {
            let place = Recorded { storage, content, since: content.updated_at };
            let Some(problem) = problem(ctx, place, options, looked).await? else { continue };
            let repair = if options.repair {
                Repair::of(restore(ctx, storage, content).await)
            } else {
                Repair::NotTried
            };
            found(Finding { storage, name: content.key().to_string(), problem, repair });
        }
    }
}

/// The copies: what is wrong there is copied anew.
async fn check_replicas(
    ctx: &Context,
    storage: Id<StorageBackend>,
    options: Options,
    looked: &mut Looked,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<(), Error> {
    let mut after = None;
    loop {
        let batch = replicas::list_in_storage_of_all_organizations(ctx.db(), storage, after, BATCH);
        let batch = batch.await?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = Some(last.content);
        for replica in batch.iter().filter(|replica| replica.state == ReplicaState::Complete) {
            let content = contents::find_of_any_organization(ctx.db(), replica.content).await?;
            let Some(content) = content.filter(|content| content.key() == replica.key()) else {
                continue;
            };
            let place = Recorded { storage, content: &content, since: replica.updated_at };
            let Some(problem) = problem(ctx, place, options, looked).await? else { continue };
            let repair = if options.repair {
                Repair::of(copy_anew(ctx, replica, &content).await)
            } else {
                Repair::NotTried
            };
            found(Finding { storage, name: content.key().to_string(), problem, repair });
        }
    }
}

/// A content that should be in a storage.
#[derive(Clone, Copy)]
pub(crate) struct Recorded<'a> {
    /// The storage.
    pub(crate) storage: Id<StorageBackend>,
    /// The content.
    pub(crate) content: &'a Content,
    /// When its record last changed. The content was written before; nothing writes it again.
    pub(crate) since: Timestamp,
}

/// What is wrong with a verified content, if it still is verified.
pub(crate) async fn problem(
    ctx: &Context,
    Recorded { storage, content, since }: Recorded<'_>,
    options: Options,
    looked: &mut Looked,
) -> Result<Option<Problem>, Error> {
    looked.contents += 1;
    let opened = ctx.storage(storage).await?;
    let key = content.key();
    let wrong = match opened.backend.stat(&key).await {
        Err(olivine_content::Error::NotFound) => Some(Problem::Missing),
        Err(olivine_content::Error::Corrupt { .. }) => Some(Problem::WrongHash),
        Err(error) => return Err(error.into()),
        Ok(stat) if Some(stat.size) != content.size => Some(Problem::WrongSize),
        Ok(stat) if options.hashes || stat.modified > since.plus(CLOCKS_DIFFER_BY) => {
            looked.read += 1;
            wrong_hash(&*opened.backend, &key, content).await?
        }
        Ok(_) => None,
    };
    // Destroyed, reset or moved while it was looked at?
    let now = contents::find_of_any_organization(ctx.db(), content.id).await?;
    let is_same = now.is_some_and(|now| {
        (now.generation, now.storage, now.state) == (content.generation, content.storage, content.state)
    });
    Ok(wrong.filter(|_| is_same))
}

async fn wrong_hash(
    backend: &dyn Backend,
    key: &ContentKey,
    content: &Content,
) -> Result<Option<Problem>, Error> {
    match backend.digest(key, &Progress::new()).await {
        Ok(digested) if digested.sha256 == content.hash => Ok(None),
        Ok(_) | Err(olivine_content::Error::Corrupt { .. }) => Ok(Some(Problem::WrongHash)),
        Err(olivine_content::Error::NotFound) => Ok(Some(Problem::Missing)),
        Err(error) => Err(error.into()),
    }
}

/// Brings a content back to its first place from a copy. What is wrong there goes first, but only once a right copy is known; `false` where
/// there is none.
async fn restore(ctx: &Context, storage: Id<StorageBackend>, content: &Content) -> Result<bool, Error> {
    if !copies::has_right_copy(ctx, content, storage).await? {
        return Ok(false);
    }
    ctx.storage(storage).await?.backend.delete(&content.key()).await?;
    copies::copy(ctx, content, storage).await?;
    Ok(true)
}

/// Orders a copy that is wrong anew, if there is a right one to make it of.
async fn copy_anew(ctx: &Context, replica: &Replica, content: &Content) -> Result<bool, Error> {
    if !copies::has_right_copy(ctx, content, replica.storage).await? {
        return Ok(false);
    }
    ctx.storage(replica.storage).await?.backend.delete(&content.key()).await?;
    copies::order_again(ctx, content, replica.storage).await?;
    Ok(true)
}

/// Files in a storage that no record refers to.
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
        let mut repair = Repair::NotTried;
        if let (Problem::Orphaned, true, Some(key)) = (problem, options.repair, &one.key) {
            opened.backend.delete(key).await?;
            repair = Repair::Done;
        }
        found(Finding { storage, name: one.name, problem, repair });
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
    if key.organization == PROBES {
        return Ok((stored.modified < before).then_some(Problem::Orphaned));
    }
    // Two installations may share a bucket: contents of organizations that this database does not know are left alone.
    match organizations::get(ctx.db(), key.organization).await {
        Err(olivine_records::Error::NotFound { .. }) => return Ok(Some(Problem::Foreign)),
        other => other?,
    };
    if stored.modified >= before {
        return Ok(None);
    }
    let content = contents::find_of_any_organization(ctx.db(), key.content).await?;
    // Parts of a content that is wanted are never looked at one by one: in some storages they are the content.
    let is_first = content
        .is_some_and(|content| (content.storage, content.key()) == (storage, key) && !content.is_destroyed());
    if is_first {
        return Ok(None);
    }
    let place = Place { key, storage };
    let replica = replicas::find(ctx.db(), place).await?;
    Ok(replica.is_none().then_some(Problem::Orphaned))
}
