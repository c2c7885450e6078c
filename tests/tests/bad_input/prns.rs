//! PRNs that are malformed, of another type, or of another organization, for every endpoint that takes one.

use std::collections::BTreeSet;

use olivine_tests::{
    Answer, Api, Database, Operation, S3, Server, Table, Workbench, on_both, openapi, operations,
    percent_encoded, prn, send, sha256_hex,
};
use rcgen::KeyPair;
use reqwest::Method;
use serde_json::{Value, json};

on_both!(async names_in_paths, async names_in_bodies, async names_in_filters);

/// An organization with a record of every type.
pub(crate) struct Tenant {
    pub(crate) api: Api,
    pub(crate) bench: Workbench,
    pub(crate) binary: String,
    records: Vec<(&'static str, String)>,
}

impl Tenant {
    pub(crate) async fn new(api: Api, s3: &S3) -> Self {
        let bench = Workbench::new(api.clone()).await;
        let signed = bench.signed(b"content").await;
        let binary = bench.uploadable(b"content").await;
        let part = bench.announce(&binary, 1, b"content").await.expect(201).json;
        let first = async |path: &str, plural: &str| prn(&api.get(path).await.expect(200).json[plural][0]);
        let mut records = distribution(&api, &signed).await;
        records.extend(certificates(&api, &records).await);
        records.push(("storage_backend", storage_backend(&api, s3).await));
        let invitation = json!({"email": "grace@example.com", "grants": [{"role": "viewer"}]});
        let invitation = api.post("/v1/invitations", &invitation).await.expect(201).json;
        records.push(("invitation", prn(&invitation["invitation"])));
        records.extend([
            ("api_key", first("/v1/api_keys", "api_keys").await),
            ("artifact", first("/v1/artifacts", "artifacts").await),
            ("artifact_version", first("/v1/artifact_versions", "artifact_versions").await),
            ("binary", signed),
            ("binary_part", prn(&part["binary_part"])),
            ("binary_signature", first("/v1/binary_signatures", "binary_signatures").await),
            ("event", first("/v1/events", "events").await),
            ("job", first("/v1/jobs", "jobs").await),
            ("signing_key", first("/v1/signing_keys", "signing_keys").await),
            ("organization", prn(&api.get("/v1/organization").await.expect(200).json["organization"])),
        ]);
        Self { api, bench, binary, records }
    }

    pub(crate) fn record(&self, kind: &str) -> &str {
        let found = self.records.iter().find(|(name, _)| *name == kind);
        &found.unwrap_or_else(|| panic!("make a record of type {kind} in Tenant::new")).1
    }
}

/// Creates everything needed to bring a signed binary to a device. The release is the last of two, and the device is on it.
async fn distribution(api: &Api, signed: &str) -> Vec<(&'static str, String)> {
    let made = async |path: &str, kind: &'static str, body: Value| {
        (kind, prn(&api.post(path, &body).await.expect(201).json[kind]))
    };
    let product = made("/v1/products", "product", json!({"name": "gateway"})).await;
    let cohort = json!({"name": "production", "product_prn": product.1});
    let cohort = made("/v1/cohorts", "cohort", cohort).await;
    let device = json!({"identifier": "one", "product_prn": product.1, "cohort_prn": cohort.1, "tags": []});
    let device = made("/v1/devices", "device", device).await;
    let bundle = made("/v1/bundles", "bundle", json!({"binaries": [{"prn": signed}]})).await;
    let named = |name: &str| json!({"name": name, "cohort_prn": cohort.1, "bundle_prn": bundle.1});
    made("/v1/releases", "release", named("first")).await;
    let release = made("/v1/releases", "release", named("second")).await;
    let bundle_override = made("/v1/bundle_overrides", "bundle_override", named("rescue")).await;
    let single = json!({"name": "single", "bundle_prn": bundle.1, "device_prns": [device.1], "starts_at": "2099-01-01T00:00:00Z"});
    made("/v1/bundle_overrides", "bundle_override", single).await;
    let report = json!({"release_prn": release.1, "bundle_prn": bundle.1, "write": true});
    api.post(&format!("/v1/devices/{}/update", device.1), &report).await.expect(200);
    let lift = json!({"action": "lift", "device_prns": [device.1]});
    let bulk_operation = made("/v1/bulk_operations", "bulk_operation", lift).await;
    vec![product, cohort, device, bundle, release, bundle_override, bulk_operation]
}

/// Creates a certificate of the device and a CA certificate.
async fn certificates(api: &Api, records: &[(&'static str, String)]) -> [(&'static str, String); 2] {
    let (_, device) = records.iter().find(|(kind, _)| *kind == "device").unwrap();
    let authority = olivine_tests::authority("factory");
    let signed = |name: &str| {
        let params = olivine_tests::named(name);
        params.signed_by(&KeyPair::generate().unwrap(), &authority).unwrap().pem()
    };
    let own = json!({"device_prn": device, "certificate": signed("one")});
    let own = api.post("/v1/device_certificates", &own).await.expect(201).json;
    let code = api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
    let proof = signed(code["verification_code"].as_str().unwrap());
    let ca = json!({"certificate": authority.pem(), "verification_certificate": proof});
    let ca = api.post("/v1/ca_certificates", &ca).await.expect(201).json;
    [("device_certificate", prn(&own["device_certificate"])), ("ca_certificate", prn(&ca["ca_certificate"]))]
}

async fn storage_backend(api: &Api, s3: &S3) -> String {
    let credentials = json!({"type": "s3", "access_key_id": s3.access_key_id(),
        "secret_access_key": s3.secret_access_key()});
    let body = json!({"name": "frankfurt", "url": "s3://frankfurt", "endpoint": s3.url(),
        "region": "eu-test-1", "credentials": credentials});
    prn(&api.post("/v1/storage_backends", &body).await.expect(201).json["storage_backend"])
}

/// A server that allows organizations to have storages on this machine.
fn start(database: Database) -> Server {
    Server::builder().database(database).env("OLIVINE_STORAGE_ALLOW_PRIVATE_ENDPOINTS", "true").start()
}

/// Two organizations on one server.
async fn tenants(server: &Server) -> (Tenant, Tenant) {
    let s3 = S3::start();
    s3.bucket("frankfurt");
    let key = server.operator(&[
        "api-keys",
        "create",
        "--name",
        "theirs",
        "--role",
        "admin",
        "--organization",
        "other",
    ]);
    let other = Tenant::new(server.api().with_key(key), &s3).await;
    (Tenant::new(server.api(), &s3).await, other)
}

/// The type of record in a path's `{prn}`: `/v1/binaries/{prn}/parts` → `binary`.
pub(crate) fn named_type(operation: &Operation) -> String {
    let plural = operation.path.split('/').nth(2).expect("/v1/…");
    match plural {
        "binaries" => "binary".to_owned(),
        other => other.strip_suffix('s').expect("a plural").to_owned(),
    }
}

/// Whether the operation needs a signed-in person, or is about one. Nobody can sign in through a proxy without TLS, so these operations are
/// tested in process: see `people` in `crates/testkit/tests/in_process`.
pub(crate) fn is_of_people(operation: &Operation) -> bool {
    let is_about =
        ["/v1/users/{", "/v1/memberships", "/v1/views"].iter().any(|path| operation.path.starts_with(path));
    is_about || operation.takes_person()
}

/// Whether the answer is a stream, which only ends when the client stops. It has its own tests, and its answer contains no list.
pub(crate) fn is_stream(operation: &Operation) -> bool {
    operation.path.ends_with("/stream")
}

/// A request with a valid body, for any record.
async fn ask(api: &Api, operation: &Operation, named: &str) -> Answer {
    let request = api.request(operation.method.clone(), &operation.path_with(named));
    let is_part = operation.path.ends_with("/parts/{index}");
    send(match operation.method.as_str() {
        "PATCH" if operation.path.starts_with("/v1/bulk_operations/") => {
            request.json(&json!({"state": "cancelled"}))
        }
        "PATCH" | "POST" => request.json(&json!({})),
        "PUT" if is_part => request.json(&json!({"size": 7, "hash": sha256_hex(b"content")})),
        "PUT" => request.body("content"),
        _ => request,
    })
    .await
}

async fn names_in_paths(database: Database) {
    let server = start(database);
    let (ours, theirs) = tenants(&server).await;
    let mut table = Table::default();
    let document = operations(&ours.api).await;
    let of_records = document.iter().filter(|operation| operation.path.contains("{prn}"));
    for operation in of_records.filter(|operation| !is_of_people(operation)) {
        let kind = named_type(operation);
        let what = format!("{} {}", operation.method, operation.path);

        let foreign = ask(&ours.api, operation, theirs.record(&kind)).await;
        table.note(&format!("{what}, of another organization"), &foreign);
        assert_eq!((foreign.status, foreign.error_code()), (404, Some("not_found")), "{what}");

        // Except for the PRN, the answer must be identical to that for a record that does not exist.
        let (start, _) = ours.record(&kind).rsplit_once(':').unwrap();
        let absent = format!("{start}:01890000-0000-7000-8000-000000000000");
        let absent = ask(&ours.api, operation, &absent).await;
        assert_eq!((absent.status, absent.error_code()), (404, Some("not_found")), "{what}");
        assert_eq!(
            olivine_tests::redacted(&foreign.json.to_string()),
            olivine_tests::redacted(&absent.json.to_string()),
            "{what}: another organization's record can be told from none"
        );

        let other_type = if kind == "artifact" { "binary" } else { "artifact" };
        let answer = ask(&ours.api, operation, ours.record(other_type)).await;
        table.note(&format!("{what}, of another type"), &answer);
        assert_eq!(answer.status, 400, "{what}");
    }
    for malformed in MALFORMED {
        let encoded = percent_encoded(malformed);
        table.note(
            &format!("GET /v1/binaries/{malformed:?}"),
            &ours.api.get(&format!("/v1/binaries/{encoded}")).await,
        );
    }
    insta::assert_snapshot!("names_in_paths", table.text());
    // The other organization's records have not changed.
    assert_eq!(theirs.bench.get(theirs.record("binary")).await["state"], "signed");
    assert_eq!(theirs.bench.get(&theirs.binary).await["state"], "uploadable");
}

const MALFORMED: &[&str] = &[
    "x",
    "prn",
    "prn:1:",
    "prn:2:01890000-0000-7000-8000-000000000000:binary:01890000-0000-7000-8000-000000000000",
    "prn:1:01890000-0000-7000-8000-000000000000:binary",
    "prn:1:01890000-0000-7000-8000-000000000000:binary:7",
    "prn:1:01890000-0000-7000-8000-000000000000:binary:01890000-0000-7000-8000-000000000000:",
    "prn:1:01890000-0000-7000-8000-000000000000:firmware:01890000-0000-7000-8000-000000000000",
    "prn:1:{01890000-0000-7000-8000-000000000000}:binary:01890000-0000-7000-8000-000000000000",
    "prn:1:01890000000070008000000000000000:binary:01890000000070008000000000000000",
    " prn:1:01890000-0000-7000-8000-000000000000:binary:01890000-0000-7000-8000-000000000000",
    "../../etc/passwd",
    "\0",
];

/// The fields of request bodies that contain PRNs, from the OpenAPI document.
async fn named_fields(api: &Api) -> BTreeSet<String> {
    let document = openapi(api).await;
    let schemas = document["components"]["schemas"].as_object().unwrap().clone();
    let mut fields = BTreeSet::new();
    for operation in operations(api).await.iter().filter(|operation| !is_of_people(operation)) {
        let content = &operation.description["requestBody"]["content"]["application/json"];
        let Some(name) = content["schema"]["$ref"].as_str().and_then(|name| name.rsplit('/').next()) else {
            continue;
        };
        let properties = schemas[name]["properties"].as_object().cloned().unwrap_or_default();
        let names = properties.keys().filter(|field| field.ends_with("prn") || field.ends_with("prns"));
        fields.extend(names.map(|field| format!("{} {}: {field}", operation.method, operation.path)));
    }
    fields
}

/// PRNs of releases or bundles that need not exist, because a device's report is accepted whatever it contains.
const TAKEN_AS_SAID: [&str; 2] =
    ["POST /v1/devices/{prn}/update: bundle_prn", "POST /v1/devices/{prn}/update: release_prn"];

/// Each field of each request that contains a PRN, the type of its record, and the rest of a valid body.
fn naming(ours: &Tenant, signable: &str) -> Vec<(&'static str, &'static str, Value)> {
    let own = |kind: &str| ours.record(kind).to_owned();
    let signature = ours.bench.pair().sign(b"content");
    let signed =
        json!({"binary_prn": signable, "signing_key_prn": own("signing_key"), "signature": signature});
    let device = json!({"identifier": "two", "product_prn": own("product")});
    let certificate = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap().cert.pem();
    let release = json!({"name": "third", "cohort_prn": own("cohort"), "bundle_prn": own("bundle")});
    let for_some = json!({"name": "x", "bundle_prn": own("bundle")});
    let for_cohort = json!({"name": "x", "cohort_prn": own("cohort")});
    let key = json!({"name": "x", "role": "reader"});
    let none = json!({});
    vec![
        ("POST /v1/bundles: artifact_version_prns", "artifact_version", none.clone()),
        ("POST /v1/cohorts: product_prn", "product", json!({"name": "x"})),
        ("POST /v1/devices: product_prn", "product", device.clone()),
        ("POST /v1/devices: cohort_prn", "cohort", device),
        ("PATCH /v1/devices/{prn}: product_prn", "product", none.clone()),
        ("PATCH /v1/devices/{prn}: cohort_prn", "cohort", none.clone()),
        ("POST /v1/device_certificates: device_prn", "device", json!({"certificate": certificate})),
        ("POST /v1/releases: cohort_prn", "cohort", release.clone()),
        ("POST /v1/releases: bundle_prn", "bundle", release.clone()),
        ("POST /v1/releases: next_release_prn", "release", release.clone()),
        ("POST /v1/releases: previous_release_prn", "release", release),
        ("PATCH /v1/releases/{prn}: bundle_prn", "bundle", none.clone()),
        ("POST /v1/releases/{prn}/rollback: to_bundle_prn", "bundle", none.clone()),
        ("PATCH /v1/releases/{prn}: next_release_prn", "release", none.clone()),
        ("POST /v1/releases/{prn}/unarchive: next_release_prn", "release", none.clone()),
        ("POST /v1/releases/{prn}/unarchive: previous_release_prn", "release", none.clone()),
        ("POST /v1/bundle_overrides: bundle_prn", "bundle", for_cohort),
        ("POST /v1/bundle_overrides: cohort_prn", "cohort", for_some.clone()),
        ("POST /v1/bundle_overrides: device_prns", "device", for_some),
        ("PATCH /v1/bundle_overrides/{prn}: bundle_prn", "bundle", none.clone()),
        ("PATCH /v1/bundle_overrides/{prn}: cohort_prn", "cohort", none.clone()),
        ("PATCH /v1/bundle_overrides/{prn}: device_prns", "device", none.clone()),
        ("POST /v1/bulk_operations: device_prns", "device", json!({"action": "quarantine"})),
        ("POST /v1/bulk_operations: cohort_prn", "cohort", json!({"action": "move", "search": ""})),
        ("POST /v1/organization/stop: product_prn", "product", json!({"reason": "a drill"})),
        ("POST /v1/organization/stop: cohort_prn", "cohort", json!({"reason": "a drill"})),
        ("POST /v1/organization/resume: product_prn", "product", none.clone()),
        ("POST /v1/organization/resume: cohort_prn", "cohort", none.clone()),
        ("PATCH /v1/organization: storage_backend_prn", "storage_backend", none.clone()),
        ("PATCH /v1/organization: archive_storage_backend_prn", "storage_backend", none),
        ("POST /v1/api_keys: product_prns", "product", key.clone()),
        ("POST /v1/api_keys: cohort_prns", "cohort", key),
        ("POST /v1/artifact_versions: artifact_prn", "artifact", json!({"version": "9"})),
        ("POST /v1/binaries: artifact_version_prn", "artifact_version", ours.bench.promise(b"content")),
        ("POST /v1/binary_signatures: binary_prn", "binary", signed.clone()),
        ("POST /v1/binary_signatures: signing_key_prn", "signing_key", signed),
    ]
}

/// Sends a body with a PRN in one of its fields.
async fn ask_naming(ours: &Tenant, what: &str, body: &Value, named: &str) -> Answer {
    let (request, field) = what.split_once(": ").unwrap();
    let (method, path) = request.split_once(' ').unwrap();
    let (method, description) = (method.parse().unwrap(), Value::Null);
    let operation = Operation { method, path: path.to_owned(), description };
    let is_of_one = path.contains("{prn}");
    let path =
        if is_of_one { operation.path_with(ours.record(&named_type(&operation))) } else { operation.path };
    let mut body = body.clone();
    body[field] = if field.ends_with("prns") { json!([named]) } else { json!(named) };
    send(ours.api.request(operation.method, &path).json(&body)).await
}

async fn names_in_bodies(database: Database) {
    let server = start(database);
    let (ours, theirs) = tenants(&server).await;
    let api = &ours.api;
    let mut table = Table::default();
    let signature = ours.bench.pair().sign(b"content");
    let signable = ours.bench.signable(b"content").await;
    let cases = naming(&ours, &signable);
    let tested: BTreeSet<String> =
        cases.iter().map(|(what, ..)| *what).chain(TAKEN_AS_SAID).map(str::to_owned).collect();
    assert_eq!(named_fields(api).await, tested, "each field that names a record is tested here");
    for (what, kind, body) in cases {
        let foreign = ask_naming(&ours, what, &body, theirs.record(kind)).await;
        table.note(&format!("{what} of another organization"), &foreign);
        assert_eq!((foreign.status, foreign.error_code()), (404, Some("not_found")), "{what}: {foreign:?}");
        let other_type = if kind == "artifact" { "binary" } else { "artifact" };
        let of_other_type = ask_naming(&ours, what, &body, ours.record(other_type)).await;
        table.note(&format!("{what} of another type"), &of_other_type);
        table.note(&format!("{what} of no type"), &ask_naming(&ours, what, &body, "firmware").await);
    }
    let keyid =
        theirs.api.get(&format!("/v1/signing_keys/{}", theirs.record("signing_key"))).await.expect(200);
    let keyid = keyid.json["signing_key"]["keyid"].as_str().unwrap().to_owned();
    let by_keyid = json!({"binary_prn": signable, "keyid": keyid, "signature": signature});
    let foreign = api.post("/v1/binary_signatures", &by_keyid).await.expect(404);
    assert_eq!(foreign.error_code(), Some("not_found"), "a keyid of another organization");
    insta::assert_snapshot!("names_in_bodies", table.text());
}

async fn names_in_filters(database: Database) {
    let server = start(database);
    let (ours, theirs) = tenants(&server).await;
    let mut table = Table::default();
    let mut tested = 0;
    let document = operations(&ours.api).await;
    let asked = |one: &&Operation| one.method == Method::GET && !is_of_people(one) && !is_stream(one);
    for operation in document.iter().filter(asked) {
        let parameters = operation.description["parameters"].as_array().cloned().unwrap_or_default();
        let path = if operation.path.contains("{prn}") {
            operation.path_with(ours.record(&named_type(operation)))
        } else {
            operation.path.clone()
        };
        let filters = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let filters = filters.filter_map(|parameter| parameter["name"].as_str());
        for filter in filters.filter(|name| name.ends_with("_prn")) {
            tested += 1;
            let kind = match filter.strip_suffix("_prn").unwrap() {
                "resource" | "about" => "binary",
                "next_release" | "reported_release" | "outcome_release" => "release",
                "reported_bundle" => "bundle",
                "actor" => "api_key",
                kind => kind,
            };
            let what = format!("{}?{filter}=", operation.path);
            let list = async |named: &str| ours.api.get(&format!("{path}?{filter}={named}")).await;
            if operation.path.ends_with("/export") {
                let foreign =
                    ours.api.get(&format!("{path}?format=jsonl&{filter}={}", theirs.record(kind))).await;
                let is_hidden =
                    if kind == "organization" { foreign.status == 404 } else { foreign.body.is_empty() };
                assert!(is_hidden, "{what} shows another organization's records: {foreign:?}");
                continue;
            }
            if operation.path == "/v1/devices/summary" {
                // The answer is about one product or cohort, and not a list.
                assert_eq!(
                    list(theirs.record(kind)).await.expect(404).error_code(),
                    Some("not_found"),
                    "{what}"
                );
                list(ours.record(kind)).await.expect(200);
                continue;
            }
            let foreign = list(theirs.record(kind)).await.expect(200);
            let records = foreign.json.as_object().unwrap().values().find_map(Value::as_array).unwrap();
            assert!(records.is_empty(), "{what} shows another organization's records: {records:?}");
            table.note(&format!("{what} of no type"), &list("firmware").await);
            let own = list(ours.record(kind)).await.expect(200);
            let records = own.json.as_object().unwrap().values().find_map(Value::as_array).unwrap();
            // Only a device itself can report the result of an update.
            assert!(!records.is_empty() || filter == "outcome_release_prn", "{what} does not find our own");
        }
    }
    assert!(tested >= 6, "the document names fewer filters than there are");
    insta::assert_snapshot!("names_in_filters", table.text());
}
