//! The requests of devices: who they are, whether there is an update, and the progress of an update.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use olivine_tests::{Api, Database, Device, Server, Workbench, list_all, on_both, prn};
use serde_json::{Value, json};

on_both!(
    async a_device_is_known_by_its_certificate_for_each_request,
    async an_update_is_answered_with_what_was_asked_for,
    async nonsense_reports_are_ignored_and_nonsense_queries_refused,
    async a_device_that_asks_too_often_is_in_nobodys_way,
    async one_device_fills_the_audit_trail_no_further_than_its_budget,
    async strangers_fill_the_audit_trail_no_further_than_their_budget_and_hide_nobody,
);

async fn create(api: &Api, plural: &str, name: &str, body: Value) -> String {
    prn(&api.post(&format!("/v1/{plural}"), &body).await.expect(201).json[name])
}

/// A product with a cohort and a device in it.
struct Fleet {
    product: String,
    cohort: String,
    device: String,
}

impl Fleet {
    async fn new(api: &Api) -> Self {
        let product = create(api, "products", "product", json!({"name": "gateway"})).await;
        let cohort = json!({"product_prn": product, "name": "daily"});
        let cohort = create(api, "cohorts", "cohort", cohort).await;
        let device =
            json!({"product_prn": product, "cohort_prn": cohort, "identifier": "SN-1", "target": "portable"});
        let device = create(api, "devices", "device", device).await;
        Self { product, cohort, device }
    }
}

async fn a_device_is_known_by_its_certificate_for_each_request(database: Database) {
    let server = Server::start(database);
    let api = server.api();
    let fleet = Fleet::new(&api).await;
    let device = Device::new(&server, "SN-1");
    let stranger = device.get("/device/me").await.expect(401);
    assert_eq!(stranger.error_code(), Some("certificate_unknown"));

    let certificate = device.register(&api, &fleet.device).await;
    let me = device.get("/device/me").await.expect(200);
    assert_eq!(me.json["device"]["prn"], json!(fleet.device));
    assert_eq!(me.json["device"]["identifier"], "SN-1");
    assert_eq!(device.update("", &[]).await.expect(200).body, br#"{"status":"no_update"}"#);

    // The connection stays open while the certificate is deleted.
    api.delete(&format!("/v1/device_certificates/{certificate}")).await.expect(204);
    for path in ["/device/me", "/update"] {
        assert_eq!(device.get(path).await.expect(401).error_code(), Some("certificate_removed"));
    }
    let refused = "/v1/events?type=device.authentication_failed";
    let events = list_all(&api, refused, "events").await;
    let reasons: Vec<_> = events.iter().filter_map(|event| event["data"]["reason"].as_str()).collect();
    assert_eq!(reasons, ["certificate_unknown", "certificate_removed"]);
}

async fn an_update_is_answered_with_what_was_asked_for(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let fleet = Fleet::new(bench.api()).await;
    let device = Device::new(&server, "SN-1");
    device.register(bench.api(), &fleet.device).await;
    let binary = bench.signed(b"firmware").await;
    let target = bench.get(&binary).await["target"].clone();
    let patch = json!({"target": target});
    bench.api().patch(&format!("/v1/devices/{}", fleet.device), &patch).await.expect(200);
    let bundle = create(bench.api(), "bundles", "bundle", json!({"binaries": [{"prn": binary}]})).await;
    let release = json!({"cohort_prn": fleet.cohort, "bundle_prn": bundle, "name": "first", "version": "1.0.0",
        "version_requirement": ">= 0.0.0"});
    let release = create(bench.api(), "releases", "release", release).await;

    let old = [("peridio-release-version", "0.9.0")];
    assert_eq!(device.update("", &old).await.expect(200).body, br#"{"status":"update"}"#);
    let all = "?expand[]=bundle&expand[]=release&expand[]=bundle_override&expand[]=cohort&expand[]=manifest&expand=source_type";
    let answer = device.update(all, &old).await.expect(200).json;
    assert_eq!((&answer["status"], &answer["source_type"]), (&json!("update"), &json!("release")));
    assert_eq!(answer["bundle"]["prn"], json!(bundle));
    assert_eq!(answer["release"]["prn"], json!(release));
    assert_eq!(answer["cohort"]["prn"], json!(fleet.cohort));
    assert_eq!(answer["bundle_override"], Value::Null);
    assert!(answer.as_object().unwrap().contains_key("bundle_override"));
    let entry = &answer["manifest"][0];
    assert_eq!((&entry["binary_prn"], &entry["size"]), (&json!(binary), &json!(8)));
    let content = bench.api().without_key().get(entry["url"].as_str().unwrap()).await.expect(200);
    assert_eq!(content.body, b"firmware");

    // The device reports the update, and is not offered it again. Values that do not apply are null.
    for status in ["downloading", "installed", "installed"] {
        let report = json!({"bundle_prn": bundle, "release_prn": release, "status": status});
        device.report(&report).await.expect(204);
    }
    let now = [("peridio-release-prn", release.as_str()), ("peridio-bundle-prn", bundle.as_str())];
    let answer = device.update("?expand[]=manifest&expand[]=source_type", &now).await.expect(200);
    assert_eq!(answer.json, json!({"status": "no_update", "source_type": null, "manifest": null}));
    let me = device.get("/device/me").await.expect(200).json;
    assert_eq!(me["device"]["reported_release_prn"], json!(release));
    assert_eq!(me["device"]["release_prn"], json!(release));

    // The override also names another device. This device sees only itself.
    let other = json!({"product_prn": fleet.product, "identifier": "SN-2"});
    let other = create(bench.api(), "devices", "device", other).await;
    let second = bench.signed(b"special firmware").await;
    let target = json!({"target": bench.get(&second).await["target"]});
    bench.api().patch(&format!("/v1/devices/{}", fleet.device), &target).await.expect(200);
    let special = create(bench.api(), "bundles", "bundle", json!({"binaries": [{"prn": second}]})).await;
    let forced = json!({"name": "special", "bundle_prn": special, "device_prns": [other, fleet.device]});
    create(bench.api(), "bundle_overrides", "bundle_override", forced).await;
    let answer = device.update(all, &now).await.expect(200).json;
    assert_eq!(
        (&answer["source_type"], &answer["bundle"]["prn"]),
        (&json!("bundle_override"), &json!(special))
    );
    assert_eq!(answer["bundle_override"]["device_prns"], json!([fleet.device]));
    assert_eq!(answer["release"], Value::Null);
}

async fn nonsense_reports_are_ignored_and_nonsense_queries_refused(database: Database) {
    let server = Server::start(database);
    let api = server.api();
    let fleet = Fleet::new(&api).await;
    let device = Device::new(&server, "SN-1");
    device.register(&api, &fleet.device).await;
    let foreign = "prn:1:01890000-0000-7000-8000-000000000000:release:01890000-0000-7000-8000-000000000001";
    let long = "1".repeat(300);
    for value in ["", "nonsense", foreign, "' or 1=1 --", "caf\u{e9}", &long] {
        for name in ["peridio-release-prn", "peridio-bundle-prn", "peridio-release-version"] {
            let answer = device.update("", &[(name, value)]).await.expect(200);
            assert_eq!(answer.json["status"], "no_update", "{name}: {value}");
        }
    }
    let refused = device.update("?expand[]=everything", &[]).await.expect(400);
    assert_eq!(refused.error_code(), Some("bad_request"));
    assert!(refused.error_message().contains("source_type"), "{refused:?}");
    device.update("?page=2", &[]).await.expect(400);

    let foreign = foreign.replace(":release:", ":bundle:");
    for (body, status, field) in [
        (json!({"bundle_prn": "x", "status": "installed"}), 422, Some("bundle_prn")),
        (json!({"bundle_prn": foreign, "status": "done"}), 422, Some("status")),
        (json!({"bundle_prn": foreign, "status": "installed", "when": "now"}), 422, Some("when")),
        (json!({"bundle_prn": foreign, "status": "installed"}), 404, None),
        (json!({"bundle_prn": foreign, "status": "installed", "detail": "x".repeat(70_000)}), 413, None),
    ] {
        let refused = device.report(&body).await.expect(status);
        assert_eq!(refused.json["errors"][0]["context"]["field"].as_str(), field, "{refused:?}");
    }
}

async fn a_device_that_asks_too_often_is_in_nobodys_way(database: Database) {
    let server = Server::builder().database(database).env("OLIVINE_DEVICE_REQUESTS_PER_SECOND", "2").start();
    let api = server.api();
    let fleet = Fleet::new(&api).await;
    let (hasty, patient) = (Device::new(&server, "SN-1"), Device::new(&server, "SN-2"));
    hasty.register(&api, &fleet.device).await;
    let other = json!({"product_prn": fleet.product, "cohort_prn": fleet.cohort, "identifier": "SN-2"});
    patient.register(&api, &create(&api, "devices", "device", other).await).await;
    let stranger = Device::new(&server, "SN-1");
    for (who, usually) in [(&hasty, 200), (&stranger, 401)] {
        // Sends 20 requests at once, because each process counts for itself.
        let mut answer = who.update("", &[]).await;
        for _ in 0..1000 {
            if answer.status == 429 {
                break;
            }
            answer.expect(usually);
            answer = who.update("", &[]).await;
        }
        let refused = answer.expect(429);
        assert_eq!((refused.error_code(), refused.header("retry-after")), (Some("rate_limited"), Some("1")));
    }
    patient.update("", &[]).await.expect(200);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    hasty.get("/device/me").await.expect(200);
}

/// The events of a type, and the number of those that were only counted. They are written when the server stops.
async fn written_and_counted(api: &Api, kind: &str) -> (Vec<Value>, u64) {
    let events = list_all(api, &format!("/v1/events?type={kind}"), "events").await;
    let (counts, written): (Vec<_>, Vec<_>) =
        events.into_iter().partition(|event| event["data"]["omitted"].is_u64());
    (written, counts.iter().filter_map(|event| event["data"]["omitted"].as_u64()).sum())
}

async fn one_device_fills_the_audit_trail_no_further_than_its_budget(database: Database) {
    let mut server = Server::builder().database(database).scaled(false).start();
    let api = server.api();
    let fleet = Fleet::new(&api).await;
    let device = Device::new(&server, "SN-1");
    device.register(&api, &fleet.device).await;
    // A bundle that does not exist, each time with another detail.
    let bundle = fleet.device.replace(":device:", ":bundle:");
    for number in 0..130 {
        let detail = format!("{number} {}", "x".repeat(1_900));
        let report = json!({"bundle_prn": bundle, "status": "failed", "detail": detail});
        device.report(&report).await.expect(204);
    }
    // Each time with another version.
    for number in 0..20 {
        device.update("", &[("peridio-release-version", &format!("1.0.{number}"))]).await.expect(200);
    }
    let me = device.get("/device/me").await.expect(200);
    assert_eq!(me.json["device"]["reported_release_version"], "1.0.19", "what it reports counts as ever");
    assert!(server.stop().success());
    server.restart();
    let api = server.api();
    let (reports, counted) = written_and_counted(&api, "device.update_reported").await;
    let (changes, _) = written_and_counted(&api, "device.release_changed").await;
    assert!((reports.len() + changes.len()) <= 100, "{} {}", reports.len(), changes.len());
    // Connections are counted as well.
    assert!(
        reports.len() + changes.len() + usize::try_from(counted).unwrap() >= 150,
        "{counted} were counted"
    );
    for report in &reports {
        let detail = report["data"]["detail"].as_str().unwrap();
        assert!(detail.chars().count() <= 1_024 && detail.contains("SHA-256"), "{detail}");
    }
}

async fn strangers_fill_the_audit_trail_no_further_than_their_budget_and_hide_nobody(database: Database) {
    let mut server = Server::builder().database(database).scaled(false).start();
    let api = server.api();
    let fleet = Fleet::new(&api).await;
    let known = Device::new(&server, "SN-1");
    let certificate = known.register(&api, &fleet.device).await;
    api.delete(&format!("/v1/device_certificates/{certificate}")).await.expect(204);
    for number in 0..40 {
        let stranger = Device::new(&server, &format!("{number}{}", "\u{1}".repeat(5_000)));
        assert_eq!(stranger.get("/device/me").await.expect(401).error_code(), Some("certificate_unknown"));
    }
    assert_eq!(known.get("/device/me").await.expect(401).error_code(), Some("certificate_removed"));
    assert!(server.stop().success());
    server.restart();
    let (written, counted) = written_and_counted(&server.api(), "device.authentication_failed").await;
    let reasons: Vec<_> = written.iter().filter_map(|event| event["data"]["reason"].as_str()).collect();
    assert!(reasons.contains(&"certificate_removed"), "{reasons:?}");
    // Ten for each minute of the test.
    assert!(reasons.len() <= 21, "{reasons:?}");
    assert_eq!(reasons.len() as u64 - 1 + counted, 40);
    for event in &written {
        let size = event["data"].to_string().len();
        assert!(size < 4_000, "{size} bytes: {event}");
    }
}
