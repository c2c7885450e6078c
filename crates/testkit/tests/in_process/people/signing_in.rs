//! Setting up, signing in and out, second factors, links, and who guesses.

use std::time::Duration;

use olivine_domain::Timestamp;
use olivine_domain::authenticators::TotpSecret;
use olivine_testkit::Server;
use olivine_tests::{Browser, PASSWORD, token};
use reqwest::Method;
use serde_json::json;

use super::{ADA, join, set_up, setup_link};

#[tokio::test]
async fn the_first_person_comes_by_the_link_and_only_once() {
    let server = Server::start().await;
    let (first, second) = (Browser::new(&server.api()), Browser::new(&server.api()));
    let methods = first.get("/v1/sign_in/methods").await.expect(200);
    assert_eq!(methods.json, json!({"password": true, "setup_needed": true}));
    let link = setup_link(&server);
    let weak = json!({"token": token(&link), "name": "Ada", "email": ADA, "password": "qwerty123456"});
    assert_eq!(first.post("/v1/setup", &weak).await.expect(422).error_code(), Some("invalid"));
    first.set_up(&link, "Ada Lovelace", ADA).await.expect(201);
    let me = first.get("/v1/users/me").await.expect(200).json["user"].take();
    assert_eq!(
        (me["kind"].as_str(), me["email"].as_str(), me["role"].as_str()),
        (Some("user"), Some(ADA), Some("admin"))
    );
    assert_eq!(me["is_administrator"], true);
    assert_eq!(
        second.set_up(&link, "Eve", "eve@example.com").await.expect(409).error_code(),
        Some("setup_done")
    );
    assert_eq!(first.get("/v1/sign_in/methods").await.json["setup_needed"], false);
    let server = server.restarted().await;
    assert!(!server.data_dir().join("setup-link").exists(), "the link opens nothing any more");
    // The session outlives the server's restart.
    first.get("/v1/users/me").await.expect(200);
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let (server, ada) = set_up().await;
    let elsewhere = Browser::new(&server.api());
    let wrong =
        elsewhere.post("/v1/sign_in", &json!({"email": ADA, "password": "four words that don't"})).await;
    let unknown =
        elsewhere.post("/v1/sign_in", &json!({"email": "eve@example.com", "password": PASSWORD})).await;
    let no_address = elsewhere.post("/v1/sign_in", &json!({"email": "eve", "password": ""})).await;
    for answer in [&wrong, &unknown, &no_address] {
        assert_eq!((answer.status, answer.error_code()), (401, Some("sign_in_failed")));
        assert_eq!(answer.error_message(), wrong.error_message());
    }
    let cookie = elsewhere.sign_in("Ada@Example.com").await.expect(200);
    let set =
        cookie.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert!(set.iter().all(|cookie| cookie.contains("; HttpOnly; SameSite=Strict; ")), "{set:?}");
    elsewhere.get("/v1/artifacts").await.expect(200);
    let stolen = elsewhere.copied();
    elsewhere.post("/v1/sign_out", &json!({})).await.expect(204);
    assert_eq!(elsewhere.get("/v1/artifacts").await.expect(401).error_code(), Some("unauthenticated"));
    assert_eq!(stolen.get("/v1/artifacts").await.expect(401).error_code(), Some("session_ended"));
    ada.get("/v1/artifacts").await.expect(200);
    // A failure is put on record beside its answer.
    let failures = async || {
        server.api().get("/v1/events?type=user.sign_in_failed").await.expect(200).json["events"].take()
    };
    while failures().await.as_array().is_none_or(Vec::is_empty) {
        tokio::task::yield_now().await;
    }
    let events = server.api().get("/v1/events?limit=100").await.expect(200);
    let of = |kind: &str| {
        events.json["events"].as_array().unwrap().iter().filter(|event| event["type"] == kind).count()
    };
    assert_eq!(
        (of("user.created"), of("user.signed_in"), of("user.sign_in_failed"), of("user.signed_out")),
        (1, 2, 1, 1)
    );
}

#[tokio::test]
async fn who_guesses_waits_and_keeps_nobody_out_of_a_browser_that_the_account_knows() {
    let (server, ada) = set_up().await;
    let eve = Browser::new(&server.api());
    let guess = async |email: &str| {
        eve.post("/v1/sign_in", &json!({"email": email, "password": "four words that don't"})).await
    };
    for email in [ADA, "nobody@example.com"] {
        for _ in 0..5 {
            assert_eq!(guess(email).await.status, 401, "{email}");
        }
        let refused = guess(email).await.expect(429);
        assert_eq!(
            (refused.error_code(), refused.header("retry-after")),
            (Some("rate_limited"), Some("1")),
            "{email}"
        );
    }
    // Not even the right password is looked at.
    eve.sign_in(ADA).await.expect(429);
    ada.sign_in(ADA).await.expect(200);
    server.advance(Duration::from_secs(1)).await;
    eve.sign_in(ADA).await.expect(200);
}

#[tokio::test]
async fn one_address_signs_in_so_often_and_no_more() {
    let server = Server::builder().set("limits.sign_ins_per_minute=4").start().await;
    let browser = Browser::new(&server.api());
    let attempts = async || {
        let mut answers = Vec::new();
        for number in 0..6 {
            answers.push(browser.sign_in(&format!("{number}@example.com")).await.status);
        }
        answers
    };
    assert_eq!(attempts().await, [401, 401, 401, 401, 429, 429]);
}

fn code(secret: &str, now: Timestamp) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    TotpSecret::from_bytes(bytes.try_into().unwrap()).code(now.as_seconds() / 30)
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_is_good_once() {
    let (server, ada) = set_up().await;
    let other = Browser::new(&server.api());
    other.sign_in(ADA).await.expect(200);
    let begun = ada.post("/v1/users/me/totp", &json!({})).await.expect(201).json;
    let secret = begun["secret"].as_str().unwrap();
    assert!(begun["url"].as_str().unwrap().contains("ada%40example.com"));
    ada.post("/v1/users/me/totp/confirm", &json!({"code": "000000"})).await.expect(401);
    let confirmed =
        ada.post("/v1/users/me/totp/confirm", &json!({"code": code(secret, server.now())})).await.expect(200);
    let codes = confirmed.json["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    other.get("/v1/users/me").await.expect(401);
    ada.get("/v1/users/me").await.expect(200);

    let type_password = async || {
        let answer = other.sign_in(ADA).await.expect(202);
        answer.json["second_factor_token"].as_str().unwrap().to_owned()
    };
    let show = async |token: &str, code: &str| {
        other.post("/v1/sign_in/second_factor", &json!({"second_factor_token": token, "code": code})).await
    };
    let token = type_password().await;
    let used = code(secret, server.now());
    show(&token, &used).await.expect(401);
    server.advance(Duration::from_mins(1)).await;
    let fresh = code(secret, server.now());
    show(&token, &fresh).await.expect(200);
    other.get("/v1/artifacts").await.expect(200);
    assert_eq!(
        show(&token, &fresh).await.expect(403).error_code(),
        Some("link_invalid"),
        "the token is used up"
    );
    show(&type_password().await, &fresh).await.expect(401);

    let recovery = codes[0].as_str().unwrap();
    show(&type_password().await, recovery).await.expect(200);
    show(&type_password().await, recovery).await.expect(401);
    let late = type_password().await;
    server.advance(Duration::from_mins(5)).await;
    show(&late, codes[1].as_str().unwrap()).await.expect(403);
    ada.delete("/v1/users/me/totp").await.expect(204);
    other.sign_in(ADA).await.expect(200);
}

#[tokio::test]
async fn a_link_to_choose_a_new_password_is_good_once_and_ends_all_sessions() {
    let (server, ada) = set_up().await;
    let grace = join(&ada, &server, "grace@example.com", &["developer"]).await;
    let grace_prn = grace.get("/v1/users/me").await.json["user"]["prn"].as_str().unwrap().to_owned();
    let make = async || {
        let link = ada.post(&format!("/v1/users/{grace_prn}/reset_link"), &json!({})).await.expect(201).json;
        link["url"].as_str().unwrap().to_owned()
    };
    let (void, link) = (make().await, make().await);
    let visitor = Browser::new(&server.api());
    let choose = async |link: &str, password: &str| {
        visitor
            .post("/v1/password_resets/complete", &json!({"token": token(link), "password": password}))
            .await
    };
    choose(&void, "another four words").await.expect(403);
    choose(&link, "short").await.expect(422);
    choose(&link, "another four words").await.expect(204);
    choose(&link, "another four words").await.expect(403);
    grace.get("/v1/users/me").await.expect(401);
    grace.sign_in("grace@example.com").await.expect(401);
    let body = json!({"email": "grace@example.com", "password": "another four words"});
    grace.post("/v1/sign_in", &body).await.expect(200);
    let late = make().await;
    server.advance(Duration::from_hours(24)).await;
    choose(&late, "a third set of words").await.expect(403);
}

#[tokio::test]
async fn what_comes_by_a_cookie_counts_only_from_a_page_of_the_server() {
    let (server, ada) = set_up().await;
    let new = json!({"name": "main"});
    for request in [
        ada.bare(Method::POST, "/v1/artifacts"),
        ada.bare(Method::POST, "/v1/artifacts").header("origin", "http://localhost:8080"),
        ada.bare(Method::POST, "/v1/artifacts").header("olivine-console", "1"),
        ada.bare(Method::POST, "/v1/artifacts").header("olivine-console", "1").header("origin", "null"),
        ada.bare(Method::POST, "/v1/artifacts")
            .header("olivine-console", "1")
            .header("sec-fetch-site", "same-site"),
        ada.bare(Method::POST, "/v1/sign_out").header("sec-fetch-site", "same-origin"),
    ] {
        assert_eq!(ada.send(request.json(&new)).await.expect(403).error_code(), Some("csrf_refused"));
    }
    let form =
        ada.request(Method::POST, "/v1/artifacts").header("content-type", "text/plain").body(new.to_string());
    ada.send(form).await.expect(415);
    ada.get("/v1/artifacts").await.expect(200);
    // A stranger's page must not sign anybody in as the stranger either.
    let body = json!({"email": ADA, "password": PASSWORD});
    let login = ada
        .bare(Method::POST, "/v1/sign_in")
        .header("sec-fetch-site", "cross-site")
        .header("olivine-console", "1");
    assert_eq!(ada.send(login.json(&body)).await.expect(403).error_code(), Some("csrf_refused"));
    // A key wins over a cookie, also a wrong one.
    let both = ada.request(Method::GET, "/v1/artifacts").bearer_auth("olv_wrong");
    assert_eq!(ada.send(both).await.expect(401).error_code(), Some("unauthenticated"));
    let both = ada.bare(Method::POST, "/v1/artifacts").bearer_auth(server.admin_key()).json(&new);
    ada.send(both).await.expect(201);
}

#[tokio::test]
async fn nobody_signs_in_where_others_could_read_along() {
    let (server, ada) = set_up().await;
    let body = json!({"email": ADA, "password": PASSWORD});
    let outside = ada.request(Method::POST, "/v1/sign_in").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(ada.send(outside.json(&body)).await.expect(403).error_code(), Some("insecure_transport"));
    drop(server);
    let behind_proxy =
        Server::builder().set("server.public_url=\"https://olivine.example.com\"").start().await;
    let browser = Browser::new(&behind_proxy.api());
    let link = setup_link(&behind_proxy);
    assert!(link.starts_with("https://olivine.example.com/setup#oll_"), "{link}");
    let new = json!({"token": token(&link), "name": "Ada", "email": ADA, "password": PASSWORD});
    let passed_on = |origin: &str| {
        let request = browser.bare(Method::POST, "/v1/setup").header("x-forwarded-for", "192.0.2.1");
        request.header("origin", origin).header("olivine-console", "1").json(&new)
    };
    browser.send(passed_on("https://evil.example.com")).await.expect(403);
    browser.send(passed_on("https://olivine.example.com")).await.expect(201);
    assert!(browser.cookies().contains_key("__Host-olivine"), "{:?}", browser.cookies().keys());
}
