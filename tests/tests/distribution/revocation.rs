//! A decision about a device takes effect for its next request, on any connection.

use std::time::{Duration, Instant};

use olivine_tests::factory::{ALL, Factory, Member, on, path};
use olivine_tests::{Answer, Database, Device, Line, Server, events_of, list_all, named, prn};
use rcgen::date_time_ymd;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);
/// The maximum time until another server knows of a decision.
const EVERYWHERE: Duration = Duration::from_secs(1);
/// Additional time for a busy machine.
const MARGIN: Duration = Duration::from_secs(20);
const SECRET: &str = "a secret that all processes of this installation have";

#[track_caller]
fn assert_refused(answer: Answer, code: &str) {
    assert_eq!(answer.error_code(), Some(code), "{answer:?}");
    answer.expect(401);
}

async fn certificate_of(factory: &Factory, device: &str) -> String {
    let path = format!("/v1/device_certificates?device_prn={device}");
    let all = list_all(&factory.api, &path, "device_certificates").await;
    assert_eq!(all.len(), 1);
    prn(&all[0])
}

pub(crate) async fn an_open_connection_is_no_permission(database: Database) {
    let server = Server::builder().database(database).env("OLIVINE_SECRET_KEY", SECRET).start();
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("content").await.prn;
    let first = factory.release("first", &bundle, json!({})).await;
    factory.release("second", &bundle, json!({})).await;
    let other_cohort = factory.new_cohort("other").await;
    let other_first = factory.release_in(&other_cohort, "its first", &bundle, json!({})).await;
    factory.release_in(&other_cohort, "its second", &bundle, json!({})).await;
    let member = factory.device(&server, "SN-1").await;
    let mut line = member.device.line();
    let mut asks = |says: &str| {
        let answer = line.get(&format!("/update{ALL}"), &on(says)).expect(200).json;
        let name = if answer["release"].is_null() { &answer["status"] } else { &answer["release"]["name"] };
        name.as_str().unwrap().to_owned()
    };
    assert_eq!(asks(&first), "second");
    factory.change(&member.prn, json!({"cohort_prn": other_cohort})).await;
    assert_eq!(asks(&first), "no_update", "that release is another cohort's now");
    assert_eq!(asks(&other_first), "its second");
    factory.change(&member.prn, json!({"quarantined": true})).await;
    assert_eq!(asks(&other_first), "device_quarantine");
    factory.change(&member.prn, json!({"quarantined": false})).await;
    assert_eq!(asks(&other_first), "its second");

    let certificate = certificate_of(&factory, &member.prn).await;
    factory.api.delete(&path(&certificate)).await.expect(204);
    assert_refused(line.get("/update", &[]), "certificate_removed");
    assert_refused(line.get("/device/me", &[]), "certificate_removed");
    member.device.register(&factory.api, &member.prn).await;
    line.get("/update", &[]).expect(200);
    factory.api.delete(&path(&member.prn)).await.expect(204);
    assert_refused(line.get("/update", &[]), "certificate_removed");
    assert_refused(member.device.get("/device/me").await, "certificate_removed");
    if let Some(database) = server.postgres() {
        let there = Server::builder().arg("--database-url").arg(database.url());
        let there = there.env("OLIVINE_SECRET_KEY", SECRET).storage_of(&server).start();
        it_is_in_force_everywhere(&factory, &server, &there).await;
    }
}

/// A change at one server reaches another one that has cached the old state.
async fn it_is_in_force_everywhere(factory: &Factory, here: &Server, there: &Server) {
    let Member { device, prn } = factory.device(here, "SN-2").await;
    let mut line = device.at(there).line();
    assert_eq!(line.get("/update", &[]).expect(200).json["status"], "no_update");
    for quarantined in [true, false, true] {
        let expected = if quarantined { "device_quarantine" } else { "no_update" };
        factory.change(&prn, json!({"quarantined": quarantined})).await;
        soon(&mut line, |answer| answer.json["status"] == expected).await;
    }
    let certificate = certificate_of(factory, &prn).await;
    factory.api.delete(&path(&certificate)).await.expect(204);
    soon(&mut line, |answer| answer.error_code() == Some("certificate_removed")).await;
}

/// Asks until the answer satisfies a condition. `processes::signals` measures how long that takes.
async fn soon(line: &mut Line, is_so: impl Fn(&Answer) -> bool) {
    let began = Instant::now();
    loop {
        let asked = began.elapsed();
        let answer = line.get("/update", &[]);
        if is_so(&answer) {
            return;
        }
        assert!(asked < EVERYWHERE + MARGIN, "still after {asked:?}: {answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn an_expired_certificate(database: Database) {
    let server = Server::builder().database(database).env("OLIVINE_DEVICE_CHECK_IN_SECONDS", "1").start();
    let factory = Factory::new(server.api()).await;
    let mut params = named("SN-1");
    // Long enough for the device to connect for the first time before the certificate expires, even on a busy machine.
    let valid_for = Duration::from_secs(8);
    let now = factory.now().await.as_second().unsigned_abs();
    params.not_after = date_time_ymd(1970, 1, 1) + Duration::from_secs(now) + valid_for;
    let (certificate, key) = factory.signed(&params);
    let device = Device::with(&server, &certificate, &key);
    let mut line = device.line();
    let me = prn(&line.get("/device/me", &[]).expect(200).json["device"]);

    // Expired certificates of registered devices keep working, but people are notified.
    let deadline = Instant::now() + PATIENCE;
    let expired = "device.certificate_expired".to_owned();
    while !events_of(&factory.api, &me).await.contains(&expired) {
        line.get("/update", &[]).expect(200);
        assert!(Instant::now() < deadline, "nobody notes that it is over");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    device.get("/update").await.expect(200);

    let strict = async |is_strict: bool| {
        let change = json!({"strict_certificate_expiry": is_strict});
        factory.api.patch("/v1/organization", &change).await.expect(200);
    };
    strict(true).await;
    assert_refused(line.get("/update", &[]), "certificate_expired");
    assert_refused(device.get("/device/me").await, "certificate_expired");
    let failed = "/v1/events?type=device.authentication_failed";
    let failed = list_all(&factory.api, failed, "events").await;
    assert!((1..=server.processes()).contains(&failed.len()), "once by each process: {failed:#?}");
    let (who, why) = (&failed[0]["resource_prn"], &failed[0]["data"]["reason"]);
    assert_eq!((who, why), (&json!(me), &json!("certificate_expired")));
    strict(false).await;
    line.get("/update", &[]).expect(200);

    // The certificate can't be registered again, and no device is registered by it.
    factory.api.delete(&path(&certificate_of(&factory, &me).await)).await.expect(204);
    let again = json!({"device_prn": me, "certificate": certificate});
    let again = factory.api.post("/v1/device_certificates", &again).await.expect(422).json;
    assert_eq!(again["errors"][0]["context"]["field"], "certificate");
    assert_eq!(again["errors"][1], Value::Null);
    assert_refused(line.get("/update", &[]), "certificate_removed");
}
