//! An organization at a glance.

use olivine_testkit::Server;
use olivine_tests::Workbench;
use olivine_tests::factory::Factory;
use serde_json::{Value, json};

async fn overview(api: &olivine_tests::Api) -> Value {
    api.get("/v1/overview").await.expect(200).json["overview"].take()
}

#[tokio::test]
async fn an_overview_shows_what_needs_somebody() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let api = &factory.api;
    for (name, cohort) in [("one", Some(&factory.cohort)), ("two", None)] {
        let device =
            json!({"identifier": name, "product_prn": factory.product, "cohort_prn": cohort, "tags": []});
        let device = api.post("/v1/devices", &device).await.expect(201).json;
        if cohort.is_none() {
            factory.change(device["device"]["prn"].as_str().unwrap(), json!({"quarantined": true})).await;
        }
    }
    let bench = Workbench::named(server.api(), "unsigned").await;
    let waiting = bench.create(&bench.promise(b"content")).await;
    api.post("/v1/organization/stop", &json!({"reason": "a drill"})).await.expect(200);

    let shown = overview(api).await;
    let exactly = |count: u64| json!({"count": count, "exact": true});
    assert_eq!(shown["devices"], exactly(2), "{shown:#}");
    assert_eq!(shown["quarantined_devices"], exactly(1));
    assert_eq!(shown["failed_devices"], exactly(0));
    assert_eq!(shown["jobs_given_up"], exactly(0));
    assert_eq!(shown["stops"][0]["reason"], "a drill");
    assert_eq!(shown["binaries"][0], json!({"state": "uploadable", "count": 1, "exact": true}), "{waiting}");
    assert_eq!(shown["storage_used"].as_u64(), Some(7), "what was promised counts: {shown:#}");

    // Authorities of the tests are good for many years.
    assert_eq!(shown["ending_ca_certificates"], json!([]));

    let other = server.another_organization("other").await;
    let theirs = overview(&other).await;
    assert_eq!((&theirs["devices"], &theirs["stops"]), (&exactly(0), &json!([])));
}
