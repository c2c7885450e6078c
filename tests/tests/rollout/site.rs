//! A server behind two relays with fixed addresses, so that it can be restarted; a CA, releases, and devices.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_tests::{Api, Database, Relay, Server, Workbench, authority, list_all, named, prn};
use rcgen::{CertifiedIssuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agent::Unit;

/// The DER prefix of a raw Ed25519 public key.
const ED25519: &str = "302a300506032b6570032100";

/// An installer that appends a line when it begins and when it ends, so that a second run, or two at once, are noticed.
const INSTALL: &str =
    r#"echo "begin $1" >> commands.log; sleep 0.1; cp "$2" assets.bin; echo "end $1" >> commands.log"#;

pub(crate) struct Site {
    pub(crate) server: Server,
    /// The relay through which contents are downloaded.
    pub(crate) contents: Relay,
    devices: Relay,
    bench: Workbench,
    authority: CertifiedIssuer<'static, KeyPair>,
    product: String,
    cohort: String,
    /// `firmware` and `model` are copied, `assets` are installed by a command.
    artifacts: BTreeMap<&'static str, String>,
    /// The first release, which new devices have.
    first: String,
    folder: TempDir,
}

impl Site {
    /// Creates a cohort whose first release is what new devices have.
    pub(crate) async fn new(database: Database) -> Self {
        let (contents, devices) = (Relay::to("nowhere".to_owned()), Relay::to("nowhere".to_owned()));
        let public_url = format!("http://{}", contents.address());
        let server = Server::builder().database(database).arg("--public-url").arg(public_url).start();
        let api = server.api();
        let product = create(&api, "product", json!({"name": "gateway", "target": "gateway"})).await;
        let cohort = create(&api, "cohort", json!({"name": "production", "product_prn": product})).await;
        let mut artifacts = BTreeMap::new();
        for name in ["firmware", "assets", "model"] {
            artifacts.insert(name, create(&api, "artifact", json!({"name": name})).await);
        }
        let authority = authority("factory");
        let (bench, folder) = (Workbench::new(api).await, tempfile::tempdir().unwrap());
        let first = String::new();
        let mut site =
            Self { server, contents, devices, bench, authority, product, cohort, artifacts, first, folder };
        site.open_the_doors();
        site.register_the_authority().await;
        site.first = site.release("1.0.0", &[("firmware", b"from the factory")], json!({})).await;
        site
    }

    pub(crate) const fn api(&self) -> &Api {
        self.bench.api()
    }

    /// Kills the server with SIGKILL. `meanwhile` runs while it is down. Then it is started again on the same data.
    pub(crate) fn kill_the_server(&mut self, meanwhile: impl FnOnce()) {
        self.server.kill();
        meanwhile();
        self.server.restart();
        self.bench.reconnect(self.server.api());
        self.open_the_doors();
    }

    fn open_the_doors(&self) {
        let address = |url: &str| url.split_once("//").unwrap().1.to_owned();
        self.contents.lead_to(address(self.server.url()));
        self.devices.lead_to(address(self.server.device_url()));
    }

    async fn register_the_authority(&self) {
        let code = self.api().post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201);
        let (proof, _) = self.certificate(code.json["verification_code"].as_str().unwrap());
        let new = json!({"certificate": self.authority.pem(), "verification_certificate": proof,
            "jitp": {"product_prn": self.product, "cohort_prn": self.cohort, "tags": []}});
        create(self.api(), "ca_certificate", new).await;
    }

    fn certificate(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        (named(name).signed_by(&key, &self.authority).unwrap().pem(), key.serialize_pem())
    }

    /// Appends a release of a bundle with these contents in this order.
    pub(crate) async fn release(&self, version: &str, contents: &[(&str, &[u8])], more: Value) -> String {
        let mut binaries = Vec::new();
        for (artifact, content) in contents {
            binaries.push(json!({"prn": self.binary(artifact, version, content).await}));
        }
        let bundle = json!({"name": version, "binaries": binaries});
        let bundle = create(self.api(), "bundle", bundle).await;
        let mut new =
            json!({"name": version, "version": version, "cohort_prn": self.cohort, "bundle_prn": bundle});
        let Value::Object(more) = more else { panic!("fields are an object") };
        new.as_object_mut().unwrap().extend(more);
        create(self.api(), "release", new).await
    }

    async fn binary(&self, artifact: &str, version: &str, content: &[u8]) -> String {
        let new = json!({"artifact_prn": self.artifacts[artifact], "version": version});
        let version = create(self.api(), "artifact_version", new).await;
        let mut promise = self.bench.promise(content);
        promise["artifact_version_prn"] = json!(version);
        promise["target"] = json!("portable");
        self.bench.signed_as(&promise, content).await
    }

    /// A new device. `running` is added to its settings about the running system.
    pub(crate) fn unit(&self, name: &str, running: &str) -> Unit {
        let command =
            format!(r#"command = ["sh", "-c", '''{INSTALL}''', "install", "{{version}}", "{{file}}"]"#);
        self.make(name, running, &command)
    }

    /// A device with three files, of which the program of this installer changes `assets.bin`.
    pub(crate) fn unit_of_three(&self, name: &str, program: &str) -> Unit {
        let unit = self.make(name, "", program);
        for file in ["assets.bin", "model.bin"] {
            unit.write(file, "from the factory");
        }
        unit
    }

    fn make(&self, name: &str, running: &str, program: &str) -> Unit {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        let unit = Unit { folder, name: name.to_owned() };
        let (certificate, key) = self.certificate(name);
        unit.write("device.pem", certificate);
        unit.write("device.key", key);
        unit.write("signing.pem", self.signing_key());
        unit.write("firmware.bin", "from the factory");
        unit.write("agent.toml", self.configuration(self.server.device_ca(), running, program));
        unit
    }

    fn configuration(&self, authority: &Path, running: &str, program: &str) -> String {
        let (server, authority) = (self.devices.address(), authority.display());
        let [firmware, assets, model] = ["firmware", "assets", "model"].map(|name| &self.artifacts[name]);
        let first = &self.first;
        format!(
            r#"
            server = "https://{server}"
            ca_certificate = "{authority}"
            certificate = "device.pem"
            private_key = "device.key"
            trusted_keys = ["signing.pem"]
            state_dir = "state"
            poll_interval_seconds = 1
            retry_seconds = 0
            max_attempts = 50
            allow_http_downloads = true

            [running]
            release_prn = "{first}"
            version = "1.0.0"
            {running}

            [[installers]]
            artifact_prn = "{firmware}"
            copy = "firmware.bin"

            [[installers]]
            artifact_prn = "{assets}"
            {program}

            [[installers]]
            artifact_prn = "{model}"
            copy = "model.bin"
            "#
        )
    }

    fn signing_key(&self) -> String {
        let mut der = hex::decode(ED25519).unwrap();
        der.extend(STANDARD.decode(self.bench.pair().public_value()).unwrap());
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    /// The release that each device last reported, by the device's name.
    pub(crate) async fn said(&self) -> BTreeMap<String, Value> {
        let devices = list_all(self.api(), "/v1/devices", "devices").await;
        let said = |mut device: Value| {
            (device["identifier"].as_str().unwrap().to_owned(), device["reported_release_prn"].take())
        };
        devices.into_iter().map(said).collect()
    }

    /// The data of all events of a type, by the device's name, oldest first.
    pub(crate) async fn events(&self, kind: &str) -> BTreeMap<String, Vec<Value>> {
        let devices = list_all(self.api(), "/v1/devices", "devices").await;
        let name = |prn: &Value| {
            let device = devices.iter().find(|device| device["prn"] == *prn).unwrap();
            device["identifier"].as_str().unwrap().to_owned()
        };
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for mut event in list_all(self.api(), &format!("/v1/events?type={kind}"), "events").await {
            all.entry(name(&event["resource_prn"])).or_default().push(event["data"].take());
        }
        all
    }

    /// The reports of the devices about a release, in order, by the device's name.
    pub(crate) async fn reports(&self, release: &str) -> BTreeMap<String, Vec<String>> {
        let mut all = self.events("device.update_reported").await;
        for reports in all.values_mut() {
            reports.retain(|report| report["release_prn"] == release);
        }
        let word = |report: &Value| report["status"].as_str().unwrap().to_owned();
        all.into_iter().map(|(name, reports)| (name, reports.iter().map(word).collect())).collect()
    }

    /// How many devices are on a release, have installed it, and have failed to.
    pub(crate) async fn adoption(&self, release: &str) -> [u64; 3] {
        let seen = self.api().get(&format!("/v1/releases/{release}/adoption")).await.expect(200).json;
        ["on", "installed", "failed"].map(|name| seen[name].as_u64().unwrap_or_else(|| panic!("{seen:#}")))
    }

    pub(crate) fn first(&self) -> &str {
        &self.first
    }
}

async fn create(api: &Api, kind: &str, body: Value) -> String {
    prn(&api.post(&format!("/v1/{kind}s"), &body).await.expect(201).json[kind])
}
