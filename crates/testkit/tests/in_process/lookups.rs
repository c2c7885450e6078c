//! Records are found by what somebody has of them, and it is told what destroying a binary does.

use olivine_testkit::Server;
use olivine_tests::factory::Factory;
use olivine_tests::{Api, prn};
use serde_json::{Value, json};

/// The kinds and names of what is found.
async fn found(api: &Api, q: &str) -> Vec<String> {
    let hits = api.get(&format!("/v1/lookup?q={q}")).await.expect(200).json;
    let hits = hits["hits"].as_array().unwrap().iter();
    hits.map(|hit| format!("{} {} {}", hit["type"], hit["name"], hit["matched"]).replace('"', "")).collect()
}

#[tokio::test]
async fn records_are_found_by_what_somebody_has_of_them() {
    let server = Server::start().await;
    let api = server.api();
    let factory = Factory::new(api.clone()).await;
    let bundle = factory.bundle("1.0.0").await;
    let binary = api.get(&format!("/v1/binaries/{}", bundle.binary)).await.expect(200).json;
    let hash = binary["binary"]["hash"].as_str().unwrap();
    for q in [hash.to_owned(), hash.trim_start_matches("sha256:").to_uppercase()] {
        assert!(found(&api, &q).await[0].starts_with("binary "), "{q}");
    }
    assert_eq!(found(&api, &factory.cohort).await, ["cohort production prn"]);
    assert_eq!(found(&api, "prod").await, ["cohort production name"]);
    assert_eq!(found(&api, "gate").await, ["product gateway name"]);
    assert_eq!(found(&api, "1.2").await, ["artifact_version 1.2.3 version"]);
    assert_eq!(found(&api, "1.0").await, ["artifact 1.0.0 name", "bundle 1.0.0 name"]);
    assert!(found(&api, "Prod").await.is_empty() && found(&api, "prn:1:nothing").await.is_empty());
    for bad in ["", "%00", &"x".repeat(301)] {
        let refused = api.get(&format!("/v1/lookup?q={bad}")).await.expect(400).json;
        assert_eq!(refused["errors"][0]["context"]["parameter"], json!("q"), "{bad}");
    }
    for number in 0..7 {
        api.post("/v1/artifacts", &json!({"name": format!("many-{number}")})).await.expect(201);
    }
    assert_eq!(found(&api, "many").await.len(), 5);
    // Only what the caller may see.
    let other = json!({"name": "other"});
    let other = prn(&api.post("/v1/products", &other).await.expect(201).json["product"]);
    let new = json!({"name": "part", "role": "reader", "product_prns": [other]});
    let key = api.post("/v1/api_keys", &new).await.expect(201).json["api_key"]["key"].take();
    let limited = api.with_key(key.as_str().unwrap());
    assert!(found(&limited, "prod").await.is_empty() && found(&limited, &factory.cohort).await.is_empty());
    assert_eq!(found(&limited, "oth").await, ["product other name"]);
    let new = json!({"name": "devices", "scopes": ["device.read"]});
    let key = api.post("/v1/api_keys", &new).await.expect(201).json["api_key"]["key"].take();
    assert!(found(&api.with_key(key.as_str().unwrap()), "gate").await.is_empty());
}

#[tokio::test]
async fn the_impact_of_destroying_says_what_is_asked_to_be_confirmed() {
    let server = Server::start().await;
    let api = server.api();
    let factory = Factory::new(api.clone()).await;
    let (first, second) = (factory.bundle("1.0.0").await, factory.bundle("2.0.0").await);
    let impact = async |binary: &str| -> Value {
        api.get(&format!("/v1/binaries/{binary}/impact")).await.expect(200).json["impact"].take()
    };
    let bundles = api.get(&format!("/v1/bundles?binary_prn={}", first.binary)).await.expect(200).json;
    assert_eq!(bundles["bundles"][0]["prn"], json!(first.prn));
    let unused = impact(&first.binary).await;
    assert_eq!((&unused["confirmation_required"], &unused["releases"]), (&json!(false), &json!([])));
    assert_eq!(unused["bundles"][0]["bundle_prn"], json!(first.prn));
    let release = async |name: &str, bundle: &str, required: bool| {
        let new =
            json!({"cohort_prn": factory.cohort, "bundle_prn": bundle, "name": name, "required": required});
        prn(&api.post("/v1/releases", &new).await.expect(201).json["release"])
    };
    let one = release("one", &first.prn, true).await;
    let two = release("two", &second.prn, false).await;
    let used = impact(&first.binary).await;
    assert_eq!(used["confirmation_required"], json!(true), "{used}");
    assert_eq!(used["releases"][0]["release_prn"], json!(one));
    assert_eq!(used["releases"][0]["held_release_prns"], json!([two]));
    let destroy = json!({"state": "destroyed"});
    let path = format!("/v1/binaries/{}", first.binary);
    let refused = api.patch(&path, &destroy).await.expect(409).json;
    assert_eq!(refused["errors"][0]["context"]["releases"][0]["prn"], used["releases"][0]["release_prn"]);
    // Not required: devices go on without it.
    assert_eq!(impact(&second.binary).await["releases"][0]["held_release_prns"], json!([]));
    api.post(&format!("/v1/releases/{one}/archive"), &json!({})).await.expect(200);
    let archived = impact(&first.binary).await;
    assert_eq!(archived["confirmation_required"], json!(false), "{archived}");
    assert_eq!(archived["archived_release_prns"], json!([one]));
}
