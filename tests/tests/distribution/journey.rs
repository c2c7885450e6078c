//! The path of a release to its devices.

use olivine_tests::factory::{ALL, Factory, Member, on, path};
use olivine_tests::{Database, Device, Server, Workbench, list_all, prn, sha256_hex};
use serde_json::{Value, json};

/// Binaries for one device type, for a whole product and portable ones in one bundle. The devices have certificates made with plain
/// openssl.
pub(crate) async fn each_device_gets_what_is_for_it(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let (firmware, assets) =
        (Workbench::new(server.api()).await, Workbench::named(server.api(), "assets").await);
    for target in ["gateway-pro", "portable", "gateway"] {
        firmware.signed_for(target, format!("firmware for {target}").as_bytes()).await;
    }
    assets.signed_for("portable", b"assets").await;
    let bundle = json!({"artifact_version_prns": [assets.version_prn(), firmware.version_prn()]});
    let bundle = factory.create("bundles", "bundle", bundle).await;
    factory.release("first", &bundle, json!({"version": "1.0.0", "version_requirement": ">= 0.0.0"})).await;

    for (name, target, expected) in [
        ("SN-1", json!("gateway-pro"), "gateway-pro"),
        ("SN-2", Value::Null, "gateway"),
        ("SN-3", json!("handheld"), "portable"),
    ] {
        factory.sign(name, name);
        let text = |file: &str| String::from_utf8(factory.shell.read(&format!("{name}.{file}"))).unwrap();
        let device = Device::with(&server, &text("pem"), &text("key"));
        let me = device.get("/device/me").await.expect(200).json["device"].take();
        assert_eq!((&me["identifier"], &me["cohort_prn"]), (&json!(name), &json!(factory.cohort)));
        assert_eq!(me["tags"], json!(["factory"]));
        factory.change(&prn(&me), json!({"target": target})).await;

        let says = [("peridio-release-version", "0.1.0")];
        let member = Member { device, prn: prn(&me) };
        assert_eq!(factory.asks(&member, &says).await, "first");
        let answer = member.device.update(ALL, &says).await.expect(200).json;
        let manifest = answer["manifest"].as_array().unwrap();
        let firmware_content = format!("firmware for {expected}").into_bytes();
        for (entry, content) in manifest.iter().zip([b"assets".to_vec(), firmware_content]) {
            let got = factory.api.without_key().get(entry["url"].as_str().unwrap()).await.expect(200);
            assert_eq!(entry["hash"], json!(format!("sha256:{}", sha256_hex(&got.body))));
            assert_eq!((got.body, &entry["size"]), (content.clone(), &json!(content.len())));
        }
        assert_eq!((manifest.len(), &manifest[1]["target"]), (2, &json!(expected)));
    }
}

pub(crate) async fn a_release_reaches_the_right_devices(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("content").await.prn;
    let release = async |name: &str, more: Value| factory.release(name, &bundle, more).await;
    let first = release("first", json!({})).await;
    let second = release("second", json!({"required": true})).await;
    let third = release("third", json!({})).await;
    let [one, two, three] = [
        factory.device(&server, "1").await,
        factory.device(&server, "2").await,
        factory.device(&server, "3").await,
    ];

    // A device before a required release stops at it, even if it is disabled.
    assert_eq!(factory.asks(&one, &on(&first)).await, "second");
    assert_eq!(factory.asks(&one, &on(&second)).await, "third");
    factory.change(&second, json!({"disabled": true})).await;
    assert_eq!(factory.asks(&one, &on(&first)).await, "no_update");
    assert_eq!(factory.asks(&two, &on(&second)).await, "third");
    factory.change(&second, json!({"disabled": false})).await;
    factory.change(&third, json!({"disabled": true})).await;
    assert_eq!(factory.asks(&two, &on(&second)).await, "no_update");
    factory.change(&third, json!({"disabled": false})).await;

    let scheduled = release("scheduled", json!({"schedule_date": "2099-01-01T00:00:00Z"})).await;
    assert_eq!(factory.asks(&two, &on(&second)).await, "third");
    assert_eq!(factory.asks(&two, &on(&third)).await, "no_update");
    factory.change(&scheduled, json!({"schedule_date": "2020-01-01T00:00:00Z"})).await;
    assert_eq!(factory.asks(&two, &on(&third)).await, "scheduled");

    let phased = release("phased", json!({"phase_mode": "tags", "phase_tags": ["beta"]})).await;
    assert_eq!(factory.asks(&two, &on(&scheduled)).await, "no_update");
    factory.change(&two.prn, json!({"tags": ["eu", "beta"]})).await;
    assert_eq!(factory.asks(&two, &on(&scheduled)).await, "phased");
    assert_eq!(factory.asks(&one, &on(&scheduled)).await, "no_update");

    // One place for three devices, as a share; then two places, as a number. A device with a place keeps it.
    factory.change(&phased, json!({"phase_mode": "numeric", "phase_value": 0.5})).await;
    assert_eq!(factory.asks(&one, &on(&scheduled)).await, "phased");
    assert_eq!(factory.asks(&two, &on(&scheduled)).await, "no_update");
    assert_eq!(factory.asks(&two, &on(&third)).await, "scheduled");
    factory.change(&phased, json!({"phase_value": 2})).await;
    assert_eq!(factory.asks(&three, &on(&scheduled)).await, "phased");
    assert_eq!(factory.asks(&two, &on(&scheduled)).await, "no_update");
    factory.change(&phased, json!({"phase_value": 0})).await;
    assert_eq!(factory.asks(&one, &on(&scheduled)).await, "phased");
    assert_eq!(factory.get(&phased).await["claims"], 2);
    factory.api.delete(&path(&one.prn)).await.expect(204);
    factory.change(&phased, json!({"phase_value": 2})).await;
    assert_eq!(factory.get(&phased).await["claims"], 1);
    assert_eq!(factory.asks(&two, &on(&scheduled)).await, "phased");
    factory.change(&phased, json!({"phase_value": 1})).await;
    assert_eq!(factory.asks(&factory.device(&server, "4").await, &on(&scheduled)).await, "phased");
}

pub(crate) async fn a_question_to_explain_changes_nothing(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("content").await.prn;
    let first = factory.release("first", &bundle, json!({})).await;
    let phased = factory.release("phased", &bundle, json!({"phase_value": 2})).await;
    // The device never connects by itself. Everything that happens is caused by this test.
    let new = json!({"identifier": "SN-1", "product_prn": factory.product, "cohort_prn": factory.cohort});
    let device = factory.create("devices", "device", new).await;
    let everything = async || {
        let events = list_all(&factory.api, "/v1/events", "events").await;
        (factory.get(&phased).await, factory.get(&device).await, events)
    };

    let before = everything().await;
    let shell = server.shell();
    let ask = format!("peridio devices check-update --prn {device} --release-prn {first}");
    let explained = shell.run(&format!("{ask} --explain --output json")).json();
    assert_eq!((&explained["status"], &explained["source_prn"]), (&json!("update"), &json!(phased)));
    assert_eq!(explained["manifest"][0]["url"], Value::Null);
    assert!(!explained["trace"].as_array().unwrap().is_empty(), "{explained:#}");
    assert_eq!(everything().await, before);

    let answer = shell.run(&format!("{ask} --output json")).json();
    assert_eq!(answer["source_prn"], explained["source_prn"]);
    assert!(answer["manifest"][0]["url"].is_string(), "{answer:#}");
    assert_eq!(answer.get("trace"), None);
    assert_eq!(factory.get(&phased).await["claims"], 1, "a real question claims");
}
