//! How many devices there are, and what they have alike.

use olivine_testkit::Server;
use olivine_tests::factory::Factory;
use serde_json::{Value, json};

/// The values of a facet with their devices, and whether these are all.
async fn facet(factory: &Factory, query: &str) -> (Vec<(Value, u64)>, bool) {
    let found = factory.api.get(&format!("/v1/devices/facets?{query}")).await.expect(200).json;
    let facets = found["facets"].as_array().unwrap().iter();
    let values = facets.map(|one| (one["value"].clone(), one["devices"].as_u64().unwrap())).collect();
    (values, found["exact"].as_bool().unwrap())
}

#[tokio::test]
async fn devices_are_counted_by_what_they_have_alike() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let api = &factory.api;
    for (name, tags, more) in [
        ("one", json!(["beta", "eu"]), json!({"cohort_prn": factory.cohort})),
        ("two", json!(["beta"]), json!({"cohort_prn": factory.cohort, "target": "other-target"})),
        ("three", json!([]), json!({})),
    ] {
        let mut device = json!({"identifier": name, "product_prn": factory.product, "tags": tags});
        device.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        api.post("/v1/devices", &device).await.expect(201);
    }
    let count = async |query: &str| {
        let found = api.get(&format!("/v1/devices/count{query}")).await.expect(200).json;
        (found["count"].as_u64().unwrap(), found["exact"].as_bool().unwrap())
    };
    assert_eq!(count("").await, (3, true));
    assert_eq!(count("?search=tag:'beta'").await, (2, true));
    assert_eq!(count("?search=identifier:'nobody'").await, (0, true));

    let none = Value::Null;
    let by_cohort = (vec![(json!(factory.cohort), 2), (none.clone(), 1)], true);
    assert_eq!(facet(&factory, "by=cohort").await, by_cohort);
    let in_cohort = format!("by=cohort&search=cohort_prn:'{}'", factory.cohort);
    assert_eq!(facet(&factory, &in_cohort).await, (vec![(json!(factory.cohort), 2)], true));
    let by_tag = vec![(json!("beta"), 2), (none.clone(), 1), (json!("eu"), 1)];
    assert_eq!(facet(&factory, "by=tag").await, (by_tag, true));
    let (targets, _) = facet(&factory, "by=target").await;
    assert_eq!(targets.iter().map(|(_, devices)| devices).sum::<u64>(), 3);
    assert!(targets.contains(&(json!("other-target"), 1)), "{targets:?}");
    for by in ["release", "outcome", "version"] {
        assert_eq!(facet(&factory, &format!("by={by}")).await, (vec![(none.clone(), 3)], true), "{by}");
    }

    let other = server.another_organization("other").await;
    assert_eq!(other.get("/v1/devices/count").await.expect(200).json["count"], 0);
    assert_eq!(other.get("/v1/devices/facets?by=tag").await.expect(200).json["facets"], json!([]));
    for bad in ["count?limit=3", "count?search=nothing:'x'", "facets?by=colour"] {
        api.get(&format!("/v1/devices/{bad}")).await.expect(400);
    }
}
