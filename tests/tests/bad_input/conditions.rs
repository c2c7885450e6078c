//! Repeated requests, and changes of records that have changed in the meantime.

use olivine_tests::{Answer, Api, Database, Server, Workbench, on_both, send};
use reqwest::Method;
use serde_json::Value;

on_both!(
    async two_at_once_make_one_record,
);

async fn post(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    send(api.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

async fn two_at_once_make_one_record(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    for round in 0..10 {
        let body = bench.promise(b"content");
        let key = format!("round-{round}");
        let ask = || post(bench.api(), "/v1/binaries", &key, &body);
        let (one, other) = tokio::join!(ask(), ask());
        for answer in [&one, &other] {
            let in_progress = answer.error_code() == Some("idempotency_in_progress");
            assert!(answer.status == 201 || in_progress, "{answer:?}");
        }
        let again = ask().await.expect(201);
        for answer in [one, other].iter().filter(|answer| answer.status == 201) {
            assert_eq!(answer.json["binary"]["prn"], again.json["binary"]["prn"]);
        }
    }
    let all = bench.api().get("/v1/binaries?limit=100").await.expect(200);
    assert_eq!(all.json["binaries"].as_array().map(Vec::len), Some(10));
    let events = bench.api().get("/v1/events?limit=100&type=binary.created").await.expect(200);
    assert_eq!(events.json["events"].as_array().map(Vec::len), Some(10));
}
