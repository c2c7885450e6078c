//! Two processes with caches, and one that was just started: all give the same explanation to every device, whichever process made the
//! changes.
//!
//! This test runs a dozen short histories over HTTP. Many long ones are in `crates/operations/tests/coherence`.

use std::time::{Duration, Instant};

use olivine_tests::{Answer, Api, PostgresDatabase, Random, Server, Workbench, prn};
use serde_json::{Value, json};

use crate::{beside, on, pair};

const HISTORIES: usize = 12;
const CHANGES: usize = 12;
/// Changes of other processes take effect within a second. A longer time only means that the machine is busy.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL_EVERY: Duration = Duration::from_millis(20);

/// The records that exist, by kind, the newest last.
struct Fleet {
    apis: [Api; 2],
    random: Random,
    bundles: Vec<String>,
    products: Vec<String>,
    /// Each cohort with its product.
    cohorts: Vec<(String, String)>,
    devices: Vec<String>,
    releases: Vec<String>,
    overrides: Vec<String>,
    count: usize,
    log: Vec<String>,
}

impl Fleet {
    fn pick(&mut self, from: usize) -> usize {
        usize::try_from(self.random.next() % from.max(1) as u64).expect("few")
    }

    fn name(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}-{}", self.count)
    }

    /// Creates a record at one of the two processes. Returns `None` if that is refused.
    async fn make(&mut self, kind: &str, body: Value) -> Option<String> {
        let api = self.pick(2);
        let answer = self.apis[api].post(&format!("/v1/{kind}s"), &body).await;
        self.note(api, &format!("POST {kind}s {body}"), &answer);
        (answer.status == 201).then(|| prn(&answer.json[kind]))
    }

    async fn change(&mut self, path: String, body: Value) {
        let api = self.pick(2);
        let answer = self.apis[api].patch(&path, &body).await;
        self.note(api, &format!("PATCH {path} {body}"), &answer);
    }

    async fn delete(&mut self, path: String) {
        let api = self.pick(2);
        let answer = self.apis[api].delete(&path).await;
        self.note(api, &format!("DELETE {path}"), &answer);
    }

    fn note(&mut self, api: usize, what: &str, answer: &Answer) {
        assert!(answer.status < 500, "{what}: {answer:?}");
        self.log.push(format!("process {api}: {what}: {}", answer.status));
    }

    fn target(&mut self) -> Value {
        [json!("gateway"), json!("sensor"), Value::Null][self.pick(3)].clone()
    }

    async fn product(&mut self) {
        let product = json!({"name": self.name("product"), "target": self.target()});
        let made = self.make("product", product).await;
        self.products.extend(made);
        let product = self.products.last().expect("it was made").clone();
        let cohort = json!({"name": self.name("cohort"), "product_prn": product});
        let cohort = self.make("cohort", cohort).await.expect("nothing is in the way");
        self.cohorts.push((cohort, product));
        self.release().await;
    }

    async fn release(&mut self) {
        let (cohort, bundle) = (self.pick(self.cohorts.len()), self.pick(self.bundles.len()));
        let (cohort, bundle) = (self.cohorts[cohort].0.clone(), self.bundles[bundle].clone());
        let version = format!("{}.0.0", self.pick(3) + 1);
        let release = json!({"name": self.name("release"), "cohort_prn": cohort, "bundle_prn": bundle,
            "version": version, "version_requirement": ">= 0.1.0"});
        let made = self.make("release", release).await;
        self.releases.extend(made);
    }

    async fn device(&mut self) {
        let cohort = self.pick(self.cohorts.len());
        let (cohort, product) = self.cohorts[cohort].clone();
        let device =
            json!({"identifier": self.name("SN"), "product_prn": product, "cohort_prn": cohort, "tags": []});
        let made = self.make("device", device).await;
        self.devices.extend(made);
    }

    async fn over(&mut self) {
        let bundle = self.pick(self.bundles.len());
        let over =
            json!({"name": self.name("override"), "bundle_prn": self.bundles[bundle], "tags": ["beta"]});
        let made = self.make("bundle_override", over).await;
        self.overrides.extend(made);
    }

    /// Makes a random change.
    async fn step(&mut self) {
        let device = self.pick(self.devices.len());
        let path = format!("/v1/devices/{}", self.devices[device]);
        match self.pick(11) {
            0 => self.product().await,
            1 => self.release().await,
            2 => self.over().await,
            3 => {
                let (product, target) = (self.pick(self.products.len()), self.target());
                let path = format!("/v1/products/{}", self.products[product]);
                self.change(path, json!({"target": target})).await;
            }
            4 | 5 => {
                // Usually in the newest cohort.
                let cohort = self.cohorts.len() - 1 - self.pick(2).min(self.cohorts.len() - 1);
                let (cohort, product) = self.cohorts[cohort].clone();
                self.change(path, json!({"product_prn": product, "cohort_prn": cohort})).await;
            }
            6 => {
                let tags = [json!([]), json!(["beta"])][self.pick(2)].clone();
                self.change(path, json!({"tags": tags})).await;
            }
            7 => {
                let quarantined = self.pick(2) == 0;
                self.change(path, json!({"quarantined": quarantined})).await;
            }
            8 if !self.releases.is_empty() => {
                let release = self.pick(self.releases.len());
                let release = self.releases.swap_remove(release);
                self.delete(format!("/v1/releases/{release}")).await;
            }
            9 if !self.overrides.is_empty() => {
                let over = self.pick(self.overrides.len());
                let over = self.overrides.swap_remove(over);
                self.delete(format!("/v1/bundle_overrides/{over}")).await;
            }
            _ => self.device().await,
        }
    }

    /// The explanations of a process for every device.
    async fn explained(&self, api: &Api) -> Vec<Value> {
        let question = json!({"release_version": "0.9.0", "explain": true});
        let mut answers = Vec::new();
        for device in &self.devices {
            let answer = api.post(&format!("/v1/devices/{device}/update"), &question).await;
            answers.push(answer.expect(200).json);
        }
        answers
    }
}

/// Bundles for one kind of device, for the other kind, and for both.
async fn bundles(api: &Api) -> Vec<String> {
    let bench = Workbench::new(api.clone()).await;
    let gateway = bench.signed_for("gateway", b"for gateways").await;
    let sensor = bench.signed_for("sensor", b"for sensors").await;
    let mut bundles = Vec::new();
    for binaries in
        [json!([{"prn": gateway}]), json!([{"prn": sensor}]), json!([{"prn": gateway}, {"prn": sensor}])]
    {
        let bundle = api.post("/v1/bundles", &json!({"binaries": binaries})).await.expect(201);
        bundles.push(prn(&bundle.json["bundle"]));
    }
    bundles
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_processes_explain_the_same() {
    let database = PostgresDatabase::create();
    let (one, other) = pair(&database);
    let apis = [one.api(), Api::new(other.url()).with_key(one.admin_key())];
    let bundles = bundles(&apis[0]).await;
    let mut fleet = Fleet {
        apis,
        random: Random::new(),
        bundles,
        products: Vec::new(),
        cohorts: Vec::new(),
        devices: Vec::new(),
        releases: Vec::new(),
        overrides: Vec::new(),
        count: 0,
        log: Vec::new(),
    };
    fleet.product().await;
    fleet.device().await;
    let mut updates = 0;
    for _ in 0..HISTORIES {
        for _ in 0..CHANGES {
            fleet.step().await;
            // Ensures that each process has cached the state before most changes.
            for api in &fleet.apis {
                fleet.explained(api).await;
            }
        }
        let started = on(&database).data_dir(beside(&one)).start();
        let expected = fleet.explained(&Api::new(started.url()).with_key(one.admin_key())).await;
        updates += expected.iter().filter(|answer| answer["status"] == "update").count();
        agree(&fleet, [&one, &other], &expected).await;
        // Only the devices that this history created are compared.
        let own = fleet.devices.len().saturating_sub(2);
        fleet.devices.drain(..own);
    }
    assert!(updates > 0, "the histories say nothing: {:#?}", fleet.log);
}

/// Waits until both processes give the same explanations as one that was just started.
async fn agree(fleet: &Fleet, servers: [&Server; 2], expected: &[Value]) {
    for (api, server) in fleet.apis.iter().zip(servers) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let explained = fleet.explained(api).await;
            if explained == expected {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "{}: {explained:#?}\none just started: {expected:#?}\n{:#?}",
                server.url(),
                fleet.log
            );
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
}
