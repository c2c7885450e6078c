//! A cohort with an update to offer, and how soon a process acts on a quarantine that was set at another one. Nothing here may wait
//! for an answer without a bound: what is looked for is a process that hangs.

use std::time::{Duration, Instant};

use olivine_tests::{Answer, Api, Device, Server, Workbench, prn, try_send};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::fleet::{Fleet, Member};
use crate::wait_until;

/// A change is to be in force elsewhere within 5 s. A machine that runs many tests at once gets more; before, it never was.
pub(crate) const BOUND: Duration = Duration::from_secs(25);
/// Devices and probes give up after this long.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// Seldom enough for a device's limit of requests.
const POLL_EVERY: Duration = Duration::from_millis(20);

/// A cohort with two releases. Its devices have the first one and are offered the second one.
pub(crate) struct Offers {
    api: Api,
    fleet: Fleet,
    pub(crate) first: String,
    pub(crate) second: String,
}

/// What a device was answered, from a quarantine on.
#[derive(Debug)]
pub(crate) struct Watched {
    /// When it was offered an update for the last time; zero if it was not.
    pub(crate) last_offer: Duration,
    /// When the answer came that was waited for.
    pub(crate) came: Duration,
    /// The answers, without repetitions.
    pub(crate) answers: Vec<String>,
}

impl Offers {
    /// `more` are the second release's further fields.
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

    /// A device at another process than the one at which it is registered.
    pub(crate) async fn device(&self, registered: &Server, asked: &Server, name: &str) -> Member {
        let member = self.fleet.device(registered, name).await;
        Member { device: member.device.at(asked), prn: member.prn }
    }

    /// Several of them, which the process that they ask knows and remembers.
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

    /// What a device is answered that has the first release.
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

    /// Waits until a device gets an answer, from `began` on.
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

    /// Sets a quarantine at the first process, and watches until another one acts on it, which remembers the device.
    pub(crate) async fn acts_on_quarantine(&self, there: &Member) -> Watched {
        self.watch(there, "update", Instant::now()).await;
        self.quarantine(there, json!(true)).await;
        self.watch(there, "device_quarantine", Instant::now()).await
    }
}

/// The status of an answer to a device that has this release; or what there is instead, such as `503 stale`.
pub(crate) async fn answer_to(device: &Device, release: &str) -> String {
    match asked(device, release).await {
        Some(answer) if answer.status == 200 => answer.json["status"].as_str().unwrap().to_owned(),
        Some(answer) => format!("{} {}", answer.status, answer.error_code().unwrap_or_default()),
        None => "no answer".to_owned(),
    }
}

/// The whole answer to a device that has this release; none if there is none in time.
pub(crate) async fn asked(device: &Device, release: &str) -> Option<Answer> {
    let request = device.request(Method::GET, "/update").header("peridio-release-prn", release);
    timeout(ANSWERED_WITHIN, try_send(request)).await.ok()?.ok()
}

/// What a probe is answered, `/readyz` or `/metrics`: the status and the text; none if there is no answer in time.
pub(crate) async fn probe(server: &Server, path: &str) -> Option<(u16, String)> {
    let request = Api::new(server.url()).request(Method::GET, path);
    let answer = timeout(ANSWERED_WITHIN, try_send(request)).await.ok()?.ok()?;
    Some((answer.status, String::from_utf8(answer.body).expect("text")))
}

/// For how many seconds a process has not looked what others changed, as its metrics say.
pub(crate) async fn last_look(server: &Server) -> Option<f64> {
    let (status, text) = probe(server, "/metrics").await?;
    assert_eq!(status, 200, "{text}");
    let value = text.lines().find_map(|line| line.strip_prefix("olivine_changes_last_look_seconds "))?;
    value.parse().ok()
}

/// Waits until a process has heard of everything that was changed until now.
pub(crate) async fn has_heard_all(server: &Server) {
    let now = Instant::now();
    let has_looked = async || last_look(server).await.is_some_and(|age| age < now.elapsed().as_secs_f64());
    wait_until("it has looked at the changes", has_looked).await;
}
