//! What every operation works with: records, content, settings, and the clock, randomness and ids that are passed in.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use olivine_content::TokenKey;
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_domain::sessions::SessionLimits;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::time::Timestamp;
use olivine_records::{CallerReads, Database};
use tokio::sync::Notify;
use uuid::{ContextV7, Uuid};

use crate::Error;
use crate::clock::Clock;
use crate::content::damage::Damage;
use crate::distribution::log::USUAL_STALE_AFTER;
use crate::distribution::memory::Memory;
use crate::event_budgets::EventBudgets;
use crate::events::feed::Feeds;
use crate::health::Readiness;
use crate::people::passwords::Passwords;
use crate::signals::Outbox;
use crate::storages::{self, Opened, Storages};

/// What an operation needs from its process. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Context {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: Clock,
    db: Database,
    storages: Storages,
    tokens: TokenKey,
    settings: Settings,
    bell: Notify,
    outbox: Outbox,
    memory: Memory,
    event_budgets: EventBudgets,
    feeds: Feeds,
    damage: Damage,
    passwords: Passwords,
    readiness: Readiness,
    ids: std::sync::Mutex<ContextV7>,
    random: SystemRandom,
}

/// What an operator decides about the operations.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most bytes of a direct upload; larger contents go in parts.
    pub direct_upload_limit: u64,
    /// How long an upload URL is good for.
    pub upload_url_ttl: Duration,
    /// How long a download URL is good for.
    pub download_url_ttl: Duration,
    /// After how long without a change an unfinished upload loses its parts.
    pub upload_retention: Duration,
    /// How long the first answer to an `Idempotency-Key` is kept.
    pub idempotency_retention: Duration,
    /// How long events of the audit class are kept.
    pub audit_event_retention: Duration,
    /// How long frequent events are kept; no longer than those.
    pub frequent_event_retention: Duration,
    /// How long people stay signed in.
    pub sessions: SessionLimits,
    /// How long a lease on a job lasts unless the runner renews it.
    pub job_lease: Duration,
    /// Whether organizations may register storages that are opened with the server's own credentials.
    pub organizations_use_server_credentials: bool,
    /// Whether storages that organizations register may be in the server's own network.
    pub organizations_reach_any_network: bool,
    /// How many jobs run at once in each lane of this process.
    pub job_concurrency: usize,
    /// How many devices a process remembers at most.
    pub directory_devices: usize,
    /// How long it may take until a device's last connection is written to the database.
    pub check_in_delay: Duration,
    /// After how long without a completed look at other processes' changes nothing more is offered to devices; never with zero.
    pub stale_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_hours(1);
        Self {
            direct_upload_limit: 100_000_000,
            upload_url_ttl: HOUR,
            download_url_ttl: HOUR,
            upload_retention: 7 * 24 * HOUR,
            idempotency_retention: 24 * HOUR,
            audit_event_retention: 730 * 24 * HOUR,
            frequent_event_retention: 30 * 24 * HOUR,
            sessions: SessionLimits::default(),
            job_lease: Duration::from_secs(30),
            organizations_use_server_credentials: false,
            organizations_reach_any_network: false,
            job_concurrency: 2,
            directory_devices: 1_000_000,
            check_in_delay: Duration::from_secs(5),
            stale_after: USUAL_STALE_AFTER,
        }
    }
}

impl Context {
    /// Brings the parts together.
    pub fn new(clock: Clock, db: Database, storages: Storages, tokens: TokenKey, settings: Settings) -> Self {
        let shared = Shared {
            clock,
            db,
            storages,
            tokens,
            bell: Notify::new(),
            outbox: Outbox::default(),
            memory: Memory::new(settings.directory_devices, settings.stale_after),
            event_budgets: EventBudgets::default(),
            feeds: Feeds::default(),
            damage: Damage::default(),
            passwords: Passwords::default(),
            readiness: Readiness::default(),
            settings,
            ids: std::sync::Mutex::new(ContextV7::new()),
            random: SystemRandom::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Where the time comes from.
    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The records.
    pub fn db(&self) -> &Database {
        &self.shared.db
    }

    /// The records as one caller reads them, who may have one scan running.
    pub(crate) fn reads_for(&self, caller: &Actor) -> CallerReads<'_> {
        self.shared.db.on_behalf_of(caller.identity.id().unwrap_or_default())
    }

    /// What it knows of storages.
    pub(crate) fn storages(&self) -> &Storages {
        &self.shared.storages
    }

    /// The storage of that id, which a binary's record names. It is known to be the one that the records mean.
    pub async fn storage(&self, id: Id<StorageBackend>) -> Result<Arc<Opened>, Error> {
        storages::checked(self, id).await
    }

    /// What the record of a storage says of it. The storage need not answer.
    pub(crate) async fn storage_as_recorded(&self, id: Id<StorageBackend>) -> Result<Arc<Opened>, Error> {
        storages::opened(self, id).await
    }

    /// The key of this server's own URLs.
    pub fn tokens(&self) -> &TokenKey {
        &self.shared.tokens
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// What this process remembers of devices and releases.
    pub(crate) fn memory(&self) -> &Memory {
        &self.shared.memory
    }

    /// How many events each caller has caused in this hour.
    pub(crate) fn event_budgets(&self) -> &EventBudgets {
        &self.shared.event_budgets
    }

    /// How far this process follows feeds of events, and for whom.
    pub(crate) fn feeds(&self) -> &Feeds {
        &self.shared.feeds
    }

    /// Which damaged contents were noticed, and where they were looked for.
    pub(crate) fn damage(&self) -> &Damage {
        &self.shared.damage
    }

    /// Hashes passwords.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.shared.passwords
    }

    /// What the last checks of database and storage found.
    pub(crate) fn readiness(&self) -> &Readiness {
        &self.shared.readiness
    }

    /// A new key for a record. Keys of one process sort in the order in which they were made.
    pub fn new_id<R>(&self) -> Id<R> {
        Id::new(self.new_uuid())
    }

    /// A new key for a record whose type is not known here.
    pub fn new_uuid(&self) -> Uuid {
        let micros = u64::try_from(self.now().as_micros()).unwrap_or(0);
        let (seconds, nanos) = (micros / 1_000_000, (micros % 1_000_000) * 1_000);
        let nanos = u32::try_from(nanos).expect("less than a second");
        let ids = self.shared.ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*ids, seconds, nanos))
    }

    /// Random bytes for a secret.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.shared.random.fill(&mut bytes).expect("the system's random numbers never run out");
        bytes
    }

    /// What other processes are to be told.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.shared.outbox
    }

    /// Tells the job runners of all processes that there is a new job, so that they need not wait for their next look.
    pub fn ring(&self) {
        self.ring_here();
        self.shared.outbox.ordered();
    }

    /// Tells only this process's job runner.
    pub(crate) fn ring_here(&self) {
        self.shared.bell.notify_one();
    }

    /// Waits until it is told.
    pub async fn rung(&self) {
        self.shared.bell.notified().await;
    }
}
