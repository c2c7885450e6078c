//! A device factory: a CA made with openssl, a product with a cohort, bundles, and devices that are registered when they first connect.

use std::time::Duration;

use crate::{Answer, Api, Device, ForDevices, Shell, Workbench, list_all, named, prn};
use jiff::Timestamp;
use rcgen::{CertificateParams, Issuer, KeyPair};
use serde_json::{Value, json};

/// The query for an answer with all details.
pub const ALL: &str = "?expand[]=bundle&expand[]=release&expand[]=bundle_override&expand[]=cohort&expand[]=manifest&expand[]=source_type";

/// Options of `openssl req` for a new key on P-256.
const EC: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/// A factory whose devices are registered when they first connect.
#[derive(Debug)]
pub struct Factory {
    /// The client of the Admin API.
    pub api: Api,
    /// The PRN of its product.
    pub product: String,
    /// The PRN of the cohort of its devices.
    pub cohort: String,
    /// The shell in whose folder the CA is.
    pub shell: Shell,
    /// The CA.
    pub authority: Issuer<'static, KeyPair>,
}

/// A bundle with one portable binary.
#[derive(Debug)]
pub struct Bundle {
    /// Its PRN.
    pub prn: String,
    /// The PRN of its binary.
    pub binary: String,
}

/// A device that is registered.
#[derive(Debug)]
pub struct Member {
    /// The device.
    pub device: Device,
    /// Its PRN.
    pub prn: String,
}

impl Factory {
    /// Creates a factory. Every device with a certificate of its CA is registered in its cohort.
    pub async fn new(api: Api) -> Self {
        let shell = Shell::new();
        shell
            .run(&format!("openssl req -x509 {EC} -keyout ca.key -out ca.pem -days 3650 -subj /CN=Factory"))
            .succeeds();
        let authority = authority(&shell);
        let product = json!({"name": "gateway", "target": "gateway"});
        let product = prn(&api.post("/v1/products", &product).await.expect(201).json["product"]);
        let mut factory = Self { api, product, cohort: String::new(), shell, authority };
        factory.cohort = factory.new_cohort("production").await;
        let code = factory.api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201);
        factory.sign("proof", code.json["verification_code"].as_str().expect("as the harness made it"));
        let text = |name: &str| String::from_utf8(factory.shell.read(name)).expect("as the harness made it");
        let new = json!({"certificate": text("ca.pem"), "verification_certificate": text("proof.pem"),
            "jitp": {"product_prn": factory.product, "cohort_prn": factory.cohort, "tags": ["factory"]}});
        factory.create("ca_certificates", "ca_certificate", new).await;
        factory
    }

    /// Registers the CA in the shell's folder, with this just-in-time provisioning. Returns its PRN.
    pub async fn register_authority(&self, shell: &Shell, jitp: Value) -> String {
        let jitp = with(json!({"product_prn": self.product}), jitp);
        let (certificate, proof) = self.proven(shell).await;
        let new = json!({"certificate": certificate, "verification_certificate": proof, "jitp": jitp});
        self.create("ca_certificates", "ca_certificate", new).await
    }

    /// The certificate of the CA in the shell's folder, and a proof of its private key.
    pub async fn proven(&self, shell: &Shell) -> (String, String) {
        self.proven_with(shell, "").await
    }

    /// Like `proven`, with additional options of openssl for the proof.
    pub async fn proven_with(&self, shell: &Shell, options: &str) -> (String, String) {
        let code = self.api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
        let code = code["verification_code"].as_str().expect("as the harness made it");
        shell
            .run(&format!("openssl req -x509 -CA ca.pem -CAkey ca.key {EC} {options} -subj /CN={code} -keyout proof.key -out proof.pem"))
            .succeeds();
        let text = |name: &str| String::from_utf8(shell.read(name)).expect("as the harness made it");
        (text("ca.pem"), text("proof.pem"))
    }

    /// Signs a certificate with openssl's defaults, which makes X.509 version 1: `<file>.pem` and `<file>.key`.
    pub fn sign(&self, file: &str, name: &str) {
        let sign = format!(
            "openssl req {EC} -keyout {file}.key -out {file}.csr -subj '/CN={name}'
            openssl x509 -req -in {file}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {file}.pem -days 365"
        );
        self.shell.run(&sign).succeeds();
    }

    /// A certificate signed by the CA, and its key.
    pub fn signed(&self, params: &CertificateParams) -> (String, String) {
        let key = KeyPair::generate().expect("as the harness made it");
        (params.signed_by(&key, &self.authority).expect("as the harness made it").pem(), key.serialize_pem())
    }

    /// A device with a certificate of the CA that has not connected yet.
    pub fn stranger(&self, server: &impl ForDevices, name: &str) -> Device {
        let (certificate, key) = self.signed(&named(name));
        Device::with(server, &certificate, &key)
    }

    /// A device that has connected once and is registered.
    pub async fn device(&self, server: &impl ForDevices, name: &str) -> Member {
        let device = self.stranger(server, name);
        let me = device.get("/device/me").await.expect(200).json;
        Member { device, prn: prn(&me["device"]) }
    }

    /// A registered device without a certificate.
    pub async fn bare_device(&self, identifier: &str) -> String {
        self.create("devices", "device", json!({"identifier": identifier, "product_prn": self.product})).await
    }

    /// The certificates of a device.
    pub async fn certificates(&self, device: &str) -> Vec<Value> {
        let list = format!("/v1/device_certificates?device_prn={device}");
        list_all(&self.api, &list, "device_certificates").await
    }

    /// The organization's events of a type.
    pub async fn events(&self, kind: &str) -> Vec<Value> {
        list_all(&self.api, &format!("/v1/events?type={kind}"), "events").await
    }

    /// The PRN of the first CA certificate of this organization.
    pub async fn ca(&self) -> String {
        prn(&list_all(&self.api, "/v1/ca_certificates", "ca_certificates").await[0])
    }

    /// Creates a record and returns its PRN.
    pub async fn create(&self, plural: &str, name: &str, body: Value) -> String {
        prn(&self.api.post(&format!("/v1/{plural}"), &body).await.expect(201).json[name])
    }

    /// Creates a cohort of the product.
    pub async fn new_cohort(&self, name: &str) -> String {
        self.create("cohorts", "cohort", json!({"name": name, "product_prn": self.product})).await
    }

    /// A bundle for every device. Its content is its name.
    pub async fn bundle(&self, name: &str) -> Bundle {
        let bench = Workbench::named(self.api.clone(), name).await;
        let binary = bench.signed_for("portable", name.as_bytes()).await;
        let new = json!({"name": name, "binaries": [{"prn": binary}]});
        Bundle { prn: self.create("bundles", "bundle", new).await, binary }
    }

    /// Creates a release in the factory's cohort.
    pub async fn release(&self, name: &str, bundle: &str, more: Value) -> String {
        self.release_in(&self.cohort, name, bundle, more).await
    }

    /// Creates a release in any cohort.
    pub async fn release_in(&self, cohort: &str, name: &str, bundle: &str, more: Value) -> String {
        let body = with(json!({"name": name, "cohort_prn": cohort, "bundle_prn": bundle}), more);
        self.create("releases", "release", body).await
    }

    /// Changes a record.
    pub async fn change(&self, prn: &str, change: Value) -> Answer {
        self.api.patch(&path(prn), &change).await.expect(200)
    }

    /// The record with this PRN.
    pub async fn get(&self, prn: &str) -> Value {
        let mut found = self.api.get(&path(prn)).await.expect(200).json;
        found[prn.split(':').nth(3).expect("as the harness made it")].take()
    }

    /// The time of the server's clock. It is derived from a new verification code, which is valid for a week.
    pub async fn now(&self) -> Timestamp {
        let code = self.api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
        let expires_at: Timestamp = code["expires_at"]
            .as_str()
            .expect("as the harness made it")
            .parse()
            .expect("it is as the harness made it");
        expires_at - Duration::from_hours(7 * 24)
    }

    /// What a device gets: the name of its release or override, or the status. Checks that `explain` gives the same result.
    pub async fn asks(&self, member: &Member, says: &[(&str, &str)]) -> String {
        let mut question = json!({"explain": true});
        for (name, value) in says {
            let field = name.trim_start_matches("peridio-").replace('-', "_");
            question[field] = json!(value);
        }
        let explained = self.api.post(&format!("/v1/devices/{}/update", member.prn), &question).await;
        let mut explained = explained.expect(200).json;
        let mut answer = member.device.update(ALL, says).await.expect(200).json;
        let source = [&answer["release"], &answer["bundle_override"]].into_iter().find(|one| !one.is_null());
        let name = source
            .map_or(&answer["status"], |source| &source["name"])
            .as_str()
            .expect("as the harness made it")
            .to_owned();
        assert_eq!(explained["status"], answer["status"], "{explained:#}\n{answer:#}");
        assert_eq!(explained["source_type"], answer["source_type"]);
        assert_eq!(explained["source_prn"], source.map_or(Value::Null, |source| source["prn"].clone()));
        assert_eq!(explained["bundle_prn"], answer["bundle"]["prn"]);
        without_urls(&mut explained["manifest"]);
        without_urls(&mut answer["manifest"]);
        // Explanations contain names as well, for people.
        for entry in explained["manifest"].as_array_mut().into_iter().flatten() {
            let name = entry.as_object_mut().and_then(|entry| entry.remove("artifact_name"));
            assert!(name.is_some_and(|name| name.is_string()), "{entry}");
        }
        assert_eq!(explained["manifest"], answer["manifest"]);
        name
    }
}

fn without_urls(manifest: &mut Value) {
    for entry in manifest.as_array_mut().into_iter().flatten() {
        entry["url"].take();
        entry["url_expires_at"].take();
    }
}

/// Options of `openssl req` for the certificate of a device.
const LEAF: &str = "-addext basicConstraints=critical,CA:FALSE";

/// A CA in a folder of its own, and the certificates that it signs.
#[derive(Debug)]
pub struct Maker {
    /// The shell in that folder.
    pub shell: Shell,
}

impl Maker {
    /// A CA with this name, made by `openssl req -x509` with these options.
    pub fn new(name: &str, options: &str) -> Self {
        let shell = Shell::new();
        let options =
            if options.contains("-newkey") { options.to_owned() } else { format!("{EC} {options}") };
        shell
            .run(&format!(
                "openssl req -x509 {options} -keyout ca.key -out ca.pem -days 99 -subj '/CN={name}'"
            ))
            .succeeds();
        Self { shell }
    }

    /// The content of a file in the folder.
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.shell.read(name)).expect("as the harness made it")
    }

    /// The answer to a device with a certificate that is made with these options.
    pub async fn shows(&self, server: &impl ForDevices, options: &str) -> Answer {
        let key = if options.contains("-newkey") { "" } else { EC };
        let leaf = if options.contains("basicConstraints") { "" } else { LEAF };
        let sign = format!(
            "openssl req -x509 -CA ca.pem -CAkey ca.key {key} {leaf} {options} -days 9 -keyout d.key -out d.pem"
        );
        self.shell.run(&sign).succeeds();
        Device::with(server, &self.text("d.pem"), &self.text("d.key")).get("/device/me").await
    }

    /// The answer to a request to register the CA.
    pub async fn registers(&self, factory: &Factory) -> Answer {
        self.registers_with(factory, "").await
    }

    /// Like `registers`, with additional options of openssl for the proof.
    pub async fn registers_with(&self, factory: &Factory, options: &str) -> Answer {
        let (certificate, proof) = factory.proven_with(&self.shell, options).await;
        let new = json!({"certificate": certificate, "verification_certificate": proof, "jitp": {"product_prn": factory.product}});
        factory.api.post("/v1/ca_certificates", &new).await
    }
}

/// The API path of a record.
pub fn path(prn: &str) -> String {
    format!("/v1/{}s/{prn}", prn.split(':').nth(3).expect("as the harness made it"))
}

/// Adds fields to a body.
pub fn with(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("fields are an object") };
    body.as_object_mut().expect("as the harness made it").extend(more);
    body
}

/// The CA in the shell's folder.
pub fn authority(shell: &Shell) -> Issuer<'static, KeyPair> {
    let text = |name: &str| String::from_utf8(shell.read(name)).expect("as the harness made it");
    Issuer::from_ca_cert_pem(
        &text("ca.pem"),
        KeyPair::from_pem(&text("ca.key")).expect("as the harness made it"),
    )
    .expect("it is as the harness made it")
}

/// The report of a device that is on this release.
pub fn on(release: &str) -> [(&str, &str); 1] {
    [("peridio-release-prn", release)]
}
