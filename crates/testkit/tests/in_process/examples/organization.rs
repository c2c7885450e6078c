//! The organization, its keys and storages, and at last what happened in it.

use olivine_testkit::Server;
use olivine_tests::{S3, S3Options, prn};
use reqwest::Method;
use serde_json::json;

use super::firmware::promise;
use super::story::{Sent, Story, made};

pub(super) async fn tell(story: &mut Story) {
    story.patch("/v1/organization", &json!({"name": "Acme", "download_url_seconds": 3600})).await;
    story.get("/v1/organization").await;
    api_keys(story).await;
}

async fn api_keys(story: &mut Story) {
    let scopes = ["artifact_version.create", "binary.create", "binary.upload"];
    let new = json!({"name": "ci", "scopes": scopes, "expires_at": "2027-01-15T00:00:00Z"});
    let key = story.post("/v1/api_keys", &new).await["api_key"].take();
    let with_new_key = story.api.with_key(key["key"].as_str().unwrap());
    let key = prn(&key);
    story.get("/v1/api_keys?name=ci").await;
    let path = format!("/v1/api_keys/{key}");
    story.get(&path).await;
    let admin = std::mem::replace(&mut story.api, with_new_key);
    story.get("/v1/users/me").await;
    story.api = admin;
    story.patch(&path, &json!({"expires_at": "2026-07-15T00:00:00Z"})).await;
    story.delete(&path).await;
}

/// A binary waits to be verified.
pub(super) async fn jobs(story: &mut Story, server: &Server, version: &str) {
    let (api, content) = (story.api.clone(), "another board");
    let binary = made(&api, "binaries", "binary", promise(version, "gateway-v7", content)).await;
    let path = format!("/v1/binaries/{binary}");
    api.put_bytes(&format!("{path}/content"), content.into()).await.expect(200);
    server.hold_jobs();
    api.patch(&path, &json!({"state": "hashable"})).await.expect(200);
    let job = prn(&story.get("/v1/jobs?state=waiting").await["jobs"][0]);
    story.get(&format!("/v1/jobs/{job}")).await;
    story.ask(Method::POST, &format!("/v1/jobs/{job}/retry"), Sent::Nothing).await;
    server.release_jobs().await;
    story.get("/v1/server").await;
    story.get("/v1/lookup?q=gate").await;
    story.get("/v1/overview").await;
}

/// `binary` is one whose content is replicated.
pub(super) async fn end(story: &mut Story, binary: &str) {
    storage_backends(story, binary).await;
    let events = story.get("/v1/events?type=release.rolled_back").await;
    story.get(&format!("/v1/events/{}", prn(&events["events"][0]))).await;
    story.get("/v1/events/stream?after=0&type=release.rolled_back").await;
    story.get("/v1/events/export?format=csv&since=2026-01-15T00:00:00Z&type=release.rolled_back").await;
}

async fn storage_backends(story: &mut Story, binary: &str) {
    let s3 = S3::start_with(S3Options {
        access_key_id: "EXAMPLE-ACCESS-KEY-ID".to_owned(),
        secret_access_key: "EXAMPLE-SECRET-ACCESS-KEY".to_owned(),
        ..S3Options::default()
    });
    story.stand_ins.replace(&s3.url(), "https://minio.example.com");
    story.stand_ins.replace("eu-test-1", "eu-central-1");
    let mut new = s3.backend(&s3.bucket("acme-firmware"));
    new["name"] = json!("frankfurt");
    new["near_tags"] = json!(["europe"]);
    let backend = prn(&story.post("/v1/storage_backends", &new).await["storage_backend"]);
    story.get("/v1/storage_backends").await;
    let path = format!("/v1/storage_backends/{backend}");
    story.get(&path).await;
    story.patch(&path, &json!({"near_tags": ["africa", "europe"], "replicates": true})).await;
    story.get(&format!("/v1/binaries/{binary}/replicas")).await;
    story.get(&format!("/v1/binaries/{binary}/impact")).await;
    story.ask(Method::POST, &format!("{path}/check"), Sent::Nothing).await;
    let mistake = s3.backend(&s3.bucket("mistake"));
    let mistake = made(&story.api, "storage_backends", "storage_backend", mistake).await;
    story.delete(&format!("/v1/storage_backends/{mistake}")).await;
}
