//! Turns a server on PostgreSQL into a scaled deployment if the tests are run with `--scaled`: two processes, an S3 store, and nginx in
//! front, which picks a process at random for each request and for each device's connection. It must never change what a test does or
//! expects.
//!
//! One thing differs from a single process, as documented: a change that one process makes takes effect in the other a little later. So a
//! device's request waits until the metrics of each process show that it has looked for changes since the last change through the Admin
//! API. A request about what a device would get also waits for the last request of a device, which may have claimed a place.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use reqwest::header::{HeaderValue, SERVER};
use reqwest::{Method, Request, Response, StatusCode, Url};

use crate::S3;
use crate::nginx::{self, Nginx};
use crate::process::until;

/// If this variable is `1`, every test that asks for PostgreSQL gets the scaled deployment. `cargo xtask test --scaled` sets it.
const SWITCH: &str = "OLIVINE_TEST_SCALED";
/// The number of processes.
pub(crate) const PROCESSES: usize = 2;
/// An upper bound, not an expectation: on a machine that is not busy it takes at most half a second.
const IN_FORCE_WITHIN: Duration = Duration::from_mins(1);
/// The server caches rendered metrics for this time.
const METRICS_ARE_AT_MOST: Duration = Duration::from_millis(50);
const BUCKET: &str = "firmware";
/// The files that two processes must share to be one installation.
const SHARED: [&str; 4] = ["secret-key", "device-ca.pem", "device-ca-key.pem", "device-tls.pem"];
/// The header with the checksum. S3 signs it, so that the store itself refuses other bytes.
const CHECKSUM: &str = "x-amz-checksum-sha256";

/// Whether servers on PostgreSQL are started as scaled deployments.
pub(crate) fn is_asked_for() -> bool {
    std::env::var_os(SWITCH).is_some_and(|value| value == "1")
}

/// What the processes share besides their database: the object store and nginx.
#[derive(Debug)]
pub(crate) struct Scaled {
    front: Nginx,
    store: S3,
    /// The addresses of each process: for the Admin API and for the Device API.
    addresses: [[String; 2]; PROCESSES],
}

impl Scaled {
    /// Starts everything except the processes.
    pub(crate) fn start() -> Self {
        let store = S3::start();
        store.bucket(BUCKET);
        let addresses = addresses();
        let front = Nginx::start(|folder, ports| configuration(folder, ports, &addresses));
        remember(&front, &addresses);
        Self { front, store, addresses }
    }

    /// The settings that differ from those of a single process.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let mut environment = self.store.environment();
        environment.push(("OLIVINE_STORAGE_URL".to_owned(), format!("s3://{BUCKET}/team")));
        environment.push(("OLIVINE_PUBLIC_URL".to_owned(), self.front.url()));
        environment
    }

    pub(crate) fn addresses(&self, process: usize) -> &[String; 2] {
        &self.addresses[process]
    }

    pub(crate) fn url(&self) -> String {
        self.front.url()
    }

    pub(crate) fn device_url(&self) -> String {
        format!("https://{}", self.front.second_address())
    }

    /// The keys of all objects in the store, without its prefix.
    pub(crate) fn objects(&self) -> Vec<String> {
        let keys = self.store.objects(BUCKET).into_iter();
        keys.map(|key| key.strip_prefix("team/").expect("nothing is outside of the prefix").to_owned())
            .collect()
    }

    /// The uploads that are neither completed nor aborted.
    pub(crate) fn open_uploads(&self) -> Vec<String> {
        self.store.names_of_uploads(BUCKET)
    }
}

impl Drop for Scaled {
    fn drop(&mut self) {
        let url = self.front.url();
        installations().retain(|installation| installation.people != url);
    }
}

/// Copies the files that make another process a part of the same installation.
pub(crate) fn share(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for file in SHARED {
        let (made, copy) = (from.join(file), to.join(file));
        // Some files may be missing: a test may have its own secret or its own certificates.
        if made.exists() && !copy.exists() {
            std::fs::copy(made, copy).expect("a copy");
        }
    }
}

/// An address of this machine for each pair of listeners that nobody else uses. So the ports are still free after a restart.
fn addresses() -> [[String; 2]; PROCESSES] {
    static COUNTER: AtomicU8 = AtomicU8::new(0);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let host = Ipv4Addr::new(127, 128 | high & 0x7f, low, number);
    let listeners = [0; 2 * PROCESSES]
        .map(|port| TcpListener::bind((IpAddr::V4(host), port)).expect("all of 127.0.0.0/8 is this machine"));
    let [one, two, three, four] =
        listeners.map(|listener| listener.local_addr().expect("a listener has an address").to_string());
    [[one, two], [three, four]]
}

/// The configuration of `deploy/nginx.conf`, but with a random choice.
fn configuration(folder: &str, ports: [u16; 2], addresses: &[[String; 2]; PROCESSES]) -> String {
    let [people, devices] = [0, 1]
        .map(|kind: usize| nginx::server_lines(addresses.iter().map(|of_process| of_process[kind].as_str())));
    let (start, temporary) = (nginx::main_lines(folder), nginx::temporary_folders(folder));
    let [people_port, device_port] = ports;
    format!(
        "{start}
events {{ worker_connections 4096; }}
stream {{
    upstream devices {{
        random;
{devices}    }}
    server {{
        listen 127.0.0.1:{device_port};
        proxy_pass devices;
        proxy_connect_timeout 2s;
        proxy_timeout 5m;
    }}
}}
http {{
    access_log off;
{temporary}
    upstream servers {{
        random;
{people}    }}
    server {{
        listen 127.0.0.1:{people_port};
        client_max_body_size 0;
        large_client_header_buffers 8 128k;
        keepalive_requests 1000000;
        keepalive_timeout 5m;
        proxy_request_buffering off;
        proxy_buffering off;
        proxy_http_version 1.1;
        proxy_read_timeout 5m;
        proxy_connect_timeout 2s;
        location / {{
            proxy_pass http://servers;
            proxy_set_header Host $http_host;
        }}
    }}
}}
"
    )
}

/// A scaled deployment of this test run, and the times of the last changes in it.
struct Installation {
    people: String,
    devices: String,
    /// The URLs of the processes' own metrics.
    processes: Vec<String>,
    /// When people last changed something.
    changed: Option<Instant>,
    /// When devices last asked. They may claim places and report.
    asked: Option<Instant>,
    /// Everything that was changed before this time is known to be in effect.
    in_force: Option<Instant>,
}

static INSTALLATIONS: Mutex<Vec<Installation>> = Mutex::new(Vec::new());

fn installations() -> std::sync::MutexGuard<'static, Vec<Installation>> {
    INSTALLATIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remember(front: &Nginx, addresses: &[[String; 2]; PROCESSES]) {
    installations().push(Installation {
        people: front.url(),
        devices: format!("https://{}", front.second_address()),
        processes: addresses.iter().map(|[people, _]| people.clone()).collect(),
        changed: None,
        asked: None,
        in_force: None,
    });
}

/// Waits until all changes are in effect at this URL. Only requests of devices, and requests about what a device would get, are answered
/// from memory and need this.
pub(crate) async fn pause_before(url: &str) {
    if let Some((since, processes)) = awaited(url) {
        let url = url.to_owned();
        let waiting = tokio::task::spawn_blocking(move || wait(&url, since, &processes));
        waiting.await.expect("a change is in force soon");
    }
}

/// Like `pause_before`, for code that is not async.
pub(crate) fn wait_before(url: &str) {
    if let Some((since, processes)) = awaited(url) {
        wait(url, since, &processes);
    }
}

/// The time of the earliest change that may not be in effect, and the processes in which it must take effect.
fn awaited(url: &str) -> Option<(Instant, Vec<String>)> {
    let installations = installations();
    let is_asked = |installation: &&Installation| {
        let asks_people = url.starts_with(&installation.people) && url.ends_with("/update");
        asks_people || url.starts_with(&installation.devices)
    };
    let asked = installations.iter().find(is_asked)?;
    let by_devices = asked.asked.filter(|_| url.starts_with(&asked.people));
    let since =
        asked.changed.max(by_devices).filter(|since| asked.in_force.is_none_or(|until| until < *since));
    Some((since?, asked.processes.clone()))
}

fn wait(url: &str, since: Instant, processes: &[String]) {
    for process in processes {
        let looked = until(IN_FORCE_WITHIN, || has_looked(process, since).then_some(()));
        assert!(looked.is_some(), "{process} has not looked for changes within {IN_FORCE_WITHIN:?}");
    }
    let reached = |installation: &&mut Installation| {
        [&installation.people, &installation.devices].into_iter().any(|start| url.starts_with(start))
    };
    if let Some(installation) = installations().iter_mut().find(reached) {
        installation.in_force = installation.in_force.max(Some(since));
    }
}

/// Whether a process has finished looking for others' changes, having begun after `since`. A process that does not answer has nothing in
/// memory.
fn has_looked(process: &str, since: Instant) -> bool {
    let asked = Instant::now();
    let Some(metrics) = metrics(process) else { return true };
    let value = metrics.lines().find_map(|line| line.strip_prefix("olivine_changes_last_look_seconds "));
    let age = value.and_then(|value| value.parse().ok()).map(Duration::from_secs_f64);
    let began = age.and_then(|age| asked.checked_sub(age + METRICS_ARE_AT_MOST));
    began.is_some_and(|began| began > since)
}

fn metrics(process: &str) -> Option<String> {
    let mut stream = TcpStream::connect(process).ok()?;
    stream.set_read_timeout(Some(IN_FORCE_WITHIN)).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Whether a request may change what is answered from memory.
pub(crate) fn may_change(request: &Request) -> bool {
    const EXPLAINS: &[u8] = br#""explain":true"#;
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let explains = request.url().path().ends_with("/update")
        && body.windows(EXPLAINS.len()).any(|window| window == EXPLAINS);
    let is_of_a_device =
        installations().iter().any(|installation| request.url().as_str().starts_with(&installation.devices));
    is_of_a_device || !(request.method().is_safe() || explains)
}

/// Notes that something may have been changed through this URL.
pub(crate) fn changed(url: &str) {
    for installation in installations().iter_mut() {
        let now = Some(Instant::now());
        if url.starts_with(&installation.people) {
            installation.changed = now;
        } else if url.starts_with(&installation.devices) {
            installation.asked = now;
        }
    }
}

/// Adds the headers that belong to an S3 URL of a part. They are also in the part's record. This one can be computed from the bytes, so
/// that tests which know only the URL work.
pub(crate) fn complete(request: &mut Request) {
    let is_signed = |url: &Url| {
        url.query_pairs().any(|(name, value)| name == "X-Amz-SignedHeaders" && value.contains(CHECKSUM))
    };
    if request.method() == Method::PUT
        && is_signed(request.url())
        && !request.headers().contains_key(CHECKSUM)
    {
        let bytes = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        let checksum = BASE64_STANDARD.encode(digest(&SHA256, bytes));
        let checksum = HeaderValue::from_str(&checksum).expect("base64 is ASCII");
        request.headers_mut().insert(CHECKSUM, checksum);
    }
}

/// Whether an answer comes from nginx because no process answered. Without nginx, there would be no answer at all.
pub(crate) fn is_nobodys(response: &Response) -> bool {
    let by_nginx =
        response.headers().get(SERVER).is_some_and(|server| server.as_bytes().starts_with(b"nginx"));
    response.status() == StatusCode::BAD_GATEWAY && by_nginx
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Database, Device, Server, Workbench};

    /// This test starts the scaled deployment with or without the variable.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn both_processes_answer_people_and_devices() {
        let mut server = Server::builder().database(Database::Postgres).scaled(true).start();
        let (url, device_url) = (server.url().to_owned(), server.device_url().to_owned());
        let bench = Workbench::new(server.api()).await;
        let binary = bench.signed(b"firmware").await;
        let download = bench.download_url(&binary).await;
        assert_eq!(bench.api().get(&download).await.expect(200).body, b"firmware");
        for number in 0..20 {
            bench.api().get("/v1/artifacts").await.expect(200);
            let device = Device::new(&server, &format!("SN-{number}"));
            assert_eq!(device.get("/device/me").await.error_code(), Some("certificate_unknown"));
        }
        for log in server.logs() {
            assert!(log.contains("/v1/artifacts") && log.contains("/device/me"), "{log}");
        }
        server.kill();
        assert!(crate::try_send(server.api().request(Method::GET, "/v1/binaries")).await.is_err());
        server.restart();
        assert_eq!((server.url(), server.device_url()), (url.as_str(), device_url.as_str()));
        bench.get(&binary).await;
    }
}
