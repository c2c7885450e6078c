//! A maker of devices: an authority made with openssl, a product with a cohort, bundles, and devices that appear by themselves.

use std::time::Duration;

use jiff::Timestamp;
use olivine_tests::{Answer, Api, Device, Server, Shell, Workbench, named, prn};
use rcgen::{CertificateParams, Issuer, KeyPair};
use serde_json::{Value, json};

/// Everything that an answer can have.
pub(crate) const ALL: &str = "?expand[]=bundle&expand[]=release&expand[]=bundle_override&expand[]=cohort&expand[]=manifest&expand[]=source_type";

const EC: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

pub(crate) struct Factory {
    pub(crate) api: Api,
    pub(crate) product: String,
    pub(crate) cohort: String,
    /// Where the authority is.
    pub(crate) shell: Shell,
    pub(crate) authority: Issuer<'static, KeyPair>,
}

/// What a cohort's devices are to get, of one portable binary.
pub(crate) struct Bundle {
    pub(crate) prn: String,
    pub(crate) binary: String,
}

/// A device that the server knows.
pub(crate) struct Member {
    pub(crate) device: Device,
    pub(crate) prn: String,
}

impl Factory {
    /// Whoever has a certificate of the factory's authority is a device of the cohort.
    pub(crate) async fn new(api: Api) -> Self {
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
        factory.sign("proof", code.json["verification_code"].as_str().unwrap());
        let text = |name: &str| String::from_utf8(factory.shell.read(name)).unwrap();
        let new = json!({"certificate": text("ca.pem"), "verification_certificate": text("proof.pem"),
            "jitp": {"product_prn": factory.product, "cohort_prn": factory.cohort, "tags": ["factory"]}});
        factory.create("ca_certificates", "ca_certificate", new).await;
        factory
    }

    /// Registers the authority in a shell's folder, with the product of this factory.
    pub(crate) async fn register_authority(&self, shell: &Shell, jitp: Value) -> String {
        let jitp = with(json!({"product_prn": self.product}), jitp);
        let (certificate, proof) = self.proven(shell).await;
        let new = json!({"certificate": certificate, "verification_certificate": proof, "jitp": jitp});
        self.create("ca_certificates", "ca_certificate", new).await
    }

    /// The authority in a shell's folder, and the proof that its key is there.
    pub(crate) async fn proven(&self, shell: &Shell) -> (String, String) {
        self.proven_with(shell, "").await
    }

    /// The same, with options of openssl for the proof.
    pub(crate) async fn proven_with(&self, shell: &Shell, options: &str) -> (String, String) {
        let code = self.api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
        let code = code["verification_code"].as_str().unwrap();
        shell
            .run(&format!("openssl req -x509 -CA ca.pem -CAkey ca.key {EC} {options} -subj /CN={code} -keyout proof.key -out proof.pem"))
            .succeeds();
        let text = |name: &str| String::from_utf8(shell.read(name)).unwrap();
        (text("ca.pem"), text("proof.pem"))
    }

    /// As plain openssl does it, which makes X.509 of version 1: `<file>.pem` and `<file>.key`.
    pub(crate) fn sign(&self, file: &str, name: &str) {
        let sign = format!(
            "openssl req {EC} -keyout {file}.key -out {file}.csr -subj '/CN={name}'
            openssl x509 -req -in {file}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {file}.pem -days 365"
        );
        self.shell.run(&sign).succeeds();
    }

    /// A certificate of the authority, and its key.
    pub(crate) fn signed(&self, params: &CertificateParams) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.authority).unwrap().pem(), key.serialize_pem())
    }

    /// A device that has a certificate, and has not shown it yet.
    pub(crate) fn stranger(&self, server: &Server, name: &str) -> Device {
        let (certificate, key) = self.signed(&named(name));
        Device::with(server, &certificate, &key)
    }

    /// A device that has introduced itself.
    pub(crate) async fn device(&self, server: &Server, name: &str) -> Member {
        let device = self.stranger(server, name);
        let me = device.get("/device/me").await.expect(200).json;
        Member { device, prn: prn(&me["device"]) }
    }

    pub(crate) async fn create(&self, plural: &str, name: &str, body: Value) -> String {
        prn(&self.api.post(&format!("/v1/{plural}"), &body).await.expect(201).json[name])
    }

    pub(crate) async fn new_cohort(&self, name: &str) -> String {
        self.create("cohorts", "cohort", json!({"name": name, "product_prn": self.product})).await
    }

    /// A bundle for every device; its content is its name.
    pub(crate) async fn bundle(&self, name: &str) -> Bundle {
        let bench = Workbench::named(self.api.clone(), name).await;
        let binary = bench.signed_for("portable", name.as_bytes()).await;
        let new = json!({"name": name, "binaries": [{"prn": binary}]});
        Bundle { prn: self.create("bundles", "bundle", new).await, binary }
    }

    /// A release of the cohort.
    pub(crate) async fn release(&self, name: &str, bundle: &str, more: Value) -> String {
        self.release_in(&self.cohort, name, bundle, more).await
    }

    pub(crate) async fn release_in(&self, cohort: &str, name: &str, bundle: &str, more: Value) -> String {
        let body = with(json!({"name": name, "cohort_prn": cohort, "bundle_prn": bundle}), more);
        self.create("releases", "release", body).await
    }

    pub(crate) async fn change(&self, prn: &str, change: Value) -> Answer {
        self.api.patch(&path(prn), &change).await.expect(200)
    }

    pub(crate) async fn get(&self, prn: &str) -> Value {
        let mut found = self.api.get(&path(prn)).await.expect(200).json;
        found[prn.split(':').nth(3).unwrap()].take()
    }

    /// The server's clock: a verification code is good for a week from now on.
    pub(crate) async fn now(&self) -> Timestamp {
        let code = self.api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
        let expires_at: Timestamp = code["expires_at"].as_str().unwrap().parse().unwrap();
        expires_at - Duration::from_hours(7 * 24)
    }

    /// What a device is answered: the name of the release or the override that it gets, or the status. What explaining says is the same.
    pub(crate) async fn asks(&self, member: &Member, says: &[(&str, &str)]) -> String {
        let mut question = json!({"explain": true});
        for (name, value) in says {
            let field = name.trim_start_matches("peridio-").replace('-', "_");
            question[field] = json!(value);
        }
        let explained = self.api.post(&format!("/v1/devices/{}/update", member.prn), &question).await;
        let mut explained = explained.expect(200).json;
        let mut answer = member.device.update(ALL, says).await.expect(200).json;
        let source = [&answer["release"], &answer["bundle_override"]].into_iter().find(|one| !one.is_null());
        let name = source.map_or(&answer["status"], |source| &source["name"]).as_str().unwrap().to_owned();
        assert_eq!(explained["status"], answer["status"], "{explained:#}\n{answer:#}");
        assert_eq!(explained["source_type"], answer["source_type"]);
        assert_eq!(explained["source_prn"], source.map_or(Value::Null, |source| source["prn"].clone()));
        assert_eq!(explained["bundle_prn"], answer["bundle"]["prn"]);
        without_urls(&mut explained["manifest"]);
        without_urls(&mut answer["manifest"]);
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

/// Where a record is.
pub(crate) fn path(prn: &str) -> String {
    format!("/v1/{}s/{prn}", prn.split(':').nth(3).unwrap())
}

pub(crate) fn with(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("fields are an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// The authority in a shell's folder.
pub(crate) fn authority(shell: &Shell) -> Issuer<'static, KeyPair> {
    let text = |name: &str| String::from_utf8(shell.read(name)).unwrap();
    Issuer::from_ca_cert_pem(&text("ca.pem"), KeyPair::from_pem(&text("ca.key")).unwrap()).unwrap()
}

/// What devices say of themselves.
pub(crate) fn on(release: &str) -> [(&str, &str); 1] {
    [("peridio-release-prn", release)]
}
