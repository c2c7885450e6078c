//! A bad release is rolled back: no further device gets it, and the devices on it get the earlier bundle again, whatever they report. Also:
//! what happens to devices when a release is deleted.

use std::sync::Arc;

use olivine_tests::factory::{on, path};
use olivine_tests::{Api, BadRelease, Database, Server, says};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const BACK: &str = "rollback of second";

pub(crate) async fn simultaneous_rollbacks_are_done_once(database: Database) {
    let server = Server::start(database);
    let scene = Arc::new(BadRelease::new(server.api(), json!({})).await);
    scene.hit(&server, "SN-1", &on(&scene.second)).await;
    scene.hit(&server, "SN-2", &says("1.1.0")).await;
    let mut operators = JoinSet::new();
    for _ in 0..8 {
        let scene = Arc::clone(&scene);
        operators.spawn(async move { scene.back(&json!({})).await });
    }
    let done = operators.join_all().await;
    let changed = done.iter().filter(|one| one["changed"] == true).count();
    assert_eq!(changed, 1, "{done:#?}");
    let next: std::collections::BTreeSet<_> =
        done.iter().map(|one| one["next_release_prn"].as_str().unwrap()).collect();
    assert_eq!((next.len(), scene.releases().await.len(), scene.overrides().await), (1, 3, 1));
}

pub(crate) async fn a_refused_rollback_changes_nothing(database: Database) {
    let server = Server::start(database);
    let scene = BadRelease::new(server.api(), json!({})).await;
    scene.hit(&server, "SN-1", &on(&scene.second)).await;
    let api = &scene.factory.api;
    let before = scene.releases().await;

    // The error names each missing scope before anything is written.
    let with_scopes = async |scopes: &[&str]| -> Api {
        let new = json!({"name": scopes.join(" "), "scopes": scopes});
        let key = api.post("/v1/api_keys", &new).await.expect(201).json;
        api.with_key(key["api_key"]["key"].as_str().unwrap())
    };
    let rollback = format!("{}/rollback", path(&scene.second));
    let lacks = async |scopes: &[&str]| {
        let answer = with_scopes(scopes).await.post(&rollback, &json!({})).await.expect(403);
        answer.json["errors"][0]["context"]["missing_scope"].as_str().unwrap().to_owned()
    };
    assert_eq!(lacks(&["release.create"]).await, "release.update");
    assert_eq!(lacks(&["release.update"]).await, "release.create");
    scene.hit(&server, "SN-2", &says("1.1.0")).await;
    assert_eq!(lacks(&["release.update", "release.create"]).await, "bundle_override.create");

    let refused = async |release: &str, body: Value, status: u16| {
        let answer = api.post(&format!("{}/rollback", path(release)), &body).await.expect(status);
        answer.error_code().unwrap().to_owned()
    };
    let second = scene.second.as_str();
    let weekly = scene.factory.new_cohort("weekly").await;
    let only = scene.factory.release_in(&weekly, "only", &scene.old, json!({})).await;
    assert_eq!(refused(&only, json!({}), 409).await, "rollback_target_unclear");
    let first = json!({"to_bundle_prn": scene.old});
    assert_eq!(refused(&scene.first, first, 422).await, "invalid");
    assert_eq!(refused(second, json!({"to_bundle_prn": scene.new}), 422).await, "invalid");
    assert_eq!(refused(second, json!({"release_version": "1"}), 422).await, "invalid");
    let other = scene.factory.bundle("other").await;
    assert_eq!(
        refused(second, json!({"to_bundle_prn": other.prn}), 422).await,
        "invalid",
        "its version is not known"
    );
    assert_eq!(
        refused(&scene.first, json!({"to_bundle_prn": other.prn}), 409).await,
        "rollback_later_release"
    );
    assert_eq!(refused(second, json!({"name": "first"}), 409).await, "name_taken");
    api.patch(&format!("/v1/binaries/{0}?confirm={0}", other.binary), &json!({"state": "destroyed"}))
        .await
        .expect(200);
    let gone = json!({"to_bundle_prn": other.prn, "release_version": "0.9.1"});
    assert_eq!(refused(second, gone, 409).await, "rollback_undeliverable");
    assert_eq!((scene.releases().await, scene.overrides().await), (before, 0));

    // On the command line: the command says what it will do, and does it after a confirmation.
    let shell = server.shell();
    let command = format!("peridio releases rollback --prn {second}");
    let trial = shell.run(&format!("{command} --dry-run"));
    assert!(trial.stderr.contains("'second' is disabled: no further device gets it"), "{trial}");
    let asked = shell.run(&command).fails(1);
    assert!(asked.contains("2 devices are on 'second'") && asked.contains("--yes"), "{asked}");
    assert_eq!(scene.releases().await.len(), 2);
    let next = shell.run(&format!("{command} --yes --output prn")).succeeds();
    assert_eq!(scene.factory.get(&next).await["name"], BACK);
    let again = shell.run(&command);
    assert!(again.stderr.contains("nothing is left to be done"), "{again}");
    assert_eq!(again.json()["changed"], json!(false));
}

pub(crate) async fn deleting_what_devices_are_on_asks_first(database: Database) {
    let server = Server::start(database);
    let scene = BadRelease::new(server.api(), json!({})).await;
    let agent = scene.hit(&server, "SN-1", &on(&scene.second)).await;
    scene.hit(&server, "SN-2", &says("1.1.0")).await;
    let third = scene.factory.release("third", &scene.old, json!({"version": "1.0.1"})).await;
    let api = &scene.factory.api;
    let release = path(&scene.second);

    let refused = api.delete(&release).await.expect(409);
    assert_eq!(refused.error_code(), Some("confirmation_required"));
    let context = &refused.json["errors"][0]["context"];
    assert_eq!((&context["confirm"], &context["devices"]), (&json!(scene.second), &json!(2)), "{context:#}");
    assert_eq!(
        context["without_update"],
        json!(2),
        "neither release nor version leads anywhere: {context:#}"
    );
    let message = refused.error_message();
    assert!(
        message.starts_with("2 devices are on the release 'second'. If it is deleted: 2 get no update"),
        "{message}"
    );
    api.delete(&format!("{release}?confirm={third}")).await.expect(400);

    let shell = server.shell();
    let command = format!("peridio releases delete --prn {}", scene.second);
    let asked = shell.run(&command).fails(1);
    assert!(
        asked.contains("2 devices are on") && asked.contains(&format!("--confirm {}", scene.second)),
        "{asked}"
    );
    shell.run(&format!("{command} --confirm {third}")).fails(2);
    assert_eq!(scene.adoption(&third).await, [2, 0, 2, 0, 0]);
    shell.run(&format!("{command} --yes")).succeeds();
    api.get(&release).await.expect(404);
    assert_eq!(scene.adoption(&third).await, [2, 0, 0, 0, 2], "they are on no release");
    assert_eq!(scene.bundle_for(&agent, &on(&scene.second)).await, None, "as it was said");
    // No device is on these releases, so no confirmation is needed.
    shell.run(&format!("peridio releases delete --prn {third}")).succeeds();
    api.delete(&path(&scene.first)).await.expect(204);
}
