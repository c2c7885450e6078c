//! Creates records over HTTP, up to a signed binary, for tests that begin somewhere on that way.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Answer, Api, SigningPair, sha256_hex};

/// Verification is a job, so it takes a moment.
const SETTLED_WITHIN: Duration = Duration::from_mins(1);
const POLL_EVERY: Duration = Duration::from_millis(20);

/// An artifact version for new binaries, and a key to sign them.
#[derive(Debug)]
pub struct Workbench {
    api: Api,
    version: String,
    pair: SigningPair,
    signing_key: String,
    targets: AtomicU32,
}

impl Workbench {
    /// Creates an artifact, a version and a signing key.
    pub async fn new(api: Api) -> Self {
        Self::named(api, "main-firmware").await
    }

    /// Like `new`, with another name, for a second one in the same organization.
    pub async fn named(api: Api, name: &str) -> Self {
        let artifact = json!({"name": name});
        let artifact = api.post("/v1/artifacts", &artifact).await.expect(201);
        let version = json!({"artifact_prn": artifact.json["artifact"]["prn"], "version": "1.2.3"});
        let version = api.post("/v1/artifact_versions", &version).await.expect(201);
        let version = prn(&version.json["artifact_version"]);
        let pair = SigningPair::generate();
        let key = json!({"name": format!("{name}-key"), "value": pair.public_value()});
        let key = api.post("/v1/signing_keys", &key).await.expect(201);
        let signing_key = prn(&key.json["signing_key"]);
        Self { api, version, pair, signing_key, targets: AtomicU32::new(0) }
    }

    /// Uses the same records after the server was restarted and has another address.
    pub fn reconnect(&mut self, api: Api) {
        self.api = api;
    }

    /// The client of the Admin API.
    pub const fn api(&self) -> &Api {
        &self.api
    }

    /// The artifact version's PRN.
    pub fn version_prn(&self) -> &str {
        &self.version
    }

    /// The signing key's PRN.
    pub fn signing_key_prn(&self) -> &str {
        &self.signing_key
    }

    /// The key pair of [`signing_key_prn`](Self::signing_key_prn).
    pub const fn pair(&self) -> &SigningPair {
        &self.pair
    }

    /// A target that is not used by any binary yet.
    pub fn new_target(&self) -> String {
        format!("target-{}", self.targets.fetch_add(1, Ordering::Relaxed))
    }

    /// The request body for a binary with the hash and size of `content`. A test changes it as needed.
    pub fn promise(&self, content: &[u8]) -> Value {
        json!({
            "artifact_version_prn": self.version,
            "target": self.new_target(),
            "hash": format!("sha256:{}", sha256_hex(content)),
            "size": content.len(),
        })
    }

    /// Creates a binary for `content`, and returns its PRN.
    pub async fn uploadable(&self, content: &[u8]) -> String {
        self.create(&self.promise(content)).await
    }

    /// Creates a binary, and returns its PRN.
    pub async fn create(&self, body: &Value) -> String {
        let created = self.api.post("/v1/binaries", body).await.expect(201);
        prn(&created.json["binary"])
    }

    /// The record of a binary.
    pub async fn get(&self, binary: &str) -> Value {
        self.api.get(&format!("/v1/binaries/{binary}")).await.expect(200).json["binary"].take()
    }

    /// Uploads the whole content in one `PUT` request.
    pub async fn put_content(&self, binary: &str, content: &[u8]) -> Answer {
        self.api.put_bytes(&format!("/v1/binaries/{binary}/content"), content.to_vec()).await
    }

    /// Announces a part with the size and hash of `bytes`.
    pub async fn announce(&self, binary: &str, index: u32, bytes: &[u8]) -> Answer {
        let body = json!({"size": bytes.len(), "hash": sha256_hex(bytes)});
        self.api.put(&format!("/v1/binaries/{binary}/parts/{index}"), &body).await
    }

    /// Announces a part and uploads its bytes.
    pub async fn put_part(&self, binary: &str, index: u32, bytes: &[u8]) {
        let announced = self.announce(binary, index, bytes).await.expect(201);
        let url =
            announced.json["binary_part"]["presigned_upload_url"].as_str().expect("a new part has a URL");
        self.api.put_bytes(url, bytes.to_vec()).await.expect(200);
    }

    /// Asks for a state with a `PATCH` request.
    pub async fn ask(&self, binary: &str, state: &str) -> Answer {
        self.api.patch(&format!("/v1/binaries/{binary}"), &json!({"state": state})).await
    }

    /// Waits until a binary's record satisfies a condition.
    pub async fn settled(&self, binary: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + SETTLED_WITHIN;
        loop {
            let record = self.get(binary).await;
            if wanted(&record) {
                return record;
            }
            assert!(Instant::now() < deadline, "not settled within {SETTLED_WITHIN:?}: {record:#}");
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    /// Waits until a binary is in this state.
    pub async fn in_state(&self, binary: &str, state: &str) -> Value {
        self.settled(binary, |record| record["state"] == state).await
    }

    /// Creates a binary whose content is verified.
    pub async fn signable(&self, content: &[u8]) -> String {
        let binary = self.uploadable(content).await;
        self.verify(&binary, content).await;
        binary
    }

    /// Attaches a signature of `content` by the workbench's key.
    pub async fn sign(&self, binary: &str, content: &[u8]) -> Answer {
        let signature = self.pair.sign(content);
        self.attach(binary, &self.signing_key, &signature).await
    }

    /// Attaches any signature.
    pub async fn attach(&self, binary: &str, signing_key: &str, signature: &str) -> Answer {
        let body = json!({"binary_prn": binary, "signing_key_prn": signing_key, "signature": signature});
        self.api.post("/v1/binary_signatures", &body).await
    }

    /// Creates a signed binary.
    pub async fn signed(&self, content: &[u8]) -> String {
        let binary = self.signed_as(&self.promise(content), content).await;
        assert_eq!(self.get(&binary).await["state"], "signed");
        binary
    }

    /// Creates a signed binary for a target, such as `portable`.
    pub async fn signed_for(&self, target: &str, content: &[u8]) -> String {
        let mut promise = self.promise(content);
        promise["target"] = json!(target);
        self.signed_as(&promise, content).await
    }

    /// Creates a signed binary from this request body.
    pub async fn signed_as(&self, promise: &Value, content: &[u8]) -> String {
        let binary = self.create(promise).await;
        self.verify(&binary, content).await;
        self.sign(&binary, content).await.expect(201);
        binary
    }

    /// Uploads a binary's content and waits until it is verified.
    async fn verify(&self, binary: &str, content: &[u8]) {
        self.put_content(binary, content).await.expect(200);
        self.ask(binary, "hashable").await.expect(200);
        self.in_state(binary, "signable").await;
    }

    /// A new download URL.
    pub async fn download_url(&self, binary: &str) -> String {
        let answer = self.api.get(&format!("/v1/binaries/{binary}/download")).await.expect(302);
        answer.header("location").expect("a redirect says where to").to_owned()
    }
}

/// A record's PRN.
pub fn prn(record: &Value) -> String {
    record["prn"].as_str().unwrap_or_else(|| panic!("a record has a PRN: {record:#}")).to_owned()
}
