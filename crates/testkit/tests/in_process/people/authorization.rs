//! Who may ask for what, operation by operation as the OpenAPI document lists them: one that is new is in here at once.

use std::collections::BTreeMap;

use olivine_domain::permissions::{Role, Scope};
use olivine_tests::{Answer, Browser, Operation, operations};
use reqwest::Method;
use serde_json::json;

use super::{join, membership, set_up};

/// A record that nobody has.
const NOBODYS: &str =
    "prn:1:0190163d-8694-739b-aea5-966c26f8ad91:artifact:0190163d-8694-739b-aea5-966c26f8ad92";

async fn ask(by: &Browser, operation: &Operation) -> Answer {
    by.send(with_body(by.request(operation.method.clone(), &operation.path_with(NOBODYS)), operation)).await
}

fn with_body(request: reqwest::RequestBuilder, operation: &Operation) -> reqwest::RequestBuilder {
    let takes_body = operation.description["requestBody"].is_object();
    if takes_body { request.json(&json!({})) } else { request }
}

/// Which scope an operation asks for, as it tells somebody who has none.
async fn scope_of(nobody: &Browser, operation: &Operation) -> Option<Scope> {
    let answer = ask(nobody, operation).await;
    let scope = answer.json["errors"][0]["context"]["missing_scope"].as_str()?.to_owned();
    assert_eq!((answer.status, answer.error_code()), (403, Some("unauthorized")), "{operation:?}");
    Some(Scope::from_name(&scope).unwrap())
}

#[tokio::test]
async fn each_role_may_do_what_its_scopes_say_and_nothing_else() {
    let (server, ada) = set_up().await;
    let mut people = BTreeMap::new();
    for role in Role::ALL {
        let email = format!("{}@example.com", role.as_str().replace('_', "-"));
        people.insert(role, join(&ada, &server, &email, &[role.as_str()]).await);
    }
    // Two without anything that is asked for: what one may ask for, the other may not.
    let mut harmless = Vec::new();
    for scope in ["event.read", "artifact.read"] {
        let email = format!("{}@example.com", scope.replace(['.', '_'], "-"));
        let invitation = json!({"email": email, "grants": [{"scopes": [scope]}]});
        let link = super::link_of(&ada.post("/v1/invitations", &invitation).await.expect(201));
        let browser = Browser::new(&server.api());
        browser.accept(&link, "Nobody").await.expect(201);
        harmless.push(browser);
    }
    let mut asked = 0;
    for operation in operations(&server.api()).await.iter().filter(|operation| !operation.is_open()) {
        let is_of_artifacts = operation.path.contains("/artifacts");
        let Some(scope) = scope_of(&harmless[usize::from(!is_of_artifacts)], operation).await else {
            continue;
        };
        asked += 1;
        let said = &operation.description["x-required-scope"];
        assert_eq!(said, scope.as_str(), "{} {}", operation.method, operation.path);
        for (role, person) in &people {
            let answer = ask(person, operation).await;
            // One that was split off is enough for some requests of the operation, and so to be read at all.
            let has_parts = ["/v1/devices/{prn}", "/v1/bundle_overrides"].contains(&operation.path.as_str());
            let parts = Scope::ALL.iter().filter(|part| has_parts && part.implied_by() == Some(scope));
            let may_something = parts.chain([&scope]).any(|scope| role.includes(scope.role()));
            let is_refused = answer.status == 403 && answer.error_code() == Some("unauthorized");
            assert_eq!(
                is_refused, !may_something,
                "{role:?} asks for {} {}: {answer:?}",
                operation.method, operation.path
            );
        }
    }
    assert!(asked > 80, "{asked} operations ask for a scope");
}

#[tokio::test]
async fn no_operation_is_reached_without_who_asks_and_where_from() {
    let (server, ada) = set_up().await;
    let (stranger, gone, ended) = (Browser::new(&server.api()), Browser::new(&server.api()), ada.copied());
    ada.post("/v1/reauthenticate", &json!({"password": olivine_tests::PASSWORD})).await.expect(200);
    let grace = join(&ada, &server, "grace@example.com", &["admin"]).await;
    let key = json!({"name": "hers", "role": "admin"});
    let key = grace.post("/v1/api_keys", &key).await.expect(201).json["api_key"]["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let of_grace = membership(&ada, "grace@example.com").await;
    ada.delete(&format!("/v1/memberships/{of_grace}")).await.expect(200);
    let removed = grace;
    let other = server.another_organization("other").await;
    for operation in operations(&server.api()).await {
        let what = format!("{} {}", operation.method, operation.path);
        if operation.is_open() {
            if operation.method != Method::GET {
                let bare = with_body(stranger.bare(operation.method.clone(), &operation.path), &operation);
                assert_eq!(stranger.send(bare).await.error_code(), Some("csrf_refused"), "{what}");
            }
            continue;
        }
        assert_eq!(ask(&gone, &operation).await.expect(401).error_code(), Some("unauthenticated"), "{what}");
        assert_eq!(ask(&ended, &operation).await.expect(401).error_code(), Some("session_ended"), "{what}");
        if operation.method != Method::GET {
            let bare =
                with_body(ada.bare(operation.method.clone(), &operation.path_with(NOBODYS)), &operation);
            assert_eq!(ada.send(bare).await.expect(403).error_code(), Some("csrf_refused"), "{what}");
        }
        let by_key =
            with_body(other.request(operation.method.clone(), &operation.path_with(NOBODYS)), &operation);
        let by_key = olivine_tests::send(by_key).await;
        if operation.takes_person() {
            assert_eq!(by_key.expect(403).error_code(), Some("person_required"), "{what}");
        } else if operation.path.contains('{') {
            assert!([400, 404, 415, 422].contains(&by_key.status), "{what}: {by_key:?}");
        }
        if !operation.takes_person() && operation.path != "/v1/users/me" {
            let answer = ask(&removed, &operation).await;
            assert_eq!((answer.status, answer.error_code()), (403, Some("unauthorized")), "{what}");
        }
    }
    // The organization's key that she made is the organization's.
    server.api().with_key(key).get("/v1/artifacts").await.expect(200);
}
