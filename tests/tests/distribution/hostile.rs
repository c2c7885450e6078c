//! Devices with false identities, and devices that send invalid or foreign data.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_tests::factory::{ALL, Factory, on};
use olivine_tests::{Api, Database, Device, Server, Shell, list_all, named, send};
use rcgen::{DistinguishedName, date_time_ymd};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

/// The number of attempts of each unknown device.
const TRIES: usize = 100;

pub(crate) async fn nobody_is_let_in_by_mistake(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let member = factory.device(&server, "SN-1").await;
    let record = factory.get(&member.prn).await;
    let signed = |change: &dyn Fn(&mut rcgen::CertificateParams)| {
        let mut params = named("SN-2");
        change(&mut params);
        let (certificate, key) = factory.signed(&params);
        Device::with(&server, &certificate, &key)
    };
    // Another CA with the same name.
    let elsewhere = Shell::new();
    elsewhere
        .run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
             -subj /CN=Factory",
        )
        .succeeds();
    let forged = {
        let key = rcgen::KeyPair::generate().unwrap();
        let forged = named("SN-2").signed_by(&key, &olivine_tests::factory::authority(&elsewhere)).unwrap();
        Device::with(&server, &forged.pem(), &key.serialize_pem())
    };
    let strangers = [
        (Device::new(&server, "SN-1"), 401, "certificate_unknown"),
        (forged, 401, "certificate_unknown"),
        (signed(&|params| params.not_after = date_time_ymd(2021, 1, 1)), 403, "provisioning_refused"),
        (signed(&|params| params.not_before = date_time_ymd(2099, 1, 1)), 403, "provisioning_refused"),
        (signed(&|params| params.distinguished_name = DistinguishedName::new()), 403, "provisioning_refused"),
        // The correct name, signed by the correct CA, with a new key.
        (factory.stranger(&server, "SN-1"), 403, "provisioning_refused"),
    ];
    for (stranger, status, code) in &strangers {
        for path in ["/device/me", "/update"] {
            let refused = stranger.get(path).await.expect(*status);
            assert_eq!(refused.error_code(), Some(*code));
        }
        let report = json!({"bundle_prn": "x", "status": "installed"});
        assert_eq!(stranger.report(&report).await.expect(*status).error_code(), Some(*code));
    }
    for _ in 0..TRIES {
        strangers[0].0.get("/update").await.expect(401);
    }

    // For all attempts of a device, there is one event with the reason.
    let path = "/v1/events?type=device.authentication_failed";
    let events = list_all(&factory.api, path, "events").await;
    let mut seen: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for event in &events {
        let data = &event["data"];
        seen.entry(data["fingerprint"].to_string()).or_default().push(data);
    }
    assert_eq!(seen.len(), strangers.len(), "{events:#?}");
    assert!(seen.values().all(|events| events.len() <= 2), "a note a minute: {events:#?}");
    for problem in [
        "expired on 2021",
        "valid from 2099",
        "no common name",
        "a device with the identifier 'SN-1' already",
        "no device is known by this certificate",
    ] {
        let is_said = events.iter().any(|event| event["data"]["message"].to_string().contains(problem));
        assert!(is_said, "'{problem}' in {events:#?}");
    }
    assert_eq!(list_all(&factory.api, "/v1/devices", "devices").await.len(), 1);
    member.device.get("/device/me").await.expect(200);
    let certificates = list_all(&factory.api, "/v1/device_certificates", "device_certificates").await;
    assert_eq!(certificates.len(), 1);
    assert_eq!(factory.get(&member.prn).await["updated_at"], record["updated_at"]);
}

pub(crate) async fn foreign_prns_in_reports_are_ignored(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("content").await.prn;
    let first = factory.release("first", &bundle, json!({})).await;
    factory.release("second", &bundle, json!({})).await;
    // Another organization, whose CA has the same name.
    let key = ["api-keys", "create", "--name", "them", "--role", "admin", "--organization", "them"];
    let them = Factory::new(Api::new(server.url()).with_key(server.operator(&key))).await;
    let their_bundle = them.bundle("content").await.prn;
    let their_release = them.release("first", &their_bundle, json!({})).await;
    let stranger = them.device(&server, "SN-1").await;
    let member = factory.device(&server, "SN-1").await;
    assert_ne!(member.prn, stranger.prn);

    for says in [
        [("peridio-release-prn", their_release.as_str()), ("peridio-bundle-prn", their_bundle.as_str())],
        [("peridio-release-prn", stranger.prn.as_str()), ("peridio-bundle-prn", their_release.as_str())],
        [("peridio-release-prn", bundle.as_str()), ("peridio-bundle-prn", first.as_str())],
    ] {
        assert_eq!(factory.asks(&member, &says).await, "no_update");
        let record = factory.get(&member.prn).await;
        let reported = (&record["reported_release_prn"], &record["reported_bundle_prn"]);
        assert_eq!(reported, (&Value::Null, &Value::Null), "{says:?}");
    }
    // The valid part of the report is accepted.
    let says = [("peridio-release-prn", their_release.as_str()), ("peridio-bundle-prn", bundle.as_str())];
    let answer = member.device.update(ALL, &says).await.expect(200).json;
    assert_eq!(answer["cohort"]["prn"], json!(factory.cohort));
    for (bundle, release) in [(&their_bundle, &first), (&bundle, &their_release), (&bundle, &bundle)] {
        let report = json!({"bundle_prn": bundle, "release_prn": release, "status": "installed"});
        let refused = member.device.report(&report).await;
        assert!(matches!(refused.status, 404 | 422), "{refused:?}");
    }
    let adoption = them.api.get(&format!("/v1/releases/{their_release}/adoption")).await.expect(200).json;
    assert_eq!((&adoption["installed"], &adoption["on"]), (&json!(0), &json!(0)));

    // There is no trusted proxy here, so the header is ignored, whatever certificate is in it.
    let theirs: String =
        stranger.device.certificate().lines().filter(|line| !line.starts_with('-')).collect();
    assert!(STANDARD.decode(&theirs).is_ok());
    for certificate in [format!(":{theirs}:"), theirs, "nonsense".to_owned()] {
        let asked = member.device.request(Method::GET, "/device/me").header("client-cert", certificate);
        assert_eq!(send(asked).await.expect(200).json["device"]["prn"], json!(member.prn));
    }
    let [(name, value)] = on(&first);
    let ask = || member.device.request(Method::GET, "/update").header(name, value);
    let bytes = HeaderValue::from_bytes(&[0xff, 0x80, b'\t', 0xfe]).unwrap();
    for header in ["peridio-bundle-prn", "peridio-release-version", "x-request-id", "accept", "range"] {
        send(ask().header(header, bytes.clone())).await.expect(200);
    }
    let twice = send(ask().header(name, &their_release)).await.expect(200);
    assert!(twice.json["status"].is_string());
    send(ask().header("x-padding", "x".repeat(64 * 1024))).await.expect(431);
    send(ask()).await.expect(200);
    for body in ["", "{", "[]", "\u{0}"] {
        let request = member.device.request(Method::POST, "/update/status").body(body);
        let refused = send(request.header("content-type", "application/json")).await;
        assert!(matches!(refused.status, 400 | 422), "{body}: {refused:?}");
    }
}
