//! A bad release is taken back: nobody else gets it, and the devices that are on it come back, whatever they report. And what becomes of
//! devices when a release is deleted.

use std::sync::Arc;

use olivine_tests::{Api, Database, Server, events_of, list_all};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::factory::{ALL, Factory, Member, on, path, with};

const BACK: &str = "rollback of second";

/// Version 1.0.0 for all, and a bad 1.1.0 for some.
struct Scene {
    factory: Factory,
    old: String,
    new: String,
    first: String,
    second: String,
}

fn says(version: &str) -> [(&str, &str); 1] {
    [("peridio-release-version", version)]
}

impl Scene {
    async fn new(server: &Server, more: Value) -> Self {
        let factory = Factory::new(server.api()).await;
        let [old, new] = [factory.bundle("old").await.prn, factory.bundle("new").await.prn];
        let first = json!({"version": "1.0.0", "version_requirement": ">= 0.9.0"});
        let first = factory.release("first", &old, first).await;
        let second = with(json!({"version": "1.1.0", "version_requirement": ">= 0.9.0"}), more);
        let second = factory.release("second", &new, second).await;
        Self { factory, old, new, first, second }
    }

    /// A device that came to the bad release, and says so in these words.
    async fn hit(&self, server: &Server, name: &str, said: &[(&str, &str)]) -> Member {
        let member = self.factory.device(server, name).await;
        let answer = member.device.update(ALL, &on(&self.first)).await.expect(200).json;
        assert_eq!(answer["bundle"]["prn"], json!(self.new), "{answer:#}");
        member.device.update("", said).await.expect(200);
        member
    }

    async fn try_back(&self, body: &Value) -> olivine_tests::Answer {
        self.factory.api.post(&format!("{}/rollback", path(&self.second)), body).await
    }

    async fn back(&self, body: &Value) -> Value {
        self.try_back(body).await.expect(200).json
    }

    /// The bundle that a device is given.
    async fn bundle_for(&self, member: &Member, said: &[(&str, &str)]) -> Option<String> {
        self.factory.asks(member, said).await;
        let answer = member.device.update(ALL, said).await.expect(200).json;
        answer["bundle"]["prn"].as_str().map(ToOwned::to_owned)
    }

    async fn releases(&self) -> Vec<Value> {
        let path = format!("/v1/releases?cohort_prn={}", self.factory.cohort);
        list_all(&self.factory.api, &path, "releases").await
    }

    async fn overrides(&self) -> usize {
        list_all(&self.factory.api, "/v1/bundle_overrides", "bundle_overrides").await.len()
    }

    async fn adoption(&self, release: &str) -> [u64; 5] {
        let seen = self.factory.api.get(&format!("{}/adoption", path(release))).await.expect(200).json;
        ["devices", "on", "before", "after", "elsewhere"].map(|name| seen[name].as_u64().unwrap())
    }
}

pub(crate) async fn a_phased_release_is_taken_back(database: Database) {
    let server = Server::start(database);
    let scene = Scene::new(&server, json!({"phase_value": 3})).await;
    let agent = scene.hit(&server, "SN-1", &on(&scene.second)).await;
    let bundled = [("peridio-bundle-prn", scene.new.as_str())];
    let by_bundle = scene.hit(&server, "SN-2", &bundled).await;
    let plain = scene.hit(&server, "SN-3", &says("1.1.0")).await;
    let waiting = scene.factory.device(&server, "SN-4").await;
    let fresh = scene.factory.device(&server, "SN-5").await;
    waiting.device.update("", &on(&scene.first)).await.expect(200);
    assert_eq!(scene.adoption(&scene.second).await, [5, 3, 1, 0, 1]);

    // Nothing may follow it, and the refusal says what to do instead.
    let next = json!({"name": "x", "cohort_prn": scene.factory.cohort, "bundle_prn": scene.old});
    let refused = scene.factory.api.post("/v1/releases", &next).await.expect(409);
    let message = refused.json["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains(&format!("peridio releases rollback --prn {}", scene.second)), "{message}");

    let before = scene.releases().await;
    let trial = scene.back(&json!({"dry_run": true})).await;
    assert_eq!((&trial["dry_run"], &trial["changed"]), (&json!(true), &json!(true)));
    assert_eq!((scene.releases().await, scene.overrides().await), (before, 0), "a trial changes nothing");
    let devices = json!({"on": 3, "by_release": 2, "by_override": 1, "not_reached": 0, "without_binary": 0});
    assert_eq!(trial["devices"], devices, "{trial:#}");
    assert_eq!((&trial["bundle_prn"], &trial["added_release"]["prn"]), (&json!(scene.old), &json!(null)));

    let done = scene.back(&json!({})).await;
    assert_eq!((&done["steps"], &done["devices"]), (&trial["steps"], &devices));
    assert_eq!(done["bundle_override"]["prn"], trial["bundle_override"]["prn"]);
    let third = done["added_release"]["prn"].as_str().unwrap().to_owned();
    assert_eq!(
        (&done["added_release"]["name"], &done["added_release"]["version"]),
        (&json!(BACK), &json!("1.0.0"))
    );
    let stopped = scene.factory.get(&scene.second).await;
    assert_eq!((&stopped["disabled"], &stopped["phase_value"]), (&json!(true), &json!(1.0)));
    assert_eq!(stopped["next_release_prn"], json!(third));
    let told = events_of(&scene.factory.api, &scene.second).await;
    assert_eq!(told.last().map(String::as_str), Some("release.rolled_back"), "{told:?}");

    // Everybody gets the old one, and nobody the new one.
    let old = Some(scene.old.clone());
    assert_eq!(scene.bundle_for(&agent, &on(&scene.second)).await, old);
    assert_eq!(scene.bundle_for(&by_bundle, &bundled).await, old);
    assert_eq!(scene.bundle_for(&plain, &says("1.1.0")).await, old);
    assert_eq!(scene.bundle_for(&waiting, &on(&scene.first)).await, old);
    assert_eq!(scene.bundle_for(&fresh, &says("1.0.0")).await, None, "it runs it");
    // They come back, once.
    assert_eq!(scene.bundle_for(&agent, &on(&third)).await, None);
    assert_eq!(scene.bundle_for(&by_bundle, &[("peridio-bundle-prn", scene.old.as_str())]).await, None);
    for _ in 0..3 {
        assert_eq!(scene.bundle_for(&plain, &says("1.0.0")).await, None);
    }
    waiting.device.update("", &on(&third)).await.expect(200);
    assert_eq!(scene.adoption(&third).await, [5, 5, 0, 0, 0], "by release, bundle and version");

    // Again: nothing is left to be done.
    let again = scene.back(&json!({})).await;
    assert_eq!((&again["changed"], &again["next_release_prn"]), (&json!(false), &json!(third)), "{again:#}");
    assert_eq!((scene.releases().await.len(), scene.overrides().await), (3, 1));
    assert_eq!(events_of(&scene.factory.api, &scene.second).await, told);

    // One that installed it meanwhile, and knows only its version: again brings it back too.
    fresh.device.update("", &says("1.1.0")).await.expect(200);
    assert_eq!(scene.bundle_for(&fresh, &says("1.1.0")).await, None);
    let again = scene.back(&json!({})).await;
    assert_eq!(
        (&again["changed"], &again["bundle_override"]["devices"]),
        (&json!(true), &json!(2)),
        "{again:#}"
    );
    assert_eq!(scene.bundle_for(&fresh, &says("1.1.0")).await, old);

    the_fix_reaches_all(&scene, &[(&agent, &on(&third)), (&plain, &says("1.0.0")), (&fresh, &says("1.0.0"))])
        .await;
}

/// The override holds nobody back who is no longer on the bad release.
async fn the_fix_reaches_all(scene: &Scene, all: &[(&Member, &[(&str, &str)])]) {
    let fix = scene.factory.bundle("fix").await.prn;
    let more = json!({"version": "1.2.0", "version_requirement": ">= 0.9.0"});
    scene.factory.release("fix", &fix, more).await;
    for (member, said) in all {
        assert_eq!(scene.bundle_for(member, said).await, Some(fix.clone()), "{said:?}");
    }
}

pub(crate) async fn taking_back_at_once_is_done_once(database: Database) {
    let server = Server::start(database);
    let scene = Arc::new(Scene::new(&server, json!({})).await);
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

pub(crate) async fn taking_back_is_refused_as_a_whole(database: Database) {
    let server = Server::start(database);
    let scene = Scene::new(&server, json!({})).await;
    scene.hit(&server, "SN-1", &on(&scene.second)).await;
    let api = &scene.factory.api;
    let before = scene.releases().await;

    // Each scope that it takes is named, before anything is written.
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

    // As a user does it: it says what it will do, and does it once it is told to.
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
    let scene = Scene::new(&server, json!({})).await;
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
    let message = refused.json["errors"][0]["message"].as_str().unwrap();
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
    // Nobody is on these: no further word is needed.
    shell.run(&format!("peridio releases delete --prn {third}")).succeeds();
    api.delete(&path(&scene.first)).await.expect(204);
}
