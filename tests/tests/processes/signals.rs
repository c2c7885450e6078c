//! Processes learn of each other's changes and jobs: at once through the database's notifications, and soon in any case.

use std::time::{Duration, Instant};

use olivine_tests::factory::Factory;
use olivine_tests::{Api, PostgresDatabase, Relay, Server, Workbench};
use serde_json::json;

use crate::fleet::{Fleet, Member};
use crate::{pair, wait_until};

/// How much sooner than by regular looks a job must be noticed.
const PROMISED: Duration = Duration::from_secs(1);

/// The answer to the device, or the server's error.
async fn status(there: &Member) -> String {
    let answer = there.device.update("", &[]).await;
    answer.json["status"].as_str().map_or_else(|| answer.status.to_string(), str::to_owned)
}

/// The time until a quarantine that is set at one server takes effect at another that has cached the device.
async fn spreads_within(api: &Api, there: &Member) -> Duration {
    let change = format!("/v1/devices/{}", there.prn);
    api.patch(&change, &json!({"quarantined": false})).await.expect(200);
    wait_until("the device is free", async || status(there).await == "no_update").await;
    // From here on the device is cached.
    status(there).await;
    api.patch(&change, &json!({"quarantined": true})).await.expect(200);
    let began = Instant::now();
    wait_until("the quarantine holds", async || status(there).await == "device_quarantine").await;
    began.elapsed()
}

/// The times are only printed, because they are promised for a machine that is not busy. The test asserts that the quarantine takes effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarantine_holds_everywhere() {
    let database = PostgresDatabase::create();
    let (one, other) = pair(&database);
    let member = Fleet::new(one.api()).await.device(&one, "SN-1").await;
    let there = Member { device: member.device.at(&other), prn: member.prn };
    let mut took = Vec::new();
    for _ in 0..10 {
        took.push(spreads_within(&one.api(), &there).await);
    }
    took.sort_unstable();
    println!("a quarantine set at one server was in force at the other after {took:?}");
}

/// The same for an emergency stop, for a device that would get an update.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_holds_everywhere() {
    let database = PostgresDatabase::create();
    let (one, other) = pair(&database);
    let factory = Factory::new(one.api()).await;
    let bundle = factory.bundle("first").await;
    factory.release("first", &bundle.prn, json!({"version": "1.0.0"})).await;
    let there = factory.device(&one, "SN-1").await.device.at(&other);
    let status = async || {
        let answer = there.update("", &[("peridio-release-version", "0.9.0")]).await;
        answer.json["status"].as_str().map_or_else(|| answer.status.to_string(), str::to_owned)
    };
    for _ in 0..5 {
        wait_until("there is an update", async || status().await == "update").await;
        let stop = json!({"reason": "a drill"});
        one.api().post("/v1/organization/stop", &stop).await.expect(200);
        let began = Instant::now();
        wait_until("the stop holds", async || status().await == "no_update").await;
        println!("a stop at one server was in force at the other after {:?}", began.elapsed());
        assert_eq!(status().await, "no_update", "and it stays so");
        one.api().post("/v1/organization/resume", &json!({})).await.expect(200);
    }
}

/// The database is away for a moment: no notification arrives, no change is missed, and afterwards notifications arrive again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_misses_nothing() {
    let database = PostgresDatabase::create();
    let (relay, behind) = Relay::to_database(&database.url());
    let one = crate::on(&database).start();
    let other = Server::builder().arg("--database-url").arg(behind).env("OLIVINE_SECRET_KEY", crate::SECRET);
    let other = other.storage_of(&one).start();
    let member = Fleet::new(one.api()).await.device(&one, "SN-1").await;
    let there = Member { device: member.device.at(&other), prn: member.prn };
    assert_eq!(status(&there).await, "no_update");

    relay.cut();
    let change = format!("/v1/devices/{}", there.prn);
    one.api().patch(&change, &json!({"quarantined": true})).await.expect(200);
    relay.mend();
    wait_until("what was missed is in force", async || status(&there).await == "device_quarantine").await;
    // How fast notifications arrive depends on how busy the machine is. The session shows that the process listens again.
    let listening = "select count(*) from pg_stat_activity where datname = current_database() and application_name like '% signals'";
    wait_until("both listen again", async || database.query(listening) == "2").await;
    spreads_within(&one.api(), &there).await;
}

/// A job is created at a process that runs no jobs, and run by another one, which looks only every two seconds unless it is notified.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_wakes_another_process() {
    let database = PostgresDatabase::create();
    let people = crate::on(&database).arg("--roles").arg("api").start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(people.data_dir().join("content"), folder.path().join("content"))
        .expect("a link");
    let _jobs = crate::on(&database).data_dir(folder.path()).arg("--roles").arg("jobs").start();
    let alone = Server::builder().start();
    let (by_itself, by_another) = (verified_within(&alone).await, verified_within(&people).await);
    println!(
        "an upload was verified by the process itself after {by_itself:?}, by another after {by_another:?}"
    );
    // The job is the last change before the wait, so a process that only looks regularly needs up to two more seconds.
    assert!(
        by_another < by_itself + PROMISED,
        "nobody is told: {by_another:?}, and {by_itself:?} without another"
    );
}

/// The typical time until an upload is verified.
async fn verified_within(server: &Server) -> Duration {
    let bench = Workbench::new(server.api()).await;
    bench.signable(b"the first one waits for whatever is still starting").await;
    let mut took = Vec::new();
    for number in 0..7_u8 {
        let began = Instant::now();
        bench.signable(&[number; 100]).await;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    took[3]
}
