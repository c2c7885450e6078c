//! Processes with one database on machines whose clocks differ by five minutes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use olivine_tests::{Api, PostgresDatabase, Server, ServerBuilder, Workbench};

use crate::{beside, on, wait_until};

const LEASE: Duration = Duration::from_secs(5);
/// A job runner looks for work every two seconds. The rest is for a busy machine.
const SOON: Duration = Duration::from_mins(1);
/// How often the test is repeated if the kill came too late.
const ATTEMPTS: usize = 20;

/// Changes the wall clock with Debian's libfaketime. The monotonic clock stays the same.
fn with_clock(builder: ServerBuilder, off: Option<&str>) -> ServerBuilder {
    let builder = builder.env("OLIVINE_JOB_LEASE_SECONDS", LEASE.as_secs().to_string());
    let Some(off) = off else { return builder };
    let builder = builder.env("LD_PRELOAD", library().display().to_string()).env("FAKETIME", off);
    builder.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1")
}

fn library() -> PathBuf {
    let architectures = std::fs::read_dir("/usr/lib").expect("a Linux").flatten();
    let mut places = architectures.map(|entry| entry.path().join("faketime/libfaketime.so.1"));
    places.find(|path| path.exists()).expect("faketime is installed; run `cargo xtask test`")
}

/// Kills a process while it verifies. Returns the time of the kill, and how long its lease lasted at some time after it.
async fn killed_at_work(
    database: &PostgresDatabase,
    bench: &Workbench,
    runner: &mut Server,
) -> (String, Instant, f64) {
    let running = "select coalesce(max(due_at / 1e6 - extract(epoch from clock_timestamp())), 0) \
                   from jobs where kind = 'verify_binary' and state = 'running'";
    let left = || database.query(running).parse::<f64>().expect("a number");
    let content = vec![7; 95_000_000];
    for _ in 0..ATTEMPTS {
        let binary = bench.uploadable(&content).await;
        bench.put_content(&binary, &content).await.expect(200);
        bench.ask(&binary, "hashable").await.expect(200);
        wait_until("it runs", async || left().abs() > 0.0 || bench.get(&binary).await["state"] == "signable")
            .await;
        runner.kill();
        let dead = Instant::now();
        let left = left();
        if left.abs() > 0.0 {
            return (binary, dead, left);
        }
        runner.restart();
    }
    panic!("it was always done before it was killed");
}

/// A process is killed. Another one with a different clock takes over its job when the lease has ended, and not before.
#[expect(clippy::print_stdout, reason = "for whoever wants to know how long it took")]
async fn is_taken_over(first: Option<&str>, second: Option<&str>) {
    let database = PostgresDatabase::create();
    let people = on(&database).arg("--roles").arg("api").start();
    let bench = Workbench::new(people.api()).await;
    let runner = with_clock(on(&database), first).arg("--roles").arg("jobs").data_dir(beside(&people));
    let mut runner = runner.start();
    let (binary, dead, left) = killed_at_work(&database, &bench, &mut runner).await;
    assert!(0.0 < left && left <= LEASE.as_secs_f64() + 0.1, "a lease of {left} s");

    let successor = with_clock(on(&database), second).arg("--roles").arg("jobs").data_dir(beside(&people));
    let _successor = successor.start();
    bench.in_state(&binary, "signable").await;
    let took = dead.elapsed();
    println!("{first:?}, then {second:?}: a lease of {left:.2} s, taken over and verified after {took:?}");
    assert!(took.as_secs_f64() > left - 0.05, "taken from one that might be alive: {took:?} of {left} s");
    assert!(took < LEASE + SOON, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_hold_on_a_clock_that_is_behind() {
    is_taken_over(Some("+5m"), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_hold_on_a_clock_that_is_ahead() {
    is_taken_over(None, Some("+5m")).await;
}

/// A URL that is valid for a minute is created by one process and used at another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn urls_are_good_everywhere() {
    let database = PostgresDatabase::create();
    let short = |builder: ServerBuilder| builder.env("OLIVINE_DOWNLOAD_URL_SECONDS", "60");
    let one = short(on(&database)).start();
    let ahead = with_clock(short(on(&database)), Some("+5m")).data_dir(beside(&one)).start();
    // The reported difference may be smaller by the time that the database took to answer.
    let (start, end) = ("this machine's clock is ", " s off the database's");
    let said = ahead.log().split_once(start).and_then(|(_, rest)| Some(rest.split_once(end)?.0.to_owned()));
    let seconds: u32 = said.and_then(|said| said.parse().ok()).unwrap_or_else(|| panic!("{}", ahead.log()));
    assert!((290..=310).contains(&seconds), "{seconds}");
    let mut bench = Workbench::new(one.api()).await;
    let binary = bench.signed(b"content").await;
    let path = |url: String| {
        url.split_once("/content/").map(|(_, token)| format!("/content/{token}")).expect("a URL")
    };
    let made_by_one = path(bench.download_url(&binary).await);
    Api::new(ahead.url()).get(&made_by_one).await.expect(200);
    bench.reconnect(Api::new(ahead.url()).with_key(one.admin_key()));
    let made_ahead = path(bench.download_url(&binary).await);
    Api::new(one.url()).get(&made_ahead).await.expect(200);
    let seen = bench.get(&bench.signed(b"made ahead").await).await;
    #[expect(clippy::disallowed_methods, reason = "the clock on the wall, which the records must agree with")]
    let now = jiff::Timestamp::now();
    let made: jiff::Timestamp = seen["inserted_at"].as_str().expect("a moment").parse().expect("a moment");
    assert!(made.duration_since(now).as_secs().abs() < 60, "{made}");
}
