//! A report of a device is stored once it is acknowledged, whatever happens to the server afterwards.

use std::time::{Duration, Instant};

use olivine_tests::factory::{ALL, Factory, on};
use olivine_tests::{Database, Server, events_of};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn acknowledged_reports_survive(database: Database) {
    let mut server = Server::start(database);
    let mut factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("content").await.prn;
    let first = factory.release("first", &bundle, json!({})).await;
    let second = factory.release("second", &bundle, json!({"phase_value": 2})).await;
    let mut member = factory.device(&server, "SN-1").await;
    let adoption = async |factory: &Factory, release: &str| {
        let seen = factory.api.get(&format!("/v1/releases/{release}/adoption")).await.expect(200).json;
        ["on", "claimed", "installed", "failed"].map(|name| seen[name].as_u64().unwrap())
    };
    let survive = async |server: &mut Server, factory: &mut Factory| {
        server.kill();
        server.restart();
        factory.api = server.api();
    };

    // The server is killed directly after each answer.
    let answer = member.device.update(ALL, &on(&first)).await.expect(200).json;
    survive(&mut server, &mut factory).await;
    assert_eq!(answer["release"]["prn"], json!(second));
    assert_eq!(factory.get(&member.prn).await["reported_release_prn"], json!(first));
    assert_eq!(adoption(&factory, &first).await, [1, 0, 0, 0]);
    assert_eq!(adoption(&factory, &second).await, [0, 1, 0, 0]);

    member.device = member.device.at(&server);
    for (status, expected) in [
        ("downloading", [0, 1, 0, 0]),
        ("failed", [0, 1, 0, 1]),
        ("installed", [0, 1, 1, 0]),
        ("rolled_back", [0, 1, 0, 1]),
        ("installed", [0, 1, 1, 0]),
    ] {
        let report = json!({"bundle_prn": bundle, "release_prn": second, "status": status});
        member.device.report(&report).await.expect(204);
        survive(&mut server, &mut factory).await;
        assert_eq!(adoption(&factory, &second).await, expected, "{status}");
        member.device = member.device.at(&server);
    }

    assert_eq!(factory.asks(&member, &on(&second)).await, "no_update");
    survive(&mut server, &mut factory).await;
    let record = factory.get(&member.prn).await;
    assert_eq!((&record["reported_release_prn"], &record["release_prn"]), (&json!(second), &json!(second)));
    assert_eq!(adoption(&factory, &first).await, [0, 0, 0, 0]);
    assert_eq!(adoption(&factory, &second).await, [1, 1, 1, 0]);
    let events = events_of(&factory.api, &member.prn).await;
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    let counted = ["device.claimed_release", "device.release_changed", "device.update_reported"].map(count);
    assert_eq!(counted, [1, 2, 5], "{events:?}");
}

pub(crate) async fn a_device_was_seen(database: Database) {
    let seconds = "OLIVINE_DEVICE_CHECK_IN_SECONDS";
    let server = Server::builder().database(database).env(seconds, "1").start();
    let factory = Factory::new(server.api()).await;
    let member = factory.device(&server, "SN-1").await;
    assert_eq!(factory.get(&member.prn).await["last_connected_at"], Value::Null);
    member.device.get("/update").await.expect(200);
    let deadline = Instant::now() + PATIENCE;
    while factory.get(&member.prn).await["last_connected_at"].is_null() {
        assert!(Instant::now() < deadline, "nobody notes that it was there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(server);

    // The server has no time to write before it is stopped.
    let mut server = Server::builder().database(database).env(seconds, "3600").start();
    let mut factory = Factory::new(server.api()).await;
    let member = factory.device(&server, "SN-1").await;
    member.device.get("/update").await.expect(200);
    server.stop();
    server.restart();
    factory.api = server.api();
    let record = factory.get(&member.prn).await;
    assert!(record["last_connected_at"].is_string(), "{record:#}");
    let events = events_of(&factory.api, &member.prn).await;
    assert_eq!(events.iter().filter(|event| *event == "device.connected").count(), 1, "{events:?}");
}
