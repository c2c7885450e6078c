//! A team outgrows SQLite: one command copies all records to PostgreSQL, and everything is as before.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use olivine_tests::{Browser, Database, Executables, PostgresDatabase, Server, Workbench, list_all};
use serde_json::{Value, json};

use olivine_tests::factory::{ALL, Factory, on};

const PATIENCE: Duration = Duration::from_secs(30);

/// The lists that show all records.
const LISTS: [&str; 19] = [
    "artifacts",
    "artifact_versions",
    "binaries",
    "signing_keys",
    "binary_signatures",
    "bundles",
    "products",
    "cohorts",
    "devices",
    "ca_certificates",
    "device_certificates",
    "releases",
    "bundle_overrides",
    "events",
    "api_keys",
    "users",
    "memberships",
    "invitations",
    "views",
];

/// Creates a person with a second factor, and an invited one.
async fn people(server: &Server) {
    let link =
        std::fs::read_to_string(server.data_dir().join("setup-link")).expect("the first start writes a link");
    let ada = Browser::new(&server.api());
    ada.set_up(&link, "Ada", "ada@example.com").await.expect(201);
    let begun = ada.post("/v1/users/me/totp", &json!({})).await.expect(201).json;
    let secret = begun["secret"].as_str().expect("a secret");
    let code = server.shell().run(&format!("python3 -c \"{TOTP}\" {secret}")).succeeds();
    ada.post("/v1/users/me/totp/confirm", &json!({"code": code.trim()})).await.expect(200);
    let invitation = json!({"email": "grace@example.com", "grants": [{"role": "viewer"}]});
    ada.post("/v1/invitations", &invitation).await.expect(201);
    let view = json!({"name": "canaries", "path": "/devices", "query": "q=tag:%27canary%27", "shared": true});
    ada.post("/v1/views", &view).await.expect(201);
}

/// The code of an authenticator app (RFC 6238), calculated by an independent implementation.
const TOTP: &str = "
import base64, hashlib, hmac, struct, sys, time
mac = hmac.new(base64.b32decode(sys.argv[1]), struct.pack('>Q', int(time.time()) // 30), hashlib.sha1).digest()
at = mac[-1] & 15
print('%06d' % ((struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000))";

/// Creates at least one record of every kind.
async fn fill(server: &Server) {
    people(server).await;
    let factory = Factory::new(server.api()).await;
    let (old, new) = (factory.bundle("old").await, factory.bundle("new").await);
    let first = factory.release("first", &old.prn, json!({"version": "1.0.0"})).await;
    let second = factory.release("second", &new.prn, json!({"phase_value": 2})).await;
    let member = factory.device(server, "SN-1").await;
    let update = member.device.update(ALL, &on(&first)).await.expect(200).json;
    let report = json!({"bundle_prn": new.prn, "release_prn": second, "status": "failed"});
    let reported = member.device.report(&report).await;
    assert!(reported.status < 300, "{reported:?}");
    let content = update["manifest"][0]["url"].as_str().expect("a URL");
    factory.api.get(content).await.expect(200);
    let these = json!({"name": "these", "bundle_prn": old.prn, "device_prns": [member.prn]});
    factory.create("bundle_overrides", "bundle_override", these).await;
    let lift = json!({"action": "lift", "device_prns": [member.prn]});
    factory.api.post("/v1/bulk_operations", &lift).await.expect(201);
    let stop = json!({"cohort_prn": factory.new_cohort("stopped").await, "reason": "a drill"});
    factory.api.post("/v1/organization/stop", &stop).await.expect(200);
    let bench = Workbench::named(server.api(), "uploading").await;
    let binary = bench.create(&bench.promise(&vec![1; 6 << 20])).await;
    bench.put_part(&binary, 1, &vec![1; 5 << 20]).await;
    let key = json!({"name": "ä, \"quoted\"", "custom_metadata": {"n": 1.50, "ä": null}});
    let request = server
        .api()
        .request(reqwest::Method::POST, "/v1/artifacts")
        .header("idempotency-key", "once-and-only");
    olivine_tests::send(request.json(&key)).await.expect(201);
}

async fn everything(server: &Server) -> Vec<(&'static str, Vec<Value>)> {
    let mut all = Vec::new();
    for kind in LISTS {
        all.push((kind, list_all(&server.api(), &format!("/v1/{kind}"), kind).await));
    }
    all
}

fn copy_to(server: &Server, url: &str) -> String {
    format!("olivine database copy --from sqlite:{}/olivine.db --to '{url}'", server.data_dir().display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_database_has_all_records() {
    let mut server = Server::start(Database::Sqlite);
    fill(&server).await;
    let target = PostgresDatabase::create();
    let shell = server.shell();
    let said = shell.run(&copy_to(&server, &target.url())).fails(1);
    assert!(said.contains("another olivine is running on the data folder"), "{said}");

    // Stopping the server writes everything that was still in memory.
    server.restart();
    let before = everything(&server).await;
    // One reader has read a part of the feed. The other events have numbers, or wait for them.
    let read = server.api().get("/v1/events?after=0&limit=5").await.expect(200).json;
    let rest = format!("/v1/events?limit=1000&after={}", read["cursor"].as_str().expect("a cursor"));
    let rest = server.api().get(&rest).await.expect(200).json;
    server.api().post("/v1/artifacts", &json!({"name": "waits for its number"})).await.expect(201);
    server.stop();
    let said = shell.run(&copy_to(&server, &target.url().replacen("app@", "app:hunter2@", 1))).succeeds();
    assert!(said.contains("same secret key") && !said.contains("hunter2"), "{said}");
    // Replicas need a second storage. Otherwise they are copied like all other records.
    let without: Vec<_> = said
        .lines()
        .filter(|line| line.split_whitespace().nth(1) == Some("0") && !line.starts_with("binary_replicas "))
        .collect();
    assert!(without.is_empty(), "tables without a row show nothing: {without:#?}");

    let moved = Server::builder().data_dir(server.data_dir()).arg("--database-url").arg(target.url()).start();
    for ((kind, before), (_, after)) in before.iter().zip(everything(&moved).await) {
        assert!(!before.is_empty(), "no {kind}");
        let known = after.len().min(before.len());
        assert_eq!(*before, after[..known], "{kind}");
    }
    // The feed of the copy is another one. It continues with the events that were not read before.
    let old = format!("/v1/events?limit=1000&after={}", read["cursor"].as_str().expect("a cursor"));
    let refused = moved.api().get(&old).await.expect(410).json;
    let resume = refused["errors"][0]["context"]["resume"].as_str().expect("the same place in the copy");
    let next = moved.api().get(&format!("/v1/events?limit=1000&after={resume}")).await.expect(200).json;
    let prns = |list: &Value| {
        list["events"].as_array().expect("events").iter().map(olivine_tests::prn).collect::<Vec<_>>()
    };
    let (rest, next) = (prns(&rest), prns(&next));
    assert!(next.len() > rest.len() && next.starts_with(&rest), "{rest:?} {next:?}");
    // The copy accepts new records.
    Workbench::named(moved.api(), "later").await.signed(b"later").await;
    let said = shell.run(&copy_to(&server, &target.url())).fails(1);
    assert!(said.contains("another olivine is running"), "{said}");
}

/// Holds a lock on a table that blocks writers, until it is dropped.
struct Lock<'a> {
    database: &'a PostgresDatabase,
    table: &'a str,
    psql: Child,
}

impl<'a> Lock<'a> {
    fn hold(database: &'a PostgresDatabase, table: &'a str) -> Self {
        let statements = format!("begin; lock table {table} in share mode; select pg_sleep(600);");
        let mut psql = Command::new("psql");
        psql.args(["--quiet", "--dbname", &database.url(), "--command", &statements]);
        let psql = psql.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("psql");
        wait_for(database, &held(table, "count(*)"));
        Self { database, table, psql }
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // The server would not notice that the client is gone while it sleeps.
        self.database.query(&held(self.table, "pg_terminate_backend(pid)"));
        let _ = self.psql.wait();
    }
}

fn held(table: &str, what: &str) -> String {
    format!(
        "select {what} from pg_locks where relation = '{table}'::regclass and mode = 'ShareLock' and granted"
    )
}

fn wait_for(database: &PostgresDatabase, count: &str) {
    let deadline = Instant::now() + PATIENCE;
    while database.query(count) == "0" {
        assert!(Instant::now() < deadline, "not so within {PATIENCE:?}: {count}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_copy_leaves_nothing() {
    let mut server = Server::start(Database::Sqlite);
    Workbench::new(server.api()).await.signed(b"content").await;
    server.stop();
    let (target, shell) = (PostgresDatabase::create(), server.shell());
    shell.run(&format!("olivine migrate --data-dir elsewhere --database-url {}", target.url())).succeeds();
    let lock = Lock::hold(&target, "settings");
    let mut copy = Command::new(Executables::built().olivine());
    copy.args(["database", "copy", "--from", &format!("sqlite:{}/olivine.db", server.data_dir().display())]);
    let mut copy = copy.args(["--to", &target.url()]).spawn().expect("olivine");
    // The copy has written some tables, and is waiting for this one.
    wait_for(&target, "select count(*) from pg_locks where relation = 'settings'::regclass and not granted");
    copy.kill().expect("a child of ours");
    copy.wait().expect("a child of ours");
    drop(lock);
    let rows = "select (select count(*) from artifacts) + (select count(*) from binaries) + (select count(*) from events)";
    assert_eq!(target.query(rows), "0");
    shell.run(&copy_to(&server, &target.url())).succeeds();
    assert_ne!(target.query(rows), "0");
    let said = shell.run(&copy_to(&server, &target.url())).fails(1);
    assert!(said.contains("the target has rows in 'organizations' already"), "{said}");
}
