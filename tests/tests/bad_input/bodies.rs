//! Bodies that are not JSON, or not the expected JSON.

use olivine_tests::{Answer, Api, Database, Server, Table, on_both, send};
use reqwest::Method;
use serde_json::json;

on_both!(async json_that_cannot_be_read);

async fn post(api: &Api, path: &str, content_type: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
    let request = api.request(Method::POST, path).body(body.into());
    send(match content_type {
        Some(content_type) => request.header("content-type", content_type),
        None => request,
    })
    .await
}

async fn json_that_cannot_be_read(database: Database) {
    let server = Server::start(database);
    let api = server.api();
    let mut table = Table::default();
    let json = Some("application/json");
    for (what, content_type, body) in [
        ("nothing", json, &b""[..]),
        ("a broken object", json, b"{\"name\": \"x\""),
        ("two objects", json, b"{\"name\": \"x\"}{}"),
        ("a word", json, b"firmware"),
        ("a text in place of an object", json, b"\"x\""),
        ("a list in place of an object", json, b"[]"),
        ("null", json, b"null"),
        ("bytes that are no UTF-8", json, b"{\"name\": \"\xff\xfe\"}"),
        ("half a surrogate pair", json, br#"{"name": "\ud800"}"#),
        ("the same field twice", json, br#"{"name": "x", "name": "y"}"#),
        ("a number that no machine has", json, br#"{"name": 1e999}"#),
        ("XML by its name", Some("text/xml"), b"<name>x</name>"),
        ("plain text by its name", Some("text/plain"), br#"{"name": "x"}"#),
        ("a type that is no type", Some("json"), br#"{"name": "x"}"#),
    ] {
        table.note(what, &post(&api, "/v1/artifacts", content_type, body).await);
    }
    let deep = "[".repeat(200_000);
    table.note("two hundred thousand brackets", &post(&api, "/v1/artifacts", json, deep).await);
    let deep = format!(
        "{{\"name\": \"deep\", \"custom_metadata\": {{\"x\": {}{}}}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    table.note("metadata a hundred thousand brackets deep", &post(&api, "/v1/artifacts", json, deep).await);
    let long = format!("{{\"name\": \"{}\"}}", "x".repeat(2_097_152));
    table.note("more than two MiB", &post(&api, "/v1/artifacts", json, long).await);
    insta::assert_snapshot!("json_that_cannot_be_read", table.text());

    for (name, content_type) in [
        ("a", None),
        ("b", Some("application/x-www-form-urlencoded")),
        ("c", Some("application/merge-patch+json")),
    ] {
        post(&api, "/v1/artifacts", content_type, json!({"name": name}).to_string()).await.expect(201);
    }
}
