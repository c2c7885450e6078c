//! Personal keys: no more than their owner, at any moment, and never longer.

use olivine_tests::{Api, Browser, prn};
use serde_json::json;

use super::{grants, join, membership, set_up};

/// Makes a personal key with a role.
async fn key(by: &Browser, api: &Api, role: &str) -> (Api, String) {
    let made = by.post("/v1/users/me/api_keys", &json!({"name": role, "role": role})).await.expect(201);
    let key = &made.json["api_key"];
    (api.with_key(key["key"].as_str().unwrap()), prn(key))
}

#[tokio::test]
async fn a_personal_key_does_what_its_owner_may_at_each_request() {
    let (server, ada) = set_up().await;
    let api = server.api();
    let grace = join(&ada, &server, "grace@example.com", &["developer", "signer"]).await;
    for role in ["writer", "admin", "release_manager"] {
        let refused =
            grace.post("/v1/users/me/api_keys", &json!({"name": "x", "role": role})).await.expect(403);
        assert_eq!(refused.error_code(), Some("unauthorized"), "{role}");
    }
    let (hers, hers_prn) = key(&grace, &api, "developer").await;
    hers.post("/v1/artifacts", &json!({"name": "one"})).await.expect(201);
    assert_eq!(hers.post("/v1/products", &json!({"name": "one"})).await.status, 403);
    let me = hers.get("/v1/users/me").await.expect(200).json;
    assert_eq!(me["user"]["kind"], "api_key", "{me}");

    // What the audit trail says of the key is found under the person.
    let grace_prn = prn(&grace.get("/v1/users/me").await.expect(200).json["user"]);
    let did = ada.get(&format!("/v1/events?actor_prn={grace_prn}&type=artifact.created")).await.expect(200);
    assert_eq!(did.json["events"][0]["actor"], json!(hers_prn), "{}", did.json);

    // The key follows its owner: less, more, and not at all.
    let of_grace = format!("/v1/memberships/{}", membership(&ada, "grace@example.com").await);
    ada.patch(&of_grace, &json!({"grants": grants(&["viewer"])})).await.expect(200);
    assert_eq!(hers.post("/v1/artifacts", &json!({"name": "two"})).await.status, 403);
    hers.get("/v1/artifacts").await.expect(200);
    ada.patch(&of_grace, &json!({"grants": grants(&["admin"])})).await.expect(200);
    hers.post("/v1/artifacts", &json!({"name": "two"})).await.expect(201);
    assert_eq!(hers.post("/v1/products", &json!({"name": "two"})).await.status, 403);
    ada.delete(&of_grace).await.expect(200);
    assert_eq!(hers.get("/v1/artifacts").await.expect(401).error_code(), Some("unauthenticated"));
}

#[tokio::test]
async fn a_personal_key_hands_out_no_rights_and_is_its_owners_alone() {
    let (server, ada) = set_up().await;
    let api = server.api();
    let (hers, hers_prn) = key(&ada, &api, "admin").await;
    hers.get("/v1/api_keys").await.expect(200);
    for (target, body) in [
        ("/v1/api_keys", json!({"name": "more", "role": "reader"})),
        ("/v1/invitations", json!({"email": "eve@example.com", "grants": grants(&["viewer"])})),
    ] {
        assert_eq!(hers.post(target, &body).await.expect(403).error_code(), Some("unauthorized"), "{target}");
    }
    hers.get("/v1/users/me/api_keys").await.expect(403);
    let grace = join(&ada, &server, "grace@example.com", &["admin"]).await;
    grace.delete(&format!("/v1/users/me/api_keys/{hers_prn}")).await.expect(404);
    let listed = grace.get("/v1/users/me/api_keys").await.expect(200).json;
    assert_eq!(listed["api_keys"], json!([]));
    // An administrator sees and revokes it as any key; it counts for no administrator's key of the organization.
    let shown = grace.get(&format!("/v1/api_keys/{hers_prn}")).await.expect(200).json;
    let ada_prn = prn(&ada.get("/v1/users/me").await.expect(200).json["user"]);
    assert_eq!(shown["api_key"]["owner_prn"], json!(ada_prn));
    ada.delete(&format!("/v1/users/me/api_keys/{hers_prn}")).await.expect(204);
    hers.get("/v1/artifacts").await.expect(401);
    for number in 0..20 {
        let new = json!({"name": number.to_string(), "role": "reader"});
        ada.post("/v1/users/me/api_keys", &new).await.expect(201);
    }
    let one_more =
        ada.post("/v1/users/me/api_keys", &json!({"name": "x", "role": "reader"})).await.expect(409);
    assert_eq!(one_more.error_code(), Some("too_many_keys"));
}

#[tokio::test]
async fn a_key_reaches_what_both_it_and_its_owner_reach() {
    let (server, ada) = set_up().await;
    let product =
        prn(&ada.post("/v1/products", &json!({"name": "gateway"})).await.expect(201).json["product"]);
    let mut cohorts = Vec::new();
    for name in ["a", "b", "c"] {
        let new = json!({"name": name, "product_prn": product});
        cohorts.push(prn(&ada.post("/v1/cohorts", &new).await.expect(201).json["cohort"]));
    }
    let grace = join(&ada, &server, "grace@example.com", &["viewer"]).await;
    let of_grace = format!("/v1/memberships/{}", membership(&ada, "grace@example.com").await);
    let reach = |role: &str, cohorts: &[String]| json!({"grants": [{"role": role, "cohort_prns": cohorts}]});
    ada.patch(&of_grace, &reach("release_manager", &cohorts[..2])).await.expect(200);
    // She does not see the third, so no key of hers can be for it.
    let new = |cohorts: &[String]| json!({"name": "k", "role": "release_manager", "cohort_prns": cohorts});
    grace.post("/v1/users/me/api_keys", &new(&cohorts[2..])).await.expect(404);
    let made = grace.post("/v1/users/me/api_keys", &new(&cohorts[1..2])).await.expect(201).json;
    let key = server.api().with_key(made["api_key"]["key"].as_str().unwrap());
    let seen = async || {
        let list = key.get("/v1/cohorts?order=asc").await.expect(200).json;
        list["cohorts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect::<String>()
    };
    assert_eq!(seen().await, "b");
    ada.patch(&of_grace, &reach("release_manager", &cohorts[..1])).await.expect(200);
    assert_eq!(seen().await, "");
    ada.patch(&of_grace, &json!({"grants": grants(&["admin"])})).await.expect(200);
    assert_eq!(seen().await, "b");
}
