//! Whose account it is: an organization's administrator decides about memberships, not about people.

use olivine_tests::{Browser, PASSWORD, token};
use serde_json::json;

use super::{ADA, invite, join, link_of, set_up};

async fn prn_of(person: &Browser) -> String {
    person.get("/v1/users/me").await.expect(200).json["user"]["prn"].as_str().unwrap().to_owned()
}

/// A person of `default` with these roles, and one of another organization who administrates it and invited her there as well.
#[tokio::test]
async fn an_account_in_two_organizations_is_taken_over_by_neither() {
    let (server, ada) = set_up().await;
    let other = server.another_organization("other").await;
    let invitation = json!({"email": "boss@example.com", "grants": [{"role": "admin"}]});
    let boss_link = link_of(&other.post("/v1/invitations", &invitation).await.expect(201));
    let boss = Browser::new(&server.api());
    boss.accept(&boss_link, "Boss").await.expect(201);
    let second = join(&ada, &server, "second@example.com", &["admin"]).await;
    let grace = join(&ada, &server, "grace@example.com", &["developer"]).await;
    let grace_prn = prn_of(&grace).await;

    // As long as she is in `default` alone, its administrators may; the other organization does not know of her.
    let account = format!("/v1/users/{grace_prn}");
    let reset = format!("{account}/reset_link");
    boss.post(&reset, &json!({})).await.expect(404);
    boss.get(&account).await.expect(404);
    second.get(&account).await.expect(200);
    let theirs = format!("/v1/memberships/{}", super::membership(&ada, "grace@example.com").await);
    boss.get(&theirs).await.expect(404);
    boss.patch(&theirs, &json!({"grants": [{"role": "admin"}]})).await.expect(404);
    boss.delete(&theirs).await.expect(404);
    let link = second.post(&reset, &json!({})).await.expect(201).json["url"].as_str().unwrap().to_owned();

    let join_other = invite(&boss, "grace@example.com", &["viewer"]).await;
    grace.post("/v1/invitations/accept", &json!({"token": token(&join_other)})).await.expect(204);
    let void = json!({"token": token(&link), "password": "another four words"});
    Browser::new(&server.api()).post("/v1/password_resets/complete", &void).await.expect(403);
    for administrator in [&second, &boss] {
        assert_eq!(
            administrator.post(&reset, &json!({})).await.expect(403).error_code(),
            Some("not_your_account")
        );
        administrator.patch(&account, &json!({"disabled": true})).await.expect(403);
        administrator.delete(&account).await.expect(403);
    }
    // An administrator of the installation may; an API key never.
    ada.post(&reset, &json!({})).await.expect(201);
    assert_eq!(server.api().post(&reset, &json!({})).await.expect(403).error_code(), Some("person_required"));
    let of_ada = format!("/v1/users/{}", prn_of(&ada).await);
    second.post(&format!("{of_ada}/reset_link"), &json!({})).await.expect(403);
    second.patch(&of_ada, &json!({"disabled": true})).await.expect(403);
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_comes_back_when_enabled() {
    let (server, ada) = set_up().await;
    let grace = join(&ada, &server, "grace@example.com", &["admin"]).await;
    let account = format!("/v1/users/{}", prn_of(&grace).await);
    let disabled = ada.patch(&account, &json!({"disabled": true})).await.expect(200);
    assert!(disabled.json["user"]["disabled_at"].is_string());
    assert_eq!(grace.get("/v1/users/me").await.expect(401).error_code(), Some("session_ended"));
    let refused = grace.sign_in("grace@example.com").await.expect(401);
    assert_eq!(refused.error_code(), Some("sign_in_failed"), "as for who never was there");
    let of_ada = format!("/v1/users/{}", prn_of(&ada).await);
    assert_eq!(
        ada.patch(&of_ada, &json!({"disabled": true})).await.expect(409).error_code(),
        Some("last_admin")
    );
    ada.patch(&account, &json!({"disabled": false, "name": "Grace Hopper"})).await.expect(200);
    grace.sign_in("grace@example.com").await.expect(200);
    ada.delete(&account).await.expect(204);
    grace.get("/v1/users/me").await.expect(401);
    ada.get(&account).await.expect(404);
    // A person who is invited again starts without the earlier grants.
    join(&ada, &server, "grace@example.com", &["viewer"]).await.get("/v1/artifacts").await.expect(200);
}

#[tokio::test]
async fn no_secret_of_a_person_is_in_any_answer_or_event() {
    let (server, ada) = set_up().await;
    let grace = join(&ada, &server, "grace@example.com", &["admin"]).await;
    let link = invite(&grace, "eve@example.com", &["viewer"]).await;
    let begun = grace.post("/v1/users/me/totp", &json!({})).await.expect(201).json;
    grace.post("/v1/sign_in", &json!({"email": ADA, "password": PASSWORD})).await.expect(200);
    let api = server.api();
    let mut seen = String::new();
    for path in [
        "/v1/events?limit=100",
        "/v1/invitations",
        "/v1/memberships",
        "/v1/users",
        "/v1/api_keys",
        "/v1/users/me",
    ] {
        seen += &String::from_utf8_lossy(&api.get(path).await.expect(200).body);
    }
    let cookies = [ada.cookies(), grace.cookies()];
    let tokens = cookies.iter().flat_map(|cookies| cookies.values().map(String::as_str));
    let secrets = [PASSWORD, token(&link), begun["secret"].as_str().unwrap(), "argon2"];
    for secret in secrets.into_iter().chain(tokens) {
        assert!(!seen.contains(secret), "{secret}");
    }
    assert!(
        !seen.split("\"events\"").nth(1).unwrap().contains("user.created\",\"email"),
        "events name no addresses"
    );
}
