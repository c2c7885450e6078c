//! The role `support`, and keys with single small scopes: they help single devices, and release nothing.

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, path};
use olivine_tests::{Answer, Api};
use serde_json::{Value, json};

async fn key(api: &Api, grant: Value) -> Api {
    let mut new = json!({"name": "key"});
    new.as_object_mut().unwrap().extend(grant.as_object().unwrap().clone());
    let made = api.post("/v1/api_keys", &new).await.expect(201).json;
    api.with_key(made["api_key"]["key"].as_str().unwrap())
}

fn missing(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.json["errors"][0]["context"]["missing_scope"].as_str())
}

#[tokio::test]
async fn a_change_of_a_device_takes_the_scope_of_what_it_changes() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let other = factory.new_cohort("other").await;
    let new = json!({"identifier": "SN-1", "product_prn": factory.product, "cohort_prn": factory.cohort});
    let device = path(&factory.create("devices", "device", new).await);
    let changes = [
        ("device.tag", json!({"tags": ["lab"]})),
        ("device.move", json!({"cohort_prn": other})),
        ("device.quarantine", json!({"quarantined": true})),
        ("device.update", json!({"description": "by the door"})),
        ("device.update", json!({"tags": ["shop"], "quarantined": false})),
        ("device.update", json!({"product_prn": factory.product, "cohort_prn": null})),
        ("device.update", json!({})),
    ];
    let support = key(&factory.api, json!({"role": "support"})).await;
    for small in ["device.tag", "device.move", "device.quarantine"] {
        let by = key(&factory.api, json!({"scopes": [small]})).await;
        for (takes, change) in &changes {
            let answer = by.patch(&device, change).await;
            if *takes == small {
                answer.expect(200);
            } else {
                assert_eq!(missing(&answer), (403, Some(*takes)), "{small} {change}");
            }
        }
    }
    for (takes, change) in &changes {
        let answer = support.patch(&device, change).await;
        if *takes == "device.update" {
            assert_eq!(missing(&answer), (403, Some(*takes)), "{change}");
        } else {
            answer.expect(200);
        }
    }
    let manager = key(&factory.api, json!({"scopes": ["device.update"]})).await;
    for (_, change) in &changes {
        manager.patch(&device, change).await.expect(200);
    }
    // What it was is on record as with any other key.
    let by_support = support.get("/v1/events?type=device.quarantined").await.expect(200).json;
    assert!(!by_support["events"].as_array().unwrap().is_empty(), "{by_support}");
}

#[tokio::test]
async fn a_few_devices_get_a_bundle_from_who_may_not_release() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("one").await.prn;
    let mut devices = Vec::new();
    for number in 0..11 {
        let new = json!({"identifier": format!("SN-{number}"), "product_prn": factory.product});
        devices.push(factory.create("devices", "device", new).await);
    }
    let support = key(&factory.api, json!({"role": "support"})).await;
    let small = key(&factory.api, json!({"scopes": ["bundle_override.for_device"]})).await;
    let wide = key(&factory.api, json!({"scopes": ["bundle_override.create"]})).await;
    let new = |name: &str, target: Value| {
        let mut new = json!({"name": name, "bundle_prn": bundle});
        new.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
        new
    };
    for (name, by, may_all) in [("support", &support, false), ("small", &small, false), ("wide", &wide, true)]
    {
        let ten = json!({"device_prns": devices[..10]});
        by.post("/v1/bundle_overrides", &new(name, ten)).await.expect(201);
        for (index, target) in
            [json!({"device_prns": devices}), json!({"tags": ["lab"]}), json!({"cohort_prn": factory.cohort})]
                .into_iter()
                .enumerate()
        {
            let answer = by.post("/v1/bundle_overrides", &new(&format!("{name} {index}"), target)).await;
            if may_all {
                answer.expect(201);
            } else {
                assert_eq!(missing(&answer), (403, Some("bundle_override.create")), "{name} {index}");
            }
        }
    }
    // Handing out compares as with any scope, and a wider one includes it.
    let maker = key(&factory.api, json!({"scopes": ["api_key.create", "device.update"]})).await;
    maker.post("/v1/api_keys", &json!({"name": "x", "scopes": ["device.tag"]})).await.expect(201);
    let refused =
        maker.post("/v1/api_keys", &json!({"name": "x", "scopes": ["bundle_override.for_device"]})).await;
    assert_eq!(missing(&refused), (403, Some("bundle_override.for_device")));
}

#[tokio::test]
async fn small_scopes_reach_no_further_than_their_grant() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let staging = factory.new_cohort("staging").await;
    let device = async |name: &str, cohort: &str| {
        let new = json!({"identifier": name, "product_prn": factory.product, "cohort_prn": cohort});
        factory.create("devices", "device", new).await
    };
    let (inside, outside) = (device("in", &staging).await, device("out", &factory.cohort).await);
    let support = key(&factory.api, json!({"role": "support", "cohort_prns": [staging]})).await;
    support.patch(&path(&inside), &json!({"tags": ["lab"]})).await.expect(200);
    support.patch(&path(&outside), &json!({"tags": ["lab"]})).await.expect(404);
    let out_of_reach = json!({"cohort_prn": factory.cohort});
    support.patch(&path(&inside), &out_of_reach).await.expect(404);
    let bundle = factory.bundle("one").await.prn;
    let forced = |devices: Value| json!({"name": "x", "bundle_prn": bundle, "device_prns": devices});
    support.post("/v1/bundle_overrides", &forced(json!([inside, outside]))).await.expect(404);
    support.post("/v1/bundle_overrides", &forced(json!([inside]))).await.expect(201);
}

#[tokio::test]
async fn a_key_has_a_role_and_single_scopes_besides() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let both = json!({"name": "on call", "role": "reader", "scopes": ["release.stop"]});
    let made = factory.api.post("/v1/api_keys", &both).await.expect(201).json;
    let of_both = &made["api_key"];
    assert_eq!(of_both["role"], "reader");
    assert_eq!(of_both["grants"], json!([{"role": "reader"}, {"scopes": ["release.stop"]}]));
    assert!(of_both["scopes"].as_array().unwrap().contains(&json!("release.stop")));
    let by = factory.api.with_key(of_both["key"].as_str().unwrap());
    by.get("/v1/releases").await.expect(200);
    let stop = json!({"reason": "smoke"});
    by.post("/v1/organization/stop", &stop).await.expect(200);
    assert_eq!(missing(&by.post("/v1/organization/resume", &json!({})).await), (403, Some("release.update")));

    // Handing out compares both, and both reach the same.
    let wants = |role: &str, scope: &str| json!({"name": "x", "role": role, "scopes": [scope]});
    let maker = json!({"role": "reader", "scopes": ["api_key.create", "device.tag"]});
    let maker = key(&factory.api, maker).await;
    maker.post("/v1/api_keys", &wants("reader", "device.tag")).await.expect(201);
    assert_eq!(
        missing(&maker.post("/v1/api_keys", &wants("reader", "device.move")).await),
        (403, Some("device.move"))
    );
    let refused = maker.post("/v1/api_keys", &wants("support", "device.tag")).await;
    assert_eq!(refused.status, 403);
    let staging = factory.new_cohort("staging").await;
    let part =
        json!({"name": "part", "role": "viewer", "scopes": ["release.create"], "cohort_prns": [staging]});
    let made = factory.api.post("/v1/api_keys", &part).await.expect(201).json;
    let part = factory.api.with_key(made["api_key"]["key"].as_str().unwrap());
    let seen = part.get("/v1/cohorts").await.expect(200).json;
    assert_eq!(seen["cohorts"].as_array().unwrap().len(), 1, "{seen}");
    factory
        .api
        .post("/v1/api_keys", &json!({"name": "none", "role": "reader", "scopes": []}))
        .await
        .expect(422);
}
