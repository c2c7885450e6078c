//! Exports of events: all that a filter finds, and never a part that looks like the whole.

use olivine_domain::event_exports::ExportSpan;
use olivine_domain::permissions::scope;
use olivine_operations::api_keys;
use olivine_operations::events::callers::StreamCaller;
use olivine_operations::events::export::Export;
use olivine_operations::lists::ListQuery;
use olivine_testkit::Server;
use olivine_tests::{Answer, Api, prn};
use serde_json::{Value, json};

async fn make_artifacts(api: &Api, count: usize) {
    for number in 0..count {
        api.post("/v1/artifacts", &json!({"name": format!("artifact-{number}")})).await.expect(201);
    }
}

fn lines(answer: &Answer) -> Vec<String> {
    String::from_utf8(answer.body.clone()).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_export_has_all_events_that_the_list_has() {
    let server = Server::start().await;
    let api = server.api();
    make_artifacts(&api, 230).await;
    let jsonl = api.get("/v1/events/export?format=jsonl&type=artifact.created").await.expect(200);
    let exported: Vec<Value> = lines(&jsonl).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported.len(), 230);
    let listed = api.get("/v1/events?type=artifact.created&limit=100").await.expect(200).json;
    assert_eq!(exported[..100], *listed["events"].as_array().unwrap());
    let csv = api.get("/v1/events/export?format=csv&type=artifact.created&order=desc").await.expect(200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let csv = lines(&csv);
    assert_eq!(csv.len(), 231);
    assert!(csv[0].starts_with("inserted_at,type,actor,resource_prn,data,"), "{}", csv[0]);
    assert!(csv[1].contains("artifact-229") && csv[230].contains("artifact-0"), "newest first");
    let search = "search=inserted_at%3E%3D'2000-01-01T00:00:00Z'%20and%20type:'artifact.created'";
    let searched = api.get(&format!("/v1/events/export?format=jsonl&{search}")).await.expect(200);
    assert_eq!(lines(&searched).len(), 230);
    // A time before there was anything, times that make no sense, and what an export does not take.
    let before = "format=jsonl&since=2020-01-01T00:00:00Z&until=2020-06-01T00:00:00Z";
    assert!(api.get(&format!("/v1/events/export?{before}")).await.expect(200).body.is_empty());
    for (query, named) in [
        ("", "format"),
        ("format=xls", "format"),
        ("format=csv&since=2020-01-01T00:00:00Z", "since"),
        ("format=csv&since=2020-01-01T00:00:00Z&until=2019-01-01T00:00:00Z", "since"),
        ("format=csv&since=yesterday", "since"),
        ("format=csv&limit=10", "limit"),
        ("format=csv&page=x", "page"),
        ("format=csv&after=0", "after"),
        ("format=csv&colour=red", "colour"),
    ] {
        let refused = api.get(&format!("/v1/events/export?{query}")).await.expect(400).json;
        assert_eq!(refused["errors"][0]["context"]["parameter"], json!(named), "{query}");
    }
}

#[tokio::test]
async fn an_export_shows_only_what_its_caller_reaches() {
    let server = Server::start().await;
    let api = server.api();
    let mut products = Vec::new();
    for name in ["seen", "hidden"] {
        let made = api.post("/v1/products", &json!({"name": name})).await.expect(201).json;
        products.push(prn(&made["product"]));
    }
    let new = json!({"name": "part", "role": "reader", "product_prns": [products[0]]});
    let key = api.post("/v1/api_keys", &new).await.expect(201).json["api_key"]["key"].take();
    let limited = api.with_key(key.as_str().unwrap());
    let seen = limited.get("/v1/events/export?format=csv").await.expect(200);
    let seen = String::from_utf8(seen.body).unwrap();
    assert!(seen.contains(&products[0]) && !seen.contains(&products[1]), "{seen}");
}

#[tokio::test]
async fn an_export_ends_with_the_right_to_read() {
    let server = Server::start().await;
    let api = server.api();
    make_artifacts(&api, 150).await;
    let new = json!({"name": "reader", "role": "reader"});
    let made = api.post("/v1/api_keys", &new).await.expect(201).json["api_key"].take();
    let token = made["key"].as_str().unwrap();
    let actor = api_keys::authenticate(server.ctx(), token, olivine_domain::permissions::Origin::default())
        .await
        .unwrap();
    let begin = async || {
        let caller = StreamCaller { actor: actor.clone(), session: None };
        let by = actor.authorize::<scope::EventRead>().unwrap();
        let span = ExportSpan::new(None, None, server.ctx().now()).unwrap();
        Export::begin(server.ctx(), by, caller, ListQuery::default(), span).await.unwrap()
    };
    let mut whole = begin().await;
    let mut count = 0;
    while let Some(events) = whole.next().await.unwrap() {
        count += events.len();
    }
    assert!(count > 150, "{count}");
    let mut broken = begin().await;
    assert_eq!(broken.next().await.unwrap().unwrap().len(), 100);
    api.delete(&format!("/v1/api_keys/{}", prn(&made))).await.expect(204);
    broken.next().await.unwrap_err();
}
