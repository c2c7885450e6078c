//! Callers who are nobody, nobody any more, or not allowed; and paths and methods that do not exist.
//!
//! The OpenAPI document is walked, so that a new endpoint can't be forgotten.

use olivine_domain::permissions::Scope;
use olivine_testkit::Server;
use olivine_tests::{Answer, Api, Operation, Table, Workbench, operations, send};
use reqwest::Method;
use serde_json::{Value, json};

async fn new_key(api: &Api, body: &Value) -> Value {
    api.post("/v1/api_keys", body).await.expect(201).json["api_key"].take()
}

/// The key with its last character replaced by another one that keys have.
fn altered(key: &str) -> String {
    let last = if key.ends_with('A') { 'B' } else { 'A' };
    format!("{}{last}", &key[..key.len() - 1])
}

/// A request that gets as far as the question of who calls and what they may.
async fn ask(api: &Api, operation: &Operation) -> Answer {
    let path = operation.path_with("prn:1:01890000-0000-7000-8000-000000000000");
    send(api.request(operation.method.clone(), &path)).await
}

/// The one scope that depends on what a request says.
async fn destroying_takes_a_scope_of_its_own(api: &Api, scopes: &[String], table: &mut Table) {
    let bench = Workbench::new(api.clone()).await;
    let binary = format!("/v1/binaries/{}", bench.signable(b"x").await);
    let others: Vec<_> = scopes.iter().filter(|scope| *scope != "binary.destroy").collect();
    let key = new_key(api, &json!({"name": "all but destroying", "scopes": others})).await;
    let api = api.with_key(key["key"].as_str().unwrap());
    let answer = api.patch(&binary, &json!({"state": "destroyed"})).await;
    table.note("PATCH state=destroyed with all scopes but binary.destroy", &answer);
    assert_eq!(api.get(&binary).await.json["binary"]["state"], "signable");
}

#[tokio::test]
async fn keys_that_are_not_welcome() {
    let server = Server::start().await;
    let api = server.api();
    let mut table = Table::default();
    let nobody = api.without_key();
    let me = |header: &str| nobody.request(Method::GET, "/v1/users/me").header("authorization", header);
    for (what, header) in [
        ("a key of the right form that nobody has", format!("Bearer olv_{}", "A".repeat(43))),
        ("a key with its last character changed", format!("Bearer {}", altered(&server.admin_key()))),
        ("a key cut short", format!("Bearer {}", &server.admin_key()[..20])),
        ("an empty key", "Bearer ".to_owned()),
        ("Bearer alone", "Bearer".to_owned()),
        ("a password", "Basic YWRtaW46YWRtaW4=".to_owned()),
        ("ten thousand characters", format!("Bearer olv_{}", "A".repeat(10_000))),
    ] {
        table.note(what, &send(me(&header)).await);
    }
    table.note("no key", &api.without_key().get("/v1/users/me").await);

    let expired = new_key(&api, &json!({"name": "expired", "role": "admin"})).await;
    let past = json!({"expires_at": "2020-01-01T00:00:00Z"});
    let path = format!("/v1/api_keys/{}", expired["prn"].as_str().unwrap());
    api.patch(&path, &past).await.expect(200);
    let by_expired = api.with_key(expired["key"].as_str().unwrap());
    table.note("an expired key", &by_expired.get("/v1/users/me").await);
    let revive = by_expired.patch(&path, &json!({"expires_at": null})).await;
    table.note("an expired key that extends its own life", &revive);

    let revoked = new_key(&api, &json!({"name": "revoked", "role": "admin"})).await;
    let path = format!("/v1/api_keys/{}", revoked["prn"].as_str().unwrap());
    let by_revoked = api.with_key(revoked["key"].as_str().unwrap());
    by_revoked.get("/v1/users/me").await.expect(200);
    by_revoked.delete(&path).await.expect(204);
    table.note("a revoked key", &by_revoked.get("/v1/users/me").await);
    insta::assert_snapshot!("keys_that_are_not_welcome", table.text());

    let answer = api.without_key().get("/v1/users/me").await.expect(401);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"olivine\""));
    let scheme_in_any_case = format!("bEaReR {}", server.admin_key());
    send(me(&scheme_in_any_case)).await.expect(200);
}

#[tokio::test]
async fn every_operation_asks_who_calls() {
    let server = Server::start().await;
    let (api, unknown) = (server.api(), server.api().with_key(format!("olv_{}", "A".repeat(43))));
    let operations = operations(&api).await;
    for operation in &operations {
        if operation.is_open() {
            // What these ask for instead is in `people`.
            continue;
        }
        for nobody in [&api.without_key(), &unknown] {
            let answer = ask(nobody, operation).await;
            assert_eq!((answer.status, answer.error_code()), (401, Some("unauthenticated")), "{operation:?}");
            assert!(answer.header("x-request-id").is_some());
        }
    }
}

#[tokio::test]
async fn every_operation_asks_for_its_scope() {
    let server = Server::start().await;
    let api = server.api();
    let me = api.get("/v1/users/me").await.expect(200);
    let scopes: Vec<String> = serde_json::from_value(me.json["user"]["scopes"].clone()).unwrap();
    let mut table = Table::default();
    let mut used = Vec::new();
    for operation in operations(&api).await {
        if operation.is_open() {
            continue;
        }
        // One that is no good for anything but this operation's neighbours, to learn which scope it asks for.
        let harmless = if operation.path.contains("/artifacts") { "event.read" } else { "artifact.read" };
        let key = new_key(&api, &json!({"name": "harmless", "scopes": [harmless]})).await;
        let answer = ask(&api.with_key(key["key"].as_str().unwrap()), &operation).await;
        let Some(scope) = answer.json["errors"][0]["context"]["missing_scope"].as_str() else {
            table.note(&format!("{} {} with any key", operation.method, operation.path), &answer);
            continue;
        };
        assert_eq!((answer.status, answer.error_code()), (403, Some("unauthorized")), "{operation:?}");
        table.line(&format!("{} {}: {scope}", operation.method, operation.path));
        let description = operation.description["description"].as_str().unwrap_or_default();
        assert!(
            description.contains(&format!("`{scope}`")),
            "{operation:?} does not say that it needs {scope}"
        );
        // Neither one that includes it, nor one that is a part of it, which some requests of the operation take.
        let is_like = |other: &str| {
            let implied_by =
                |name: &str| Scope::from_name(name).and_then(Scope::implied_by).map(Scope::as_str);
            other == scope || implied_by(scope) == Some(other) || implied_by(other) == Some(scope)
        };
        let others: Vec<_> = scopes.iter().filter(|other| !is_like(other)).collect();
        let key = new_key(&api, &json!({"name": "all but one", "scopes": others})).await;
        let answer = ask(&api.with_key(key["key"].as_str().unwrap()), &operation).await;
        assert_eq!(answer.status, 403, "{operation:?} without {scope}");
        let message = answer.error_message();
        assert!(message.contains(&format!("'{scope}'")), "{message}");
        let key = new_key(&api, &json!({"name": "just one", "scopes": [scope]})).await;
        let answer = ask(&api.with_key(key["key"].as_str().unwrap()), &operation).await;
        assert_ne!(answer.status, 403, "{operation:?} with {scope}");
        used.push(scope.to_owned());
    }
    destroying_takes_a_scope_of_its_own(&api, &scopes, &mut table).await;
    insta::assert_snapshot!("scopes", table.text());
    let unused: Vec<_> = scopes.iter().filter(|scope| !used.contains(scope)).collect();
    // The first is asked for beside another one, the last only people have, and the others are enough for some requests of an operation.
    let parts = ["bundle_override.for_device", "device.quarantine", "device.move", "device.tag"];
    let known = ["binary.destroy"].into_iter().chain(parts).chain(["user.update"]);
    assert!(unused.into_iter().eq(known), "a scope that no operation asks for");
}
