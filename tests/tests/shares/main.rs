//! Nobody takes more than their share: one caller that is slow, or asks for too much, is in nobody else's way.
//!
//! Limits hold for each process by itself, so each test has one. Times are bounds for a busy machine, not expectations. What counts is that
//! others are answered, and what the server holds meanwhile.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod bodies;
mod connections;
mod downloads;
mod methods;
mod pages;
mod probes;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use olivine_tests::{Api, Server, named, prn};
use serde_json::{Value, json};

/// What a server may hold more than before, whatever is tried.
const MEMORY: u64 = 64 << 20;
/// A bound, not an expectation.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not so within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A server's memory before something is tried.
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

/// Devices that a trusted proxy speaks for: the header that names each of them.
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

/// Another key, with a role.
async fn key(api: &Api, name: &str, role: &str) -> Api {
    let made = api.post("/v1/api_keys", &json!({"name": name, "role": role})).await.expect(201);
    api.with_key(made.json["api_key"]["key"].as_str().unwrap())
}
