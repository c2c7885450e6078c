//! A cohort with an update to offer, and the time until a process acts on a quarantine that was set at another one. Nothing here may wait
//! for an answer without a time limit, because the tests look for processes that hang.

use std::time::{Duration, Instant};

use olivine_tests::{Answer, Api, Device, Server, Workbench, prn, try_send};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::fleet::{Fleet, Member};
use crate::wait_until;

/// A change must take effect at other processes within 5 s. This is longer, for a machine that runs many tests at once; a process that
/// hangs never gets there.
pub(crate) const BOUND: Duration = Duration::from_secs(25);
/// The time limit of requests by devices and probes.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// Seldom enough for the rate limit of a device.
const POLL_EVERY: Duration = Duration::from_millis(20);

/// A cohort with two releases. Its devices have the first one and are offered the second one.
pub(crate) struct Offers {
    api: Api,
    fleet: Fleet,
    pub(crate) first: String,
    pub(crate) second: String,
}

/// The answers to a device since a quarantine was set.
#[derive(Debug)]
pub(crate) struct Watched {
    /// The time of the last offer of an update, or zero if there was none.
    pub(crate) last_offer: Duration,
    /// The time of the expected answer.
    pub(crate) came: Duration,
    /// The answers, without repetitions.
    pub(crate) answers: Vec<String>,
}

impl Offers {
    /// Creates the cohort. `more` contains additional fields of the second release.
    pub(crate) async fn new(api: Api, name: &str, more: Value) -> Self {
        let fleet = Fleet::named(api.clone(), name).await;
        let bench = Workbench::named(api.clone(), name).await;
        let binary = bench.signed_for("portable", name.as_bytes()).await;
        let bundle = json!({"name": name, "binaries": [{"prn": binary}]});
        let bundle = prn(&api.post("/v1/bundles", &bundle).await.expect(201).json["bundle"]);
        let release = async |number: &str, more: Value| {
            let mut new = json!({"name": number, "cohort_prn": fleet.cohort, "bundle_prn": bundle});
            new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            prn(&api.post("/v1/releases", &new).await.expect(201).json["release"])
        };
        let first = release("first", json!({})).await;
        let second = release("second", more).await;
        Self { api, fleet, first, second }
    }

    /// A device that is registered at one process and asks another.
    pub(crate) async fn device(&self, registered: &Server, asked: &Server, name: &str) -> Member {
        let member = self.fleet.device(registered, name).await;
        Member { device: member.device.at(asked), prn: member.prn }
    }

    /// Several devices that are known to, and cached by, the process that they ask.
    pub(crate) async fn known(&self, registered: &Server, asked: &Server, names: &[&str]) -> Vec<Member> {
        let mut members = Vec::new();
        for name in names {
            let member = self.device(registered, asked, name).await;
            for _ in 0..2 {
                assert_eq!(self.asks(&member).await, "update", "{name}");
            }
            members.push(member);
        }
        members
    }

    /// The answer to a device that has the first release.
    pub(crate) async fn asks(&self, there: &Member) -> String {
        answer_to(&there.device, &self.first).await
    }

    pub(crate) async fn quarantine(&self, member: &Member, is_quarantined: Value) {
        self.change(member, &json!({"quarantined": is_quarantined})).await.expect(200);
    }

    /// Changes a device at the first process, which may refuse it.
    pub(crate) async fn change(&self, member: &Member, change: &Value) -> Answer {
        self.api.patch(&format!("/v1/devices/{}", member.prn), change).await
    }

    /// Repeats the request of a device until it gets the wanted answer. Times are counted from `began`.
    pub(crate) async fn watch(&self, there: &Member, wanted: &str, began: Instant) -> Watched {
        let mut watched = Watched { last_offer: Duration::ZERO, came: Duration::ZERO, answers: Vec::new() };
        loop {
            let answer = self.asks(there).await;
            watched.came = began.elapsed();
            if answer == "update" {
                watched.last_offer = watched.came;
            }
            if watched.answers.last() != Some(&answer) {
                watched.answers.push(answer.clone());
            }
            if answer == wanted {
                return watched;
            }
            assert!(watched.came < BOUND, "'{wanted}' does not come within {BOUND:?}: {watched:?}");
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    /// Sets a quarantine at the first process, and watches until another process, which has cached the device, acts on it.
    pub(crate) async fn acts_on_quarantine(&self, there: &Member) -> Watched {
        self.watch(there, "update", Instant::now()).await;
        self.quarantine(there, json!(true)).await;
        self.watch(there, "device_quarantine", Instant::now()).await
    }
}

/// The status of the answer to a device with this release, or the error, such as `503 stale`.
pub(crate) async fn answer_to(device: &Device, release: &str) -> String {
    match asked(device, release).await {
        Some(answer) if answer.status == 200 => answer.json["status"].as_str().unwrap().to_owned(),
        Some(answer) => format!("{} {}", answer.status, answer.error_code().unwrap_or_default()),
        None => "no answer".to_owned(),
    }
}

/// The whole answer to a device with this release, or `None` if there is none in time.
pub(crate) async fn asked(device: &Device, release: &str) -> Option<Answer> {
    let request = device.request(Method::GET, "/update").header("peridio-release-prn", release);
    timeout(ANSWERED_WITHIN, try_send(request)).await.ok()?.ok()
}

/// The status and the text of the answer to a probe (`/readyz` or `/metrics`), or `None` if there is none in time.
pub(crate) async fn probe(server: &Server, path: &str) -> Option<(u16, String)> {
    let request = Api::new(server.url()).request(Method::GET, path);
    let answer = timeout(ANSWERED_WITHIN, try_send(request)).await.ok()?.ok()?;
    Some((answer.status, String::from_utf8(answer.body).expect("text")))
}

/// The seconds since a process last looked for others' changes, from its metrics.
pub(crate) async fn last_look(server: &Server) -> Option<f64> {
    let (status, text) = probe(server, "/metrics").await?;
    assert_eq!(status, 200, "{text}");
    let value = text.lines().find_map(|line| line.strip_prefix("olivine_changes_last_look_seconds "))?;
    value.parse().ok()
}

/// Waits until a process has received all changes made so far.
pub(crate) async fn has_heard_all(server: &Server) {
    let now = Instant::now();
    let has_looked = async || last_look(server).await.is_some_and(|age| age < now.elapsed().as_secs_f64());
    wait_until("it has looked at the changes", has_looked).await;
}
