//! What is done when something went wrong: overrides, quarantine, destroying, and ways back.

use std::time::Duration;

use olivine_testkit::Server;
use olivine_tests::factory::{ALL, Factory, Member, on, path, with};
use olivine_tests::list_all;
use serde_json::{Value, json};

#[tokio::test]
async fn overrides_overlap_and_end() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let [normal, early, late] = [
        factory.bundle("normal").await.prn,
        factory.bundle("early").await.prn,
        factory.bundle("late").await.prn,
    ];
    let first = factory.release("first", &normal, json!({})).await;
    factory.release("second", &normal, json!({})).await;
    let member = factory.device(&server, "SN-1").await;
    let bystander = factory.device(&server, "SN-2").await;
    let forced = async |name: &str, bundle: &str, starts_at: &str, more: Value| {
        let body = json!({"name": name, "bundle_prn": bundle, "starts_at": starts_at});
        factory.create("bundle_overrides", "bundle_override", with(body, more)).await
    };
    let asks = async || factory.asks(&member, &on(&first)).await;

    assert_eq!(asks().await, "second");
    let these = json!({"device_prns": [member.prn]});
    let newer = forced("newer", &late, "2020-01-02T00:00:00Z", these).await;
    let older = forced("older", &early, "2020-01-01T00:00:00Z", json!({"cohort_prn": factory.cohort})).await;
    assert_eq!(asks().await, "newer", "the one that started last, not the one that was made last");
    assert_eq!(factory.asks(&bystander, &on(&first)).await, "older");
    let has = [on(&first)[0], ("peridio-bundle-prn", late.as_str())];
    assert_eq!(factory.asks(&member, &has).await, "no_update", "it runs the bundle, and no release counts");

    factory.change(&older, json!({"starts_at": "2020-01-03T00:00:00Z"})).await;
    assert_eq!(asks().await, "older");
    factory.change(&older, json!({"tags": ["nobody"]})).await;
    assert_eq!(asks().await, "newer");
    factory.change(&older, json!({"tags": ["factory"], "ends_at": "2020-01-04T00:00:00Z"})).await;
    assert_eq!(asks().await, "newer", "the other is over");
    factory.change(&newer, json!({"bundle_prn": early})).await;
    assert_eq!(factory.asks(&member, &has).await, "newer", "it runs another bundle than it is to");

    factory.change(&member.prn, json!({"quarantined": true})).await;
    assert_eq!(asks().await, "device_quarantine");
    assert_eq!(factory.asks(&bystander, &on(&first)).await, "second");
    factory.change(&member.prn, json!({"quarantined": false})).await;
    factory.api.delete(&path(&newer)).await.expect(204);
    assert_eq!(asks().await, "second");
    it_begins_and_ends_by_itself(&server, &factory, &member, &first, &early).await;
}

/// Nothing is changed meanwhile that would make the server look again.
async fn it_begins_and_ends_by_itself(
    server: &Server,
    factory: &Factory,
    member: &Member,
    first: &str,
    bundle: &str,
) {
    let now = factory.now().await;
    let (starts_at, ends_at) = (now + Duration::from_mins(1), now + Duration::from_mins(2));
    let soon = json!({"name": "soon", "bundle_prn": bundle, "tags": ["factory"], "starts_at": starts_at.to_string(),
        "ends_at": ends_at.to_string()});
    factory.create("bundle_overrides", "bundle_override", soon).await;
    // A second before and after each of the two.
    for (wait, source) in [(58, "release"), (2, "bundle_override"), (58, "bundle_override"), (2, "release")] {
        server.advance(Duration::from_secs(wait)).await;
        let answer = member.device.update(ALL, &on(first)).await.expect(200).json;
        assert_eq!(answer["source_type"], source, "{}", server.now());
    }
}

#[tokio::test]
async fn a_stop_is_over_releases_and_overrides_alike() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let [normal, forced] = [factory.bundle("normal").await.prn, factory.bundle("forced").await.prn];
    let first = factory.release("first", &normal, json!({})).await;
    factory.release("second", &normal, json!({})).await;
    let [member, lab] = [factory.device(&server, "SN-1").await, factory.device(&server, "SN-2").await];
    let these = json!({"name": "forced", "bundle_prn": forced, "device_prns": [lab.prn]});
    factory.create("bundle_overrides", "bundle_override", these).await;
    let answers = async || [factory.asks(&member, &on(&first)).await, factory.asks(&lab, &on(&first)).await];
    let usual = ["second".to_owned(), "forced".to_owned()];
    let nothing = ["no_update".to_owned(), "no_update".to_owned()];
    let stop = async |body: Value| factory.api.post("/v1/organization/stop", &body).await;
    let resume = async |body: Value| {
        let answer = factory.api.post("/v1/organization/resume", &body).await.expect(200).json;
        answer["stops"].as_array().unwrap().len()
    };
    assert_eq!(answers().await, usual);

    let of_cohort = json!({"cohort_prn": factory.cohort, "reason": "failures in the field"});
    stop(of_cohort.clone()).await.expect(200);
    assert_eq!(answers().await, nothing);
    let stopped = stop(json!({"reason": "worse than we thought"})).await.expect(200).json;
    assert_eq!(stopped["stops"].as_array().unwrap().len(), 2);
    stop(json!({"reason": "said again"})).await.expect(200);
    let shown = factory.api.get("/v1/organization").await.expect(200).json;
    assert_eq!(shown["organization"]["stops"][1]["reason"], "worse than we thought", "the first one counts");
    assert_eq!(resume(json!({})).await, 1);
    assert_eq!(answers().await, nothing, "the stop of the cohort is still on");

    let why = json!({"explain": true, "release_prn": first});
    let why = factory.api.post(&format!("{}/update", path(&member.prn)), &why).await.expect(200).json;
    let traced = why["trace"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&traced["step"], &traced["outcome"]), (&json!("stop"), &json!("no_update")));
    let reason = traced["reason"].as_str().unwrap();
    assert!(reason.starts_with("distribution is stopped for its cohort since"), "{reason}");
    assert!(reason.ends_with("failures in the field"), "{reason}");

    let elsewhere = factory.new_cohort("elsewhere").await;
    assert_eq!(resume(json!({"cohort_prn": elsewhere})).await, 1, "that was not stopped");
    assert_eq!(resume(json!({"cohort_prn": factory.cohort})).await, 0);
    assert_eq!(answers().await, usual);
    stop(json!({"product_prn": factory.product, "reason": "once more"})).await.expect(200);
    assert_eq!(answers().await, nothing);
    // A quarantined device is told that it is.
    factory.change(&lab.prn, json!({"quarantined": true})).await;
    assert_eq!(factory.asks(&lab, &on(&first)).await, "device_quarantine");
    assert_eq!(factory.events("organization.stopped").await.len(), 3);
    assert_eq!(factory.events("organization.resumed").await.len(), 2);
}

#[tokio::test]
async fn who_may_stop_may_not_resume() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let key = async |scopes: Value| {
        let new = json!({"name": scopes.to_string(), "scopes": scopes});
        let key = factory.api.post("/v1/api_keys", &new).await.expect(201).json;
        factory.api.with_key(key["api_key"]["key"].as_str().unwrap())
    };
    let stop = json!({"reason": "a drill"});
    let on_call = key(json!(["release.stop"])).await;
    on_call.post("/v1/organization/stop", &stop).await.expect(200);
    let refused = on_call.post("/v1/organization/resume", &json!({})).await.expect(403);
    assert_eq!(refused.json["errors"][0]["context"]["missing_scope"], "release.update");
    // A key from before there was a scope of its own for it.
    let releases = key(json!(["release.update"])).await;
    releases.post("/v1/organization/resume", &json!({})).await.expect(200);
    releases.post("/v1/organization/stop", &stop).await.expect(200);
    let reader = key(json!(["release.read", "organization.read"])).await;
    reader.post("/v1/organization/stop", &stop).await.expect(403);
    let both = json!({"reason": "x", "product_prn": factory.product, "cohort_prn": factory.cohort});
    releases.post("/v1/organization/stop", &both).await.expect(422);
    releases.post("/v1/organization/stop", &json!({"reason": ""})).await.expect(422);
}

#[tokio::test]
async fn so_many_parts_are_stopped_and_then_only_all() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let stop = async |cohort: &str| {
        let stop = json!({"reason": "a drill", "cohort_prn": cohort});
        factory.api.post("/v1/organization/stop", &stop).await
    };
    for number in 0..100 {
        stop(&factory.new_cohort(&format!("cohort {number}")).await).await.expect(200);
    }
    assert_eq!(stop(&factory.cohort).await.expect(409).error_code(), Some("too_many_stops"));
    let all = json!({"reason": "more than we can name"});
    let stops = factory.api.post("/v1/organization/stop", &all).await.expect(200).json;
    assert_eq!(stops["stops"].as_array().unwrap().len(), 101);
}

#[tokio::test]
async fn a_cohort_that_is_deleted_takes_its_stop_along() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let cohort = factory.new_cohort("short-lived").await;
    let stop = json!({"reason": "a drill", "cohort_prn": cohort});
    factory.api.post("/v1/organization/stop", &stop).await.expect(200);
    factory.api.delete(&path(&cohort)).await.expect(204);
    let shown = factory.api.get("/v1/organization").await.expect(200).json;
    assert_eq!(shown["organization"]["stops"], json!([]));
}

#[tokio::test]
async fn a_destroyed_binary_is_served_to_nobody() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let [good, bad] = [factory.bundle("good").await, factory.bundle("bad").await];
    let first = factory.release("first", &good.prn, json!({})).await;
    factory.release("second", &good.prn, json!({})).await;
    let third = factory.release("third", &bad.prn, json!({})).await;
    let member = factory.device(&server, "SN-1").await;
    assert_eq!(factory.asks(&member, &on(&first)).await, "third");

    let ask = json!({"release_prn": first, "explain": true});
    let update = format!("/v1/devices/{}/update", member.prn);
    let why = factory.api.post(&update, &ask).await.expect(200).json;
    assert_eq!((&why["source_name"], &why["bundle_name"]), (&json!("third"), &json!("bad")));
    let artifact = why["manifest"][0]["artifact_name"].as_str().unwrap().to_owned();
    let version = why["manifest"][0]["artifact_version"].as_str().unwrap().to_owned();

    let destroy = format!("/v1/binaries/{}", bad.binary);
    let asked = factory.api.patch(&destroy, &json!({"state": "destroyed"})).await.expect(409);
    let named = &asked.json["errors"][0]["context"]["releases"];
    assert_eq!(named, &json!([{"prn": third, "name": "third"}]));
    assert_eq!(factory.asks(&member, &on(&first)).await, "third", "nothing was done");
    let confirmed = format!("{destroy}?confirm={}", bad.binary);
    factory.api.patch(&confirmed, &json!({"state": "destroyed"})).await.expect(200);

    for _ in 0..3 {
        assert_eq!(factory.asks(&member, &on(&first)).await, "no_update", "no falling back to 'second'");
    }
    assert_eq!(factory.get(&third).await["affected_by"], json!([bad.binary]));
    let why = factory.api.post(&update, &ask).await.expect(200).json;
    assert_eq!((&why["source_name"], &why["bundle_name"]), (&Value::Null, &Value::Null));
    let last = why["trace"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["step"], &last["outcome"]), (&json!("deliverable"), &json!("no_update")), "{last:#}");
    let begins = format!("the artifact version '{artifact}/{version}' has no signed binary for the target");
    assert!(last["reason"].as_str().unwrap().starts_with(&begins), "{last:#}");
    let noted = format!("/v1/events?resource_prn={}&type=bundle.undeliverable", bad.prn);
    let noted = list_all(&factory.api, &noted, "events").await.len();
    assert_eq!(noted, 1, "one event, not one of each check");
    // The way on: the release gets another bundle.
    factory.change(&third, json!({"bundle_prn": good.prn})).await;
    assert_eq!(factory.asks(&member, &on(&first)).await, "third");
}

#[tokio::test]
async fn an_emergency_is_rolled_back() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let [old, new] = [factory.bundle("old").await.prn, factory.bundle("new").await.prn];
    let first = factory.release("first", &old, json!({"version": "1.0.0"})).await;
    let second = factory.release("second", &new, json!({"version": "2.0.0"})).await;
    let [member, other] = [factory.device(&server, "SN-1").await, factory.device(&server, "SN-2").await];
    let runs = |release, bundle| [on(release)[0], ("peridio-bundle-prn", bundle)];
    assert_eq!(factory.asks(&member, &runs(&first, &old)).await, "second");
    assert_eq!(factory.asks(&member, &runs(&second, &new)).await, "no_update");

    // At once, for all: the old bundle by an override. Who did not update yet does not.
    let back = json!({"name": "back", "bundle_prn": old, "cohort_prn": factory.cohort});
    let back = factory.create("bundle_overrides", "bundle_override", back).await;
    assert_eq!(factory.asks(&member, &runs(&second, &new)).await, "back");
    assert_eq!(factory.asks(&member, &runs(&second, &old)).await, "no_update");
    assert_eq!(factory.asks(&other, &runs(&first, &old)).await, "no_update");

    // For good: the old bundle again as the latest release. Who is on the old one is taken there as well, without a change.
    factory.release("third", &old, json!({"version": "2.0.1"})).await;
    assert_eq!(factory.asks(&member, &runs(&second, &new)).await, "back");
    factory.api.delete(&path(&back)).await.expect(204);
    assert_eq!(factory.asks(&member, &runs(&second, &new)).await, "third");
    let answer = other.device.update(ALL, &runs(&first, &old)).await.expect(200).json;
    assert_eq!((&answer["release"]["name"], &answer["bundle"]["prn"]), (&json!("third"), &json!(old)));
    let third = answer["release"]["prn"].as_str().unwrap();
    assert_eq!(factory.asks(&member, &runs(third, &old)).await, "no_update");
}
