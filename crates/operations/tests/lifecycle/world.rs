//! One server's inside without HTTP: database, content folder, job runner, and a clock that only moves when it is told to.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream;
use olivine_content::{Body as Incoming, TokenKey};
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::permissions::{Actor, Origin};
use olivine_domain::prn::Id;
use olivine_domain::signing_keys::{KeyMaterial, SigningKey};
use olivine_operations::binary_signatures::KeyName;
use olivine_operations::lists::NewId;
use olivine_operations::sealing::SealKey;
use olivine_operations::storages::{Folders, Storages};
use olivine_operations::{
    Clock, Context, Error, Settings, artifact_versions, artifacts, binaries, binary_parts, binary_signatures,
    content, health, jobs, organizations, signing_keys,
};
use olivine_records::jobs::JobState;
use olivine_records::testing::{self, TestDatabase};
use olivine_records::{Database, Options};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::steps::{Action, Attempt, Body, CutOff, Promise};

const SETTLED_WITHIN: Duration = Duration::from_mins(1);
const MINUTE: i64 = 60_000_000;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Sqlite,
    Postgres,
}

/// A process and what it works on.
pub(crate) struct World {
    /// The process: `None` only while it dies.
    process: Option<(Runtime, Context)>,
    place: Place,
    url: String,
    _postgres: Option<TestDatabase>,
    pub(crate) folder: TempDir,
    clock: Arc<AtomicI64>,
    pub(crate) story: Arc<Story>,
}

/// What the clients know.
pub(crate) struct Story {
    pub(crate) actor: Actor,
    version: Id<ArtifactVersion>,
    key: Id<SigningKey>,
    pair: Ed25519KeyPair,
    parts: Vec<Vec<u8>>,
    /// All binaries that were tried to create; the last one is the one to act on.
    pub(crate) binaries: Mutex<Vec<Id<Binary>>>,
    /// The tokens of all upload URLs, with the bytes that they are for.
    urls: Mutex<Vec<(String, Vec<u8>)>>,
}

impl World {
    /// A new world for a content whose parts have these sizes.
    pub(crate) fn open(place: Place, sizes: Vec<usize>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let postgres = (place == Place::Postgres).then(|| runtime().block_on(testing::postgres()));
        let file = folder.path().join("olivine.db");
        let url = postgres.as_ref().map_or(format!("sqlite:{}", file.display()), |db| db.url().to_owned());
        let clock = Arc::new(AtomicI64::new(1_700_000_000_000_000));
        let process = start(place, &url, &folder, &clock);
        let story = Arc::new(process.0.block_on(Story::begin(&process.1, sizes)));
        Self { process: Some(process), place, url, _postgres: postgres, folder, clock, story }
    }

    fn runtime(&self) -> &Runtime {
        &self.process.as_ref().expect("a process").0
    }

    pub(crate) fn ctx(&self) -> &Context {
        &self.process.as_ref().expect("a process").1
    }

    /// Runs a look at the world.
    pub(crate) fn look<T>(&self, look: impl Future<Output = T>) -> T {
        self.runtime().block_on(look)
    }

    /// Does all of it at once; returns the errors.
    pub(crate) fn perform(&self, attempts: Vec<Attempt>) -> Vec<Error> {
        let running = attempts.into_iter().map(|(action, polls)| {
            CutOff::after(polls, perform(self.ctx().clone(), Arc::clone(&self.story), action))
        });
        let ended = self.look(join_all(running));
        ended.into_iter().flatten().filter_map(Result::err).collect()
    }

    pub(crate) fn pass_minutes(&self, minutes: i64) {
        self.clock.fetch_add(minutes * MINUTE, Ordering::SeqCst);
        self.ctx().ring();
    }

    /// Waits until all orders about contents are carried out.
    pub(crate) fn settle(&self) {
        self.look(async {
            let deadline = Instant::now() + SETTLED_WITHIN;
            for round in 1.. {
                self.ctx().ring();
                let jobs = health::jobs(self.ctx()).await.expect("jobs can be counted").counts;
                let live = |(kind, state): &(String, JobState)| {
                    matches!(kind.as_str(), "verify_binary" | "delete_content")
                        && matches!(state, JobState::Waiting | JobState::Running)
                };
                if !jobs.iter().any(|(job, count)| live(job) && *count > 0) {
                    return;
                }
                assert!(Instant::now() < deadline, "jobs are stuck: {jobs:?}");
                tokio::time::sleep(Duration::from_millis(2)).await;
                if round % 50 == 0 {
                    // For leases of the dead to end, and for what failed to be tried again.
                    self.clock.fetch_add(MINUTE, Ordering::SeqCst);
                }
            }
        });
    }

    /// Drops every task where it is, and starts a new process on the same data.
    pub(crate) fn crash(&mut self) {
        let (runtime, ctx) = self.process.take().expect("a process");
        // Threads that are in a system call come back from it first.
        runtime.shutdown_timeout(SETTLED_WITHIN);
        drop(ctx);
        // Ids only sort by the moment across processes.
        self.clock.fetch_add(1000, Ordering::SeqCst);
        self.process = Some(start(self.place, &self.url, &self.folder, &self.clock));
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some((runtime, _)) = self.process.take() {
            runtime.shutdown_timeout(SETTLED_WITHIN);
        }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime needs nothing")
}

/// As a server starts.
fn start(place: Place, url: &str, folder: &TempDir, clock: &Arc<AtomicI64>) -> (Runtime, Context) {
    let runtime = runtime();
    let ctx = runtime.block_on(async {
        let db = Database::open(url, Options::default()).await.expect("the database opens");
        db.migrate().await.expect("the database can be migrated");
        let tokens = TokenKey::derive(b"a secret for tests, of enough characters");
        let root = folder.path().join("content");
        let folders = Folders { base_url: "http://test".to_owned(), tokens: tokens.clone() };
        let content = folders.open(&root).await.expect("the folder opens");
        let storages = Storages::new(content, folders, SealKey::derive(b"a secret for tests"));
        let clock = Clock::Manual(Arc::clone(clock));
        let ctx = Context::new(clock, db, storages, tokens, Settings::default());
        if place == Place::Sqlite {
            jobs::take_over_all(&ctx).await.expect("jobs can be taken over");
        }
        jobs::enqueue_recurring(&ctx).await.expect("jobs can be ordered");
        ctx
    });
    let owner = ctx.new_uuid().to_string();
    runtime.spawn(jobs::run(ctx.clone(), owner, CancellationToken::new()));
    (runtime, ctx)
}

impl Story {
    /// An organization with a version to make binaries of, and a key to sign them.
    async fn begin(ctx: &Context, sizes: Vec<usize>) -> Self {
        let by = ServerOperator::on_this_machine().authorize();
        let organization: Organization = organizations::ensure(ctx, &by, &"default".parse().expect("a name"))
            .await
            .expect("an organization");
        let actor = Actor::system(organization.id);
        let may = "the system may do everything";
        let new = artifacts::New {
            name: "firmware".parse().expect("a name"),
            description: None,
            custom_metadata: None,
        };
        let artifact = artifacts::create(ctx, &actor.authorize().expect(may), NewId::Fresh, new)
            .await
            .expect("an artifact");
        let new = artifact_versions::New {
            artifact: artifact.id,
            version: "1.0.0".parse().expect("a version"),
            description: None,
            custom_metadata: None,
        };
        let version = artifact_versions::create(ctx, &actor.authorize().expect(may), NewId::Fresh, new).await;
        let pair = Ed25519KeyPair::generate().expect("random numbers");
        let material = KeyMaterial::parse(&STANDARD.encode(pair.public_key())).expect("a public key");
        let new = signing_keys::New { name: "key".parse().expect("a name"), material };
        let key = signing_keys::create(ctx, &actor.authorize().expect(may), NewId::Fresh, new)
            .await
            .expect("a key");
        let bytes = |size| (0_u8..251).cycle().take(size).collect();
        Self {
            actor,
            version: version.expect("a version").id,
            key: key.id,
            pair,
            parts: sizes.into_iter().map(bytes).collect(),
            binaries: Mutex::default(),
            urls: Mutex::default(),
        }
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        self.parts.concat()
    }

    /// The one to act on; before the first one is made, one that does not exist.
    fn binary(&self, ctx: &Context) -> Id<Binary> {
        let last = self.binaries.lock().expect("no panics here").last().copied();
        last.unwrap_or_else(|| ctx.new_id())
    }
}

/// The bytes as they come, compared with those that were announced.
fn incoming(bytes: &[u8], body: Body) -> Incoming<'static> {
    let mut bytes = bytes.to_vec();
    match body {
        Body::Right => {}
        Body::OtherBytes => bytes = bytes.iter().map(|byte| byte ^ 0x80).collect(),
        Body::TooShort | Body::BreaksOff => bytes.truncate(bytes.len().saturating_sub(1)),
        Body::TooLong => bytes.push(0),
    }
    let mut pieces: Vec<_> = bytes.chunks(1 << 20).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    if body == Body::BreaksOff {
        pieces.push(Err("the client went away".into()));
    }
    Box::pin(stream::iter(pieces))
}

async fn perform(ctx: Context, story: Arc<Story>, action: Action) -> Result<(), Error> {
    let (ctx, actor, id) = (&ctx, &story.actor, story.binary(&ctx));
    match action {
        Action::Create => create(ctx, &story).await,
        Action::Part { place, promise, body } => {
            let place = place % story.parts.len();
            let shift = u8::from(promise == Promise::Other);
            let bytes = story.parts[place].iter().map(|byte| byte.wrapping_add(shift)).collect();
            part(ctx, &story, place, bytes, body).await
        }
        Action::Again { url, body } => {
            let known = story.urls.lock().expect("no panics here").get(url).cloned();
            let Some((token, bytes)) = known else { return Ok(()) };
            receive(ctx, &token, &bytes, body).await
        }
        Action::Whole => {
            for place in 0..story.parts.len() {
                part(ctx, &story, place, story.parts[place].clone(), Body::Right).await?;
            }
            ask(ctx, actor, id, BinaryState::Hashable).await
        }
        Action::Direct { body } => {
            let bytes = story.content();
            content::upload(ctx, &actor.authorize()?, id, None, incoming(&bytes, body)).await.map(drop)
        }
        Action::Ask(state) => ask(ctx, actor, id, state).await,
        Action::Sign(promise) => {
            let content = if promise == Promise::Right { story.content() } else { b"other".to_vec() };
            let signature = story.pair.sign(Sha256Digest::of(&content).to_hex().as_bytes());
            let signature = STANDARD.encode(signature);
            let key = KeyName::Id(story.key);
            let new = binary_signatures::Create { id: NewId::Fresh, binary: id, key, signature };
            binary_signatures::create(ctx, &actor.authorize()?, new).await.map(drop)
        }
        Action::Unsign => {
            let view = binaries::get(ctx, &actor.authorize()?, id).await?;
            let Some(first) = view.signatures.first() else { return Ok(()) };
            binary_signatures::delete(ctx, &actor.authorize()?, first.signature.id).await
        }
        Action::Delete => binaries::delete(ctx, &actor.authorize()?, id).await,
    }
}

async fn create(ctx: &Context, story: &Story) -> Result<(), Error> {
    let (id, content) = (ctx.new_id(), story.content());
    let last = story.binaries.lock().expect("no panics here").last().copied();
    if let Some(last) = last
        && let Some(binary) =
            olivine_records::binaries::find(ctx.db(), story.actor.organization, last).await?
        && !binary.is_destroyed()
    {
        return Ok(());
    }
    story.binaries.lock().expect("no panics here").push(id);
    let new = binaries::Create {
        id: NewId::Chosen(id.uuid()),
        artifact_version: story.version,
        target: "universal".parse().expect("a target"),
        hash: Sha256Digest::of(&content),
        size: content.len().is_multiple_of(2).then_some(content.len() as u64),
        description: None,
        custom_metadata: None,
    };
    binaries::create(ctx, &story.actor.authorize()?, new).await.map(drop)
}

async fn part(ctx: &Context, story: &Story, place: usize, bytes: Vec<u8>, body: Body) -> Result<(), Error> {
    let put = binary_parts::Put {
        index: PartIndex::new(place as u64 + 1).expect("few parts"),
        size: bytes.len() as u64,
        hash: Sha256Digest::of(&bytes),
        expected_binary_size: None,
    };
    let announced = binary_parts::put(ctx, &story.actor.authorize()?, story.binary(ctx), put).await?;
    let Some(target) = announced.target else { return Ok(()) };
    let token = target.url.rsplit('/').next().expect("a URL has a path").to_owned();
    story.urls.lock().expect("no panics here").push((token.clone(), bytes.clone()));
    receive(ctx, &token, &bytes, body).await
}

async fn receive(ctx: &Context, token: &str, bytes: &[u8], body: Body) -> Result<(), Error> {
    content::receive_part(ctx, token, Origin::default(), None, incoming(bytes, body)).await.map(drop)
}

async fn ask(ctx: &Context, actor: &Actor, id: Id<Binary>, state: BinaryState) -> Result<(), Error> {
    let update = binaries::Update { state: Some(state), ..binaries::Update::default() };
    binaries::update(ctx, &actor.authorize()?, id, None, update).await.map(drop)
}
