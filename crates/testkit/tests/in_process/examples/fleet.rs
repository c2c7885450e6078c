//! Products, cohorts, and devices with their certificates.

use olivine_testkit::Server;
use olivine_tests::{Device, prn};
use rcgen::{CertifiedIssuer, KeyPair};
use reqwest::Method;
use serde_json::json;

use super::keys;
use super::stand_ins::VERIFICATION_CODE;
use super::story::{Sent, Story, made};

const IDENTIFIER: &str = "SN-000042";

/// What was made.
pub(super) struct Fleet {
    pub(super) product: String,
    pub(super) cohort: String,
    /// The PRN of a device of the cohort.
    pub(super) device: String,
    /// The same device, as it asks.
    pub(super) caller: Device,
}

pub(super) async fn tell(story: &mut Story, server: &Server) -> Fleet {
    let product = product(story).await;
    let cohort = cohort(story, &product).await;
    let authority = keys::authority();
    let ca = ca_certificate(story, &authority, &product, &cohort).await;
    let device = device(story, &product, &cohort).await;
    let (certificate, key) = keys::device(&authority, IDENTIFIER, 6);
    device_certificate(story, &device, &certificate).await;
    let caller = Device::with(server, &certificate, &key);
    let fleet = Fleet { product, cohort, device, caller };
    import(story, &fleet).await;
    bulk(story, server).await;
    // It has the name of the device, and another key.
    let (certificate, key) = keys::device(&authority, IDENTIFIER, 7);
    let refused = Device::with(server, &certificate, &key).get("/update").await;
    story.refusal("DeviceForbidden", &refused);
    story.delete(&format!("/v1/ca_certificates/{ca}")).await;
    deletions(story).await;
    fleet
}

/// One change for many devices, which is cancelled before it began.
async fn bulk(story: &mut Story, server: &Server) {
    server.hold_jobs();
    let new = json!({"action": "tag", "tags": ["building-7"], "search": "identifier~'SN-0000'"});
    let begun = prn(&story.post("/v1/bulk_operations", &new).await["bulk_operation"]);
    story.get("/v1/bulk_operations").await;
    let path = format!("/v1/bulk_operations/{begun}");
    story.get(&path).await;
    story.patch(&path, &json!({"state": "cancelled"})).await;
    server.release_jobs().await;
}

async fn product(story: &mut Story) -> String {
    let new = json!({"name": "gateway", "target": "gateway-v2"});
    let product = prn(&story.post("/v1/products", &new).await["product"]);
    story.get("/v1/products").await;
    let path = format!("/v1/products/{product}");
    story.get(&path).await;
    story.patch(&path, &json!({"description": "Connects the sensors of a building"})).await;
    product
}

async fn cohort(story: &mut Story, product: &str) -> String {
    let new = json!({"product_prn": product, "name": "stable"});
    let cohort = prn(&story.post("/v1/cohorts", &new).await["cohort"]);
    story.get("/v1/cohorts").await;
    let path = format!("/v1/cohorts/{cohort}");
    story.get(&path).await;
    story.patch(&path, &json!({"description": "All devices of customers"})).await;
    cohort
}

async fn ca_certificate(
    story: &mut Story,
    authority: &CertifiedIssuer<'static, KeyPair>,
    product: &str,
    cohort: &str,
) -> String {
    let code = story.ask(Method::POST, "/v1/ca_certificates/verification_codes", Sent::Nothing).await;
    let code = code["verification_code"].as_str().unwrap();
    let proof = keys::proof(authority, code);
    story.stand_ins.replace(&proof, &keys::proof(authority, VERIFICATION_CODE));
    let new = json!({"certificate": authority.pem(), "verification_certificate": proof,
        "jitp": {"product_prn": product, "cohort_prn": cohort, "tags": ["factory"]}});
    let ca = prn(&story.post("/v1/ca_certificates", &new).await["ca_certificate"]);
    story.get("/v1/ca_certificates").await;
    let path = format!("/v1/ca_certificates/{ca}");
    story.get(&path).await;
    story.patch(&path, &json!({"renewals": "same_key"})).await;
    ca
}

async fn device(story: &mut Story, product: &str, cohort: &str) -> String {
    let new = json!({"identifier": IDENTIFIER, "product_prn": product, "cohort_prn": cohort});
    let device = prn(&story.post("/v1/devices", &new).await["device"]);
    story.get("/v1/devices").await;
    let path = format!("/v1/devices/{device}");
    story.get(&path).await;
    story.patch(&path, &json!({"tags": ["beta", "europe"]})).await;
    device
}

async fn device_certificate(story: &mut Story, device: &str, certificate: &str) {
    let new = json!({"device_prn": device, "certificate": certificate});
    let registered = prn(&story.post("/v1/device_certificates", &new).await["device_certificate"]);
    story.get("/v1/device_certificates").await;
    story.get(&format!("/v1/device_certificates/{registered}")).await;
}

async fn import(story: &mut Story, fleet: &Fleet) {
    let path = format!("/v1/devices/import?product_prn={}&cohort_prn={}", fleet.product, fleet.cohort);
    let text = "identifier,tags,description\nSN-000043,europe,Berlin\nSN-000044,europe;beta,Lyon\n";
    story.ask(Method::POST, &path, Sent::Text { content_type: "text/csv", text }).await;
}

/// Of records that were a mistake.
async fn deletions(story: &mut Story) {
    let api = story.api.clone();
    let product = made(&api, "products", "product", json!({"name": "mistake"})).await;
    let cohort = json!({"product_prn": product, "name": "mistake"});
    let cohort = made(&api, "cohorts", "cohort", cohort).await;
    let device = json!({"product_prn": product, "identifier": "mistake"});
    let device = made(&api, "devices", "device", device).await;
    let (certificate, _) = keys::device(&keys::authority(), "mistake", 7);
    let certificate = json!({"device_prn": device, "certificate": certificate});
    let certificate = made(&api, "device_certificates", "device_certificate", certificate).await;
    story.delete(&format!("/v1/device_certificates/{certificate}")).await;
    story.delete(&format!("/v1/devices/{device}")).await;
    story.delete(&format!("/v1/cohorts/{cohort}")).await;
    story.delete(&format!("/v1/products/{product}")).await;
}
