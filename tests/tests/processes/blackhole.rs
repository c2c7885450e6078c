//! Connections to the database that fail silently: TCP stays open, but nothing arrives any more. A process must not continue as if nothing
//! had happened, must not hang, and must recover by itself.

use std::time::{Duration, Instant};

use olivine_tests::{PostgresDatabase, Relay, Server, Workbench};
use serde_json::json;
use tokio::time::timeout;

use crate::offers::{BOUND, Offers, answer_to, asked, has_heard_all, last_look, probe};
use crate::{at, beside, on, wait_until};

/// A process that reaches the database directly and runs no jobs, and one that runs all jobs but reaches the database through a relay.
struct Installation {
    one: Server,
    other: Server,
    relay: Relay,
    behind: String,
    _database: PostgresDatabase,
}

impl Installation {
    fn start() -> Self {
        let database = PostgresDatabase::create();
        let (relay, behind) = Relay::to_database(&database.url());
        let one = on(&database).arg("--roles").arg("api,device").start();
        let other = at(&behind).data_dir(beside(&one)).start();
        Self { one, other, relay, behind, _database: database }
    }
}

/// The time until a binary that was uploaded at one process is verified by the other one.
async fn verified_within(bench: &Workbench) -> Duration {
    let began = Instant::now();
    let content = b"uploaded meanwhile";
    let binary = bench.uploadable(content).await;
    bench.put_content(&binary, content).await.expect(200);
    bench.ask(&binary, "hashable").await.expect(200);
    bench.in_state(&binary, "signable").await;
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silently_failing_connections_stop_nothing() {
    let at = Installation::start();
    let offers = Offers::new(at.one.api(), "gateway", json!({})).await;
    let bench = Workbench::new(at.one.api()).await;
    let known = offers.known(&at.one, &at.other, &["SN-1", "SN-2"]).await;

    has_heard_all(&at.other).await;
    for there in &known {
        assert_eq!(offers.asks(there).await, "update", "it remembers the device");
    }
    at.relay.black_hole();
    offers.quarantine(&known[0], json!(true)).await;
    let began = Instant::now();
    let ready_again = async {
        let mut answers = Vec::new();
        loop {
            let answer = probe(&at.other, "/readyz").await.map_or(0, |(status, _)| status);
            if answers.last().is_none_or(|(_, last)| *last != answer) {
                answers.push((began.elapsed(), answer));
            }
            // Being ready also means that it has looked for changes since the connections failed.
            let age = last_look(&at.other).await;
            if answer == 200 && age.is_some_and(|age| age < began.elapsed().as_secs_f64()) {
                return answers;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (watched, verified, ready) = tokio::join!(
        offers.watch(&known[0], "device_quarantine", began),
        timeout(BOUND, verified_within(&bench)),
        timeout(BOUND, ready_again),
    );
    println!("connections swallowed: the quarantine {watched:?}; a job {verified:?}; readiness {ready:?}");
    verified.expect("jobs go on");
    ready.expect("it is ready again");
    // Everything works as before, including what is cached.
    let watched = offers.acts_on_quarantine(&known[1]).await;
    println!("afterwards: {watched:?}");
    assert!(last_look(&at.other).await.expect("a gauge") < 5.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_offered_without_knowing_what_others_changed() {
    let at = Installation::start();
    let careless = crate::at(&at.behind).arg("--set").arg("distribution.stale_after_seconds=0");
    let careless = careless.data_dir(beside(&at.one)).start();
    let offers = Offers::new(at.one.api(), "gateway", json!({})).await;
    let known = offers.known(&at.one, &at.other, &["SN-1", "SN-2"]).await;
    let elsewhere = known[1].device.at(&careless);
    let updated = offers.device(&at.one, &at.other, "SN-3").await;
    // When both processes have received the devices' reports, they keep the devices in memory.
    for _ in 0..2 {
        assert_eq!(offers.asks(&known[0]).await, "update");
        assert_eq!(offers.asks(&known[1]).await, "update");
        assert_eq!(answer_to(&updated.device, &offers.second).await, "no_update");
        assert_eq!(answer_to(&elsewhere, &offers.first).await, "update");
        has_heard_all(&at.other).await;
        has_heard_all(&careless).await;
    }
    for there in [&known[0].device, &known[1].device, &elsewhere] {
        assert_eq!(answer_to(there, &offers.first).await, "update");
    }
    assert_eq!(answer_to(&updated.device, &offers.second).await, "no_update");

    at.relay.black_hole_everything();
    offers.quarantine(&known[0], json!(true)).await;
    let began = Instant::now();
    let watched = offers.watch(&known[0], "503 stale", began).await;
    println!("all connections swallowed: {watched:?}");
    let refused = asked(&known[1].device, &offers.first).await.expect("an answer").expect(503);
    assert_eq!(refused.error_code(), Some("stale"));
    let wait: u64 = refused.header("retry-after").expect("when to come again").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(answer_to(&updated.device, &offers.second).await, "no_update", "that needs no look");
    assert_eq!(answer_to(&elsewhere, &offers.first).await, "update", "it is told not to care");
    let (status, why) = probe(&at.other, "/readyz").await.expect("an answer in time");
    assert_eq!(status, 503, "{why}");
    let age = last_look(&at.other).await.expect("metrics need no database");
    assert!(age > 4.0, "the last look was {age} s ago");
    println!("after {:?}: not ready ({why}), the last look was {age} s ago", began.elapsed());

    at.relay.mend();
    let mended = Instant::now();
    let watched = offers.watch(&known[0], "device_quarantine", mended).await;
    assert_eq!(watched.last_offer, Duration::ZERO, "it was quarantined meanwhile: {watched:?}");
    let offered = offers.watch(&known[1], "update", mended).await;
    wait_until("ready", async || probe(&at.other, "/readyz").await.is_some_and(|(status, _)| status == 200))
        .await;
    println!("mended: the quarantine {watched:?}; offers {offered:?}; ready after {:?}", mended.elapsed());
}
