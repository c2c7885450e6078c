//! A standby takes over before it has received everything: the last changes are undone, and numbers are used again. The other processes
//! must not trust what they have cached from the server that is gone.

use std::collections::BTreeSet;
use std::time::Instant;

use olivine_tests::{Cluster, Device, Relay, Server};
use serde_json::json;

use crate::fleet::Member;
use crate::offers::{BOUND, Offers, answer_to, probe};
use crate::{at, beside, wait_until};

const PASSWORD: &str = "hunter2";
/// How many changes are lost. Each has two announcements.
const LOST: usize = 30;
/// How many devices may get the phased release, and how many ask for it.
const LIMIT: usize = 3;
const CROWD: usize = 8;

/// The two processes, before and after the failover.
struct Installation {
    one: Server,
    other: Server,
    relay: Relay,
}

impl Installation {
    fn start(primary: &Cluster) -> Self {
        let (relay, url) = Relay::to_database(&primary.url());
        let one = at(&url).start();
        let other = at(&url).data_dir(beside(&one)).start();
        Self { one, other, relay }
    }

    /// Waits until both processes are ready, or are not.
    async fn are_ready(&self, wanted: bool) {
        for server in [&self.one, &self.other] {
            let status = if wanted { 200 } else { 503 };
            let says_so = async || probe(server, "/readyz").await.is_some_and(|(said, _)| said == status);
            wait_until(&format!("/readyz is {status}"), says_so).await;
        }
    }
}

/// The devices that are offered the release. They ask one after the other, at both processes.
async fn let_in(crowd: &[[Device; 2]], release: &str) -> BTreeSet<usize> {
    let mut offered = BTreeSet::new();
    for (number, device) in crowd.iter().enumerate() {
        for asked in device {
            if answer_to(asked, release).await == "update" {
                offered.insert(number);
            }
        }
    }
    offered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_lagged_takes_over() {
    let primary = Cluster::start(PASSWORD, &[], "");
    let here = Installation::start(&primary);
    let offers = Offers::new(here.one.api(), "gateway", json!({})).await;
    let phased = Offers::new(here.one.api(), "sensor", json!({"phase_value": LIMIT})).await;
    let known = offers.known(&here.one, &here.other, &["SN-1", "SN-2", "SN-3", "SN-4", "SN-5"]).await;
    let mut crowd = Vec::new();
    for number in 0..CROWD {
        let there = phased.device(&here.one, &here.other, &format!("SN-crowd-{number}")).await.device;
        crowd.push([there.at(&here.one), there]);
    }

    let mut standby = primary.standby();
    let position = primary.query("select pg_current_wal_lsn()");
    let has_all = format!("select pg_last_wal_replay_lsn() >= '{position}'");
    wait_until("the standby has all", async || standby.query(&has_all) == "t").await;
    standby.stop();
    let (undone, known) = known.split_last().expect("several devices");
    for _ in 0..LOST {
        offers.quarantine(undone, json!(false)).await;
        offers.quarantine(undone, json!(true)).await;
    }
    offers.watch(undone, "device_quarantine", Instant::now()).await;
    let before = let_in(&crowd, &phased.first).await;
    assert_eq!(before.len(), LIMIT);

    primary.kill();
    standby.start_again();
    here.relay.lead_to(standby.address());
    // The standby can be read, but is not promoted yet.
    here.are_ready(false).await;
    let refused = offers.change(&known[0], &json!({"quarantined": true})).await.expect(503);
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    println!("before the standby is promoted, a device is answered: {}", offers.asks(&known[0]).await);
    standby.promote();
    let began = Instant::now();
    here.are_ready(true).await;
    println!("ready {:?} after the standby was promoted", began.elapsed());
    println!("a quarantine that was lost: {:?}", offers.watch(undone, "update", began).await);
    for there in known {
        println!("a quarantine afterwards: {:?}", offers.acts_on_quarantine(there).await);
    }
    let here_too = Member { device: undone.device.at(&here.one), prn: undone.prn.clone() };
    println!("at the process itself: {:?}", offers.acts_on_quarantine(&here_too).await);

    // The claims are lost as well. They are counted again, up to the limit and not beyond.
    let began = Instant::now();
    let mut after = let_in(&crowd, &phased.first).await;
    while after.len() < LIMIT {
        assert!(began.elapsed() < BOUND, "only {after:?} are let in, of {CROWD}");
        after = let_in(&crowd, &phased.first).await;
    }
    println!("{before:?} were let in before, {after:?} afterwards, after {:?}", began.elapsed());
    assert_eq!(let_in(&crowd, &phased.first).await, after, "nobody else is let in, nobody loses a place");
    assert_eq!(after.len(), LIMIT);
    let adoption = format!("/v1/releases/{}/adoption", phased.second);
    let adoption = here.one.api().get(&adoption).await.expect(200).json;
    assert_eq!(adoption["claimed"], json!(LIMIT), "{adoption:#}");
}
