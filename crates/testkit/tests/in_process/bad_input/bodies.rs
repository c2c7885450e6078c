//! JSON that is none, or not the one that is asked for.

use olivine_testkit::Server;
use olivine_tests::{Table, Workbench};
use serde_json::{Value, json};

/// The most bytes of custom metadata.
const MEGABYTE: usize = 1_000_000;

/// A JSON object of exactly `bytes` bytes.
fn object_of(bytes: usize) -> Value {
    json!({"x": "y".repeat(bytes - json!({"x": ""}).to_string().len())})
}

#[tokio::test]
async fn fields_that_cannot_be() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let mut table = Table::default();
    let promise = bench.promise(b"x");
    let with = |field: &str, value: Value| {
        let mut body = promise.clone();
        body[field] = value;
        body
    };
    let without = |field: &str| {
        let mut body = promise.clone();
        body.as_object_mut().unwrap().remove(field);
        body
    };
    for (what, body) in [
        ("a misspelt field", with("targte", json!("x"))),
        ("no hash", without("hash")),
        ("no target", without("target")),
        ("no artifact version", without("artifact_version_prn")),
        ("an empty target", with("target", json!(""))),
        ("a target of 129 characters", with("target", json!("x".repeat(129)))),
        ("a target that is a number", with("target", json!(7))),
        ("a target that is null", with("target", Value::Null)),
        ("a size in words", with("size", json!("ten"))),
        ("a negative size", with("size", json!(-1))),
        ("a size of two to the 63rd", with("size", json!(9_223_372_036_854_775_808_u64))),
        ("a size of 1e300", with("size", json!(1e300))),
        ("a size of more than 50 TB", with("size", json!(53_687_091_200_001_u64))),
        ("metadata that is a list", with("custom_metadata", json!([1]))),
        ("metadata that is a text", with("custom_metadata", json!("x"))),
        ("a description of 2,001 characters", with("description", json!("x".repeat(2001)))),
        ("an id that is no UUID", with("id", json!("7"))),
        ("several things at once", json!({"artifact_version_prn": "x", "target": "", "hash": "y"})),
    ] {
        table.note(what, &bench.api().post("/v1/binaries", &body).await);
    }
    insta::assert_snapshot!("fields_of_binaries", table.text());
}

#[tokio::test]
async fn other_fields_that_cannot_be() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let mut table = Table::default();
    let binary = format!("/v1/binaries/{}", bench.uploadable(b"x").await);
    for (what, body) in [
        ("a change of what can't be changed", json!({"hash": "00"})),
        ("a state that does not exist", json!({"state": "published"})),
        ("a state that is a number", json!({"state": 3})),
        ("a description that is a number", json!({"description": 3})),
    ] {
        table.note(what, &bench.api().patch(&binary, &body).await);
    }
    for (what, path, body) in [
        ("an artifact without a name", "/v1/artifacts", json!({})),
        ("an artifact with an empty name", "/v1/artifacts", json!({"name": ""})),
        ("a key with neither role nor scopes", "/v1/api_keys", json!({"name": "ci"})),
        (
            "a key with both",
            "/v1/api_keys",
            json!({"name": "ci", "role": "writer", "scopes": ["event.read"]}),
        ),
        ("a key with no scopes", "/v1/api_keys", json!({"name": "ci", "scopes": []})),
        ("a role that does not exist", "/v1/api_keys", json!({"name": "ci", "role": "root"})),
        ("a scope that does not exist", "/v1/api_keys", json!({"name": "ci", "scopes": ["binary.explode"]})),
        (
            "an expiry in the past",
            "/v1/api_keys",
            json!({"name": "ci", "role": "reader", "expires_at": "2020-01-01T00:00:00Z"}),
        ),
        (
            "an expiry that is no time",
            "/v1/api_keys",
            json!({"name": "ci", "role": "reader", "expires_at": "tomorrow"}),
        ),
    ] {
        table.note(what, &bench.api().post(path, &body).await);
    }
    for (what, body) in [
        ("no signatures required", json!({"required_signatures": 0})),
        ("eleven signatures required", json!({"required_signatures": 11})),
        ("a thousand signatures required", json!({"required_signatures": 1000})),
        ("a negative quota", json!({"storage_quota": -1})),
        ("a quota beyond all numbers", json!({"storage_quota": u64::MAX})),
    ] {
        table.note(what, &bench.api().patch("/v1/organization", &body).await);
    }
    insta::assert_snapshot!("other_fields", table.text());
}

#[tokio::test]
async fn metadata_up_to_a_megabyte() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let mut table = Table::default();
    let artifact = json!({"name": "with-metadata", "custom_metadata": object_of(MEGABYTE)});
    let artifact = bench.api().post("/v1/artifacts", &artifact).await.expect(201);
    assert_eq!(artifact.json["artifact"]["custom_metadata"], object_of(MEGABYTE));
    let artifact_prn = &artifact.json["artifact"]["prn"];

    let too_much = object_of(MEGABYTE + 1);
    let binary = bench.uploadable(b"x").await;
    let mut promise = bench.promise(b"x");
    promise["custom_metadata"] = too_much.clone();
    let version = json!({"artifact_prn": artifact_prn, "version": "1", "custom_metadata": too_much});
    let new_artifact = json!({"name": "another", "custom_metadata": too_much});
    let change = json!({"custom_metadata": too_much});
    for (what, answer) in [
        ("an artifact with a byte more", bench.api().post("/v1/artifacts", &new_artifact).await),
        ("a version with a byte more", bench.api().post("/v1/artifact_versions", &version).await),
        ("a binary with a byte more", bench.api().post("/v1/binaries", &promise).await),
        (
            "a binary changed to a byte more",
            bench.api().patch(&format!("/v1/binaries/{binary}"), &change).await,
        ),
    ] {
        table.note(what, &answer);
    }
    insta::assert_snapshot!("metadata_up_to_a_megabyte", table.text());
}
