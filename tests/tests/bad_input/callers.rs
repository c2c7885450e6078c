//! Callers without a key, with a revoked key, or without permission; and paths and methods that do not exist.
//!
//! The tests go through the OpenAPI document, so that a new endpoint can't be forgotten.

use olivine_tests::{Database, Server, Table, on_both, send};
use reqwest::Method;

on_both!(
    async paths_and_methods_that_do_not_exist,
);

async fn paths_and_methods_that_do_not_exist(database: Database) {
    let server = Server::start(database);
    let api = server.api();
    let mut table = Table::default();
    for path in
        ["/", "/v1", "/v1/", "/v1/firmwares", "/v2/binaries", "/v1/binaries/", "/content", "/favicon.ico"]
    {
        table.note(&format!("GET {path}"), &api.get(path).await);
        let anonymous = api.without_key().get(path).await;
        assert_eq!(anonymous.status, 404, "{path} without a key");
    }
    for (method, path) in [
        (Method::POST, "/v1/organization"),
        (Method::DELETE, "/v1/binaries"),
        (Method::PUT, "/v1/artifacts"),
        (Method::PATCH, "/v1/events"),
        (Method::OPTIONS, "/v1/binaries"),
        (Method::TRACE, "/v1/binaries"),
        (Method::from_bytes(b"BREW").unwrap(), "/v1/binaries"),
        (Method::POST, "/healthz"),
        (Method::POST, "/content/x"),
    ] {
        let answer = send(api.request(method.clone(), path)).await;
        table.note(&format!("{method} {path}"), &answer);
        assert!(
            answer.header("allow").is_some_and(|allowed| allowed.contains("GET")),
            "{method} {path}: {answer:?}"
        );
    }
    insta::assert_snapshot!("paths_and_methods", table.text());
}
