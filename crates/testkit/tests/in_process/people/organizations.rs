//! The organizations of the installation, for the people who administer it.

use std::time::Duration;

use olivine_tests::{Browser, PASSWORD, prn};
use serde_json::{Value, json};

use super::{ADA, join, set_up};

fn names(list: &Value) -> Vec<(&str, bool)> {
    let all = list["organizations"].as_array().unwrap();
    all.iter().map(|one| (one["name"].as_str().unwrap(), one["is_member"].as_bool().unwrap())).collect()
}

#[tokio::test]
async fn who_administers_the_installation_makes_organizations_and_sees_nothing_of_those_of_others() {
    let (server, ada) = set_up().await;
    let first = ada.get("/v1/users/me").await.expect(200).json["user"]["organization_name"].clone();
    let first = first.as_str().unwrap();
    let acme = ada.post("/v1/organizations", &json!({"name": "Acme"})).await.expect(201).json;
    let acme = prn(&acme["organization"]);
    let quiet =
        ada.post("/v1/organizations", &json!({"name": "Quiet", "join": false})).await.expect(201).json;
    let quiet = prn(&quiet["organization"]);
    let taken = ada.post("/v1/organizations", &json!({"name": "Acme"})).await.expect(409);
    assert_eq!(taken.error_code(), Some("name_taken"));
    let list = ada.get("/v1/organizations").await.expect(200).json;
    assert_eq!(names(&list), [(first, true), ("Acme", true), ("Quiet", false)]);

    // In the new one she is an administrator, and its audit trail begins with it.
    let in_acme = ada.within("Acme");
    in_acme.post("/v1/artifacts", &json!({"name": "one"})).await.expect(201);
    let events = in_acme.get("/v1/events?order=asc").await.expect(200).json;
    let kinds: Vec<_> =
        events["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds[..2], ["organization.created", "membership.created"]);
    ada.within(&quiet).get("/v1/artifacts").await.expect(404);
    ada.within("Quiet").get("/v1/organization").await.expect(404);

    let path = format!("/v1/organizations/{quiet}");
    let renamed = ada.patch(&path, &json!({"name": "Silent"})).await.expect(200).json;
    assert_eq!(
        (&renamed["organization"]["name"], &renamed["organization"]["is_member"]),
        (&json!("Silent"), &json!(false))
    );
    ada.patch(&path, &json!({"name": "Acme"})).await.expect(409);
    let nobodys = "/v1/organizations/prn:1:01890000-0000-7000-8000-000000000000";
    ada.patch(nobodys, &json!({"name": "x"})).await.expect(404);
    ada.post(&format!("{nobodys}/join"), &json!({})).await.expect(404);

    // She can become a member, which is on record there.
    ada.post(&format!("{path}/join"), &json!({})).await.expect(200);
    ada.post(&format!("{path}/join"), &json!({})).await.expect(409);
    let events = ada.within("Silent").get("/v1/events?type=membership.created").await.expect(200).json;
    assert_eq!(events["events"][0]["actor"], ada.get("/v1/users/me").await.json["user"]["prn"]);

    // Nobody else, no key, and nobody whose browser was left open.
    let grace = join(&ada.within(first), &server, "grace@example.com", &["admin"]).await;
    assert_eq!(names(&grace.get("/v1/organizations").await.expect(200).json), [(first, true)]);
    for (path, body) in [
        ("/v1/organizations".to_owned(), json!({"name": "Hers"})),
        (format!("/v1/organizations/{acme}/join"), json!({})),
    ] {
        assert_eq!(grace.post(&path, &body).await.expect(403).error_code(), Some("unauthorized"));
        assert_eq!(server.api().post(&path, &body).await.expect(403).error_code(), Some("person_required"));
    }
    assert_eq!(
        grace.patch(&path, &json!({"name": "Hers"})).await.expect(403).error_code(),
        Some("unauthorized")
    );
    server.advance(Duration::from_mins(16)).await;
    let stale = ada.post("/v1/organizations", &json!({"name": "Late"})).await.expect(403);
    assert_eq!(stale.error_code(), Some("reauthentication_required"));
    ada.post("/v1/reauthenticate", &json!({"password": PASSWORD})).await.expect(200);
    ada.post("/v1/organizations", &json!({"name": "Late"})).await.expect(201);

    // Of several, each is chosen by its name.
    let browser = Browser::new(&server.api());
    browser.sign_in(ADA).await.expect(200);
    let several = browser.get("/v1/artifacts").await.expect(403);
    assert_eq!(several.error_code(), Some("organization_required"));
    browser.within(&acme).get("/v1/artifacts").await.expect(200);
}
