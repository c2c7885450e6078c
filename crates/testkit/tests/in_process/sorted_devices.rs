//! Devices sorted by their identifiers: all of them, those that a filter leaves and those that a caller reaches, page by page.

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, path};
use olivine_tests::{Api, percent_encoded};
use serde_json::json;

/// The identifiers of all devices of a list, two on a page.
async fn listed(api: &Api, query: &str) -> Vec<String> {
    let (mut all, mut page) = (Vec::new(), String::new());
    loop {
        let pages = format!("/v1/devices?sort=identifier&limit=2{query}{page}");
        let answer = api.get(&pages).await.expect(200).json;
        let devices = answer["devices"].as_array().unwrap();
        assert!((1..=2).contains(&devices.len()) || all.is_empty(), "{pages}: {answer}");
        all.extend(devices.iter().map(|device| device["identifier"].as_str().unwrap().to_owned()));
        match answer["next_page"].as_str() {
            Some(cursor) => page = format!("&page={cursor}"),
            None => return all,
        }
    }
}

/// A factory with devices in two cohorts and in none, made in no order.
async fn fleet(server: &Server) -> (Factory, String) {
    let factory = Factory::new(server.api()).await;
    let other = factory.new_cohort("other").await;
    for (identifier, cohort, tags) in [
        ("b", Some(&factory.cohort), json!(["beta"])),
        ("SN-9", Some(&other), json!(["beta"])),
        ("ä", Some(&factory.cohort), json!([])),
        ("B", Some(&factory.cohort), json!(["beta"])),
        ("SN-10", Some(&factory.cohort), json!([])),
        ("a", None, json!([])),
    ] {
        let new = json!({"identifier": identifier, "product_prn": factory.product, "cohort_prn": cohort, "tags": tags});
        factory.api.post("/v1/devices", &new).await.expect(201);
    }
    (factory, other)
}

#[tokio::test]
async fn devices_are_listed_by_identifier_with_every_filter_and_within_reach() {
    let server = Server::start().await;
    let (factory, other) = fleet(&server).await;
    let api = &factory.api;
    let theirs = server.another_organization("theirs").await;
    let product = theirs.post("/v1/products", &json!({"name": "gateway"})).await.expect(201).json;
    let foreign = json!({"identifier": "AA", "product_prn": product["product"]["prn"]});
    theirs.post("/v1/devices", &foreign).await.expect(201);

    assert_eq!(listed(api, "").await, ["B", "SN-10", "SN-9", "a", "b", "ä"]);
    assert_eq!(listed(api, "&order=desc").await, ["ä", "b", "a", "SN-9", "SN-10", "B"]);
    assert_eq!(listed(&theirs, "").await, ["AA"]);
    let of_cohort = format!("&cohort_prn={}", factory.cohort);
    assert_eq!(listed(api, &of_cohort).await, ["B", "SN-10", "b", "ä"]);
    assert_eq!(listed(api, &format!("&product_prn={}&order=desc", factory.product)).await.len(), 6);
    assert_eq!(listed(api, "&tag=beta").await, ["B", "SN-9", "b"]);
    assert_eq!(listed(api, &format!("&tag=beta{of_cohort}&order=desc")).await, ["b", "B"]);
    assert_eq!(listed(api, "&identifier=SN-9").await, ["SN-9"]);
    let search = percent_encoded("identifier~'SN' and inserted_at>='2000-01-01T00:00:00Z'");
    assert_eq!(listed(api, &format!("&search={search}")).await, ["SN-10", "SN-9"]);
    assert_eq!(listed(api, &format!("&search={search}&quarantined=true")).await, Vec::<String>::new());

    let new = json!({"name": "part", "role": "reader", "cohort_prns": [other]});
    let key = api.post("/v1/api_keys", &new).await.expect(201).json["api_key"]["key"].take();
    let limited = api.with_key(key.as_str().unwrap());
    assert_eq!(listed(&limited, "").await, ["SN-9"]);
    assert_eq!(listed(&limited, &of_cohort).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_goes_on_where_it_was_whatever_comes_and_goes() {
    let server = Server::start().await;
    let (factory, _) = fleet(&server).await;
    let api = &factory.api;
    let first = api.get("/v1/devices?sort=identifier&limit=2").await.expect(200).json;
    // The device that the cursor names goes, one comes before the cursor and one after it.
    api.delete(&path(first["devices"][1]["prn"].as_str().unwrap())).await.expect(204);
    for identifier in ["A", "SN-2"] {
        let new = json!({"identifier": identifier, "product_prn": factory.product});
        api.post("/v1/devices", &new).await.expect(201);
    }
    let cursor = first["next_page"].as_str().unwrap();
    let rest = api.get(&format!("/v1/devices?sort=identifier&page={cursor}")).await.expect(200).json;
    let rest: Vec<_> =
        rest["devices"].as_array().unwrap().iter().map(|device| &device["identifier"]).collect();
    assert_eq!(rest, ["SN-2", "SN-9", "a", "b", "ä"]);
}

#[tokio::test]
async fn a_cursor_belongs_to_its_order_and_only_devices_can_be_sorted() {
    let server = Server::start().await;
    let (factory, _) = fleet(&server).await;
    let cursor = async |query: &str| {
        let page = factory.api.get(&format!("/v1/devices?limit=2{query}")).await.expect(200).json;
        page["next_page"].as_str().unwrap().to_owned()
    };
    let (by_time, by_identifier) = (cursor("").await, cursor("&sort=identifier").await);
    for (query, parameter, problem) in [
        (format!("devices?page={by_identifier}"), "page", "sorted by something else: keep sort as it was"),
        (
            format!("devices?sort=identifier&page={by_time}"),
            "page",
            "sorted by something else: keep sort as it was",
        ),
        (format!("devices?sort=identifier&order=desc&page={by_identifier}"), "page", "keep order as it was"),
        (format!("cohorts?page={by_identifier}"), "page", "sorted by something else"),
        (
            "devices?sort=last_connected_at".to_owned(),
            "sort",
            "takes inserted_at (the time of creation) or identifier",
        ),
        ("devices?sort=".to_owned(), "sort", "takes inserted_at (the time of creation) or identifier"),
        ("cohorts?sort=identifier".to_owned(), "sort", "there is no such parameter here"),
        ("events/export?format=csv&sort=identifier".to_owned(), "sort", "there is no such parameter here"),
    ] {
        let refused = factory.api.get(&format!("/v1/{query}")).await.expect(400);
        assert_eq!(refused.json["errors"][0]["context"]["parameter"], parameter, "{query}");
        assert!(refused.error_message().contains(problem), "{query}: {}", refused.error_message());
    }
    let same = format!("/v1/devices?sort=inserted_at&page={by_time}");
    assert_eq!(factory.api.get(&same).await.expect(200).json["devices"].as_array().unwrap().len(), 4);
}
