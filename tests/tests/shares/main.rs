//! No caller gets more than its share: a caller that is slow, or asks for too much, does not affect others.
//!
//! The limits apply to each process, so each test has one process. Times are upper bounds for a busy machine, not expectations. The tests
//! check that other callers are answered, and how much memory the server uses.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod bodies;
mod connections;
mod downloads;
mod exports;
mod methods;
mod pages;
mod probes;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use olivine_tests::{Api, Server, named, prn};
use serde_json::{Value, json};

/// The maximum growth of a server's memory in any of these tests.
const MEMORY: u64 = 64 << 20;
/// An upper bound, not an expectation.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until a condition is true.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not so within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A server's memory before the test.
struct Memory<'a> {
    server: &'a Server,
    before: u64,
}

impl<'a> Memory<'a> {
    fn of(server: &'a Server) -> Self {
        Self { server, before: server.resident_bytes() }
    }

    #[track_caller]
    fn has_not_grown(&self) {
        let now = self.server.resident_bytes();
        let grown = now.saturating_sub(self.before);
        assert!(grown < MEMORY, "memory grew from {} to {now} bytes", self.before);
    }
}

async fn create(api: &Api, plural: &str, name: &str, body: Value) -> String {
    prn(&api.post(&format!("/v1/{plural}"), &body).await.expect(201).json[name])
}

/// Devices behind a trusted proxy. Returns the header that names each of them.
async fn behind_a_proxy(api: &Api, identifiers: &[&str]) -> Vec<String> {
    let product = create(api, "products", "product", json!({"name": "gateway"})).await;
    let cohort = json!({"product_prn": product, "name": "daily"});
    let cohort = create(api, "cohorts", "cohort", cohort).await;
    let mut headers = Vec::new();
    for identifier in identifiers {
        let body = json!({"product_prn": product, "cohort_prn": cohort, "identifier": identifier});
        let device = create(api, "devices", "device", body).await;
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = named(identifier).self_signed(&key).unwrap();
        let body = json!({"device_prn": device, "certificate": certificate.pem()});
        create(api, "device_certificates", "device_certificate", body).await;
        headers.push(format!(":{}:", BASE64.encode(certificate.der())));
    }
    headers
}

/// Creates another key with a role.
async fn key(api: &Api, name: &str, role: &str) -> Api {
    let made = api.post("/v1/api_keys", &json!({"name": name, "role": role})).await.expect(201);
    api.with_key(made.json["api_key"]["key"].as_str().unwrap())
}
