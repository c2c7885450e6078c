//! An organization that requires a second factor: who has none is led to it, and does nothing else there.

use std::time::Duration;

use olivine_tests::{Answer, PASSWORD};
use serde_json::{Value, json};

use super::{add_second_factor, grants, join, set_up};

fn code(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.error_code())
}

const MISSING: (u16, Option<&str>) = (403, Some("second_factor_missing"));

#[tokio::test]
async fn who_has_no_second_factor_can_only_set_one_up() {
    let (server, ada) = set_up().await;
    let api = server.api();
    let grace = join(&ada, &server, "grace@example.com", &["admin"]).await;
    let new = json!({"name": "laptop", "role": "viewer"});
    let made = grace.post("/v1/users/me/api_keys", &new).await.expect(201).json;
    let personal = api.with_key(made["api_key"]["key"].as_str().unwrap());
    let require = json!({"require_second_factor": true});

    // Not by who has none, with whatever they have; nobody is locked out by a slip.
    assert_eq!(code(&ada.patch("/v1/organization", &require).await), MISSING);
    let own =
        ada.post("/v1/users/me/api_keys", &json!({"name": "x", "role": "admin"})).await.expect(201).json;
    let own = api.with_key(own["api_key"]["key"].as_str().unwrap());
    assert_eq!(code(&own.patch("/v1/organization", &require).await), MISSING);
    let codes = add_second_factor(&ada, &server).await;
    let changed = ada.patch("/v1/organization", &require).await.expect(200).json;
    assert_eq!(changed["organization"]["require_second_factor"], true);
    let events = ada.get("/v1/events?type=organization.updated").await.expect(200).json;
    let data = &events["events"][0]["data"];
    assert_eq!(
        (&data["from"]["require_second_factor"], &data["to"]["require_second_factor"]),
        (&json!(false), &json!(true))
    );

    // She is led to it: all of her own account works, and nothing of the organization.
    let me = grace.get("/v1/users/me").await.expect(200).json;
    assert_eq!(me["user"]["organizations"][0]["requires_second_factor"], true, "{me}");
    assert_eq!(me["user"]["scopes"], json!([]));
    for path in ["/v1/artifacts", "/v1/organization", "/v1/events", "/v1/users/me/api_keys"] {
        assert_eq!(code(&grace.get(path).await), MISSING, "{path}");
        assert_eq!(code(&personal.get(path).await), MISSING, "{path}");
    }
    assert_eq!(code(&grace.post("/v1/artifacts", &json!({"name": "x"})).await), MISSING);
    assert_eq!(code(&personal.get("/v1/users/me").await), MISSING);
    grace.get("/v1/users/me/sessions").await.expect(200);
    // Keys of the organization are not people.
    api.get("/v1/artifacts").await.expect(200);

    add_second_factor(&grace, &server).await;
    grace.get("/v1/artifacts").await.expect(200);
    personal.get("/v1/artifacts").await.expect(200);

    // Whoever removes it is where they were before.
    grace.delete("/v1/users/me/totp").await.expect(204);
    assert_eq!(code(&grace.get("/v1/artifacts").await), MISSING);
    assert_eq!(code(&personal.get("/v1/artifacts").await), MISSING);
    ends_by_a_fresh_person_only(&server, &ada, &codes).await;
    grace.get("/v1/artifacts").await.expect(200);
}

async fn ends_by_a_fresh_person_only(
    server: &olivine_testkit::Server,
    ada: &olivine_tests::Browser,
    codes: &Value,
) {
    let end = json!({"require_second_factor": false});
    assert_eq!(code(&server.api().patch("/v1/organization", &end).await), (403, Some("person_required")));
    let new = json!({"name": "y", "role": "admin"});
    let own = ada.post("/v1/users/me/api_keys", &new).await.expect(201).json;
    let own = server.api().with_key(own["api_key"]["key"].as_str().unwrap());
    assert_eq!(code(&own.patch("/v1/organization", &end).await), (403, Some("person_required")));
    own.patch("/v1/organization", &json!({"require_second_factor": true})).await.expect(200);
    server.advance(Duration::from_mins(16)).await;
    assert_eq!(code(&ada.patch("/v1/organization", &end).await), (403, Some("reauthentication_required")));
    let again = json!({"password": PASSWORD, "code": codes[0]});
    ada.post("/v1/reauthenticate", &again).await.expect(200);
    ada.patch("/v1/organization", &end).await.expect(200);
}

#[tokio::test]
async fn it_is_required_in_one_organization_and_asked_of_newcomers_too() {
    let (server, ada) = set_up().await;
    add_second_factor(&ada, &server).await;
    let other = server.another_organization("other").await;
    let grace = join(&ada, &server, "grace@example.com", &["developer"]).await;
    let invitation = json!({"email": "grace@example.com", "grants": grants(&["developer"])});
    let link = super::link_of(&other.post("/v1/invitations", &invitation).await.expect(201));
    grace.post("/v1/invitations/accept", &json!({"token": olivine_tests::token(&link)})).await.expect(204);
    ada.patch("/v1/organization", &json!({"require_second_factor": true})).await.expect(200);
    let here = ada.get("/v1/users/me").await.expect(200).json["user"]["organization_name"].clone();
    assert_eq!(code(&grace.within(here.as_str().unwrap()).get("/v1/artifacts").await), MISSING);
    grace.within("other").get("/v1/artifacts").await.expect(200);
    let lin = join(&ada, &server, "lin@example.com", &["viewer"]).await;
    assert_eq!(code(&lin.get("/v1/artifacts").await), MISSING);
    add_second_factor(&lin, &server).await;
    lin.get("/v1/artifacts").await.expect(200);
}
