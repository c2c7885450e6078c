//! Members and invitations: nobody gives or takes more than they may do themselves.

use std::time::Duration;

use olivine_tests::{Browser, prn, token};
use serde_json::json;

use super::{ADA, grants, invite, join, link_of, membership, set_up};

#[tokio::test]
async fn a_second_person_joins_and_the_audit_trail_tells_both_apart() {
    let (server, ada) = set_up().await;
    let link = invite(&ada, "Grace@Example.com", &["developer", "signer"]).await;
    let grace = Browser::new(&server.api());
    let shown = grace.post("/v1/invitations/look", &json!({"token": token(&link)})).await.expect(200).json;
    assert_eq!(
        (shown["email"].as_str(), shown["organization_name"].as_str()),
        (Some("grace@example.com"), Some("default"))
    );
    grace.accept(&link, "Grace Hopper").await.expect(201);
    grace.accept(&link, "Grace Hopper").await.expect(403);
    let artifact =
        prn(&grace.post("/v1/artifacts", &json!({"name": "main"})).await.expect(201).json["artifact"]);
    let product = json!({"name": "gateway"});
    let refused = grace.post("/v1/products", &product).await.expect(403);
    assert_eq!(
        (refused.error_code(), refused.json["errors"][0]["context"]["missing_scope"].as_str()),
        (Some("unauthorized"), Some("product.create"))
    );
    assert!(
        refused.error_message().starts_with("you lack the scope 'product.create'"),
        "{}",
        refused.error_message()
    );
    ada.post("/v1/products", &product).await.expect(201);
    let me = grace.get("/v1/users/me").await.expect(200).json["user"].take();
    let (ada_prn, grace_prn) =
        (ada.get("/v1/users/me").await.json["user"]["prn"].clone(), me["prn"].as_str().unwrap());
    assert_eq!(
        (me["role"].as_str(), me["organizations"][0]["grants"].clone()),
        (None, grants(&["developer", "signer"]))
    );
    let did = async |who: &str| {
        let events =
            ada.get(&format!("/v1/events?actor_prn={who}&limit=100")).await.expect(200).json["events"].take();
        events
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let by_grace = did(grace_prn).await;
    assert!(
        by_grace.contains(&"artifact.created".to_owned())
            && by_grace.contains(&"invitation.accepted".to_owned()),
        "{by_grace:?}"
    );
    assert!(did(ada_prn.as_str().unwrap()).await.contains(&"product.created".to_owned()));
    let event = ada.get(&format!("/v1/events?resource_prn={artifact}")).await.json["events"][0].take();
    assert_eq!(event["actor"], grace_prn);
}

#[tokio::test]
async fn nobody_hands_out_more_than_they_have() {
    let (server, ada) = set_up().await;
    let some =
        ["invitation.create", "membership.update", "membership.read", "membership.delete", "artifact.create"];
    let invitation =
        json!({"email": "lead@example.com", "grants": [{"role": "developer"}, {"scopes": some}]});
    let link = link_of(&ada.post("/v1/invitations", &invitation).await.expect(201));
    let lead = Browser::new(&server.api());
    lead.accept(&link, "Lead").await.expect(201);
    let give = async |role: &str| {
        lead.post("/v1/invitations", &json!({"email": "new@example.com", "grants": grants(&[role])})).await
    };
    give("developer").await.expect(201);
    for role in ["admin", "writer", "signer", "release_manager"] {
        let refused = give(role).await.expect(403);
        assert_eq!(refused.error_code(), Some("unauthorized"), "{role}");
    }
    let (of_ada, own) = (membership(&ada, ADA).await, membership(&ada, "lead@example.com").await);
    let change = async |of: &str, roles: &[&str]| {
        lead.patch(&format!("/v1/memberships/{of}"), &json!({"grants": grants(roles)})).await
    };
    change(&own, &["admin"]).await.expect(403);
    change(&of_ada, &["developer"]).await.expect(403);
    lead.delete(&format!("/v1/memberships/{of_ada}")).await.expect(403);
    change(&own, &[]).await.expect(422);
    change(&own, &["developer"]).await.expect(200);
    give("viewer").await.expect(403);
    // A key that a person makes can do no more than they can.
    lead.post("/v1/api_keys", &json!({"name": "k", "role": "reader"})).await.expect(403);
}

#[tokio::test]
async fn what_an_inviter_may_not_give_any_more_is_not_given() {
    let (server, ada) = set_up().await;
    let lead = join(&ada, &server, "lead@example.com", &["admin"]).await;
    let (lost, late, revoked) = (
        invite(&lead, "a@example.com", &["admin"]).await,
        invite(&ada, "b@example.com", &["viewer"]).await,
        invite(&ada, "c@example.com", &["viewer"]).await,
    );
    let of_lead = membership(&ada, "lead@example.com").await;
    ada.patch(&format!("/v1/memberships/{of_lead}"), &json!({"grants": grants(&["viewer"])}))
        .await
        .expect(200);
    let visitor = Browser::new(&server.api());
    visitor.accept(&lost, "A").await.expect(403);
    let all = ada.get("/v1/invitations?email=c@example.com").await.expect(200).json["invitations"].take();
    assert!(all[0].get("url").is_none(), "a link is shown once");
    ada.delete(&format!("/v1/invitations/{}", prn(&all[0]))).await.expect(204);
    visitor.accept(&revoked, "C").await.expect(403);
    server.advance(Duration::from_hours(72)).await;
    visitor.accept(&late, "B").await.expect(403);
}

#[tokio::test]
async fn who_leaves_can_do_nothing_from_then_on() {
    let (server, ada) = set_up().await;
    let grace = join(&ada, &server, "grace@example.com", &["admin"]).await;
    let open = invite(&grace, "friend@example.com", &["viewer"]).await;
    let key = grace.post("/v1/api_keys", &json!({"name": "hers", "role": "reader"})).await.expect(201).json["api_key"].take();
    let of_grace = membership(&ada, "grace@example.com").await;
    let left = ada.delete(&format!("/v1/memberships/{of_grace}")).await.expect(200).json["api_keys"].take();
    assert_eq!(
        (left[0]["prn"].clone(), left[0].get("key")),
        (key["prn"].clone(), None),
        "whose secret she saw"
    );
    grace.get("/v1/artifacts").await.expect(403);
    Browser::new(&server.api()).accept(&open, "Friend").await.expect(403);
    // The key is the organization's, and goes on until somebody replaces it.
    server.api().with_key(key["key"].as_str().unwrap()).get("/v1/artifacts").await.expect(200);
    let me = grace.get("/v1/users/me").await.expect(200).json["user"].take();
    assert_eq!(
        (me["organizations"].as_array().map(Vec::len), me["scopes"].as_array().map(Vec::len)),
        (Some(0), Some(0))
    );
}

#[tokio::test]
async fn somebody_stays_who_administrates() {
    let (server, ada) = set_up().await;
    let of_ada = membership(&ada, ADA).await;
    let path = format!("/v1/memberships/{of_ada}");
    assert_eq!(ada.delete(&path).await.expect(409).error_code(), Some("last_admin"));
    let step_down = json!({"grants": grants(&["viewer"])});
    assert_eq!(ada.patch(&path, &step_down).await.expect(409).error_code(), Some("last_admin"));
    let _grace = join(&ada, &server, "grace@example.com", &["admin"]).await;
    ada.patch(&path, &step_down).await.expect(200);
}

#[tokio::test]
async fn who_has_an_account_joins_another_organization_by_signing_in() {
    let (server, ada) = set_up().await;
    let other = server.another_organization("other").await;
    let invitation = json!({"email": ADA, "grants": [{"role": "viewer"}]});
    let link = link_of(&other.post("/v1/invitations", &invitation).await.expect(201));
    let visitor = Browser::new(&server.api());
    assert_eq!(visitor.accept(&link, "Not Ada").await.expect(409).error_code(), Some("email_taken"));
    let grace = join(&ada, &server, "grace@example.com", &["viewer"]).await;
    let accept = json!({"token": token(&link)});
    assert_eq!(
        grace.post("/v1/invitations/accept", &accept).await.expect(409).error_code(),
        Some("conflict")
    );
    visitor.post("/v1/invitations/accept", &accept).await.expect(401);
    let elsewhere = Browser::new(&server.api());
    elsewhere.sign_in(ADA).await.expect(200);
    ada.post("/v1/invitations/accept", &accept).await.expect(204);
    elsewhere.get("/v1/users/me").await.expect(401);
    // In two organizations, she says which one she means.
    assert_eq!(ada.get("/v1/artifacts").await.expect(403).error_code(), Some("organization_required"));
    ada.within("other").get("/v1/artifacts").await.expect(200);
    ada.within("other").post("/v1/artifacts", &json!({"name": "main"})).await.expect(403);
    ada.within("default").post("/v1/artifacts", &json!({"name": "main"})).await.expect(201);
    ada.within("nowhere").get("/v1/artifacts").await.expect(404);
    let mine = ada.get("/v1/users/me").await.expect(200).json["user"].take();
    assert_eq!(
        (mine["organization_prn"].is_null(), mine["organizations"].as_array().map(Vec::len)),
        (true, Some(2))
    );
}
