//! Devices that move in both directions between two releases: a part of a fleet falls back while the rest arrives.

use std::process::{Command, Stdio};

use olivine_tests::{Api, PostgresDatabase, Workbench, prn};
use serde_json::json;
use tokio::task::JoinSet;

use crate::fleet::{Fleet, Member};
use crate::{on, pair, wait_until};

const DEVICES: usize = 16;
/// How often each device moves to the other release.
const MOVES: usize = 30;

/// A bundle and two releases of it in the fleet's cohort.
async fn two_releases(api: &Api, fleet: &Fleet) -> (String, Vec<String>) {
    let binary = Workbench::new(api.clone()).await.signed_for("portable", b"content").await;
    let bundle = json!({"name": "all", "binaries": [{"prn": binary}]});
    let bundle = prn(&api.post("/v1/bundles", &bundle).await.expect(201).json["bundle"]);
    let mut releases = Vec::new();
    for name in ["first", "second"] {
        let release = json!({"name": name, "cohort_prn": fleet.cohort(), "bundle_prn": bundle});
        releases.push(prn(&api.post("/v1/releases", &release).await.expect(201).json["release"]));
    }
    (bundle, releases)
}

/// Each move changes the numbers of both releases. If they were written in the order of the move, half of the transactions would deadlock
/// with each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_that_go_both_ways_never_wait_in_a_circle() {
    let database = PostgresDatabase::create();
    let name = database.query("select current_database()");
    // Makes PostgreSQL detect deadlocks quickly.
    database.query(&format!("alter database {name} set deadlock_timeout = '20ms'"));
    let (one, other) = pair(&database);
    let api = one.api();
    let fleet = Fleet::new(api.clone()).await;
    let (bundle, releases) = two_releases(&api, &fleet).await;

    let mut devices = JoinSet::new();
    for number in 0..DEVICES {
        let Member { device, .. } = fleet.device(&one, &format!("SN-{number}")).await;
        let device = if number % 4 < 2 { device } else { device.at(&other) };
        let (releases, bundle) = (releases.clone(), bundle.clone());
        devices.spawn(async move {
            let mut answers = Vec::new();
            for turn in 0..MOVES {
                let release = &releases[(number + turn) % 2];
                let says = [("peridio-release-prn", release.as_str())];
                let status = if turn % 3 == 0 { "failed" } else { "installed" };
                let report = json!({"bundle_prn": bundle, "release_prn": release, "status": status});
                answers.push(device.update("", &says).await.status);
                answers.push(device.report(&report).await.status);
            }
            answers
        });
    }
    let answers = devices.join_all().await.concat();
    assert!(answers.iter().all(|status| (200..300).contains(status)), "{answers:?}");
    for (place, release) in releases.iter().enumerate() {
        let adoption = api.get(&format!("/v1/releases/{release}/adoption")).await.expect(200).json;
        // Half of the devices began at each release, and all moved equally often.
        assert_eq!(adoption["on"], DEVICES / 2, "{place}: {adoption:#}");
        let id = release.rsplit(':').next().unwrap();
        let recorded = database.query(&format!("select count(*) from devices where release_id = '{id}'"));
        assert_eq!(recorded, (DEVICES / 2).to_string());
    }
    let deadlocks = format!("select deadlocks from pg_stat_database where datname = '{name}'");
    assert_eq!(database.query(&deadlocks), "0");
}

/// Another client (here: `psql`) writes the same numbers in the opposite order, and waits much longer before it looks for a deadlock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_not_reported_to_a_device() {
    let database = PostgresDatabase::create();
    let server = on(&database).start();
    let api = server.api();
    let fleet = Fleet::new(api.clone()).await;
    let (_, releases) = two_releases(&api, &fleet).await;
    let Member { device, .. } = fleet.device(&server, "SN-1").await;
    for release in [&releases[0], &releases[1]] {
        device.update("", &[("peridio-release-prn", release.as_str())]).await.expect(200);
    }
    let mut ids: Vec<_> = releases.iter().map(|release| release.rsplit(':').next().unwrap()).collect();
    ids.sort_unstable();
    let touch = |id: &str| format!("update release_days set arrived = arrived where release_id = '{id}';");
    let script = format!(
        "begin; set local deadlock_timeout = '60s'; {} \
         do $$ begin while not exists (select 1 from pg_locks where not granted and transactionid = pg_current_xact_id()::xid) \
         loop perform pg_sleep(0.01); end loop; end $$; {} commit",
        touch(ids[1]),
        touch(ids[0])
    );
    let mut psql = Command::new("psql");
    psql.args(["--quiet", "--dbname", &database.url(), "--command", &script]);
    let mut psql = psql.stdout(Stdio::null()).spawn().unwrap();
    let holds = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'psql' \
                 and backend_xid is not null";
    wait_until("the other one has its first row", async || database.query(holds) != "0").await;
    device.update("", &[("peridio-release-prn", releases[0].as_str())]).await.expect(200);
    assert!(psql.wait().unwrap().success(), "the other one was not undone");
    let metrics = String::from_utf8(api.get("/metrics").await.expect(200).body).unwrap();
    assert!(metrics.contains("\nolivine_deadlocks_total 1\n"), "{metrics}");
}
