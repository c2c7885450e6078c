//! A rolling restart behind nginx, while people and devices send requests: no request fails, and none is executed twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_tests::{Api, Nginx, PostgresDatabase, Server, Workbench, list_all, prn, try_send};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{PATIENCE, beside, on, wait_until};

/// Open connections carry many requests in this time.
const DRAIN: Duration = Duration::from_secs(5);
const CLIENTS: usize = 4;

/// Behind nginx, the certificates of devices are in a header.
pub(crate) fn server(database: &PostgresDatabase) -> olivine_tests::ServerBuilder {
    let builder = on(database).arg("--drain-seconds").arg(DRAIN.as_secs().to_string());
    builder.behind_a_proxy()
}

pub(crate) fn address(url: &str) -> &str {
    url.strip_prefix("http://").expect("plain HTTP behind a proxy")
}

/// The certificate of a device in the header, as nginx would forward it.
async fn device(api: &Api) -> String {
    let made = rcgen::generate_simple_self_signed(vec!["device".to_owned()]).expect("a certificate");
    let product = json!({"name": "gateway", "target": "gateway"});
    let product = prn(&api.post("/v1/products", &product).await.expect(201).json["product"]);
    let cohort = json!({"name": "production", "product_prn": product});
    let cohort = prn(&api.post("/v1/cohorts", &cohort).await.expect(201).json["cohort"]);
    let new = json!({"identifier": "SN-1", "product_prn": product, "cohort_prn": cohort});
    let device = prn(&api.post("/v1/devices", &new).await.expect(201).json["device"]);
    let body = json!({"device_prn": device, "certificate": made.cert.pem()});
    api.post("/v1/device_certificates", &body).await.expect(201);
    format!(":{}:", STANDARD.encode(made.cert.der()))
}

/// The requests of clients, until they are told to stop.
struct Load {
    people: Api,
    devices: Api,
    certificate: String,
    is_over: AtomicBool,
    answered: AtomicUsize,
    made: AtomicUsize,
}

impl Load {
    /// A client with its own persistent connections. Returns the first error.
    async fn client(self: Arc<Self>, number: usize) -> Result<(), String> {
        let people = Api::new(self.people.base_url()).with_key(self.people.key().expect("a key"));
        let devices = Api::new(self.devices.base_url());
        for turn in 0.. {
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            let name = json!({"name": format!("artifact-{number}-{turn}")});
            let (request, expected) = match turn % 3 {
                0 => (people.request(Method::GET, "/v1/users/me"), 200),
                1 => (people.request(Method::POST, "/v1/artifacts").json(&name), 201),
                _ => (devices.request(Method::GET, "/update").header("client-cert", &self.certificate), 200),
            };
            let answer = try_send(request).await.map_err(|error| format!("turn {turn}: {error:?}"))?;
            if answer.status != expected {
                return Err(format!("turn {turn}: {answer:?}"));
            }
            self.answered.fetch_add(1, Ordering::Relaxed);
            self.made.fetch_add(usize::from(turn % 3 == 1), Ordering::Relaxed);
        }
        Ok(())
    }

    async fn goes_on(&self, turns: usize) {
        let until = self.answered.load(Ordering::Relaxed) + turns;
        wait_until("the load goes on", async || self.answered.load(Ordering::Relaxed) >= until).await;
    }
}

/// Stops a server as an init system does, examines it while it stops, and starts it again at the same address.
async fn roll(server: &mut Server, load: &Load) {
    let kept = Api::new(server.url());
    kept.get("/readyz").await.expect(200);
    server.terminate();
    wait_until("it says that it stops", async || kept.get("/readyz").await.status == 503).await;
    let began = Instant::now();
    let open = kept.get("/healthz").await.expect(200);
    assert_eq!(open.header("connection"), Some("close"), "{open:?}");
    let new = Api::new(server.url()).get("/healthz").await.expect(200);
    assert_eq!(new.header("connection"), Some("close"), "{new:?}");
    assert!(began.elapsed() < DRAIN, "the machine is too busy for this test to mean something");
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    load.goes_on(50).await;
    server.restart_in_place();
    load.goes_on(200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_fails_no_request() {
    let database = PostgresDatabase::create();
    let mut one = server(&database).start();
    let mut other = server(&database).data_dir(beside(&one)).start();
    let certificate = device(&one.api()).await;
    let people = Nginx::in_front_of(&[address(one.url()), address(other.url())], "", "");
    let devices = Nginx::in_front_of(&[address(one.device_url()), address(other.device_url())], "", "");
    let load = Arc::new(Load {
        people: Api::new(&people.url()).with_key(one.admin_key()),
        devices: Api::new(&devices.url()),
        certificate,
        is_over: AtomicBool::new(false),
        answered: AtomicUsize::new(0),
        made: AtomicUsize::new(0),
    });
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(Arc::clone(&load).client(number));
    }
    load.goes_on(100).await;
    for server in [&mut one, &mut other] {
        // A client that ends at this point has failed.
        tokio::select! {
            () = roll(server, &load) => {}
            Some(ended) = clients.join_next() => panic!("{:?}\n{}\n{}", ended, people.log(), devices.log()),
        }
    }
    load.is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        let ended = ended.expect("no panic");
        assert!(ended.is_ok(), "{ended:?}\n{}\n{}", people.log(), devices.log());
    }
    println!("{} requests were answered during the restarts", load.answered.load(Ordering::Relaxed));
    let made = list_all(&one.api(), "/v1/artifacts", "artifacts").await.len();
    assert_eq!(made, load.made.load(Ordering::Relaxed), "each was made once");
}

/// Another process takes over the jobs of a stopping process at once, and not when their leases have ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_handed_back() {
    let database = PostgresDatabase::create();
    let mut one = on(&database).env("OLIVINE_JOB_LEASE_SECONDS", "3600").start();
    let other = on(&database).data_dir(beside(&one)).arg("--roles").arg("api").start();
    let mut bench = Workbench::new(one.api()).await;
    let content = vec![7; 30 << 20];
    let mut binaries = Vec::new();
    for _ in 0..4 {
        let binary = bench.uploadable(&content).await;
        bench.put_content(&binary, &content).await.expect(200);
        binaries.push(binary);
    }
    for binary in &binaries {
        bench.ask(binary, "hashable").await.expect(200);
    }
    one.stop();
    bench.reconnect(Api::new(other.url()).with_key(one.admin_key()));
    let states = "select count(*) from jobs where state = 'running'";
    assert_eq!(database.query(states), "0", "handed back");
    let began = Instant::now();
    one.restart();
    for binary in &binaries {
        bench.in_state(binary, "signable").await;
    }
    assert!(began.elapsed() < PATIENCE);
}
