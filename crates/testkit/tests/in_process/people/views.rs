//! Saved views: who sees and changes which, and that none leads anywhere but to a page of the console.

use olivine_tests::{Answer, Browser, prn};
use reqwest::Method;
use serde_json::{Value, json};

use super::{join, membership, set_up};

fn new(name: &str, shared: bool) -> Value {
    json!({"name": name, "path": "/devices", "query": "q=tag:%27canary%27", "shared": shared})
}

async fn create(by: &Browser, name: &str, shared: bool) -> String {
    prn(&by.post("/v1/views", &new(name, shared)).await.expect(201).json["view"])
}

fn names(answer: &Answer) -> Vec<&str> {
    answer.json["views"].as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap()).collect()
}

fn code(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.error_code())
}

#[tokio::test]
async fn a_view_is_its_owners_until_it_is_shared() {
    let (server, ada) = set_up().await;
    let grace = join(&ada, &server, "grace@example.com", &["viewer"]).await;
    let private = create(&grace, "mine", false).await;
    let shared = create(&grace, "ours", true).await;
    let key = server.api();
    for (who, all) in [
        (grace.get("/v1/views").await, vec!["mine", "ours"]),
        (ada.get("/v1/views").await, vec!["ours"]),
        (key.get("/v1/views").await, vec!["ours"]),
        (grace.get("/v1/views?shared=true").await, vec!["ours"]),
        (grace.get("/v1/views?name=mine").await, vec!["mine"]),
        (grace.get("/v1/views?path=/cohorts").await, vec![]),
    ] {
        assert_eq!(names(&who.expect(200)), all);
    }
    let me = prn(&grace.get("/v1/users/me").await.expect(200).json["user"]);
    let hers = ada.get(&format!("/v1/views?owner_prn={me}")).await.expect(200);
    assert_eq!((names(&hers), &hers.json["views"][0]["owner_prn"]), (vec!["ours"], &json!(me)));

    // To others, also to administrators and keys, a private one does not exist; a shared one is changed by who may change the organization.
    let eve = join(&ada, &server, "eve@example.com", &["release_manager"]).await;
    let (private, shared) = (format!("/v1/views/{private}"), format!("/v1/views/{shared}"));
    let change = json!({"name": "theirs"});
    for answer in [
        ada.get(&private).await,
        ada.patch(&private, &change).await,
        ada.delete(&private).await,
        eve.get(&private).await,
        key.get(&private).await,
        key.patch(&private, &change).await,
    ] {
        assert_eq!(code(&answer), (404, Some("not_found")));
    }
    for answer in [eve.patch(&shared, &change).await, eve.delete(&shared).await] {
        assert_eq!(code(&answer), (403, Some("unauthorized")));
        assert_eq!(answer.json["errors"][0]["context"]["missing_scope"], "organization.update");
    }
    eve.get(&shared).await.expect(200);
    assert_eq!(ada.patch(&shared, &change).await.expect(200).json["view"]["name"], "theirs");
    key.delete(&shared).await.expect(204);
    grace.get(&shared).await.expect(404);

    // What is nobody else's matter leaves no trace.
    grace.patch(&private, &json!({"query": ""})).await.expect(200);
    for (of, expected) in
        [(&shared, vec!["view.created", "view.updated", "view.deleted"]), (&private, vec![])]
    {
        let of = of.trim_start_matches("/v1/views/");
        let events = ada.get(&format!("/v1/events?resource_prn={of}&order=asc")).await.expect(200).json;
        let kinds: Vec<_> = events["events"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
        assert_eq!(kinds, expected);
    }
    grace.patch(&private, &json!({"shared": true})).await.expect(200);
    assert_eq!(names(&eve.get("/v1/views").await.expect(200)), ["mine"]);
    let event = ada.get("/v1/events?type=view.updated&order=desc").await.expect(200).json["events"][0].take();
    let (from, to) = (&event["data"]["from"]["shared"], &event["data"]["to"]["shared"]);
    assert_eq!((from, to), (&json!(false), &json!(true)), "{event}");
}

#[tokio::test]
async fn a_personal_key_has_the_views_of_its_owner_and_other_keys_have_none() {
    let (server, ada) = set_up().await;
    let made = ada.post("/v1/users/me/api_keys", &json!({"name": "laptop", "role": "reader"})).await;
    let hers = server.api().with_key(made.expect(201).json["api_key"]["key"].as_str().unwrap());
    let view = hers.post("/v1/views", &new("mine", false)).await.expect(201).json["view"].take();
    assert_eq!(view["owner_prn"], json!(prn(&ada.get("/v1/users/me").await.expect(200).json["user"])));
    let path = format!("/v1/views/{}", prn(&view));
    ada.patch(&path, &json!({"name": "hers"})).await.expect(200);
    assert_eq!(names(&hers.get("/v1/views").await.expect(200)), ["hers"]);
    hers.delete(&path).await.expect(204);
    let refused = server.api().post("/v1/views", &new("nobodys", true)).await;
    assert_eq!(code(&refused), (403, Some("owner_required")));
}

#[tokio::test]
async fn a_view_leads_to_a_page_of_the_console_only() {
    let (_server, ada) = set_up().await;
    let path = format!("/v1/views/{}", create(&ada, "mine", true).await);
    for bad in [
        "",
        "devices",
        "javascript:alert(1)",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/%2fevil.example/",
        "/devices/../v1/users/me",
        "/v1/devices",
        "/docs",
        "/devices\n",
        "/devices?tag=a",
        "/devices/\u{202e}",
    ] {
        for answer in [
            ada.post("/v1/views", &json!({"name": "x", "path": bad})).await,
            ada.patch(&path, &json!({"path": bad})).await,
        ] {
            assert_eq!(code(&answer), (422, Some("invalid")), "{bad:?}");
            assert_eq!(answer.json["errors"][0]["context"]["field"], "path", "{bad:?}");
        }
    }
    for bad in ["?a=b", "a=b#c", "a b"] {
        let answer = ada.patch(&path, &json!({"query": bad})).await;
        assert_eq!(answer.expect(422).json["errors"][0]["context"]["field"], "query", "{bad:?}");
    }
    let view = ada.get(&path).await.expect(200).json["view"].take();
    assert_eq!((&view["path"], &view["query"]), (&json!("/devices"), &json!("q=tag:%27canary%27")));
    ada.post("/v1/views", &json!({"name": "whole", "path": "/cohorts/gateway/beta%20two"})).await.expect(201);
}

#[tokio::test]
async fn names_are_unique_and_changes_made_once() {
    let (server, ada) = set_up().await;
    let grace = join(&ada, &server, "grace@example.com", &["admin"]).await;
    let hers = create(&grace, "canaries", true).await;
    let mine = create(&ada, "canaries", false).await;
    let taken = ada.post("/v1/views", &new("canaries", false)).await.expect(409);
    assert_eq!(
        (taken.error_code(), &taken.json["errors"][0]["context"]["prn"]),
        (Some("name_taken"), &json!(mine))
    );
    // Who renames somebody else's learns that a name is taken, not by which private view.
    let private = create(&grace, "private", false).await;
    let taken = ada.patch(&format!("/v1/views/{hers}"), &json!({"name": "private"})).await.expect(409);
    assert_eq!(taken.error_code(), Some("name_taken"));
    assert!(!String::from_utf8(taken.body).unwrap().contains(&private));

    let path = format!("/v1/views/{mine}");
    let read = ada.get(&path).await.expect(200);
    let tag = read.header("etag").unwrap().to_owned();
    ada.patch(&path, &json!({"name": "newer"})).await.expect(200);
    let late = ada.request(Method::PATCH, &path).header("if-match", tag).json(&json!({"name": "older"}));
    assert_eq!(code(&ada.send(late).await), (412, Some("precondition_failed")));
    let once = || {
        let request = ada.request(Method::POST, "/v1/views").header("idempotency-key", "one view");
        ada.send(request.json(&new("once", false)))
    };
    let (first, again) = (once().await.expect(201), once().await.expect(201));
    assert_eq!(first.json, again.json);
}

#[tokio::test]
async fn nobody_keeps_more_than_there_is_room_for() {
    let (_server, ada) = set_up().await;
    for number in 0..100 {
        create(&ada, &number.to_string(), false).await;
    }
    let refused = ada.post("/v1/views", &new("one more", false)).await;
    assert_eq!(code(&refused), (409, Some("too_many_views")));
    assert_eq!(refused.json["errors"][0]["context"]["limit"], 100);
}

#[tokio::test]
async fn views_go_with_the_membership_and_stay_in_their_organization() {
    let (server, ada) = set_up().await;
    let grace = join(&ada, &server, "grace@example.com", &["developer"]).await;
    let view = create(&grace, "ours", true).await;
    let other = server.another_organization("other").await;
    other.get(&format!("/v1/views/{view}")).await.expect(404);
    other.delete(&format!("/v1/views/{view}")).await.expect(404);
    assert_eq!(names(&other.get("/v1/views").await.expect(200)), [""; 0]);
    let artifact = ada.post("/v1/artifacts", &json!({"name": "main"})).await.expect(201);
    ada.get(&format!("/v1/views/{}", prn(&artifact.json["artifact"]))).await.expect(400);

    let of_grace = membership(&ada, "grace@example.com").await;
    ada.delete(&format!("/v1/memberships/{of_grace}")).await.expect(200);
    ada.get(&format!("/v1/views/{view}")).await.expect(404);
    assert_eq!(names(&ada.get("/v1/views").await.expect(200)), [""; 0]);
}
