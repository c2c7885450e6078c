//! A cohort's releases in one picture: what the API says of each is what its devices are told.

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, on, path};
use serde_json::{Value, json};

async fn graph(factory: &Factory) -> Value {
    let graph = format!("{}/graph", path(&factory.cohort));
    factory.api.get(&graph).await.expect(200).json["graph"].take()
}

#[tokio::test]
async fn each_release_says_where_its_devices_go() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    assert_eq!(graph(&factory).await["releases"], json!([]));
    let bundle = factory.bundle("normal").await.prn;
    let first = factory.release("first", &bundle, json!({"version": "1.0.0"})).await;
    let second = factory.release("second", &bundle, json!({"version": "2.0.0", "required": true})).await;
    let third = factory.release("third", &bundle, json!({"version": "3.0.0"})).await;
    let member = factory.device(&server, "SN-1").await;
    assert_eq!(factory.asks(&member, &on(&first)).await, "second");

    let shown = graph(&factory).await;
    let of = |shown: &Value, release: &str| {
        let found = shown["releases"].as_array().unwrap().iter().find(|one| one["release_prn"] == release);
        found.unwrap().clone()
    };
    assert_eq!(shown["releases"][0]["release_prn"], third, "the latest first");
    assert_eq!((&shown["devices"], &shown["more"]), (&json!(1), &json!(false)));
    assert_eq!(of(&shown, &first)["devices"], 1);
    assert_eq!(of(&shown, &first)["goes_to_prn"], second);
    assert_eq!(of(&shown, &second)["goes_to_prn"], third);
    let latest = of(&shown, &third);
    assert_eq!((&latest["goes_to_prn"], &latest["held_because"]), (&Value::Null, &Value::Null));

    factory.change(&second, json!({"disabled": true})).await;
    let held = graph(&factory).await;
    assert_ne!(held["graph_revision"], shown["graph_revision"]);
    let from_first = of(&held, &first);
    assert_eq!(from_first["goes_to_prn"], Value::Null, "the required one is disabled: {from_first:#}");
    assert_eq!(from_first["held_because"], "'second' is disabled");
    assert_eq!(factory.asks(&member, &on(&first)).await, "no_update");

    let other = server.another_organization("other").await;
    other.get(&format!("{}/graph", path(&factory.cohort))).await.expect(404);
}
