//! A rollout to 500 devices on PostgreSQL, S3 and two processes behind nginx, while one or the other process is killed again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_tests::{
    Api, Nginx, PostgresDatabase, Random, S3, Server, ServerBuilder, Workbench, authority, list_all, named,
    prn, sha256_hex, try_send,
};
use rcgen::{CertifiedIssuer, KeyPair};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::rolling::{address, server};

const DEVICES: usize = 500;
/// How many devices get the release at first.
const FIRST: usize = 200;
/// How many devices ask at the same time. More would only wait for a processor.
const AT_ONCE: usize = 32;
/// How often a device asks.
const POLL: Duration = Duration::from_secs(1);
/// The longest time between two kills.
const PEACE: Duration = Duration::from_millis(1500);
/// An upper bound, not an expectation.
const PATIENCE: Duration = Duration::from_mins(5);
/// How long the test watches whether more than [`FIRST`] devices get it.
const WATCHED: Duration = Duration::from_secs(6);

/// The data that all devices share.
struct Site {
    devices: Api,
    firmware: Vec<u8>,
    places: Semaphore,
    is_over: AtomicBool,
    /// The releases that each device installed, in order.
    installed: Mutex<BTreeMap<usize, Vec<String>>>,
}

impl Site {
    fn have(&self, release: &str) -> BTreeSet<usize> {
        let installed = self.installed.lock().unwrap();
        installed
            .iter()
            .filter(|(_, all)| all.iter().any(|one| one == release))
            .map(|(who, _)| *who)
            .collect()
    }

    /// The life of a device that begins with the first release. Requests without an answer are repeated.
    async fn device(self: Arc<Self>, number: usize, certificate: String, mut release: String) {
        while !self.is_over.load(Ordering::Relaxed) {
            let place = self.places.acquire().await.unwrap();
            if let Some(next) = self.asks(&certificate, &release).await {
                self.installed.lock().unwrap().entry(number).or_default().push(next.clone());
                release = next;
            }
            drop(place);
            tokio::time::sleep(POLL).await;
        }
    }

    /// The release that the device was offered, after its content was downloaded and verified.
    async fn asks(&self, certificate: &str, release: &str) -> Option<String> {
        let request = self.devices.request(Method::GET, "/update?expand[]=release&expand[]=manifest");
        let request = request.header("client-cert", certificate).header("peridio-release-prn", release);
        let answer = try_send(request).await.ok().filter(|answer| answer.status < 500)?;
        let answer = answer.expect(200).json;
        if answer["status"] == "no_update" {
            return None;
        }
        assert_eq!(answer["status"], "update", "{answer:#}");
        let entry = &answer["manifest"][0];
        let content = try_send(self.devices.request(Method::GET, entry["url"].as_str().unwrap())).await;
        let content = content.ok().filter(|answer| answer.status == 200)?.body;
        assert_eq!(sha256_hex(&content), sha256_hex(&self.firmware));
        Some(prn(&answer["release"]))
    }
}

/// A CA whose devices are registered when they first connect.
struct Factory {
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Factory {
    async fn new(api: &Api, product: &str, cohort: &str) -> Self {
        let factory = Self { authority: authority("factory") };
        let code = api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
        let proof = factory.certificate(code["verification_code"].as_str().unwrap()).pem();
        let new = json!({"certificate": factory.authority.pem(), "verification_certificate": proof,
            "jitp": {"product_prn": product, "cohort_prn": cohort, "tags": []}});
        api.post("/v1/ca_certificates", &new).await.expect(201);
        factory
    }

    fn certificate(&self, name: &str) -> rcgen::Certificate {
        named(name).signed_by(&KeyPair::generate().unwrap(), &self.authority).unwrap()
    }

    /// The certificate of a device in the header, as nginx would forward it.
    fn device(&self, number: usize) -> String {
        format!(":{}:", STANDARD.encode(self.certificate(&format!("SN-{number}")).der()))
    }
}

/// One of two processes whose contents are in a store.
fn process(database: &PostgresDatabase, store: &S3) -> ServerBuilder {
    server(database).envs(store.environment()).arg("--storage-url").arg("s3://firmware/team")
}

/// Kills one of the servers at random and restarts it at the same address, until the condition is true. Returns the number of kills.
async fn kill_until(servers: &mut [Server; 2], random: &mut Random, is_so: impl Fn() -> bool) -> usize {
    let deadline = Instant::now() + PATIENCE;
    let mut kills = 0;
    while !is_so() {
        assert!(Instant::now() < deadline, "not there within {PATIENCE:?}, after {kills} kills");
        tokio::time::sleep(random.within(PEACE)).await;
        let victim = &mut servers[usize::from(random.bytes(1)[0]) % 2];
        tokio::task::block_in_place(|| {
            victim.kill();
            victim.restart_in_place();
        });
        kills += 1;
    }
    kills
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_to_500_devices_survives_kills() {
    let (database, store, mut random) = (PostgresDatabase::create(), S3::start(), Random::new());
    store.bucket("firmware");
    let one = process(&database, &store).start();
    let other = process(&database, &store).data_dir(crate::beside(&one)).start();
    let front = Nginx::in_front_of(&[address(one.device_url()), address(other.device_url())], "", "");
    let api = one.api();
    let create = async |plural: &str, one: &str, body| {
        prn(&api.post(&format!("/v1/{plural}"), &body).await.expect(201).json[one])
    };
    let product = create("products", "product", json!({"name": "gateway", "target": "gateway"})).await;
    let cohort = create("cohorts", "cohort", json!({"name": "production", "product_prn": product})).await;
    let firmware = random.bytes(20_000);
    let bench = Workbench::new(api.clone()).await;
    let binary = bench.signed_for("portable", &firmware).await;
    let bundle = create("bundles", "bundle", json!({"name": "1", "binaries": [{"prn": binary}]})).await;
    let release = async |name: &str, more: Value| {
        let mut new = json!({"name": name, "cohort_prn": cohort, "bundle_prn": bundle});
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        create("releases", "release", new).await
    };
    let old = release("old", json!({})).await;
    let new = release("new", json!({"phase_value": FIRST})).await;
    let factory = Factory::new(&api, &product, &cohort).await;

    let site = Arc::new(Site {
        devices: Api::new(&front.url()),
        firmware,
        places: Semaphore::new(AT_ONCE),
        is_over: AtomicBool::new(false),
        installed: Mutex::default(),
    });
    let mut devices = JoinSet::new();
    for number in 0..DEVICES {
        devices.spawn(Arc::clone(&site).device(number, factory.device(number), old.clone()));
    }
    let mut servers = [one, other];
    let mut kills = kill_until(&mut servers, &mut random, || site.have(&new).len() >= FIRST).await;
    let watched_until = Instant::now() + WATCHED;
    kills += kill_until(&mut servers, &mut random, || Instant::now() > watched_until).await;
    let first = site.have(&new);
    assert_eq!(first.len(), FIRST, "a phase is never overrun");
    // No server is killed at this moment.
    api.patch(&format!("/v1/releases/{new}"), &json!({"phase_value": DEVICES})).await.expect(200);
    kills += kill_until(&mut servers, &mut random, || site.have(&new).len() == DEVICES).await;
    assert!(site.have(&new).is_superset(&first) && kills > 5, "{kills} kills");

    // Each device asks once more, so that all have reported what they have.
    let arrived =
        format!("select count(*) from devices where release_id = '{}'", new.rsplit(':').next().unwrap());
    crate::wait_until("all have said so", async || database.query(&arrived) == DEVICES.to_string()).await;
    site.is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = devices.join_next().await {
        ended.expect("a device finds nothing wrong");
    }
    let twice: Vec<_> =
        site.installed.lock().unwrap().values().filter(|all| **all != [new.clone()]).cloned().collect();
    assert!(twice.is_empty(), "each installs it once: {twice:?}");
    let adoption = api.get(&format!("/v1/releases/{new}/adoption")).await.expect(200).json;
    assert_eq!((&adoption["on"], &adoption["claimed"]), (&json!(DEVICES), &json!(DEVICES)), "{adoption:#}");
    // There is one event for the first release of each device, and one for the new release, although servers were killed after writing
    // them.
    let changes = list_all(&api, "/v1/events?type=device.release_changed", "events").await;
    assert_eq!(changes.len(), 2 * DEVICES);
}
