//! Archiving and taking back: what becomes of devices, of lists, and of what would use an archived record.

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, Member, on, with};
use olivine_tests::{Answer, Api, events_of, says, send};
use reqwest::Method;
use serde_json::{Value, json};

/// Three releases in a line, each with a bundle of its own.
struct Scene {
    factory: Factory,
    bundles: [String; 3],
    releases: [String; 3],
    /// That of the last bundle.
    binary: String,
}

impl Scene {
    async fn new(server: &Server) -> Self {
        let factory = Factory::new(server.api()).await;
        let mut bundles = Vec::new();
        let (mut releases, mut binary) = (Vec::new(), String::new());
        for (name, version) in [("first", "1.0.0"), ("second", "2.0.0"), ("third", "3.0.0")] {
            let bundle = factory.bundle(name).await;
            releases.push(factory.release(name, &bundle.prn, json!({"version": version})).await);
            bundles.push(bundle.prn);
            binary = bundle.binary;
        }
        Self { factory, bundles: bundles.try_into().unwrap(), releases: releases.try_into().unwrap(), binary }
    }

    async fn archive(&self, release: &str) -> Value {
        let path = format!("/v1/releases/{release}/archive");
        self.factory.api.post(&path, &json!({})).await.expect(200).json["release"].take()
    }

    async fn unarchive(&self, release: &str, place: &Value) -> Value {
        let path = format!("/v1/releases/{release}/unarchive");
        self.factory.api.post(&path, place).await.expect(200).json["release"].take()
    }

    /// What is asked of a request that uses an archived release.
    async fn refused(&self, path: &str, body: &Value) {
        let answer = self.factory.api.post(path, body).await.expect(409).json;
        assert_eq!(answer["errors"][0]["code"], "archived", "{answer:#}");
    }

    async fn names(&self, query: &str) -> Vec<String> {
        let path = format!("/v1/releases?cohort_prn={}{query}", self.factory.cohort);
        let listed = self.factory.api.get(&path).await.expect(200).json;
        let names = listed["releases"].as_array().unwrap().iter();
        names.map(|release| release["name"].as_str().unwrap().to_owned()).collect()
    }

    async fn adoption(&self, release: &str) -> [u64; 4] {
        let seen = self.factory.api.get(&format!("/v1/releases/{release}/adoption")).await.expect(200).json;
        ["on", "before", "after", "elsewhere"].map(|field| seen[field].as_u64().unwrap())
    }

    async fn device(&self, server: &Server, name: &str, release: &str) -> Member {
        let member = self.factory.device(server, name).await;
        member.device.update("", &on(release)).await.expect(200);
        member
    }
}

#[tokio::test]
async fn devices_on_an_archived_release_go_on_to_what_came_after_it() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let [first, second, third] = &scene.releases;
    let before = scene.device(&server, "SN-1", first).await;
    let stuck = scene.device(&server, "SN-2", second).await;
    scene.factory.change(third, json!({"disabled": true})).await;
    assert_eq!(scene.factory.asks(&before, &on(first)).await, "second");

    let archived = scene.archive(second).await;
    assert_eq!((&archived["next_release_prn"], archived["archived_at"].is_string()), (&json!(third), true));
    assert_eq!(scene.factory.get(first).await["next_release_prn"], json!(third));
    assert_eq!(scene.factory.asks(&before, &on(first)).await, "no_update", "it is not served any more");
    assert_eq!(scene.factory.asks(&before, &says("1.0.0")).await, "no_update");
    scene.factory.change(third, json!({"disabled": false})).await;
    assert_eq!(scene.factory.asks(&stuck, &on(second)).await, "third");
    assert_eq!(scene.factory.asks(&stuck, &says("2.0.0")).await, "third");
    stuck.device.update("", &on(second)).await.expect(200);
    assert_eq!(scene.adoption(second).await, [1, 0, 0, 1], "it is still known to be on it");
    assert_eq!(scene.adoption(third).await, [0, 2, 0, 0], "and to be before the one after it");

    // Doing it again is no event.
    scene.archive(second).await;
    let told = events_of(&scene.factory.api, second).await;
    assert_eq!(told.iter().filter(|kind| *kind == "release.archived").count(), 1, "{told:?}");

    // Its next one goes as well, and there is no other.
    scene.archive(third).await;
    assert_eq!(scene.factory.get(second).await["next_release_prn"], json!(null));
    assert_eq!(scene.factory.asks(&stuck, &on(second)).await, "no_update");
    assert_eq!(scene.names("").await, ["first"]);
    assert_eq!(scene.names("&archived=true").await, ["second", "third"]);
    assert_eq!(scene.names("&archived=any").await, ["first", "second", "third"]);
    let unknown = format!("/v1/releases?cohort_prn={}&archived=maybe", scene.factory.cohort);
    scene.factory.api.get(&unknown).await.expect(400);

    // A new one is the latest, and devices on the archived ones go on to it: nobody is left behind.
    let fourth = scene.factory.release("fourth", &scene.bundles[2], json!({"version": "4.0.0"})).await;
    assert_eq!(scene.factory.asks(&before, &on(first)).await, "fourth");
    assert_eq!(scene.factory.asks(&stuck, &on(second)).await, "fourth");
    assert_eq!(scene.factory.get(third).await["next_release_prn"], json!(fourth));

    // Back in its place, it is served again.
    let back = scene.unarchive(second, &json!({"previous_release_prn": first})).await;
    assert_eq!((&back["next_release_prn"], &back["archived_at"]), (&json!(fourth), &json!(null)));
    assert_eq!(scene.factory.asks(&stuck, &on(second)).await, "fourth");
    scene.factory.change(&fourth, json!({"disabled": true})).await;
    assert_eq!(scene.factory.asks(&before, &on(first)).await, "second");
    assert_eq!(scene.adoption(second).await, [1, 1, 0, 0]);
    let back = scene.unarchive(third, &json!({})).await;
    assert_eq!(back["next_release_prn"], json!(null), "it is the latest");
    assert_eq!(scene.factory.get(&fourth).await["next_release_prn"], json!(third));
    scene.unarchive(third, &json!({"next_release_prn": first})).await;
    assert_eq!(scene.factory.get(third).await["next_release_prn"], json!(null), "it stays where it is");
}

/// The release that a rollback adds is a new latest one, too.
#[tokio::test]
async fn devices_on_an_archived_release_go_on_to_the_release_of_a_rollback() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let [_, second, third] = &scene.releases;
    let stuck = scene.device(&server, "SN-1", third).await;
    scene.device(&server, "SN-2", second).await;
    scene.archive(third).await;
    assert_eq!(scene.factory.asks(&stuck, &on(third)).await, "no_update");
    let path = format!("/v1/releases/{second}/rollback");
    scene.factory.api.post(&path, &json!({"name": "back"})).await.expect(200);
    assert_eq!(scene.factory.asks(&stuck, &on(third)).await, "back");
}

#[tokio::test]
async fn an_archived_release_is_kept_but_nothing_new_uses_it() {
    let server = Server::start().await;
    let scene = Scene::new(&server).await;
    let [first, second, third] = &scene.releases;
    let phased = json!({"phase_value": 2});
    scene.factory.change(third, phased).await;
    let claimed = scene.device(&server, "SN-1", first).await;
    assert_eq!(scene.factory.asks(&claimed, &on(first)).await, "third");
    let device = scene.device(&server, "SN-2", third).await;
    let archived = scene.archive(third).await;
    assert_eq!((&archived["claims"], &archived["phase_value"]), (&json!(1), &json!(2.0)));
    assert_eq!(scene.factory.asks(&claimed, &on(first)).await, "second");
    assert_eq!(scene.factory.asks(&device, &on(third)).await, "no_update");

    let cohort = &scene.factory.cohort;
    let beside = |field: &str| json!({"name": "x", "cohort_prn": cohort, "bundle_prn": scene.bundles[0], field: third});
    scene.refused("/v1/releases", &beside("next_release_prn")).await;
    scene.refused("/v1/releases", &beside("previous_release_prn")).await;
    scene.refused(&format!("/v1/releases/{third}/rollback"), &json!({})).await;
    let path = format!("/v1/releases/{third}");
    for change in [json!({"disabled": true}), json!({"next_release_prn": first}), json!({"phase_value": 1})] {
        let answer = scene.factory.api.patch(&path, &change).await.expect(409).json;
        assert_eq!(answer["errors"][0]["code"], "archived", "{answer:#}");
    }
    let answer =
        scene.factory.api.patch(&format!("/v1/releases/{first}"), &json!({"next_release_prn": third})).await;
    assert_eq!(answer.expect(409).json["errors"][0]["code"], "archived");
    let same_name = json!({"name": "third", "cohort_prn": cohort, "bundle_prn": scene.bundles[0]});
    scene.factory.api.post("/v1/releases", &same_name).await.expect(409);
    scene.factory.change(third, json!({"name": "withdrawn", "description": "it did not boot"})).await;

    // Its binary goes without a further word, and it does not count as affected.
    let binary = &scene.binary;
    let destroyed = json!({"state": "destroyed"});
    scene.factory.api.patch(&format!("/v1/binaries/{binary}"), &destroyed).await.expect(200);
    assert_eq!(scene.factory.get(third).await["affected_by"], json!([]));

    // A phased one comes back as the latest only, with the claims that it had.
    let path = format!("/v1/releases/{third}/unarchive");
    let answer = scene.factory.api.post(&path, &json!({"next_release_prn": first})).await.expect(409).json;
    assert_eq!(answer["errors"][0]["code"], "constrained_before_sink", "{answer:#}");
    let back = scene.unarchive(third, &json!({})).await;
    assert_eq!((&back["claims"], &back["affected_by"]), (&json!(1), &json!([binary])));
    scene.archive(third).await;
    let deleted = scene.factory.api.delete(&format!("/v1/releases/{third}?confirm={third}")).await;
    deleted.expect(204);
    assert_eq!(scene.names("&archived=any").await, ["first", "second"]);
    assert_eq!(scene.factory.get(second).await["next_release_prn"], json!(null));
}

/// The one record of a kind that the tests below archive, and what its lists have.
struct Kept<'a> {
    factory: &'a Factory,
    plural: &'a str,
    prn: String,
}

impl Kept<'_> {
    async fn ask(&self, action: &str) -> Answer {
        self.factory.api.post(&format!("/v1/{}/{}/{action}", self.plural, self.prn), &json!({})).await
    }

    /// Archives the record, twice, and looks at it.
    async fn archive(&self) {
        self.ask("archive").await.expect(200);
        self.ask("archive").await.expect(200);
        assert!(self.factory.get(&self.prn).await["archived_at"].is_string(), "{}", self.plural);
        assert_eq!(self.listed("").await, 0, "{}", self.plural);
        assert_eq!(
            (self.listed("archived=true").await, self.listed("archived=any").await),
            (1, 1),
            "{}",
            self.plural
        );
    }

    /// Takes the record back, twice, and looks at it.
    async fn unarchive(&self) {
        self.ask("unarchive").await.expect(200);
        self.ask("unarchive").await.expect(200);
        assert_eq!(self.factory.get(&self.prn).await["archived_at"], json!(null), "{}", self.plural);
        assert_eq!((self.listed("").await, self.listed("archived=true").await), (1, 0), "{}", self.plural);
        let kind = self.prn.split(':').nth(3).unwrap();
        let told = events_of(&self.factory.api, &self.prn).await;
        for event in ["archived", "unarchived"] {
            let event = format!("{kind}.{event}");
            assert_eq!(told.iter().filter(|told| **told == event).count(), 1, "{told:?}");
        }
    }

    async fn listed(&self, query: &str) -> usize {
        let path = format!("/v1/{}?prn={}&{query}", self.plural, self.prn);
        self.factory.api.get(&path).await.expect(200).json[self.plural].as_array().unwrap().len()
    }
}

/// That an answer is a refusal to use an archived record of this kind.
fn is_archived(answer: &Answer, kind: &str) {
    let error = &answer.json["errors"][0];
    assert_eq!((answer.status, &error["code"]), (409, &json!("archived")), "{:#}", answer.json);
    assert_eq!(error["context"]["kind"], kind, "{error:#}");
}

#[tokio::test]
async fn nothing_new_uses_an_archived_artifact_version_or_bundle() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("old").await;
    let path = format!("/v1/binaries/{}", bundle.binary);
    let binary = factory.api.get(&path).await.expect(200).json["binary"].take();
    let version = prn_in(&binary, "artifact_version_prn");
    let artifact = prn_in(&factory.get(&version).await, "artifact_prn");
    let release = factory.release("spring", &bundle.prn, json!({"version": "1.0.0"})).await;
    let member = factory.device(&server, "SN-1").await;
    let kept = |plural, prn: &str| Kept { factory: &factory, plural, prn: prn.to_owned() };
    let api = &factory.api;
    let new_binary =
        json!({"artifact_version_prn": version, "target": "x", "hash": "ab".repeat(32), "size": 1});
    let new_version = json!({"artifact_prn": artifact, "version": "2"});
    let of_version = json!({"artifact_version_prns": [version]});
    let of_binary = json!({"binaries": [{"prn": bundle.binary}]});

    kept("artifact_versions", &version).archive().await;
    is_archived(&api.post("/v1/binaries", &new_binary).await, "artifact_version");
    is_archived(&api.post("/v1/bundles", &of_version).await, "artifact_version");
    is_archived(&api.post("/v1/bundles", &of_binary).await, "artifact_version");
    assert_eq!(factory.asks(&member, &says("0.9.0")).await, "spring", "what is released goes on");
    kept("artifact_versions", &version).unarchive().await;

    kept("artifacts", &artifact).archive().await;
    is_archived(&api.post("/v1/artifact_versions", &new_version).await, "artifact");
    is_archived(&api.post("/v1/binaries", &new_binary).await, "artifact");
    is_archived(&api.post("/v1/bundles", &of_binary).await, "artifact");
    let name = factory.get(&artifact).await["name"].clone();
    let taken = api.post("/v1/artifacts", &json!({"name": name})).await.expect(409);
    assert!(taken.error_message().contains("(it is archived)"), "{}", taken.error_message());
    kept("artifact_versions", &version).ask("archive").await.expect(200);
    is_archived(&kept("artifact_versions", &version).ask("unarchive").await, "artifact");
    kept("artifacts", &artifact).unarchive().await;
    kept("artifact_versions", &version).ask("unarchive").await.expect(200);

    let used = kept("bundles", &bundle.prn).ask("archive").await.expect(409);
    assert_eq!(used.json["errors"][0]["code"], "in_use");
    assert!(used.error_message().contains("the release 'spring'"), "{}", used.error_message());
    api.post(&format!("/v1/releases/{release}/archive"), &json!({})).await.expect(200);
    let forced = json!({"name": "over", "bundle_prn": bundle.prn, "tags": ["beta"], "starts_at": "2099-01-01T00:00:00Z"});
    let over = factory.create("bundle_overrides", "bundle_override", forced.clone()).await;
    let used = kept("bundles", &bundle.prn).ask("archive").await.expect(409);
    assert!(used.error_message().contains("the bundle override 'over'"), "{}", used.error_message());
    let ended = json!({"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2021-01-01T00:00:00Z"});
    factory.change(&over, ended).await;
    kept("bundles", &bundle.prn).archive().await;
    let more = json!({"name": "x", "cohort_prn": factory.cohort, "bundle_prn": bundle.prn});
    is_archived(&api.post("/v1/releases", &more).await, "bundle");
    is_archived(&api.post(&format!("/v1/releases/{release}/unarchive"), &json!({})).await, "bundle");
    is_archived(&api.post("/v1/bundle_overrides", &with(forced, json!({"name": "y"}))).await, "bundle");
    is_archived(
        &api.patch(&format!("/v1/bundle_overrides/{over}"), &json!({"ends_at": null})).await,
        "bundle",
    );
    factory.change(&over, json!({"name": "of last year"})).await;
    let other = factory.bundle("other").await.prn;
    let summer = factory.release("summer", &other, json!({})).await;
    let path = format!("/v1/releases/{summer}");
    is_archived(&api.patch(&path, &json!({"bundle_prn": bundle.prn})).await, "bundle");
    is_archived(
        &api.post(&format!("{path}/rollback"), &json!({"to_bundle_prn": bundle.prn})).await,
        "bundle",
    );
    kept("bundles", &bundle.prn).unarchive().await;
}

#[tokio::test]
async fn nothing_new_uses_an_archived_cohort_or_product() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("old").await.prn;
    let api = &factory.api;
    let kept = |plural, prn: &str| Kept { factory: &factory, plural, prn: prn.to_owned() };
    let stays = factory.device(&server, "SN-1").await;
    let cohort = factory.new_cohort("empty").await;
    let release = factory.release_in(&cohort, "spring", &bundle, json!({})).await;
    for (plural, prn) in [("cohorts", &factory.cohort), ("products", &factory.product)] {
        let used = kept(plural, prn).ask("archive").await.expect(409);
        assert_eq!(used.json["errors"][0]["code"], "in_use", "{:#}", used.json);
    }

    kept("cohorts", &cohort).archive().await;
    let path = format!("/v1/devices/{}", stays.prn);
    is_archived(&api.patch(&path, &json!({"cohort_prn": cohort})).await, "cohort");
    let device = json!({"identifier": "SN-2", "product_prn": factory.product, "cohort_prn": cohort});
    is_archived(&api.post("/v1/devices", &device).await, "cohort");
    let more = json!({"name": "x", "cohort_prn": cohort, "bundle_prn": bundle});
    is_archived(&api.post("/v1/releases", &more).await, "cohort");
    api.post(&format!("/v1/releases/{release}/archive"), &json!({})).await.expect(200);
    is_archived(&api.post(&format!("/v1/releases/{release}/unarchive"), &json!({})).await, "cohort");
    let forced = json!({"name": "over", "bundle_prn": bundle, "cohort_prn": cohort});
    is_archived(&api.post("/v1/bundle_overrides", &forced).await, "cohort");
    let ca = format!("/v1/ca_certificates/{}", factory.ca().await);
    let jitp = json!({"jitp": {"product_prn": factory.product, "cohort_prn": cohort}});
    is_archived(&api.patch(&ca, &jitp).await, "cohort");
    let import = format!("/v1/devices/import?product_prn={}&cohort_prn={cohort}", factory.product);
    is_archived(&import_lines(api, &import, "identifier\nSN-3\n").await, "cohort");
    let import = format!("/v1/devices/import?product_prn={}", factory.product);
    let report = import_lines(api, &import, "identifier,cohort\nSN-3,empty\n").await;
    let message = &report.json["problems"][0]["message"];
    assert!(message.as_str().unwrap_or_default().contains("is archived"), "{:#}", report.json);
    kept("cohorts", &cohort).unarchive().await;

    // Provisioning leads to it, and it is archived after that.
    api.patch(&ca, &jitp).await.expect(200);
    kept("cohorts", &cohort).ask("archive").await.expect(200);
    let refused = factory.stranger(&server, "SN-4").get("/device/me").await;
    assert!(refused.error_message().contains("is archived"), "{}", refused.error_message());
    api.patch(&ca, &json!({"description": "nothing to do with it"})).await.expect(200);

    api.delete(&path).await.expect(204);
    kept("products", &factory.product).archive().await;
    is_archived(
        &api.post("/v1/devices", &json!({"identifier": "SN-5", "product_prn": factory.product})).await,
        "product",
    );
    is_archived(
        &api.post("/v1/cohorts", &json!({"name": "x", "product_prn": factory.product})).await,
        "product",
    );
    is_archived(&kept("cohorts", &cohort).ask("unarchive").await, "product");
    kept("products", &factory.product).unarchive().await;
    kept("cohorts", &cohort).ask("unarchive").await.expect(200);
    factory.stranger(&server, "SN-6").get("/device/me").await.expect(200);
}

async fn import_lines(api: &Api, path: &str, lines: &'static str) -> Answer {
    let request = api.request(Method::POST, path).header("content-type", "text/csv");
    send(request.body(lines)).await
}

fn prn_in(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap().to_owned()
}
