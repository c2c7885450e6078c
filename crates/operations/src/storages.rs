//! The storages that contents are in: opened when they are first needed, remembered until their record changes.

pub mod identity;
pub(crate) mod secrets;
pub(crate) mod wrong;

pub use wrong::WrongStorage;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use olivine_content::cdn::Cdn;
use olivine_content::open::{Network, OpenError, Storage};
use olivine_content::{Backend, Local, TokenKey};
use olivine_domain::Timestamp;
use olivine_domain::organizations::Revision;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::{StorageBackend, StorageUrl};
use olivine_domain::tags::Tags;

use olivine_records::{Database, storage_backends as records};

use crate::sealing::SealKey;
use crate::{Context, Error};

/// What a server knows of storages without asking its records.
#[derive(Debug)]
pub struct Storages {
    data_folder: Arc<Opened>,
    /// Where contents go whose organization has not decided otherwise.
    pub(crate) own: Id<StorageBackend>,
    pub(crate) seal: SealKey,
    pub(crate) folders: Folders,
    pub(crate) cool_down: CoolDown,
    own_settings: Option<Own>,
    /// Whether no other process can use the database.
    pub(crate) is_alone: bool,
}

/// Storages that failed recently and are not used for some time: otherwise each of a thousand copies would wait for its time-out.
#[derive(Debug, Default)]
pub(crate) struct CoolDown(Mutex<HashMap<Id<StorageBackend>, Timestamp>>);

/// For how long a storage that failed is left alone.
const REST: Duration = Duration::from_secs(15);

impl CoolDown {
    /// Leaves a storage alone from now on.
    pub(crate) fn begin(&self, id: Id<StorageBackend>, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, now.plus(REST));
    }

    /// Until when a storage is left alone.
    pub(crate) fn until(&self, id: Id<StorageBackend>, now: Timestamp) -> Option<Timestamp> {
        let mut resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        resting.retain(|_, until| *until > now);
        resting.get(&id).copied()
    }
}

/// How folders are opened: clients are sent to the server's own URLs.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Where clients reach this server.
    pub base_url: String,
    /// What its URLs are signed with.
    pub tokens: TokenKey,
}

/// A storage that is ready for use.
pub struct Opened {
    /// The storage.
    pub backend: Arc<dyn Backend>,
    /// The CDN in front of it.
    pub(crate) cdn: Option<Cdn>,
    /// Whether parts go there without passing through the server.
    pub(crate) takes_parts_itself: bool,
    /// Whom it is near to.
    pub(crate) near: Tags,
    /// Its place among those that are near to nobody.
    pub(crate) position: u16,
    /// Whether this process has found it to be the storage that the records mean.
    pub(crate) is_checked: AtomicBool,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.backend.fmt(f)
    }
}

impl Folders {
    /// Opens a folder.
    pub async fn open(&self, path: &Path) -> Result<Arc<dyn Backend>, olivine_content::Error> {
        Ok(Arc::new(Local::open(path, &self.base_url, self.tokens.clone()).await?))
    }
}

impl Storages {
    /// Those of a server that keeps contents in its data folder.
    pub fn new(data_folder: Arc<dyn Backend>, folders: Folders, seal: SealKey) -> Self {
        let opened = Opened {
            backend: data_folder,
            cdn: None,
            takes_parts_itself: false,
            near: Tags::default(),
            position: 0,
            is_checked: AtomicBool::new(false),
        };
        Self {
            data_folder: Arc::new(opened),
            own: StorageBackend::DATA_FOLDER,
            seal,
            folders,
            cool_down: CoolDown::default(),
            own_settings: None,
            is_alone: false,
        }
    }

    /// The same, on a database that no other server can use.
    #[must_use]
    pub fn alone(self, is_alone: bool) -> Self {
        Self { is_alone, ..self }
    }

    /// The same, with another place for what is new. It is put on record, so that what is there is found when it is the place for new
    /// contents no more.
    pub async fn with_own(mut self, db: &Database, own: Own) -> Result<Self, olivine_records::Error> {
        self.own = StorageBackend::of_server(&own.url);
        if let Err(olivine_records::Error::NotFound { .. }) =
            records::get_of_any_organization(db, self.own).await
        {
            let w = db.write().await?;
            match records::insert(&w, &own.record(self.own)).await {
                // Another process was faster.
                Err(olivine_records::Error::Duplicate(_)) => {}
                inserted => {
                    inserted?;
                    w.commit().await?;
                }
            }
        }
        self.own_settings = Some(own);
        Ok(self)
    }
}

/// Where the server keeps contents, as its operator configured it.
#[derive(Clone, Debug)]
pub struct Own {
    /// What and where it is.
    pub url: StorageUrl,
    /// Where it answers, if that does not follow from the URL and the environment.
    pub endpoint: Option<String>,
    /// The cloud's name for its region.
    pub region: Option<String>,
    /// The CDN in front of it.
    pub cdn: Option<Cdn>,
    /// Whether it is asked to check parts against their SHA-256 itself.
    pub checksums: bool,
}

impl Own {
    fn record(&self, id: Id<StorageBackend>) -> StorageBackend {
        StorageBackend {
            id,
            organization: None,
            name: "server".parse().expect("a name"),
            url: self.url.clone(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            sealed_credentials: None,
            sealed_cdn: None,
            near: Tags::default(),
            replicates: false,
            position: 0,
            checksums: self.checksums,
            revision: Revision::FIRST,
            inserted_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        }
    }
}

/// The storage of that id, which a binary's record names, once it is known to be the right one.
pub(crate) async fn checked(ctx: &Context, id: Id<StorageBackend>) -> Result<Arc<Opened>, Error> {
    let opened = opened(ctx, id).await?;
    identity::check_once(ctx, id, &opened).await?;
    Ok(opened)
}

/// The same, checked at this moment.
pub(crate) async fn checked_now(ctx: &Context, id: Id<StorageBackend>) -> Result<Arc<Opened>, Error> {
    let opened = opened(ctx, id).await?;
    identity::check(ctx, id, &opened).await?;
    Ok(opened)
}

/// The storage of that id, which need not answer: for what is only computed, such as signed URLs.
pub(crate) async fn opened(ctx: &Context, id: Id<StorageBackend>) -> Result<Arc<Opened>, Error> {
    if id == StorageBackend::DATA_FOLDER {
        return Ok(ctx.storages().data_folder.clone());
    }
    ctx.memory().storage(ctx, id).await
}

/// Reads the record of a storage, and opens it.
pub(crate) async fn read(ctx: &Context, id: Id<StorageBackend>) -> Result<Arc<Opened>, Error> {
    let record = records::get_of_any_organization(ctx.db(), id).await.map_err(Error::missing(id))?;
    Ok(Arc::new(open(ctx, &record).await?))
}

/// Opens what a record describes.
pub(crate) async fn open(ctx: &Context, record: &StorageBackend) -> Result<Opened, Error> {
    let backend = match &record.url {
        StorageUrl::File(path) => ctx.storages().folders.open(Path::new(path)).await?,
        _ => object_store(ctx, record).await?,
    };
    let cdn = match own(ctx, record) {
        Some(own) => own.cdn.clone(),
        None => secrets::cdn(&ctx.storages().seal, record)?,
    };
    let takes_parts_itself = record.url.bucket().is_some();
    let (near, position, is_checked) = (record.near.clone(), record.position, AtomicBool::new(false));
    Ok(Opened { backend, cdn, takes_parts_itself, near, position, is_checked })
}

/// What is configured, if the record is that of the storage that is.
fn own<'a>(ctx: &'a Context, record: &StorageBackend) -> Option<&'a Own> {
    let storages = ctx.storages();
    storages.own_settings.as_ref().filter(|_| record.id == storages.own)
}

async fn object_store(ctx: &Context, record: &StorageBackend) -> Result<Arc<dyn Backend>, Error> {
    let is_the_operators = record.organization.is_none() || ctx.settings().organizations_reach_any_network;
    let own = own(ctx, record);
    let storage = Storage {
        url: record.url.clone(),
        endpoint: own.map_or(&record.endpoint, |own| &own.endpoint).clone(),
        region: own.map_or(&record.region, |own| &own.region).clone(),
        credentials: secrets::credentials(&ctx.storages().seal, record)?,
        network: if is_the_operators { Network::Any } else { Network::PublicOnly },
        checksums: own.map_or(record.checksums, |own| own.checksums),
    };
    olivine_content::open::open(&storage).await.map_err(|error| match error {
        OpenError::Endpoint | OpenError::NotPublic(_) => {
            Error::Invalid { field: "endpoint", problem: error.to_string() }
        }
        OpenError::Credentials { .. } => Error::Invalid { field: "credentials", problem: error.to_string() },
        other => Error::internal(other),
    })
}

/// What a storage is called, for people.
pub async fn name_of(ctx: &Context, storage: Id<StorageBackend>) -> Result<String, Error> {
    if storage == StorageBackend::DATA_FOLDER {
        return Ok("data-folder".to_owned());
    }
    let record = records::get_of_any_organization(ctx.db(), storage).await;
    let record = record.map_err(Error::missing(storage))?;
    Ok(format!("{} ({})", record.name, record.url))
}
