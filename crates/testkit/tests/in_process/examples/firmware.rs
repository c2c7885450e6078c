//! From an artifact to a signed binary.

use olivine_tests::{SigningPair, prn, sha256_hex};
use reqwest::Method;
use serde_json::{Value, json};

use super::keys;
use super::story::{Sent, Story, made};

const CONTENT: &str = "This is firmware 1.0.0.\n";

/// What was made.
pub(super) struct Firmware {
    /// A version whose binary is signed.
    pub(super) version: String,
    /// Its binary.
    pub(super) binary: String,
    pub(super) artifact: String,
    pair: SigningPair,
    signing_key: String,
}

pub(super) async fn tell(story: &mut Story) -> Firmware {
    let artifact = artifact(story).await;
    let version = version(story, &artifact).await;
    let pair = keys::signing_pair();
    let signing_key = signing_key(story, &pair).await;
    let binary = binary(story, &version).await;
    let firmware = Firmware { version, binary, artifact, pair, signing_key };
    parts(story, &firmware).await;
    signature(story, &firmware).await;
    downloads(story, &firmware.binary).await;
    deletions(story, &firmware).await;
    firmware
}

async fn artifact(story: &mut Story) -> String {
    let new = json!({"name": "main-firmware", "description": "The firmware of the gateway's main board"});
    let artifact = prn(&story.post("/v1/artifacts", &new).await["artifact"]);
    story.get("/v1/artifacts").await;
    story.get(&format!("/v1/artifacts/{artifact}")).await;
    let change = json!({"custom_metadata": {"partition": "rootfs"}});
    story.patch(&format!("/v1/artifacts/{artifact}"), &change).await;
    artifact
}

async fn version(story: &mut Story, artifact: &str) -> String {
    let new = json!({"artifact_prn": artifact, "version": "1.0.0"});
    let version = prn(&story.post("/v1/artifact_versions", &new).await["artifact_version"]);
    story.get("/v1/artifact_versions").await;
    story.get(&format!("/v1/artifact_versions/{version}")).await;
    let change = json!({"description": "Fixes the clock after a power failure"});
    story.patch(&format!("/v1/artifact_versions/{version}"), &change).await;
    version
}

async fn signing_key(story: &mut Story, pair: &SigningPair) -> String {
    let new = json!({"name": "production", "value": pair.public_value()});
    let key = prn(&story.post("/v1/signing_keys", &new).await["signing_key"]);
    story.get("/v1/signing_keys").await;
    story.get(&format!("/v1/signing_keys/{key}")).await;
    story.patch(&format!("/v1/signing_keys/{key}"), &json!({"name": "production 2026"})).await;
    key
}

/// What is said of a binary before its content is there.
pub(super) fn promise(version: &str, target: &str, content: &str) -> Value {
    let hash = format!("sha256:{}", sha256_hex(content.as_bytes()));
    json!({"artifact_version_prn": version, "target": target, "hash": hash, "size": content.len()})
}

async fn binary(story: &mut Story, version: &str) -> String {
    let created = story.post("/v1/binaries", &promise(version, "gateway-v2", CONTENT)).await;
    let binary = prn(&created["binary"]);
    let path = format!("/v1/binaries/{binary}");
    let bytes = Sent::Text { content_type: "application/octet-stream", text: CONTENT };
    story.ask(Method::PUT, &format!("{path}/content"), bytes).await;
    // Verification begins.
    story.patch(&path, &json!({"state": "hashable"})).await;
    story.get("/v1/binaries").await;
    binary
}

/// Another binary of the version, whose content comes in parts.
async fn parts(story: &mut Story, firmware: &Firmware) {
    let content = "This is firmware 1.0.0 for another board.\n";
    let other = promise(&firmware.version, "gateway-v1", content);
    let other = prn(&story.api.post("/v1/binaries", &other).await.expect(201).json["binary"]);
    let path = format!("/v1/binaries/{other}/parts");
    let part = json!({"size": content.len(), "hash": sha256_hex(content.as_bytes())});
    let announced = story.put(&format!("{path}/1"), &part).await;
    let url = announced["binary_part"]["presigned_upload_url"].as_str().unwrap();
    story.api.put_bytes(url, content.as_bytes().to_vec()).await.expect(200);
    story.get(&path).await;
    story.get(&format!("{path}/1")).await;
}

async fn signature(story: &mut Story, firmware: &Firmware) {
    let Firmware { binary, signing_key, .. } = firmware;
    let signature = firmware.pair.sign(CONTENT.as_bytes());
    let new = json!({"binary_prn": binary, "signing_key_prn": signing_key, "signature": signature});
    let signature = prn(&story.post("/v1/binary_signatures", &new).await["binary_signature"]);
    story.get("/v1/binary_signatures").await;
    story.get(&format!("/v1/binary_signatures/{signature}")).await;
    // Now it is signed.
    story.get(&format!("/v1/binaries/{binary}")).await;
}

async fn downloads(story: &mut Story, binary: &str) {
    let url = format!("/v1/binaries/{binary}/download");
    story.get(&url).await;
    story.get(&format!("/v1/binaries/{binary}/downloads")).await;
}

/// Of records that were a mistake.
async fn deletions(story: &mut Story, firmware: &Firmware) {
    let api = story.api.clone();
    let artifact = made(&api, "artifacts", "artifact", json!({"name": "mistake"})).await;
    story.delete(&format!("/v1/artifacts/{artifact}")).await;
    let version = json!({"artifact_prn": firmware.artifact, "version": "1.0.0-mistake"});
    let version = made(&api, "artifact_versions", "artifact_version", version).await;
    let binary = made(&api, "binaries", "binary", promise(&version, "portable", "mistake")).await;
    story.delete(&format!("/v1/binaries/{binary}")).await;
    story.delete(&format!("/v1/artifact_versions/{version}")).await;
    deleted_signature(story, firmware).await;
    let key = keys::spare_pair().public_value();
    let key = made(&api, "signing_keys", "signing_key", json!({"name": "mistake", "value": key})).await;
    story.delete(&format!("/v1/signing_keys/{key}")).await;
}

/// Deletes the signature of a binary that is not in any bundle yet.
async fn deleted_signature(story: &mut Story, firmware: &Firmware) {
    let (api, content) = (story.api.clone(), "mistake");
    let binary = promise(&firmware.version, "gateway-v3", content);
    let binary = made(&api, "binaries", "binary", binary).await;
    let path = format!("/v1/binaries/{binary}");
    api.put_bytes(&format!("{path}/content"), content.into()).await.expect(200);
    api.patch(&path, &json!({"state": "hashable"})).await.expect(200);
    let new = json!({"binary_prn": binary, "signing_key_prn": firmware.signing_key,
        "signature": firmware.pair.sign(content.as_bytes())});
    let signature = made(&api, "binary_signatures", "binary_signature", new).await;
    story.delete(&format!("/v1/binary_signatures/{signature}")).await;
}
