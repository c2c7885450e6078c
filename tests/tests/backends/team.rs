//! A team with its own storages, and a device that is to get their contents.

use std::time::{Duration, Instant};

use olivine_tests::{Api, Database, Device, S3, Server, ServerBuilder, Workbench, prn};
use serde_json::{Value, json};

/// An upper bound, not an expectation.
pub(crate) const SETTLED_WITHIN: Duration = Duration::from_mins(1);
pub(crate) const POLL_EVERY: Duration = Duration::from_millis(50);

/// A server that allows organizations to register storages on this machine.
pub(crate) fn open_server(database: Database) -> ServerBuilder {
    Server::builder().database(database).env("OLIVINE_STORAGE_ALLOW_PRIVATE_ENDPOINTS", "true")
}

pub(crate) fn with(mut body: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Registers a new bucket as a storage backend, and returns its PRN.
pub(crate) async fn register(api: &Api, s3: &S3, bucket: &str, more: Value) -> String {
    let body = with(s3.backend(&s3.bucket(bucket)), &more);
    prn(&api.post("/v1/storage_backends", &body).await.expect(201).json["storage_backend"])
}

/// Sets the storage backend for new binaries.
pub(crate) async fn make_default(api: &Api, backend: Option<&str>) {
    api.patch("/v1/organization", &json!({"storage_backend_prn": backend})).await.expect(200);
}

/// A team that stores its new binaries in its own bucket.
pub(crate) struct Team {
    pub(crate) s3: S3,
    pub(crate) server: Server,
    pub(crate) api: Api,
    pub(crate) bench: Workbench,
    /// The PRN of the bucket's storage backend.
    pub(crate) store: String,
}

impl Team {
    pub(crate) async fn with_bucket(database: Database, bucket: &str) -> Self {
        let s3 = S3::start();
        let server = open_server(database).start();
        let api = server.api();
        let bench = Workbench::new(server.api()).await;
        let store = register(&api, &s3, bucket, json!({})).await;
        make_default(&api, Some(&store)).await;
        Self { s3, server, api, bench, store }
    }
}

/// Waits until the replicas of a binary satisfy a condition, and returns them by storage backend.
pub(crate) async fn copies(api: &Api, binary: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + SETTLED_WITHIN;
    loop {
        let found = api.get(&format!("/v1/binaries/{binary}/replicas")).await.expect(200).json;
        let found = found["replicas"].as_array().unwrap().clone();
        if wanted(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "not settled: {found:#?}");
        tokio::time::sleep(POLL_EVERY).await;
    }
}

pub(crate) fn are_complete(count: usize) -> impl Fn(&[Value]) -> bool {
    move |copies| copies.len() == count && copies.iter().all(|copy| copy["state"] == "complete")
}

/// Waits until a condition is true.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + SETTLED_WITHIN;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not within {SETTLED_WITHIN:?}");
        tokio::time::sleep(POLL_EVERY).await;
    }
}

/// A device that is to get one binary.
pub(crate) struct Customer {
    pub(crate) device: Device,
}

const SAYS: [(&str, &str); 1] = [("peridio-release-version", "0.1.0")];

impl Customer {
    /// Registers a device with these tags in a cohort with one release, which contains the binary.
    pub(crate) async fn of(server: &Server, binary: &str, tags: &[&str]) -> Self {
        let api = server.api();
        let create = async |path: &str, name: &str, body: Value| {
            prn(&api.post(&format!("/v1/{path}"), &body).await.expect(201).json[name])
        };
        let name = format!("of {binary}");
        let product = create("products", "product", json!({"name": name})).await;
        let cohort = create("cohorts", "cohort", json!({"name": name, "product_prn": product})).await;
        let bundle = create("bundles", "bundle", json!({"name": name, "binaries": [{"prn": binary}]})).await;
        let release = json!({"name": name, "cohort_prn": cohort, "bundle_prn": bundle, "version": "1.0.0",
            "version_requirement": ">= 0.0.0"});
        create("releases", "release", release).await;
        let found = api.get(&format!("/v1/binaries/{binary}")).await.expect(200).json;
        let new = json!({"identifier": name, "product_prn": product, "cohort_prn": cohort, "tags": tags,
            "target": found["binary"]["target"]});
        let id = create("devices", "device", new).await;
        let device = Device::new(server, "SN-1");
        let certificate = json!({"device_prn": id, "certificate": device.certificate()});
        create("device_certificates", "device_certificate", certificate).await;
        Self { device }
    }

    /// The URL that the device gets.
    pub(crate) async fn url(&self) -> String {
        let answer = self.device.update("?expand[]=manifest", &SAYS).await.expect(200).json;
        let url = answer["manifest"][0]["url"].as_str();
        url.unwrap_or_else(|| panic!("a manifest with a URL: {answer:#}")).to_owned()
    }

    /// The URL, as soon as the device gets one. A change made by another process takes effect within a second.
    pub(crate) async fn url_again(&self) -> String {
        let deadline = Instant::now() + SETTLED_WITHIN;
        loop {
            let answer = self.device.update("?expand[]=manifest", &SAYS).await.expect(200).json;
            if let Some(url) = answer["manifest"][0]["url"].as_str() {
                return url.to_owned();
            }
            assert!(Instant::now() < deadline, "{answer:#}");
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    /// The URL, as soon as it satisfies a condition. A change made by another process takes effect within a second.
    pub(crate) async fn url_that(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + SETTLED_WITHIN;
        loop {
            let url = self.url().await;
            if is_wanted(&url) {
                return url;
            }
            assert!(Instant::now() < deadline, "{url}");
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
}

/// Downloads from a URL, without a key.
pub(crate) async fn fetch(api: &Api, url: &str) -> Vec<u8> {
    api.without_key().get(url).await.expect(200).body
}
