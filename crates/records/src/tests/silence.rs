//! Connections to PostgreSQL that go silent without being closed, through a relay that swallows what is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::database::{Database, Options, Reader, Signals};
use crate::testing::{TestDatabase, postgres};
use crate::{Error, settings};

/// Passes everything on, until it is told to swallow it.
struct Relay {
    url: String,
    open: Arc<Mutex<Vec<Arc<AtomicBool>>>>,
}

impl Relay {
    async fn to(url: &str) -> Self {
        let (front, name) = url.rsplit_once('/').unwrap();
        let (user, server) = front.rsplit_once('@').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{user}@{}/{name}", listener.local_addr().unwrap());
        let open: Arc<Mutex<Vec<_>>> = Arc::default();
        let (shared, server) = (Arc::clone(&open), server.to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let swallows = Arc::new(AtomicBool::new(false));
                shared.lock().unwrap().push(Arc::clone(&swallows));
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = TcpStream::connect(&server).await.unwrap().into_split();
                tokio::spawn(carry(from_client, to_server, Arc::clone(&swallows)));
                tokio::spawn(carry(from_server, to_client, swallows));
            }
        });
        Self { url, open }
    }

    /// Connections that are open now answer nothing any more, but stay open.
    fn black_hole(&self) {
        for swallows in self.open.lock().unwrap().drain(..) {
            swallows.store(true, Ordering::SeqCst);
        }
    }
}

async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, swallows: Arc<AtomicBool>) {
    let mut block = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut block).await {
        if !swallows.load(Ordering::SeqCst) && to.write_all(&block[..length]).await.is_err() {
            return;
        }
    }
    if swallows.load(Ordering::SeqCst) {
        // The other side does not hear of the end either.
        std::future::pending::<()>().await;
    }
}

struct Wire {
    relay: Relay,
    database: Database,
    /// Reached without the relay.
    direct: TestDatabase,
}

async fn wire(options: Options) -> Wire {
    let direct = postgres().await;
    let relay = Relay::to(direct.url()).await;
    let database = Database::open(&relay.url, options).await.unwrap();
    Wire { relay, database, direct }
}

/// Four connections, and one for scans.
fn short() -> Options {
    Options { connections: 5, statement_timeout: Duration::from_secs(1), ..Options::default() }
}

async fn backend(reader: &impl Reader) -> Result<i32, Error> {
    let statement = Statement::from_string(DbBackend::Postgres, "SELECT pg_backend_pid()");
    let row = reader.executor().query_one_raw(statement).await?.unwrap();
    Ok(row.try_get_by_index(0)?)
}

async fn sleep_in(reader: &impl Reader, seconds: f32) -> Result<(), Error> {
    reader.executor().execute_unprepared(&format!("SELECT pg_sleep({seconds})")).await?;
    Ok(())
}

/// Opens all four connections.
async fn open_all(database: &Database) {
    for slept in join_all([(); 4].map(|()| sleep_in(database, 0.2))).await {
        slept.unwrap();
    }
}

/// All four are there, and answer soon.
async fn assert_works(database: &Database) {
    let begun = Instant::now();
    for answer in join_all([(); 8].map(|()| backend(database))).await {
        answer.unwrap();
    }
    let write = database.write().await.unwrap();
    settings::put(&write, "silence", "over").await.unwrap();
    write.commit().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "it took {:?}", begun.elapsed());
}

fn assert_unavailable<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::Unavailable { .. })), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_on_silent_connections_are_given_up_and_all_connections_replaced() {
    let wire = wire(short()).await;
    open_all(&wire.database).await;
    wire.relay.black_hole();
    let begun = Instant::now();
    let answers = join_all([(); 4].map(|()| backend(&wire.database))).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    for answer in answers {
        assert_unavailable(&answer);
    }
    assert_works(&wire.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_silent_statement_is_enough_to_replace_the_connections_that_are_idle() {
    let wire = wire(short()).await;
    open_all(&wire.database).await;
    wire.relay.black_hole();
    assert_unavailable(&backend(&wire.database).await);
    assert_works(&wire.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_on_a_silent_connection_ends() {
    let wire = wire(short()).await;
    let writes = [wire.database.write().await.unwrap(), wire.database.write().await.unwrap()];
    wire.relay.black_hole();
    let begun = Instant::now();
    let [one, other] = writes;
    assert_unavailable(&settings::put(&one, "a", "b").await);
    assert_unavailable(&settings::put(&one, "a", "b").await);
    assert_unavailable(&one.commit().await);
    assert_unavailable(&other.commit().await);
    assert!(begun.elapsed() < Duration::from_secs(8), "it took {:?}", begun.elapsed());
    assert_works(&wire.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_futures_and_transactions_block_no_connection() {
    let wire = wire(short()).await;
    open_all(&wire.database).await;
    let write = wire.database.write().await.unwrap();
    wire.relay.black_hole();
    let soon = Duration::from_millis(20);
    for _ in 0..2 {
        assert!(tokio::time::timeout(soon, backend(&wire.database)).await.is_err());
    }
    drop(write);
    wire.database.distrust_connections();
    assert_works(&wire.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_idle_proves_that_it_lives_before_it_is_used() {
    let wire = wire(Options { connections: 5, ..Options::default() }).await;
    open_all(&wire.database).await;
    wire.relay.black_hole();
    // Longer than a connection is trusted without having answered.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let begun = Instant::now();
    backend(&wire.database).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(4), "it took {:?}", begun.elapsed());
    assert_works(&wire.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_on_distrusted_connections_is_given_up_after_a_last_chance() {
    let wire = wire(Options { connections: 5, ..Options::default() }).await;
    open_all(&wire.database).await;
    let direct: &Database = &wire.direct;
    let (slow, asked) = (sleep_in(direct, 2.0), sleep_in(&wire.database, 0.0));
    wire.relay.black_hole();
    let begun = Instant::now();
    let distrust = async {
        // The statements have been sent by then.
        tokio::time::sleep(Duration::from_millis(50)).await;
        wire.database.distrust_connections();
        direct.distrust_connections();
    };
    let (slow, asked, ()) = tokio::join!(slow, asked, distrust);
    slow.expect("what is answered within five seconds is not given up");
    assert_unavailable(&asked);
    assert!(begun.elapsed() < Duration::from_secs(8), "it took {:?}", begun.elapsed());
    assert_works(&wire.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_distrusted_connection_is_not_used_again() {
    let database = postgres().await;
    let before = backend(&*database).await.unwrap();
    assert_eq!(backend(&*database).await.unwrap(), before);
    let write = database.write().await.unwrap();
    let busy = backend(&write).await.unwrap();
    database.distrust_connections();
    settings::put(&write, "goes", "on").await.unwrap();
    write.commit().await.unwrap();
    let after = backend(&*database).await.unwrap();
    assert!(after != before && after != busy);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_on_a_silent_connection_notices_and_connects_anew() {
    let wire = wire(short()).await;
    let (own, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let mut listener = wire.database.listener(own).unwrap();
    assert_eq!(listener.hear().await.unwrap(), Signals::ALL);
    let called = Signals { changes: true, ..Signals::default() };
    wire.direct.signal(other, called).await.unwrap();
    assert_eq!(listener.hear().await.unwrap(), called);
    wire.relay.black_hole();
    let begun = Instant::now();
    assert_unavailable(&listener.hear().await);
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    assert_eq!(listener.hear().await.unwrap(), Signals::ALL);
    wire.direct.signal(other, called).await.unwrap();
    assert_eq!(listener.hear().await.unwrap(), called);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_hears_nothing_for_long_stays_connected() {
    let database = postgres().await;
    let mut listener = database.listener(Uuid::from_u128(1)).unwrap();
    listener.hear().await.unwrap();
    // Long enough for it to have proven twice that it lives.
    let quiet = tokio::time::timeout(Duration::from_secs(5), listener.hear()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    let called = Signals { jobs: true, ..Signals::default() };
    database.signal(Uuid::from_u128(2), called).await.unwrap();
    assert_eq!(listener.hear().await.unwrap(), called);
}
