//! The insides of three servers without HTTP on one database, and an organization of its own for each history.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::Ed25519KeyPair;
use futures_util::future::try_join_all;
use olivine_content::{Backend, TokenKey};
use olivine_domain::Timestamp;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Limit;
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::permissions::{Actor, Authorized, OrganizationScope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_operations::lists::{ListQuery, NewId};
use olivine_operations::sealing::SealKey;
use olivine_operations::storages::{Folders, Storages};
use olivine_operations::{Clock, Context, Error, Settings, distribution, organizations};
use olivine_records::testing::{self, TestDatabase};
use olivine_records::{Database, Options};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::factory::Factory;
use crate::steps::Maker;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Sqlite,
    Postgres,
}

/// How many connections each process has on PostgreSQL.
const CONNECTIONS: u32 = 4;
/// Of these, so many are not set apart for searches.
const WRITERS: u32 = CONNECTIONS - 1;
/// 2026-01-01
const BEGINNING: i64 = 1_767_225_600_000_000;

/// What all histories on one database share. They don't see each other: each has an organization of its own.
pub(crate) struct Site {
    runtime: Runtime,
    place: Place,
    databases: [Database; 3],
    content: Arc<dyn Backend>,
    root: PathBuf,
    tokens: TokenKey,
    clock: Arc<AtomicI64>,
    _folder: TempDir,
    _database: TestDatabase,
}

impl Site {
    pub(crate) fn open(place: Place) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime needs nothing");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("content");
        let tokens = TokenKey::derive(b"a secret for tests, of enough characters");
        let folders = Folders { base_url: "http://test".to_owned(), tokens: tokens.clone() };
        let (database, databases, content) = runtime.block_on(async {
            let database = match place {
                Place::Sqlite => testing::sqlite().await,
                Place::Postgres => testing::postgres().await,
            };
            let options = || Options { connections: CONNECTIONS, ..Options::default() };
            let open = async || Database::open(database.url(), options()).await.expect("it opens");
            let databases = [open().await, open().await, open().await];
            (database, databases, folders.open(&root).await.expect("the folder opens"))
        });
        let clock = Arc::new(AtomicI64::new(BEGINNING));
        Self { runtime, place, databases, content, root, tokens, clock, _folder: folder, _database: database }
    }

    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A process that was just started, with one of the three pools of connections.
    async fn process(&self, number: usize, home: Id<Organization>) -> Context {
        let folders = Folders { base_url: "http://test".to_owned(), tokens: self.tokens.clone() };
        let seal = SealKey::derive(b"a secret for tests");
        let storages = Storages::new(Arc::clone(&self.content), folders, seal);
        // Nobody looks for changes here but the history itself.
        let settings =
            Settings { directory_devices: 1000, stale_after: Duration::ZERO, ..Settings::default() };
        let clock = Clock::Manual(Arc::clone(&self.clock));
        let database = self.databases[number].clone();
        let ctx = Context::new(clock, database, storages, self.tokens.clone(), settings);
        distribution::begin(&ctx, home).await.expect("the database answers");
        ctx
    }

    async fn organization(&self) -> Id<Organization> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("organization-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let ctx = self.process(0, Id::new(uuid::Uuid::nil())).await;
        let by = ServerOperator::on_this_machine().authorize();
        organizations::ensure(&ctx, &by, &name.parse().expect("a name")).await.expect("an organization").id
    }
}

/// An organization, and the processes that work for it.
pub(crate) struct World<'a> {
    site: &'a Site,
    pub(crate) actor: Actor,
    pub(crate) first: Context,
    pub(crate) second: Context,
    pub(crate) factory: Factory,
    pub(crate) pairs: Vec<Ed25519KeyPair>,
    pub(crate) artifacts: Mutex<Vec<Id<Artifact>>>,
    /// The contents of binaries.
    pub(crate) contents: Mutex<BTreeMap<Id<Binary>, Vec<u8>>>,
    /// All that ever were, so that devices name them also when they are gone.
    pub(crate) seen: Mutex<Seen>,
    names: AtomicU64,
    log: Mutex<Vec<String>>,
}

/// What was seen in the course of a history.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) devices: Vec<Id<Device>>,
    pub(crate) releases: Vec<(Id<Release>, Id<Cohort>)>,
    pub(crate) bundles: Vec<Id<Bundle>>,
}

/// How many signing keys there can be.
const PAIRS: usize = 3;

impl<'a> World<'a> {
    pub(crate) async fn open(site: &'a Site) -> Self {
        let organization = site.organization().await;
        let pair = |_| Ed25519KeyPair::generate().expect("random numbers");
        let world = Self {
            site,
            actor: Actor::system(organization),
            first: site.process(0, organization).await,
            second: site.process(1, organization).await,
            factory: Factory::new(now(&site.clock)),
            pairs: (0..PAIRS).map(pair).collect(),
            artifacts: Mutex::default(),
            contents: Mutex::default(),
            seen: Mutex::default(),
            names: AtomicU64::new(0),
            log: Mutex::default(),
        };
        crate::changes::begin(&world).await.expect("a history can begin");
        world
    }

    /// The process that makes a change, and the other one.
    pub(crate) const fn processes(&self, by: Maker) -> (&Context, &Context) {
        match by {
            Maker::First => (&self.first, &self.second),
            Maker::Second => (&self.second, &self.first),
        }
    }

    /// A process that was just started.
    pub(crate) async fn fresh(&self) -> Context {
        self.site.process(2, self.actor.organization).await
    }

    pub(crate) fn may<S: OrganizationScope>(&self) -> Authorized<S> {
        self.actor.authorize().expect("the system may do everything")
    }

    pub(crate) fn now(&self) -> Timestamp {
        now(&self.site.clock)
    }

    pub(crate) fn pass(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).expect("some hours");
        self.site.clock.fetch_add(micros, Ordering::SeqCst);
    }

    /// A name that nothing has yet.
    pub(crate) fn name(&self, kind: &str) -> String {
        format!("{kind}-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Where the contents are.
    pub(crate) fn root(&self) -> &std::path::Path {
        &self.site.root
    }

    /// Waits until nothing is under way on the connections that a process keeps, also of what was broken off.
    pub(crate) async fn come_to_rest(&self, ctx: &Context) -> Result<(), Error> {
        let writers = if self.site.place == Place::Sqlite { 1 } else { WRITERS };
        try_join_all((0..writers).map(|_| ctx.db().write())).await?;
        Ok(())
    }

    pub(crate) fn note(&self, line: String) {
        self.log.lock().expect("no panics here").push(line);
    }

    /// What happened, line by line.
    pub(crate) fn story(&self) -> String {
        self.log.lock().expect("no panics here").join("\n")
    }
}

fn now(clock: &AtomicI64) -> Timestamp {
    Timestamp::from_micros(clock.load(Ordering::SeqCst)).expect("a possible moment")
}

/// All records of a small list.
pub(crate) fn all() -> ListQuery {
    ListQuery { limit: Limit::MOST, ..ListQuery::default() }
}

/// The id of something new, which is known also where its creation is broken off.
pub(crate) fn new_id(ctx: &Context) -> NewId {
    NewId::Chosen(ctx.new_uuid())
}
