//! Names of records that are none, of another type, or of another organization: for every endpoint that takes one.

use std::collections::BTreeSet;

use olivine_tests::{
    Answer, Api, Database, Operation, Server, Table, Workbench, on_both, openapi, operations,
    percent_encoded, prn, send, sha256_hex,
};
use serde_json::{Value, json};

on_both!(async names_in_paths, async names_in_bodies, async names_in_filters);

/// An organization of its own, with a record of every type.
struct Tenant {
    api: Api,
    bench: Workbench,
    binary: String,
    records: Vec<(&'static str, String)>,
}

impl Tenant {
    async fn new(api: Api) -> Self {
        let bench = Workbench::new(api.clone()).await;
        let signed = bench.signed(b"content").await;
        let binary = bench.uploadable(b"content").await;
        let part = bench.announce(&binary, 1, b"content").await.expect(201).json;
        let first = async |path: &str, plural: &str| prn(&api.get(path).await.expect(200).json[plural][0]);
        let mut records = distribution(&api, &signed).await;
        records.extend([
            ("api_key", first("/v1/api_keys", "api_keys").await),
            ("artifact", first("/v1/artifacts", "artifacts").await),
            ("artifact_version", first("/v1/artifact_versions", "artifact_versions").await),
            ("binary", signed),
            ("binary_part", prn(&part["binary_part"])),
            ("binary_signature", first("/v1/binary_signatures", "binary_signatures").await),
            ("event", first("/v1/events", "events").await),
            ("signing_key", first("/v1/signing_keys", "signing_keys").await),
            ("organization", prn(&api.get("/v1/organization").await.expect(200).json["organization"])),
        ]);
        Self { api, bench, binary, records }
    }

    fn record(&self, kind: &str) -> &str {
        let found = self.records.iter().find(|(name, _)| *name == kind);
        &found.unwrap_or_else(|| panic!("make a record of type {kind} in Tenant::new")).1
    }
}

/// What it takes to bring a signed binary to a device. The release is the latest of two, and the device is on it.
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
    let report = json!({"release_prn": release.1, "write": true});
    api.post(&format!("/v1/devices/{}/update", device.1), &report).await.expect(200);
    vec![product, cohort, device, bundle, release, bundle_override]
}

/// Two organizations on one server.
async fn tenants(server: &Server) -> (Tenant, Tenant) {
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
    let other = Tenant::new(server.api().with_key(key)).await;
    (Tenant::new(server.api()).await, other)
}

/// The type of record that a path's `{prn}` names: `/v1/binaries/{prn}/parts` → `binary`.
fn named_type(operation: &Operation) -> String {
    let plural = operation.path.split('/').nth(2).expect("/v1/…");
    match plural {
        "binaries" => "binary".to_owned(),
        other => other.strip_suffix('s').expect("a plural").to_owned(),
    }
}

/// A request with a body that is right, for whatever record.
async fn ask(api: &Api, operation: &Operation, named: &str) -> Answer {
    let request = api.request(operation.method.clone(), &operation.path_with(named));
    let is_part = operation.path.ends_with("/parts/{index}");
    send(match operation.method.as_str() {
        "PATCH" | "POST" => request.json(&json!({})),
        "PUT" if is_part => request.json(&json!({"size": 7, "hash": sha256_hex(b"content")})),
        "PUT" => request.body("content"),
        _ => request,
    })
    .await
}

async fn names_in_paths(database: Database) {
    let server = Server::start(database);
    let (ours, theirs) = tenants(&server).await;
    let mut table = Table::default();
    let document = operations(&ours.api).await;
    for operation in document.iter().filter(|operation| operation.path.contains("{prn}")) {
        let kind = named_type(operation);
        let what = format!("{} {}", operation.method, operation.path);

        let foreign = ask(&ours.api, operation, theirs.record(&kind)).await;
        table.note(&format!("{what}, of another organization"), &foreign);
        assert_eq!((foreign.status, foreign.error_code()), (404, Some("not_found")), "{what}");

        // The same in every word but the name as one that does not exist.
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
    // What they own is as it was.
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

/// The fields of request bodies that name records, from the document.
async fn named_fields(api: &Api) -> BTreeSet<String> {
    let document = openapi(api).await;
    let schemas = document["components"]["schemas"].as_object().unwrap().clone();
    let mut fields = BTreeSet::new();
    for operation in operations(api).await {
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

/// In words, the path, the type of record that is named, and the body that names it.
type Case<'a> = (&'a str, &'a str, &'a str, &'a dyn Fn(&str) -> Value);

async fn names_in_bodies(database: Database) {
    let server = Server::start(database);
    let (ours, theirs) = tenants(&server).await;
    let api = &ours.api;
    let mut table = Table::default();
    let signature = ours.bench.pair().sign(b"content");
    let version = |named: &str| json!({"artifact_prn": named, "version": "9"});
    let binary = |named: &str| {
        let mut promise = ours.bench.promise(b"content");
        promise["artifact_version_prn"] = named.into();
        promise
    };
    let key = ours.record("signing_key");
    let of_binary =
        |named: &str| json!({"binary_prn": named, "signing_key_prn": key, "signature": signature});
    let signable = ours.bench.signable(b"content").await;
    let by_key =
        |named: &str| json!({"binary_prn": signable, "signing_key_prn": named, "signature": signature});
    let bundle = |named: &str| json!({"artifact_version_prns": [named]});
    let release = |field: &'static str| {
        let [cohort, bundle] = ["cohort", "bundle"].map(|kind| ours.record(kind).to_owned());
        move |named: &str| {
            let mut body = json!({"name": "third", "cohort_prn": cohort, "bundle_prn": bundle});
            body[field] = named.into();
            body
        }
    };
    let (of_cohort, of_bundle) = (release("cohort_prn"), release("bundle_prn"));
    let (before, after) = (release("next_release_prn"), release("previous_release_prn"));
    let for_devices =
        |named: &str| json!({"name": "x", "bundle_prn": ours.record("bundle"), "device_prns": [named]});
    let only = |field: &'static str| move |named: &str| json!({field: named});
    let (bundle_prn, next, cohort_prn) = (only("bundle_prn"), only("next_release_prn"), only("cohort_prn"));
    let devices = |named: &str| json!({"device_prns": [named]});
    let own_release = format!("/v1/releases/{}", ours.record("release"));
    let own_override = format!("/v1/bundle_overrides/{}", ours.record("bundle_override"));
    let cases: [Case<'_>; 17] = [
        ("POST /v1/bundles: artifact_version_prns", "/v1/bundles", "artifact_version", &bundle),
        ("POST /v1/releases: cohort_prn", "/v1/releases", "cohort", &of_cohort),
        ("POST /v1/releases: bundle_prn", "/v1/releases", "bundle", &of_bundle),
        ("POST /v1/releases: next_release_prn", "/v1/releases", "release", &before),
        ("POST /v1/releases: previous_release_prn", "/v1/releases", "release", &after),
        ("PATCH /v1/releases/{prn}: bundle_prn", &own_release, "bundle", &bundle_prn),
        ("PATCH /v1/releases/{prn}: next_release_prn", &own_release, "release", &next),
        ("POST /v1/bundle_overrides: bundle_prn", "/v1/bundle_overrides", "bundle", &of_bundle),
        ("POST /v1/bundle_overrides: cohort_prn", "/v1/bundle_overrides", "cohort", &of_cohort),
        ("POST /v1/bundle_overrides: device_prns", "/v1/bundle_overrides", "device", &for_devices),
        ("PATCH /v1/bundle_overrides/{prn}: bundle_prn", &own_override, "bundle", &bundle_prn),
        ("PATCH /v1/bundle_overrides/{prn}: cohort_prn", &own_override, "cohort", &cohort_prn),
        ("PATCH /v1/bundle_overrides/{prn}: device_prns", &own_override, "device", &devices),
        ("POST /v1/artifact_versions: artifact_prn", "/v1/artifact_versions", "artifact", &version),
        ("POST /v1/binaries: artifact_version_prn", "/v1/binaries", "artifact_version", &binary),
        ("POST /v1/binary_signatures: binary_prn", "/v1/binary_signatures", "binary", &of_binary),
        ("POST /v1/binary_signatures: signing_key_prn", "/v1/binary_signatures", "signing_key", &by_key),
    ];
    let tested: BTreeSet<String> = cases.iter().map(|(what, ..)| (*what).to_owned()).collect();
    assert_eq!(named_fields(api).await, tested, "each field that names a record is tested here");
    let ask = async |what: &str, path: &str, body: Value| {
        if what.starts_with("PATCH") { api.patch(path, &body).await } else { api.post(path, &body).await }
    };
    for (what, path, kind, body) in cases {
        let foreign = ask(what, path, body(theirs.record(kind))).await;
        table.note(&format!("{what} of another organization"), &foreign);
        assert_eq!((foreign.status, foreign.error_code()), (404, Some("not_found")), "{what}");
        let other_type = if kind == "artifact" { "binary" } else { "artifact" };
        table.note(&format!("{what} of another type"), &ask(what, path, body(ours.record(other_type))).await);
        table.note(&format!("{what} of no type"), &ask(what, path, body("firmware")).await);
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
    let server = Server::start(database);
    let (ours, theirs) = tenants(&server).await;
    let mut table = Table::default();
    let mut tested = 0;
    for operation in operations(&ours.api).await {
        let parameters = operation.description["parameters"].as_array().cloned().unwrap_or_default();
        let filters = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let filters = filters.filter_map(|parameter| parameter["name"].as_str());
        for filter in filters.filter(|name| name.ends_with("_prn")) {
            tested += 1;
            let kind = match filter.strip_suffix("_prn").unwrap() {
                "resource" => "binary",
                "next_release" => "release",
                "actor" => "api_key",
                kind => kind,
            };
            let what = format!("{}?{filter}=", operation.path);
            let list =
                async |named: &str| ours.api.get(&format!("{}?{filter}={named}", operation.path)).await;
            let foreign = list(theirs.record(kind)).await.expect(200);
            let records = foreign.json.as_object().unwrap().values().find_map(Value::as_array).unwrap();
            assert!(records.is_empty(), "{what} shows another organization's records: {records:?}");
            table.note(&format!("{what} of no type"), &list("firmware").await);
            let own = list(ours.record(kind)).await.expect(200);
            let records = own.json.as_object().unwrap().values().find_map(Value::as_array).unwrap();
            assert!(!records.is_empty(), "{what} does not find our own");
        }
    }
    assert!(tested >= 6, "the document names fewer filters than there are");
    insta::assert_snapshot!("names_in_filters", table.text());
}
