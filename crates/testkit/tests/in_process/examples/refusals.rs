//! Requests that are refused: one for each kind of failure that the documents describe.

use olivine_testkit::Server;
use olivine_tests::{Answer, Device, ForDevices, S3, named, send};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::firmware::{Firmware, promise};
use super::fleet::Fleet;
use super::keys;
use super::story::{Story, made};

/// Those for which a server would have to wait for a slow client, to have a full disk, or to lose its database.
pub(super) const NOT_SENT: [&str; 4] =
    ["DeviceRequestTimeout", "DeviceUnavailable", "RequestTimeout", "StorageFull"];

/// A UUID that no record has.
const NIL: &str = "00000000-0000-0000-0000-000000000000";
const ARTIFACTS: &str = "/v1/artifacts";

pub(super) async fn tell(story: &mut Story, server: &Server, firmware: &Firmware, fleet: &Fleet) {
    of_people(story, firmware).await;
    unavailable(story, firmware).await;
    of_devices(story, server, fleet).await;
    too_many(story).await;
}

async fn of_people(story: &mut Story, firmware: &Firmware) {
    let api = story.api.clone();
    story.refusal("BadRequest", &api.get("/v1/artifacts?limt=5").await);
    story.refusal("Unauthenticated", &api.without_key().get(ARTIFACTS).await);
    let reader = json!({"name": "dashboard", "role": "reader"});
    let reader = api.post("/v1/api_keys", &reader).await.expect(201).json;
    let reader = api.with_key(reader["api_key"]["key"].as_str().unwrap());
    story.refusal("Forbidden", &reader.post(ARTIFACTS, &json!({"name": "modem"})).await);
    let deleted = api.post(ARTIFACTS, &json!({"name": "deleted"})).await.expect(201).json;
    let deleted = format!("{ARTIFACTS}/{}", deleted["artifact"]["prn"].as_str().unwrap());
    api.delete(&deleted).await.expect(204);
    story.refusal("NotFound", &api.get(&deleted).await);
    story.refusal("Conflict", &api.post(ARTIFACTS, &json!({"name": "main-firmware"})).await);
    let path = format!("{ARTIFACTS}/{}", firmware.artifact);
    let change = api.request(Method::PATCH, &path).header("if-match", "\"1\"");
    story.refusal("PreconditionFailed", &send(change.json(&json!({"name": "main"}))).await);
    let large = json!({"name": "x".repeat(3_000_000)});
    story.refusal("PayloadTooLarge", &api.post(ARTIFACTS, &large).await);
    let text = api.request(Method::POST, ARTIFACTS).header("content-type", "text/plain");
    story.refusal("UnsupportedMediaType", &send(text.body("main-firmware")).await);
    story.refusal("Invalid", &api.post(ARTIFACTS, &json!({"name": ""})).await);
    story.refusal("HeadersTooLarge", &with_large_header(api.request(Method::GET, ARTIFACTS)).await);
}

async fn with_large_header(request: RequestBuilder) -> Answer {
    // The answer says how large the headers are, and servers in this process have hosts of different lengths.
    send(request.header("host", "olivine.example.com").header("x-large", "x".repeat(70_000))).await
}

async fn unavailable(story: &mut Story, firmware: &Firmware) {
    let s3 = S3::start();
    story.stand_ins.replace(&s3.url(), "https://minio.example.com");
    let api = story.api.clone();
    let backend = s3.backend(&s3.bucket("unavailable"));
    let backend = made(&api, "storage_backends", "storage_backend", backend).await;
    api.patch("/v1/organization", &json!({"storage_backend_prn": backend})).await.expect(200);
    let binary = promise(&firmware.version, "gateway-v4", "x");
    let binary = made(&api, "binaries", "binary", binary).await;
    s3.answer_503(true);
    let refused = api.put_bytes(&format!("/v1/binaries/{binary}/content"), b"x".to_vec()).await;
    story.refusal("Unavailable", &refused);
}

async fn of_devices(story: &mut Story, server: &Server, fleet: &Fleet) {
    let caller = &fleet.caller;
    story.refusal("DeviceBadRequest", &caller.get("/update?expand[]=bundel").await);
    story.refusal("DeviceUnauthenticated", &stranger(server).get("/update").await);
    let report = |bundle: &str, status: &str| json!({"bundle_prn": bundle, "status": status});
    let elsewhere = format!("prn:1:{NIL}:bundle:{NIL}");
    story.refusal("DeviceNotFound", &caller.report(&report(&elsewhere, "installed")).await);
    story.refusal("DeviceInvalid", &caller.report(&report(&elsewhere, "done")).await);
    let mut large = report(&elsewhere, "failed");
    large["detail"] = Value::from("x".repeat(70_000));
    story.refusal("DevicePayloadTooLarge", &caller.report(&large).await);
    let text = caller.request(Method::POST, "/update/status").header("content-type", "text/plain");
    story.refusal("DeviceUnsupportedMediaType", &send(text.body("installed")).await);
    story.refusal("DeviceHeadersTooLarge", &with_large_header(caller.request(Method::GET, "/update")).await);
}

/// A device whose certificate nobody has registered.
fn stranger(server: &impl ForDevices) -> Device {
    let key = keys::pair(8);
    let certificate = named("SN-000099").self_signed(&key).unwrap();
    Device::with(server, &certificate.pem(), &key.serialize_pem())
}

/// Of a caller of whom a server takes one request per second.
async fn too_many(story: &mut Story) {
    let limits = ["limits.requests_per_second=1", "device.requests_per_second=1"];
    let server = limits.iter().fold(Server::builder(), |server, limit| server.set(limit)).start().await;
    let (api, device) = (server.api(), stranger(&server));
    let (mut people, mut devices) = (api.get("/v1/users/me").await, device.get("/update").await);
    for _ in 0..100 {
        if people.status != 429 {
            people = api.get("/v1/users/me").await;
        }
        if devices.status != 429 {
            devices = device.get("/update").await;
        }
    }
    story.refusal("TooManyRequests", &people);
    story.refusal("DeviceTooManyRequests", &devices);
}
