//! Streams of people: they end with what lets their callers in, and each is of one organization.

use std::time::Duration;

use olivine_testkit::{Server, Stream};
use olivine_tests::{Api, Browser, prn};
use reqwest::Method;
use serde_json::json;

use super::{add_second_factor, grants, invite, join, link_of, membership, set_up};

const STREAM: &str = "/v1/events/stream?after=now";

async fn by_session(server: &Server, person: &Browser) -> Stream {
    server.stream(person.request(Method::GET, STREAM)).await
}

async fn by_key(server: &Server, api: &Api) -> Stream {
    server.stream(api.request(Method::GET, STREAM)).await
}

async fn personal_key(server: &Server, person: &Browser) -> Api {
    let new = json!({"name": "laptop", "role": "viewer"});
    let made = person.post("/v1/users/me/api_keys", &new).await.expect(201).json;
    server.api().with_key(made["api_key"]["key"].as_str().unwrap())
}

#[tokio::test]
async fn a_stream_ends_with_what_let_its_caller_in() {
    let (server, ada) = set_up().await;
    let mut of_ada = by_session(&server, &ada).await;
    let mut of_admin = by_key(&server, &server.api()).await;

    // A session that ends, and one of the same person that does not.
    let grace = join(&ada, &server, "grace@example.com", &["viewer"]).await;
    let second = Browser::new(&server.api());
    second.sign_in("grace@example.com").await.expect(200);
    let (mut of_first, mut of_second) =
        (by_session(&server, &grace).await, by_session(&server, &second).await);
    let mut of_key = by_key(&server, &personal_key(&server, &grace).await).await;
    server.check_streams().await;
    assert!(of_first.is_open() && of_second.is_open() && of_key.is_open());
    grace.post("/v1/sign_out", &json!({})).await.expect(204);
    server.check_streams().await;
    assert!(!of_first.is_open() && of_second.is_open() && of_key.is_open());

    // Other grants, also more of them: what the stream shows was decided by those of before.
    let of_grace = format!("/v1/memberships/{}", membership(&ada, "grace@example.com").await);
    ada.patch(&of_grace, &json!({"grants": grants(&["viewer", "signer"])})).await.expect(200);
    server.check_streams().await;
    assert!(!of_second.is_open() && !of_key.is_open());

    // The membership itself.
    let (mut of_second, mut of_key) =
        (by_session(&server, &second).await, by_key(&server, &personal_key(&server, &second).await).await);
    ada.delete(&of_grace).await.expect(200);
    server.check_streams().await;
    assert!(!of_second.is_open() && !of_key.is_open());

    // A key that is revoked, and one that expires.
    let key = async |more: serde_json::Value| {
        let mut new = json!({"name": "reader", "role": "reader"});
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.api().post("/v1/api_keys", &new).await.expect(201).json["api_key"].take()
    };
    let until = server.now().plus(Duration::from_mins(10)).to_string();
    let (revoked, expiring) = (key(json!({})).await, key(json!({"expires_at": until})).await);
    let open = async |key: &serde_json::Value| {
        by_key(&server, &server.api().with_key(key["key"].as_str().unwrap())).await
    };
    let (mut of_revoked, mut of_expiring) = (open(&revoked).await, open(&expiring).await);
    server.api().delete(&format!("/v1/api_keys/{}", prn(&revoked))).await.expect(204);
    server.check_streams().await;
    assert!(!of_revoked.is_open() && of_expiring.is_open());
    server.advance(Duration::from_mins(10)).await;
    server.check_streams().await;
    assert!(!of_expiring.is_open());

    // A session that nobody uses: an open stream is nobody.
    assert!(of_ada.is_open() && of_admin.is_open());
    server.advance(Duration::from_hours(12)).await;
    server.check_streams().await;
    assert!(!of_ada.is_open() && of_admin.is_open());
}

#[tokio::test]
async fn a_stream_ends_where_a_second_factor_is_required_and_missing() {
    let (server, ada) = set_up().await;
    add_second_factor(&ada, &server).await;
    let grace = join(&ada, &server, "grace@example.com", &["viewer"]).await;
    let (mut of_ada, mut of_grace) = (by_session(&server, &ada).await, by_session(&server, &grace).await);
    let mut of_key = by_key(&server, &personal_key(&server, &grace).await).await;
    ada.patch("/v1/organization", &json!({"require_second_factor": true})).await.expect(200);
    server.check_streams().await;
    assert!(of_ada.is_open() && !of_grace.is_open() && !of_key.is_open());
}

#[tokio::test]
async fn a_person_of_several_organizations_follows_the_one_that_the_stream_names() {
    let (server, ada) = set_up().await;
    let other = server.another_organization("other").await;
    let grace = join(&ada, &server, "grace@example.com", &["viewer"]).await;
    let invitation = json!({"email": "grace@example.com", "grants": grants(&["developer"])});
    let link = link_of(&other.post("/v1/invitations", &invitation).await.expect(201));
    grace.post("/v1/invitations/accept", &json!({"token": olivine_tests::token(&link)})).await.expect(204);
    let none = grace.get(STREAM).await.expect(403);
    assert_eq!(none.error_code(), Some("organization_required"));
    server.api().post("/v1/artifacts", &json!({"name": "here"})).await.expect(201);
    other.post("/v1/artifacts", &json!({"name": "there"})).await.expect(201);
    let of = async |api: &Api| prn(&api.get("/v1/organization").await.expect(200).json["organization"]);
    for (named, own, foreign) in
        [(of(&server.api()).await, "here", "there"), (of(&other).await, "there", "here")]
    {
        let query = format!("/v1/events/stream?after=0&type=artifact.created&organization_prn={named}");
        let shown = grace.get(&query).await.expect(200);
        let shown = String::from_utf8_lossy(&shown.body).into_owned();
        assert!(
            shown.contains(&format!("\"{own}\"")) && !shown.contains(&format!("\"{foreign}\"")),
            "{shown}"
        );
    }
    // One that she is no member of is as one that does not exist.
    let foreign = server.another_organization("third").await;
    let foreign = of(&foreign).await;
    grace.get(&format!("{STREAM}&organization_prn={foreign}")).await.expect(404);
    // Leaving one ends its stream, and not the other's.
    let named = of(&other).await;
    let in_other = grace.request(Method::GET, &format!("{STREAM}&organization_prn={named}"));
    let here = of(&server.api()).await;
    let in_first = grace.request(Method::GET, &format!("{STREAM}&organization_prn={here}"));
    let (mut in_other, mut in_first) = (server.stream(in_other).await, server.stream(in_first).await);
    let theirs = other.get("/v1/memberships").await.expect(200).json;
    other.delete(&format!("/v1/memberships/{}", prn(&theirs["memberships"][0]))).await.expect(200);
    server.check_streams().await;
    assert!(!in_other.is_open() && in_first.is_open());
}

#[tokio::test]
async fn a_wait_is_refused_when_its_caller_may_not_any_more() {
    let (server, ada) = set_up().await;
    let grace = join(&ada, &server, "grace@example.com", &["viewer"]).await;
    let key = personal_key(&server, &grace).await;
    let of_grace = format!("/v1/memberships/{}", membership(&ada, "grace@example.com").await);
    let cursor =
        key.get("/v1/events?after=now").await.expect(200).json["cursor"].as_str().unwrap().to_owned();
    let waiting = tokio::spawn({
        let path = format!("/v1/events?after={cursor}&wait=60&type=user.deleted");
        async move { key.get(&path).await }
    });
    // Its place says that it waits.
    while server.waiting() == 0 {
        tokio::task::yield_now().await;
    }
    ada.delete(&of_grace).await.expect(200);
    let answer = waiting.await.unwrap();
    assert_eq!((answer.status, answer.error_code()), (401, Some("unauthenticated")));
    invite(&ada, "grace@example.com", &["viewer"]).await;
}
