//! Servers without HTTP on one database, with three folders for contents: the server's own, one for the archive, one that contents are
//! copied to.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use olivine_content::{Backend, TokenKey};
use olivine_domain::Timestamp;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::contents::replicas::ReplicaState;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Limit;
use olivine_domain::permissions::Tenancy;
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::permissions::{Actor, Authorized, OrganizationScope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::Placement;
use olivine_domain::signing_keys::KeyMaterial;
use olivine_domain::storage_backends::{StorageBackend, StorageUrl};
use olivine_domain::tags::Tags;
use olivine_operations::binary_signatures::KeyName;
use olivine_operations::lists::{ListQuery, NewId};
use olivine_operations::releases::PhaseChange;
use olivine_operations::sealing::SealKey;
use olivine_operations::storages::{Folders, Storages};
use olivine_operations::{
    Clock, Context, Settings, artifact_versions, artifacts, binaries, binary_signatures, bundles, cohorts,
    content, health, jobs, organizations, products, releases, signing_keys,
};
use olivine_records::jobs::JobState;
use olivine_records::replicas::Place;
use olivine_records::testing::{self, TestDatabase};
use olivine_records::{Database, Options, events, replicas, storage_backends};
use tempfile::TempDir;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// 2026-01-01
const BEGINNING: i64 = 1_767_225_600_000_000;
/// After so long nothing leads to a place that a content has left.
pub(crate) const CLEARED_WITHIN: Duration = Duration::from_hours(2);
/// Longer than any job waits that failed, and than the lease of a job whose process died.
pub(crate) const RETRIED_WITHIN: Duration = Duration::from_mins(11);
/// What is published.
pub(crate) const CONTENT: &[u8] = &[b'x'; 100_000];

/// An organization with one signed binary.
pub(crate) struct World {
    /// Two processes.
    pub(crate) first: Context,
    pub(crate) second: Context,
    pub(crate) actor: Actor,
    pub(crate) artifact: Id<Artifact>,
    pub(crate) version: Id<ArtifactVersion>,
    pub(crate) binary: Id<Binary>,
    pub(crate) bundle: Id<Bundle>,
    pub(crate) cohort: Id<Cohort>,
    pub(crate) archive: Id<StorageBackend>,
    clock: Arc<AtomicI64>,
    pub(crate) folder: TempDir,
    _database: TestDatabase,
}

fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(name: &str) -> T {
    name.parse().unwrap()
}

/// A process that starts.
async fn process(database: &TestDatabase, folder: &Path, clock: &Arc<AtomicI64>) -> Context {
    let db = Database::open(database.url(), Options::default()).await.unwrap();
    let tokens = TokenKey::derive(b"a secret for tests, of enough characters");
    let folders = Folders { base_url: "http://test".to_owned(), tokens: tokens.clone() };
    let own = folders.open(&folder.join("own")).await.unwrap();
    let storages = Storages::new(own, folders, SealKey::derive(b"a secret for tests"));
    let clock = Clock::Manual(Arc::clone(clock));
    let settings = Settings { stale_after: Duration::ZERO, ..Settings::default() };
    let ctx = Context::new(clock, db, storages, tokens, settings);
    jobs::enqueue_recurring(&ctx).await.unwrap();
    ctx
}

impl World {
    pub(crate) async fn open(on: On) -> Self {
        let database = match on {
            On::Sqlite => testing::sqlite().await,
            On::Postgres => testing::postgres().await,
        };
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(BEGINNING));
        let first = process(&database, folder.path(), &clock).await;
        let second = process(&database, folder.path(), &clock).await;
        let operator = ServerOperator::on_this_machine().authorize();
        let organization: Organization =
            organizations::ensure(&first, &operator, &name("default")).await.unwrap();
        let none = Id::new(uuid::Uuid::nil());
        let mut world = Self {
            actor: Actor::system(organization.id),
            artifact: Id::new(none.uuid()),
            version: Id::new(none.uuid()),
            binary: Id::new(none.uuid()),
            bundle: Id::new(none.uuid()),
            cohort: Id::new(none.uuid()),
            archive: none,
            first,
            second,
            clock,
            folder,
            _database: database,
        };
        world.archive = world.storage("archive", false).await;
        world.publish().await;
        world.set_archive_storage(Some(world.archive)).await;
        world
    }

    pub(crate) fn may<S: OrganizationScope>(&self) -> Authorized<S> {
        self.actor.authorize().unwrap()
    }

    /// A folder, as if the organization had registered it.
    pub(crate) async fn storage(&self, called: &str, replicates: bool) -> Id<StorageBackend> {
        let now = self.first.now();
        let backend = StorageBackend {
            id: self.first.new_id(),
            organization: Some(self.actor.organization),
            name: name(called),
            url: StorageUrl::File(self.folder.path().join(called).to_str().unwrap().to_owned()),
            endpoint: None,
            region: None,
            sealed_credentials: None,
            sealed_cdn: None,
            near: Tags::default(),
            replicates,
            position: 0,
            checksums: true,
            revision: Revision::FIRST,
            inserted_at: now,
            updated_at: now,
        };
        let w = self.first.db().write().await.unwrap();
        storage_backends::insert(&w, &backend).await.unwrap();
        w.commit().await.unwrap();
        backend.id
    }

    pub(crate) async fn set_archive_storage(&self, storage: Option<Id<StorageBackend>>) {
        let change = organizations::Change { archive_storage: Some(storage), ..Default::default() };
        organizations::update(&self.first, &self.may(), None, change).await.unwrap();
    }

    async fn publish(&mut self) {
        let ctx = self.first.clone();
        let new = artifacts::New { name: name("firmware"), description: None, custom_metadata: None };
        self.artifact = artifacts::create(&ctx, &self.may(), NewId::Fresh, new).await.unwrap().id;
        let new = artifact_versions::New {
            artifact: self.artifact,
            version: name("1.0.0"),
            description: None,
            custom_metadata: None,
        };
        self.version = artifact_versions::create(&ctx, &self.may(), NewId::Fresh, new).await.unwrap().id;
        let new = binaries::Create {
            id: NewId::Fresh,
            artifact_version: self.version,
            target: name("universal"),
            hash: Sha256Digest::of(CONTENT),
            size: Some(CONTENT.len() as u64),
            description: None,
            custom_metadata: None,
        };
        self.binary = binaries::create(&ctx, &self.may(), new).await.unwrap().binary.id;
        let body = Box::pin(stream::iter([Ok(Bytes::from_static(CONTENT))]));
        content::upload(&ctx, &self.may(), self.binary, None, body).await.unwrap();
        let hashable = binaries::Update { state: Some(BinaryState::Hashable), ..Default::default() };
        binaries::update(&ctx, &self.may(), self.binary, None, hashable).await.unwrap();
        self.work().await;
        self.sign().await;
        let ingredient = bundles::Ingredient { binary: self.binary, custom_metadata: None };
        let ingredients = bundles::Ingredients::Binaries(vec![ingredient]);
        let new = bundles::Create { id: NewId::Fresh, name: None, ingredients };
        self.bundle = bundles::create(&ctx, &self.may(), new).await.unwrap().bundle.id;
        let new = products::New { name: name("gateway"), description: None, target: None };
        let product = products::create(&ctx, &self.may(), NewId::Fresh, new).await.unwrap().id;
        let new = cohorts::New { product, name: name("daily"), description: None };
        self.cohort = cohorts::create(&ctx, &self.may(), NewId::Fresh, new).await.unwrap().id;
    }

    async fn sign(&self) {
        let pair = Ed25519KeyPair::generate().unwrap();
        let material = KeyMaterial::parse(&STANDARD.encode(pair.public_key())).unwrap();
        let new = signing_keys::New { name: name("key"), material };
        let key = signing_keys::create(&self.first, &self.may(), NewId::Fresh, new).await.unwrap().id;
        let signature = STANDARD.encode(pair.sign(Sha256Digest::of(CONTENT).to_hex().as_bytes()));
        let new = binary_signatures::Create {
            id: NewId::Fresh,
            binary: self.binary,
            key: KeyName::Id(key),
            signature,
        };
        binary_signatures::create(&self.first, &self.may(), new).await.unwrap();
    }

    /// A release of the bundle.
    pub(crate) async fn release(&self) -> Id<Release> {
        let new = releases::Create {
            id: NewId::Fresh,
            cohort: self.cohort,
            bundle: self.bundle,
            placement: Placement::Sink,
            name: name("spring"),
            description: None,
            version: None,
            version_requirement: None,
            required: None,
            disabled: None,
            schedule_date: None,
            phase: PhaseChange::default(),
        };
        releases::create(&self.first, &self.may(), new, &None).await.unwrap().release.id
    }

    pub(crate) async fn archive_version(&self) {
        artifact_versions::archive(&self.first, &self.may(), self.version).await.unwrap();
    }

    pub(crate) async fn take_version_back(&self) {
        artifact_versions::unarchive(&self.first, &self.may(), self.version).await.unwrap();
    }

    /// Does the jobs that are due.
    pub(crate) async fn work(&self) {
        jobs::run_due(&self.first, "first").await;
    }

    /// Lets so much time pass.
    pub(crate) fn advance(&self, time: Duration) {
        self.clock.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// Lets so much time pass, and does the jobs that are due then, and those that they order.
    pub(crate) async fn pass(&self, time: Duration) {
        self.advance(time);
        self.work().await;
    }

    /// Whether a process does a job of this kind.
    pub(crate) async fn is_running(&self, kind: &str) -> bool {
        let counts = health::jobs(&self.first).await.unwrap().counts;
        counts.get(&(kind.to_owned(), JobState::Running)).is_some_and(|count| *count > 0)
    }

    /// Takes a replica off the record and out of its folder.
    pub(crate) async fn lose_replica(&self, called: &str) {
        let key = self.record().await.content().key();
        let (db, organization) = (self.first.db(), self.actor.organization);
        let storage = storage_backends::find_by_name(db, organization, &name(called)).await.unwrap().unwrap();
        let w = db.write().await.unwrap();
        replicas::delete(&w, Place { key, storage: storage.id }).await.unwrap();
        w.commit().await.unwrap();
        self.folder(called).await.delete(&key).await.unwrap();
    }

    /// Passes time until what can be done is done.
    pub(crate) async fn settle(&self) {
        for time in [RETRIED_WITHIN, CLEARED_WITHIN, RETRIED_WITHIN, CLEARED_WITHIN] {
            self.pass(time).await;
        }
    }

    pub(crate) async fn record(&self) -> Binary {
        binaries::get(&self.first, &self.may(), self.binary).await.unwrap().binary
    }

    /// Where the content is by its record.
    pub(crate) async fn place(&self) -> Id<StorageBackend> {
        self.record().await.storage
    }

    /// Its replicas, by the names of their folders.
    pub(crate) async fn replicas(&self) -> Vec<(String, ReplicaState, bool)> {
        let content = [Binary::content_of(self.binary)];
        let found = replicas::list_for(self.first.db(), self.actor.organization, &content).await.unwrap();
        let mut named = Vec::new();
        for replica in found {
            let called = if replica.storage == StorageBackend::DATA_FOLDER {
                "own".to_owned()
            } else {
                let (db, owner) = (self.first.db(), self.actor.organization);
                storage_backends::get(db, owner, replica.storage).await.unwrap().name.to_string()
            };
            named.push((called, replica.state, replica.error.is_some()));
        }
        named.sort();
        named
    }

    async fn folder(&self, called: &str) -> Arc<dyn Backend> {
        let tokens = TokenKey::derive(b"a secret for tests, of enough characters");
        let folders = Folders { base_url: "http://test".to_owned(), tokens };
        folders.open(&self.folder.path().join(called)).await.unwrap()
    }

    /// Whether a folder has anything of the content.
    pub(crate) async fn holds(&self, called: &str) -> bool {
        let key = self.record().await.content().key();
        self.folder(called).await.holds(&key).await.unwrap()
    }

    /// Whether a folder has the whole content.
    pub(crate) async fn has_whole(&self, called: &str) -> bool {
        let key = self.record().await.content().key();
        self.folder(called).await.size(&key).await.is_ok()
    }

    /// The content can be read where its record says that it is, and is right.
    pub(crate) async fn is_readable(&self) {
        let record = self.record().await;
        let called = if record.storage == self.archive { "archive" } else { "own" };
        let key = record.content().key();
        let pieces = self.folder(called).await.read(&key, None).await;
        let pieces: Vec<_> = pieces.unwrap_or_else(|error| panic!("{called}: {error:?}")).collect().await;
        let bytes: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.unwrap().to_vec()).collect();
        assert!(bytes == CONTENT, "{called}: other bytes");
    }

    /// The types of events about the places of the binary's content, the oldest first.
    pub(crate) async fn events(&self) -> Vec<String> {
        let query = ListQuery { limit: Limit::MOST, ..ListQuery::default() };
        let reader = self.first.db().on_behalf_of(uuid::Uuid::nil());
        let all = events::list(&reader, &Tenancy::of_server(self.actor.organization), &query).await;
        let all = all.unwrap().items.into_iter();
        let own = all.filter(|event| event.subject.id == self.binary.uuid());
        let kinds = own.map(|event| event.kind.as_str().to_owned()).collect::<Vec<_>>();
        kinds.into_iter().filter(|kind| kind.contains("moved") || kind.contains("deleted")).collect()
    }
}

/// The bytes of the content's only part in a folder.
pub(crate) fn part_in(folder: &Path) -> std::path::PathBuf {
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(path).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else if entry.file_name().to_str().unwrap().starts_with("part-") {
                return entry.path();
            }
        }
    }
    panic!("{}: no part", folder.display());
}

/// Polls a future so many times; returns whether it has ended. What it waits for goes on meanwhile, as in a process that is stopped.
pub(crate) async fn polled<F: Future<Output = ()>>(future: &mut Pin<Box<F>>, times: usize) -> bool {
    for _ in 0..times {
        if futures_util::poll!(future.as_mut()).is_ready() {
            return true;
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    false
}

/// The time, for an override's beginning and end.
pub(crate) fn now(world: &World) -> Timestamp {
    world.first.now()
}
