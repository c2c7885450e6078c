//! Requests that are repeated, and changes of what has changed.

use olivine_testkit::Server;
use olivine_tests::{Answer, Api, Table, Workbench, prn, send};
use reqwest::Method;
use serde_json::{Value, json};

async fn post(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    send(api.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn repeated_requests_get_the_first_answer() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let api = bench.api();
    let signed = bench.signable(b"content").await;
    let signature = bench.pair().sign(b"content");
    let artifact = json!({"name": "bootloader"});
    let version =
        json!({"artifact_prn": prn(&api.get("/v1/artifacts").await.json["artifacts"][0]), "version": "2"});
    let key = json!({"name": "another", "value": olivine_tests::SigningPair::generate().public_value()});
    let attached =
        json!({"binary_prn": signed, "signing_key_prn": bench.signing_key_prn(), "signature": signature});
    for (path, body) in [
        ("/v1/artifacts", artifact),
        ("/v1/artifact_versions", version),
        ("/v1/binaries", bench.promise(b"content")),
        ("/v1/signing_keys", key),
        ("/v1/binary_signatures", attached),
    ] {
        let first = post(api, path, path, &body).await.expect(201);
        assert_eq!(first.header("idempotency-replayed"), None, "{path}");
        for _ in 0..2 {
            let again = post(api, path, path, &body).await.expect(201);
            assert_eq!(
                (&again.body, again.header("idempotency-replayed")),
                (&first.body, Some("true")),
                "{path}"
            );
        }
    }
    // A secret is shown once, also to who asks in the same words again.
    let ci = json!({"name": "ci", "role": "reader"});
    let first = post(api, "/v1/api_keys", "ci", &ci).await.expect(201);
    let again = post(api, "/v1/api_keys", "ci", &ci).await.expect(201);
    assert!(first.json["api_key"]["key"].is_string() && again.json["api_key"]["key"].is_null());
    assert_eq!(again.json["api_key"]["prn"], first.json["api_key"]["prn"]);
}

#[tokio::test]
async fn idempotency_keys_used_for_other_requests() {
    let server = Server::start().await;
    let api = server.api();
    let mut table = Table::default();
    post(&api, "/v1/artifacts", "one", &json!({"name": "one"})).await.expect(201);
    table.note("another body", &post(&api, "/v1/artifacts", "one", &json!({"name": "two"})).await);
    table.note("another path", &post(&api, "/v1/signing_keys", "one", &json!({"name": "one"})).await);
    table.note("an empty key", &post(&api, "/v1/artifacts", "", &json!({"name": "three"})).await);
    table.note(
        "a key of 256 characters",
        &post(&api, "/v1/artifacts", &"k".repeat(256), &json!({"name": "three"})).await,
    );
    table.note(
        "a key of no plain characters",
        &post(&api, "/v1/artifacts", "schlüssel", &json!({"name": "three"})).await,
    );
    table.note("a request that fails", &post(&api, "/v1/artifacts", "fails", &json!({"name": "one"})).await);
    table.note(
        "the same, put right",
        &post(&api, "/v1/artifacts", "fails again", &json!({"name": "four"})).await,
    );
    insta::assert_snapshot!("idempotency_keys", table.text());
    let names = api.get("/v1/artifacts").await.expect(200);
    let names: Vec<_> =
        names.json["artifacts"].as_array().unwrap().iter().map(|artifact| artifact["name"].clone()).collect();
    assert_eq!(names, ["one", "four"]);
    // Another caller's key is another key.
    let other = api.post("/v1/api_keys", &json!({"name": "other", "role": "writer"})).await.expect(201);
    let other = api.with_key(other.json["api_key"]["key"].as_str().unwrap());
    post(&other, "/v1/artifacts", "one", &json!({"name": "five"})).await.expect(201);
}

#[tokio::test]
async fn changes_of_what_has_changed() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let api = bench.api();
    let binary = bench.uploadable(b"content").await;
    let artifact = prn(&api.get("/v1/artifacts").await.json["artifacts"][0]);
    let key = api.post("/v1/api_keys", &json!({"name": "ci", "role": "reader"})).await.expect(201);
    let mut table = Table::default();
    for (what, path, field) in [
        ("a binary", format!("/v1/binaries/{binary}"), "description"),
        ("an artifact", format!("/v1/artifacts/{artifact}"), "description"),
        ("an artifact version", format!("/v1/artifact_versions/{}", bench.version_prn()), "description"),
        ("a signing key", format!("/v1/signing_keys/{}", bench.signing_key_prn()), "name"),
        ("an API key", format!("/v1/api_keys/{}", prn(&key.json["api_key"])), "name"),
        ("the organization", "/v1/organization".to_owned(), "name"),
    ] {
        let patch = async |tag: &str, value: &str| {
            send(api.request(Method::PATCH, &path).header("if-match", tag).json(&json!({field: value}))).await
        };
        let tag = api.get(&path).await.expect(200).header("etag").expect("a record has an ETag").to_owned();
        let changed = patch(&tag, "first").await.expect(200);
        assert_ne!(changed.header("etag"), Some(tag.as_str()), "{what}");
        table.note(&format!("{what}, with the ETag of before"), &patch(&tag, "second").await);
        table.note(&format!("{what}, with an ETag that is none"), &patch("yesterday", "second").await);
        let read = api.get(&path).await.expect(200);
        let record = read.json.as_object().unwrap().values().next().unwrap();
        assert_eq!(record[field], "first", "{what}");
        let tag = changed.header("etag").unwrap().to_owned();
        assert_eq!(read.header("etag"), Some(tag.as_str()), "{what}");
        patch(&tag, "second").await.expect(200);
        patch("*", "third").await.expect(200);
    }
    insta::assert_snapshot!("changes_of_what_has_changed", table.text());
}
