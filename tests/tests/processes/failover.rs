//! A database that is read-only after a failover, that does not answer, or that is behind a pooler.

use std::time::{Duration, Instant};

use olivine_tests::{Answer, Executables, Pooler, PostgresDatabase, Relay, Server, Shell, Workbench};
use serde_json::json;

use crate::fleet::Fleet;
use crate::{on, wait_until};

/// Much longer than all time limits of the servers in these tests, but shorter than the timeout of a request that gets no answer.
const SOON: Duration = Duration::from_secs(30);

/// Longer than a connection is reused without a check, and longer than the delay after which one connection's error marks all connections
/// as suspect.
const UNBROKEN: Duration = Duration::from_secs(2);

/// Imitates a failover to a read-only server: all sessions end, and new ones can only read.
fn become_read_only(database: &PostgresDatabase, on: &str) {
    let name = database.query("select current_database()");
    database.query(&format!(
        "begin read write; alter database {name} set default_transaction_read_only = {on}; commit"
    ));
}

fn end_sessions(database: &PostgresDatabase) {
    database.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
}

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.error_code()), (503, Some("unavailable")), "{answer:?}");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_is_unavailable_on_all_paths_and_recovers_by_itself() {
    let database = PostgresDatabase::create();
    let server = on(&database).start();
    let bench = Workbench::new(server.api()).await;
    let api = bench.api();
    let member = Fleet::new(server.api()).await.device(&server, "SN-1").await;
    let report = |version: &'static str| [("peridio-release-version", version)];
    member.device.update("", &report("1.0.0")).await.expect(200);
    api.get("/readyz").await.expect(200);

    become_read_only(&database, "on");
    end_sessions(&database);
    wait_until("it is not ready", async || api.get("/readyz").await.status == 503).await;
    for _ in 0..3 {
        assert_unavailable(&api.post("/v1/artifacts", &json!({"name": "x"})).await);
        assert_unavailable(&member.device.update("", &report("1.0.1")).await);
        // A report that the device has sent before needs no write.
        member.device.update("", &report("1.0.0")).await.expect(200);
    }
    // For a second, the cached answer may still be that the sessions ended.
    wait_until("it says why", async || {
        let ready = api.get("/readyz").await;
        assert_unavailable(&ready);
        String::from_utf8_lossy(&ready.body).contains("read-only")
    })
    .await;
    api.get("/v1/artifacts").await.expect(200);

    become_read_only(&database, "off");
    // Sessions that were opened in the meantime would stay read-only. A real server that is promoted changes its sessions.
    end_sessions(&database);
    wait_until("it is ready", async || api.get("/readyz").await.status == 200).await;
    let begun = Instant::now();
    // Each ended session is noticed by a request that fails and must be repeated.
    let (mut written_since, mut number) = (None, 0);
    wait_until("it can be written without a break", async || {
        number += 1;
        let artifact = json!({"name": format!("artifact-{number}")});
        let is_written = api.post("/v1/artifacts", &artifact).await.status == 201;
        written_since = is_written.then(|| written_since.unwrap_or_else(Instant::now));
        written_since.is_some_and(|since| since.elapsed() > UNBROKEN)
    })
    .await;
    bench.signed(b"the jobs go on as well").await;
    member.device.update("", &report("1.0.1")).await.expect(200);
    assert!(begun.elapsed() < SOON, "it took {:?}", begun.elapsed());
    assert!(!server.log().contains("internal error"), "{}", server.log());
}

/// Connections fail without a reset: requests end, and everything works again within seconds, including jobs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_go_silent_are_replaced() {
    let database = PostgresDatabase::create();
    let (relay, url) = Relay::to_database(&database.url());
    let server =
        Server::builder().arg("--database-url").arg(url).arg("--database-statement-seconds").arg("3").start();
    let bench = Workbench::new(server.api()).await;
    let shared = server.api();
    let ask = || {
        let api = shared.clone();
        tokio::spawn(async move { api.get("/v1/binaries").await })
    };
    for asked in (0..16).map(|_| ask()).collect::<Vec<_>>() {
        asked.await.unwrap().expect(200);
    }
    relay.black_hole();
    let begun = Instant::now();
    for asked in (0..16).map(|_| ask()).collect::<Vec<_>>() {
        let answer = asked.await.unwrap();
        assert!([200, 503].contains(&answer.status), "{answer:?}");
    }
    assert!(begun.elapsed() < SOON, "it took {:?}", begun.elapsed());
    bench.signed(b"content").await;
    wait_until("it is ready", async || bench.api().get("/readyz").await.status == 200).await;
    assert!(begun.elapsed() < 2 * SOON, "it took {:?}", begun.elapsed());
}

#[test]
fn transaction_pooling_is_refused_before_anything_is_done() {
    let database = PostgresDatabase::create();
    let shell = Shell::new().executables(&Executables::built());
    let try_to_start = |pooler: &Pooler| {
        shell.run(&format!("olivine serve --data-dir data --database-url '{}'", pooler.url())).fails(1)
    };
    let ignoring = "ignore_startup_parameters = extra_float_digits";
    let pooler = Pooler::in_front_of(&database, &format!("pool_mode = transaction\n{ignoring}"));
    let said = try_to_start(&pooler);
    assert!(
        said.contains("transaction pooling is not supported: use session mode, or connect directly"),
        "{said}"
    );
    let pooler = Pooler::in_front_of(&database, "pool_mode = session");
    let said = try_to_start(&pooler);
    assert!(said.contains("ignore_startup_parameters"), "{said}");
    assert!(!said.contains("at the moment"), "it does not pass: {said}");
    assert_eq!(database.query("select count(*) from pg_tables where schemaname = 'public'"), "0");
}

/// With fewer connections to the server than clients of the pooler, every request is answered within the time limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_in_session_mode_works_and_nobody_waits_for_ever() {
    let database = PostgresDatabase::create();
    let settings =
        "pool_mode = session\nignore_startup_parameters = extra_float_digits\ndefault_pool_size = 5";
    let pooler = Pooler::in_front_of(&database, settings);
    let server = Server::builder()
        .arg("--database-url")
        .arg(pooler.url())
        .arg("--database-connections")
        .arg("12")
        .arg("--database-patience-seconds")
        .arg("3")
        .start();
    let shared = server.api();
    let asked = (0..60).map(|_| {
        let api = shared.clone();
        tokio::spawn(async move {
            let begun = Instant::now();
            (api.get("/v1/binaries").await, begun.elapsed())
        })
    });
    for asked in asked.collect::<Vec<_>>() {
        let (answer, took) = asked.await.unwrap();
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        assert!(took < SOON, "it took {took:?}");
    }
    shared.get("/v1/binaries").await.expect(200);
}
