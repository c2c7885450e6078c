//! How long people stay signed in, where, and what takes a fresh session.

use std::time::Duration;

use olivine_testkit::Server;
use olivine_tests::{Browser, PASSWORD};
use serde_json::json;

use super::{ADA, set_up};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_after_a_week() {
    let (server, ada) = set_up().await;
    server.advance(11 * HOUR).await;
    ada.get("/v1/users/me").await.expect(200);
    server.advance(11 * HOUR).await;
    ada.get("/v1/users/me").await.expect(200);
    server.advance(12 * HOUR).await;
    assert_eq!(ada.get("/v1/users/me").await.expect(401).error_code(), Some("session_ended"));
    ada.sign_in(ADA).await.expect(200);
    for _ in 0..16 {
        server.advance(10 * HOUR).await;
        ada.get("/v1/users/me").await.expect(200);
    }
    server.advance(8 * HOUR).await;
    ada.get("/v1/users/me").await.expect(401);
}

#[tokio::test]
async fn what_cannot_be_undone_takes_who_proved_a_moment_ago_who_they_are() {
    let (server, ada) = set_up().await;
    let key = json!({"name": "ci", "role": "writer"});
    ada.post("/v1/api_keys", &key).await.expect(201);
    server.advance(Duration::from_mins(15)).await;
    ada.get("/v1/api_keys").await.expect(200);
    ada.post("/v1/artifacts", &json!({"name": "main"})).await.expect(201);
    for refused in [
        ada.post("/v1/api_keys", &key).await,
        ada.post("/v1/invitations", &json!({"email": "a@b.c", "grants": [{"role": "viewer"}]})).await,
        ada.post("/v1/users/me/password", &json!({"password": "another four words"})).await,
        ada.post("/v1/users/me/totp", &json!({})).await,
    ] {
        assert_eq!(refused.expect(403).error_code(), Some("reauthentication_required"));
    }
    let stolen = ada.copied();
    ada.post("/v1/reauthenticate", &json!({"password": "four words that don't"})).await.expect(401);
    ada.post("/v1/reauthenticate", &json!({"password": PASSWORD})).await.expect(200);
    ada.post("/v1/api_keys", &key).await.expect(201);
    stolen.get("/v1/users/me").await.expect(401);
    // A key needs no fresh session.
    server.api().post("/v1/api_keys", &key).await.expect(201);
}

#[tokio::test]
async fn a_stolen_session_guesses_the_password_no_faster_than_anybody_else() {
    let (_server, ada) = set_up().await;
    for _ in 0..5 {
        ada.post("/v1/reauthenticate", &json!({"password": "four words that don't"})).await.expect(401);
    }
    ada.post("/v1/reauthenticate", &json!({"password": PASSWORD})).await.expect(429);
}

#[tokio::test]
async fn a_person_sees_and_ends_their_sessions() {
    let (server, ada) = set_up().await;
    let browsers: Vec<_> = std::iter::repeat_with(|| Browser::new(&server.api())).take(20).collect();
    for browser in &browsers {
        browser.sign_in(ADA).await.expect(200);
    }
    assert_eq!(
        ada.get("/v1/users/me").await.expect(401).error_code(),
        Some("session_ended"),
        "the oldest of 21"
    );
    let last = browsers.last().unwrap();
    let all = last.get("/v1/users/me/sessions").await.expect(200).json["sessions"].take();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 20);
    assert_eq!(all.iter().filter(|session| session["is_current"] == true).count(), 1);
    let other = all.iter().rfind(|session| session["is_current"] == false).unwrap()["prn"].as_str().unwrap();
    last.delete(&format!("/v1/users/me/sessions/{other}")).await.expect(204);
    last.delete(&format!("/v1/users/me/sessions/{other}")).await.expect(404);
    browsers[0].get("/v1/users/me").await.expect(401);
    browsers[1].get("/v1/users/me").await.expect(200);
    last.delete("/v1/users/me/sessions").await.expect(204);
    browsers[1].get("/v1/users/me").await.expect(401);
    last.post("/v1/users/me/password", &json!({"password": "another four words"})).await.expect(200);
    last.get("/v1/users/me").await.expect(200);
    // No key is a person.
    let api = server.api();
    assert_eq!(api.get("/v1/users/me/sessions").await.expect(403).error_code(), Some("person_required"));
    assert_eq!(api.post("/v1/sign_out", &json!({})).await.expect(403).error_code(), Some("person_required"));
}

#[tokio::test]
async fn a_server_without_people_lets_no_cookie_in() {
    let server = Server::start().await;
    let nobody = Browser::new(&server.api());
    assert_eq!(nobody.get("/v1/artifacts").await.expect(401).error_code(), Some("unauthenticated"));
    let forged = nobody
        .bare(reqwest::Method::GET, "/v1/artifacts")
        .header("cookie", format!("olivine-8080=ols_{}", "A".repeat(43)));
    assert_eq!(nobody.send(forged).await.expect(401).error_code(), Some("session_ended"));
}
