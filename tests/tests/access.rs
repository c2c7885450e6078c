//! Permissions, the audit trail, and searches.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::time::Duration;

use olivine_tests::{
    Answer, Api, Database, Server, Table, Workbench, on_both, operations, percent_encoded, prn, send,
};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    async roles_see_write_and_rule,
    async api_keys_live_and_end,
    async nobody_hands_out_more_than_they_have,
    async a_key_that_expires_gives_no_key_a_longer_life,
    async the_last_admin_key_stays,
    async a_journey_leaves_its_events,
    async events_are_found_by_what_they_say,
    async downloads_are_counted,
    async custom_metadata_is_kept_byte_for_byte,
    async searches_find_what_they_say,
    async pages_are_stable,
    async related_records_are_embedded,
    async the_document_describes_every_operation,
);

async fn new_key(api: &Api, body: &Value) -> (String, Api) {
    let created = api.post("/v1/api_keys", body).await.expect(201).json;
    let key = created["api_key"]["key"].as_str().expect("a new key is shown once");
    (prn(&created["api_key"]), api.with_key(key))
}

/// The records of a list, of any type.
fn records(answer: &Answer) -> &[Value] {
    let lists = answer.json.as_object().and_then(|body| body.values().find_map(Value::as_array));
    lists.unwrap_or_else(|| panic!("no list: {answer:?}"))
}

async fn roles_see_write_and_rule(database: Database) {
    let server = Server::start(database);
    let admin = Workbench::new(server.api()).await;
    let binary = admin.signable(b"content").await;
    let mut table = Table::default();
    for role in ["reader", "writer", "admin"] {
        let (key, api) = new_key(admin.api(), &json!({"name": role, "role": role})).await;
        let me = api.get("/v1/users/me").await.expect(200).json["user"].take();
        assert_eq!((&me["prn"], &me["role"], &me["name"]), (&key.into(), &json!(role), &json!(role)));
        table.line(&format!("{role}: {}", me["scopes"]));
        for (what, answer) in [
            ("reads binaries", api.get("/v1/binaries").await),
            ("downloads", api.get(&format!("/v1/binaries/{binary}/download")).await),
            ("reads events", api.get("/v1/events").await),
            ("reads API keys", api.get("/v1/api_keys").await),
            ("creates an artifact", api.post("/v1/artifacts", &json!({"name": role})).await),
            (
                "trusts a signing key",
                api.post("/v1/signing_keys", &json!({"name": role, "value": "x"})).await,
            ),
            ("changes the quota", api.patch("/v1/organization", &json!({"storage_quota": null})).await),
            ("destroys", api.patch(&format!("/v1/binaries/{binary}"), &json!({"state": "destroyed"})).await),
        ] {
            table.line(&format!("    {what}: {} {}", answer.status, answer.error_code().unwrap_or_default()));
        }
    }
    insta::assert_snapshot!("roles", table.text());
}

async fn api_keys_live_and_end(database: Database) {
    let server = Server::start(database);
    let admin = server.api();
    let first = admin.get("/v1/users/me").await.expect(200).json;
    let created = admin.post("/v1/api_keys", &json!({"name": "ci", "role": "writer"})).await.expect(201);
    let secret = created.json["api_key"]["key"].as_str().unwrap().to_owned();
    let path = format!("/v1/api_keys/{}", prn(&created.json["api_key"]));
    let ci = admin.with_key(secret.as_str());

    let shown = admin.get(&path).await.expect(200);
    assert!(secret.starts_with(shown.json["api_key"]["hint"].as_str().unwrap()));
    let listed = admin.get("/v1/api_keys?search=role:'writer'").await.expect(200);
    assert_eq!(records(&listed), [shown.json["api_key"].clone()]);
    let all = admin.get("/v1/api_keys").await.expect(200);
    assert_eq!((records(&all).len(), &records(&all)[0]["prn"]), (2, &first["user"]["prn"]));
    assert!(!String::from_utf8_lossy(&all.body).contains(&secret), "a secret is shown once");
    assert!(!server.log().contains(&secret) && !server.log().contains(&server.admin_key()));

    let renamed = admin.patch(&path, &json!({"name": "ci-2"})).await.expect(200);
    assert_eq!(renamed.json["api_key"]["name"], "ci-2");
    admin.patch(&path, &json!({"expires_at": "2020-01-01T00:00:00Z"})).await.expect(200);
    ci.get("/v1/users/me").await.expect(401);
    admin.patch(&path, &json!({"expires_at": null})).await.expect(200);
    ci.get("/v1/users/me").await.expect(200);
    admin.patch(&path, &json!({"expires_at": "2199-01-01T00:00:00Z"})).await.expect(200);
    let me = ci.get("/v1/users/me").await.expect(200);
    assert_eq!(me.json["user"]["expires_at"].as_str().map(|at| &at[..10]), Some("2199-01-01"));

    admin.delete(&path).await.expect(204);
    ci.get("/v1/users/me").await.expect(401);
    admin.delete(&path).await.expect(204);
    let revoked = admin.get(&path).await.expect(200);
    assert!(revoked.json["api_key"]["revoked_at"].is_string(), "its record stays");
    let events = admin.get(&format!("/v1/events?resource_prn={}", prn(&revoked.json["api_key"]))).await;
    let kinds: Vec<_> = records(&events).iter().map(|event| event["type"].as_str().unwrap()).collect();
    let updated = "api_key.updated";
    assert_eq!(kinds, ["api_key.created", updated, updated, updated, updated, "api_key.revoked"]);

    // A key with an expiry time works until that time and not longer.
    let soon = server.operator(&["api-keys", "create", "--name", "by the operator", "--role", "reader"]);
    let by_operator = admin.with_key(soon);
    assert_eq!(by_operator.get("/v1/users/me").await.expect(200).json["user"]["role"], "reader");
}

async fn nobody_hands_out_more_than_they_have(database: Database) {
    let server = Server::start(database);
    let admin = server.api();
    let scopes = ["api_key.create", "api_key.update", "api_key.read", "api_key.revoke", "artifact.read"];
    let (_, keeper) = new_key(&admin, &json!({"name": "keeper", "scopes": scopes})).await;
    let mut table = Table::default();
    for (what, body) in [
        ("an admin", json!({"name": "x", "role": "admin"})),
        ("a reader", json!({"name": "x", "role": "reader"})),
        ("a signer", json!({"name": "x", "scopes": ["artifact.read", "binary.sign"]})),
        ("one who reads artifacts", json!({"name": "x", "scopes": ["artifact.read"]})),
    ] {
        table.note(&format!("creating {what}"), &keeper.post("/v1/api_keys", &body).await);
    }
    let past = json!({"expires_at": "2020-01-01T00:00:00Z"});
    for (what, grants) in [
        ("an admin", json!({"role": "admin"})),
        ("a reader", json!({"role": "reader"})),
        ("a signer", json!({"scopes": ["binary.sign"]})),
        ("one who reads artifacts", json!({"scopes": ["artifact.read"]})),
    ] {
        let mut body = grants;
        body["name"] = what.into();
        let (key, owner) = new_key(&admin, &body).await;
        let path = format!("/v1/api_keys/{key}");
        table.note(&format!("renaming {what}"), &keeper.patch(&path, &json!({"name": "y"})).await);
        table.note(&format!("revoking {what}"), &keeper.delete(&path).await);
        // A weaker key may not do this, whether or not the key is revoked.
        let still = owner.get("/v1/users/me").await.status;
        table.line(&format!("    afterwards it is answered {still}"));
        table.note(&format!("letting {what} expire"), &keeper.patch(&path, &past).await);
    }
    insta::assert_snapshot!("nobody_hands_out_more_than_they_have", table.text());
}

async fn a_key_that_expires_gives_no_key_a_longer_life(database: Database) {
    let server = Server::start(database);
    let admin = server.api();
    let until = "2098-01-01T00:00:00Z";
    let (own, passing) =
        new_key(&admin, &json!({"name": "passing", "role": "admin", "expires_at": until})).await;
    let (lasting, _) = new_key(&admin, &json!({"name": "lasting", "role": "reader"})).await;
    let mut table = Table::default();
    for expires_at in
        [Value::Null, json!("2098-01-01T00:00:00.000001Z"), json!(until), json!("2097-01-01T00:00:00Z")]
    {
        let mut body = json!({"name": "child", "role": "reader"});
        if !expires_at.is_null() {
            body["expires_at"] = expires_at.clone();
        }
        table.note(
            &format!("creating one that expires at {expires_at}"),
            &passing.post("/v1/api_keys", &body).await,
        );
    }
    let (child, _) =
        new_key(&passing, &json!({"name": "child", "role": "reader", "expires_at": "2097-01-01T00:00:00Z"}))
            .await;
    for (what, key) in [("itself", &own), ("another one", &child), ("one that lasts", &lasting)] {
        for expires_at in [json!("2099-01-01T00:00:00Z"), Value::Null, json!(until)] {
            let answer =
                passing.patch(&format!("/v1/api_keys/{key}"), &json!({"expires_at": expires_at})).await;
            table.note(&format!("letting {what} expire at {expires_at}"), &answer);
        }
    }
    let renamed =
        passing.patch(&format!("/v1/api_keys/{own}"), &json!({"name": "renamed"})).await.expect(200);
    assert_eq!(renamed.json["api_key"]["expires_at"].as_str().map(|at| &at[..19]), Some(&until[..19]));
    insta::assert_snapshot!("a_key_that_expires_gives_no_key_a_longer_life", table.text());
}

async fn the_last_admin_key_stays(database: Database) {
    let server = Server::start(database);
    let admin = server.api();
    let first = format!("/v1/api_keys/{}", prn(&admin.get("/v1/users/me").await.expect(200).json["user"]));
    // None of these keys has the role admin.
    new_key(&admin, &json!({"name": "writer", "role": "writer"})).await;
    let (revoked, _) = new_key(&admin, &json!({"name": "revoked", "role": "admin"})).await;
    admin.delete(&format!("/v1/api_keys/{revoked}")).await.expect(204);
    let (expired, _) = new_key(&admin, &json!({"name": "expired", "role": "admin"})).await;
    let past = json!({"expires_at": "2020-01-01T00:00:00Z"});
    admin.patch(&format!("/v1/api_keys/{expired}"), &past).await.expect(200);

    let mut table = Table::default();
    let soon = json!({"expires_at": "2198-01-01T00:00:00Z"});
    table.note("revoking the last one", &admin.delete(&first).await);
    table.note("letting it expire at once", &admin.patch(&first, &past).await);
    table.note("letting it expire some day", &admin.patch(&first, &soon).await);
    insta::assert_snapshot!("the_last_admin_key_stays", table.text());
    admin.get("/v1/users/me").await.expect(200);

    let (_, second) = new_key(&admin, &json!({"name": "second", "role": "admin"})).await;
    admin.patch(&first, &soon).await.expect(200);
    admin.delete(&first).await.expect(204);
    admin.get("/v1/users/me").await.expect(401);
    second.get("/v1/users/me").await.expect(200);
}

async fn a_journey_leaves_its_events(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let api = bench.api();
    let content = vec![7; 5 * 1024 * 1024 + 1];
    let binary = bench.uploadable(&content).await;
    let path = format!("/v1/binaries/{binary}");
    bench.put_part(&binary, 1, &content[..5 * 1024 * 1024]).await;
    let refused = bench.announce(&binary, 2, b"x").await.expect(201);
    let url = refused.json["binary_part"]["presigned_upload_url"].as_str().unwrap();
    api.put_bytes(url, b"y".to_vec()).await.expect(422);
    bench.ask(&binary, "hashable").await.expect(422);
    bench.put_content(&binary, &content).await.expect(200);
    bench.ask(&binary, "hashable").await.expect(200);
    bench.in_state(&binary, "signable").await;
    bench.ask(&binary, "uploadable").await.expect(200);
    bench.put_part(&binary, 1, &content).await;
    api.patch(&path, &json!({"description": "blue"})).await.expect(200);
    api.patch(&path, &json!({"description": "blue"})).await.expect(200);
    bench.ask(&binary, "hashable").await.expect(200);
    bench.in_state(&binary, "signable").await;
    bench.attach(&binary, bench.signing_key_prn(), &bench.pair().sign(b"other")).await.expect(422);
    let signature = bench.sign(&binary, &content).await.expect(201);
    bench.sign(&binary, &content).await.expect(200);
    let url = bench.download_url(&binary).await;
    api.get(&url).await.expect(200);
    let signature = prn(&signature.json["binary_signature"]);
    api.delete(&format!("/v1/binary_signatures/{signature}")).await.expect(204);
    bench.sign(&binary, &content).await.expect(201);
    api.patch(&format!("/v1/signing_keys/{}", bench.signing_key_prn()), &json!({"state": "revoked"}))
        .await
        .expect(200);
    bench.ask(&binary, "destroyed").await.expect(200);
    // The record says that the content is gone when the storage has confirmed it.
    let replicas = format!("{path}/replicas");
    let left = async || api.get(&replicas).await.expect(200).json["replicas"].take();
    let gone = async {
        while left().await != json!([]) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), gone).await.expect("the content is deleted");
    bench.ask(&binary, "destroyed").await.expect(200);
    let deleted = bench.uploadable(b"x").await;
    api.delete(&format!("/v1/binaries/{deleted}")).await.expect(204);
    api.patch("/v1/organization", &json!({"storage_quota": 1})).await.expect(200);

    let events = all(api, "/v1/events").await;
    let mut table = Table::default();
    for event in &events {
        let by = if event["actor"] == "system" { "system" } else { "key" };
        let what = event["resource_prn"].as_str().unwrap().split(':').nth(3).unwrap_or("organization");
        let address = event["address"].as_str().unwrap_or("-");
        let request = if event["request_id"].is_string() { "" } else { " (no request)" };
        table.line(&format!("{} of {what} by {by} from {address}{request}", event["type"].as_str().unwrap()));
        let mut data = event["data"].clone();
        if data["keyid"].is_string() {
            data["keyid"] = "…".into();
        }
        if data["hint"].is_string() {
            data["hint"] = "…".into();
        }
        table.line(&format!("    {data}"));
        let single = api.get(&format!("/v1/events/{}", prn(event))).await.expect(200);
        assert_eq!(single.json["event"], *event);
    }
    insta::assert_snapshot!("events_of_a_journey", table.text());
}

/// All records of a list, fetched page by page.
async fn all(api: &Api, list: &str) -> Vec<Value> {
    let separator = if list.contains('?') { '&' } else { '?' };
    let (mut found, mut page) = (Vec::new(), String::new());
    for _ in 0..100 {
        let answer = api.get(&format!("{list}{separator}limit=7{page}")).await.expect(200);
        found.extend_from_slice(records(&answer));
        let Some(next) = answer.json["next_page"].as_str() else { return found };
        page = format!("&page={next}");
    }
    panic!("{list} has no end")
}

async fn events_are_found_by_what_they_say(database: Database) {
    let server = Server::start(database);
    let admin = server.api();
    let (writer_prn, writer) = new_key(&admin, &json!({"name": "writer", "role": "writer"})).await;
    let request = writer.request(Method::POST, "/v1/artifacts").header("x-request-id", "build-4711");
    let made = send(request.json(&json!({"name": "one"}))).await.expect(201);
    let id = made.header("x-request-id").unwrap().to_owned();
    assert_ne!(id, "build-4711", "callers don't choose what the audit trail says");
    let artifact = prn(&made.json["artifact"]);
    writer.patch(&format!("/v1/artifacts/{artifact}"), &json!({"description": "x"})).await.expect(200);
    admin.post("/v1/artifacts", &json!({"name": "two"})).await.expect(201);

    for (query, expected) in [
        (format!("resource_prn={artifact}"), &["artifact.created", "artifact.updated"][..]),
        (format!("actor_prn={writer_prn}"), &["artifact.created", "artifact.updated"]),
        (format!("request_id={id}"), &["artifact.created"]),
        ("request_id=build-4711".to_owned(), &[]),
        ("type=artifact.created".to_owned(), &["artifact.created", "artifact.created"]),
        (format!("type=artifact.created&actor_prn={writer_prn}"), &["artifact.created"]),
        ("type=artifact.deleted".to_owned(), &[]),
        (format!("search=type:'artifact.updated' and actor_prn:'{writer_prn}'"), &["artifact.updated"]),
        (format!("order=desc&resource_prn={artifact}"), &["artifact.updated", "artifact.created"]),
        ("search=inserted_at<'2000-01-01T00:00:00Z'".to_owned(), &[]),
    ] {
        let found = admin.get(&format!("/v1/events?{query}")).await.expect(200);
        let kinds: Vec<_> = records(&found).iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, expected, "{query}");
    }
    let found = admin.get(&format!("/v1/events?request_id={id}")).await.expect(200);
    assert_eq!(records(&found)[0]["caller_request_id"], "build-4711", "but theirs is noted");
    let request = admin.request(Method::POST, "/v1/artifacts").header("x-request-id", "x".repeat(100));
    let made = send(request.json(&json!({"name": "long"}))).await.expect(201);
    let found = admin
        .get(&format!("/v1/events?request_id={}", made.header("x-request-id").unwrap()))
        .await
        .expect(200);
    assert_eq!(records(&found)[0]["caller_request_id"], "x".repeat(64));
    // A request id that would break a log line is replaced.
    let answer =
        send(admin.request(Method::GET, "/healthz").header("x-request-id", "a b\u{9}c status=500")).await;
    assert_ne!(answer.header("x-request-id"), Some("a b\u{9}c status=500"));
    assert!(answer.header("x-request-id").is_some());
    let refused = admin.post("/v1/artifacts", &json!({"name": "one"})).await.expect(409);
    let of_refused = format!("/v1/events?request_id={}", refused.header("x-request-id").unwrap());
    assert!(records(&admin.get(&of_refused).await.expect(200)).is_empty(), "what did not happen is no event");
}

async fn downloads_are_counted(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signed(b"content").await;
    let path = format!("/v1/binaries/{binary}/downloads");
    assert_eq!(bench.api().get(&path).await.expect(200).json, json!({"downloads": []}));
    let url = bench.download_url(&binary).await;
    bench.download_url(&binary).await;
    let range = |range: &str| send(bench.api().request(Method::GET, &url).header("range", range.to_owned()));
    bench.api().get(&url).await.expect(200);
    range("bytes=0-2").await.expect(206);
    range("bytes=3-").await.expect(206);
    send(bench.api().request(Method::HEAD, &url)).await.expect(200);
    let counts = bench.api().get(&path).await.expect(200);
    let days = counts.json["downloads"].as_array().unwrap();
    // Around midnight there may be two days.
    assert!((1..=2).contains(&days.len()), "{days:?}");
    let sum = |field: &str| days.iter().map(|day| day[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!(
        (sum("issued"), sum("finished")),
        (2, 2),
        "a range that ends before the end, and HEAD, do not count"
    );
    let events =
        bench.api().get(&format!("/v1/events?resource_prn={binary}&type=binary.download_finished")).await;
    assert_eq!(records(&events).len(), 2);
}

async fn custom_metadata_is_kept_byte_for_byte(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let api = bench.api();
    let odd = r#"{"z":1,"a" :  1.50, "big":123456789012345678901234567890,"exp":1E+2,"neg":-0.0,"dup":1,"dup":2,"u":"\u00fc\/ü","n":null,"deep":[[[{"":{}}]]],"memory_required": 268435456}"#;
    let send_raw = async |method: Method, path: &str, body: String| {
        send(api.request(method, path).header("content-type", "application/json").body(body)).await
    };
    let version = bench.version_prn();
    let hash = olivine_tests::sha256_hex(b"x");
    for (path, envelope, body) in [
        ("/v1/artifacts", "artifact", "\"name\": \"with-metadata\"".to_owned()),
        (
            "/v1/artifact_versions",
            "artifact_version",
            format!("\"version\": \"9\", \"artifact_prn\": \"{}\"", artifact(&bench).await),
        ),
        (
            "/v1/binaries",
            "binary",
            format!("\"artifact_version_prn\": \"{version}\", \"target\": \"x\", \"hash\": \"{hash}\""),
        ),
    ] {
        let created =
            send_raw(Method::POST, path, format!("{{{body}, \"custom_metadata\": {odd}}}")).await.expect(201);
        let record = format!("{path}/{}", prn(&created.json[envelope]));
        let read = api.get(&record).await.expect(200);
        let listed = api.get(&format!("{path}?order=desc&limit=1")).await.expect(200);
        for answer in [&created, &read, &listed] {
            assert!(String::from_utf8_lossy(&answer.body).contains(odd), "{path}: {answer:?}");
        }
        let changed =
            send_raw(Method::PATCH, &record, format!("{{\"custom_metadata\": {odd}}}")).await.expect(200);
        assert_eq!(changed.header("etag"), read.header("etag"), "{path}: the same metadata is no change");
        let empty =
            send_raw(Method::PATCH, &record, "{\"custom_metadata\": {}}".to_owned()).await.expect(200);
        assert_eq!(empty.json[envelope]["custom_metadata"], json!({}), "{path}");
        let none =
            send_raw(Method::PATCH, &record, "{\"custom_metadata\": null}".to_owned()).await.expect(200);
        assert_eq!(none.json[envelope]["custom_metadata"], Value::Null, "{path}");
    }
}

async fn artifact(bench: &Workbench) -> String {
    let version =
        bench.api().get(&format!("/v1/artifact_versions/{}", bench.version_prn())).await.expect(200);
    version.json["artifact_version"]["artifact_prn"].as_str().unwrap().to_owned()
}

async fn searches_find_what_they_say(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    for (target, size, description) in [
        ("alpha", 1, "East Blue"),
        ("beta", 20, "it's 100% west_blue \\ done"),
        ("gamma", 300, "Größe ÄÖÜ"),
        ("delta", 4000, ""),
    ] {
        let mut promise = bench.promise(b"x");
        promise["target"] = target.into();
        promise["size"] = size.into();
        if !description.is_empty() {
            promise["description"] = description.into();
        }
        bench.create(&promise).await;
    }
    let mut table = Table::default();
    for search in [
        "target:'alpha'",
        "target:'ALPHA'",
        "target~'lph'",
        "target~'LPH'",
        "target-'LPH'",
        "target-'a'",
        "description~'blue'",
        "description~'Blue'",
        "description-'BLUE'",
        "description~'100%'",
        "description~'%'",
        "description~'_'",
        "description~'t_b'",
        "description~'it\\'s'",
        "description~'\\\\'",
        "description-'größe'",
        "description-'GRÖSSE äöü'",
        "description-'äöü'",
        "description~''",
        "size:20",
        "size<20",
        "size<=20",
        "size>20",
        "size>=20",
        "size>-1",
        "size>=20 and size<4000",
        "destroyed:false",
        "destroyed:true",
        "state:'uploadable'",
        "state:'signed'",
        "inserted_at>'2000-01-01T00:00:00Z'",
        "inserted_at<='2000-01-01T00:00:00Z'",
        "inserted_at>'2000-01-01T00:00:00+02:00' and target-'ALPHA' and size:1 and bytes_uploaded:0 and destroyed:false",
    ] {
        let encoded = percent_encoded(search);
        let found = bench.api().get(&format!("/v1/binaries?search={encoded}")).await.expect(200);
        let targets: Vec<_> =
            records(&found).iter().map(|record| record["target"].as_str().unwrap()).collect();
        table.line(&format!("{search}: {}", targets.join(" ")));
    }
    // The snapshot must be the same on both databases.
    insta::assert_snapshot!("searches", table.text());
    let version = bench.version_prn();
    let both = format!("/v1/binaries?search=target~'a'&artifact_version_prn={version}&target=beta");
    assert_eq!(records(&bench.api().get(&both).await.expect(200)).len(), 1, "filters and search go together");
    let universal = json!({"target": "portable"});
    let mut promise = bench.promise(b"x");
    promise["target"] = universal["target"].clone();
    bench.create(&promise).await;
    let found = bench.api().get("/v1/binaries?target=universal").await.expect(200);
    assert_eq!(records(&found)[0]["target"], "portable", "two spellings of one target");
    promise["target"] = "universal".into();
    bench.api().post("/v1/binaries", &promise).await.expect(409);
}

async fn pages_are_stable(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let api = bench.api();
    let mut made = Vec::new();
    for _ in 0..12 {
        made.push(bench.uploadable(b"x").await);
    }
    let prns = |answer: &Answer| records(answer).iter().map(prn).collect::<Vec<_>>();
    let first = api.get("/v1/binaries?limit=5").await.expect(200);
    assert_eq!(prns(&first), made[..5]);
    let next = first.json["next_page"].as_str().unwrap();
    // Records that were already listed are deleted, including the one that the cursor names, and new ones are created.
    for seen in [0, 3, 4] {
        api.delete(&format!("/v1/binaries/{}", made[seen])).await.expect(204);
    }
    let late = bench.uploadable(b"x").await;
    let second = api.get(&format!("/v1/binaries?limit=5&page={next}")).await.expect(200);
    assert_eq!(prns(&second), made[5..10], "nothing twice, nothing left out");
    let next = second.json["next_page"].as_str().unwrap();
    let third = api.get(&format!("/v1/binaries?limit=5&page={next}")).await.expect(200);
    assert_eq!(prns(&third), [&made[10..], std::slice::from_ref(&late)].concat());
    assert_eq!(third.json["next_page"], Value::Null);
    assert_eq!(prns(&api.get(&format!("/v1/binaries?limit=5&page={next}")).await.expect(200)), prns(&third));

    let newest = api.get("/v1/binaries?limit=2&order=desc").await.expect(200);
    assert_eq!(prns(&newest), [late.as_str(), &made[11]]);
    let next = newest.json["next_page"].as_str().unwrap();
    bench.uploadable(b"x").await;
    let older = api.get(&format!("/v1/binaries?limit=2&order=desc&page={next}")).await.expect(200);
    assert_eq!(prns(&older), [made[10].as_str(), &made[9]]);
    let exact = api.get("/v1/binaries?limit=11").await.expect(200);
    assert_eq!(
        (records(&exact).len(), &exact.json["next_page"]),
        (11, &Value::Null),
        "a last page that is full"
    );
}

async fn related_records_are_embedded(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let signed = bench.signed(b"content").await;
    let signature = bench.api().get("/v1/binary_signatures").await.expect(200);
    let signature = prn(&records(&signature)[0]);
    let mut table = Table::default();
    for path in [
        "/v1/binaries?expand[]=artifact_version".to_owned(),
        "/v1/binaries?expand[]=artifact_version.artifact".to_owned(),
        format!("/v1/binaries/{signed}?expand[]=artifact_version.artifact"),
        format!("/v1/binaries/{signed}?expand[]=artifact_version&expand[]=artifact_version.artifact"),
        format!("/v1/binaries/{signed}?expand%5B%5D=artifact_version"),
        "/v1/artifact_versions?expand[]=artifact".to_owned(),
        format!("/v1/artifact_versions/{}?expand[]=artifact", bench.version_prn()),
        "/v1/binary_signatures?expand[]=binary&expand[]=signing_key".to_owned(),
        format!("/v1/binary_signatures/{signature}?expand[]=signing_key"),
        format!("/v1/binaries/{signed}"),
    ] {
        let answer = bench.api().get(&path).await.expect(200);
        let body = answer.json.as_object().unwrap().values().next().unwrap();
        let record = body.get(0).unwrap_or(body);
        table.line(&format!("{path}\n    {}", embedded(record).join(", ")));
    }
    insta::assert_snapshot!("expand", table.text());
    let one = bench
        .api()
        .get(&format!("/v1/binaries/{signed}?expand[]=artifact_version.artifact"))
        .await
        .expect(200);
    let version =
        bench.api().get(&format!("/v1/artifact_versions/{}?expand[]=artifact", bench.version_prn())).await;
    assert_eq!(
        one.json["binary"]["artifact_version"], version.json["artifact_version"],
        "embedded as it is alone"
    );
}

/// The names of the records that are embedded in a record.
fn embedded(record: &Value) -> Vec<String> {
    let fields = record.as_object().unwrap().iter().filter(|(_, value)| value["prn"].is_string());
    fields
        .flat_map(|(name, value)| {
            let inner =
                embedded(value).into_iter().map(|inner| format!("{name}.{inner}")).collect::<Vec<_>>();
            std::iter::once(name.clone()).chain(inner)
        })
        .collect()
}

async fn the_document_describes_every_operation(database: Database) {
    let server = Server::start(database);
    let document = olivine_tests::openapi(&server.api().without_key()).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = Vec::new();
    for operation in operations(&server.api()).await {
        let what = format!("{} {}", operation.method, operation.path);
        let description = &operation.description;
        ids.push(
            description["operationId"]
                .as_str()
                .unwrap_or_else(|| panic!("{what} has no operationId"))
                .to_owned(),
        );
        assert!(
            description["summary"].as_str().is_some_and(|summary| !summary.is_empty()),
            "{what} has no summary"
        );
        let responses =
            description["responses"].as_object().unwrap_or_else(|| panic!("{what} has no responses"));
        assert!(responses.keys().any(|status| status.starts_with(['2', '3'])), "{what} never succeeds");
        let named: Vec<_> =
            operation.path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        let parameters = description["parameters"].as_array().cloned().unwrap_or_default();
        for name in named {
            let is_there =
                parameters.iter().any(|parameter| parameter["name"] == name && parameter["in"] == "path");
            assert!(is_there, "{what} does not describe {{{name}}}");
        }
        let has_body = description["requestBody"].is_object();
        // Requests for a code have no body. The path says everything about archiving, except the new place of a release.
        let path = operation.path.as_str();
        let is_said = ["/verification_codes", "/archive", "/join"].iter().any(|end| path.ends_with(end))
            || path.ends_with("/unarchive") && !path.starts_with("/v1/releases/")
            // These need only the caller and the record in the path.
            || ["/sign_out", "/retry", "/check", "/users/me/totp", "/recovery_codes", "/reset_link"].iter().any(|end| path.ends_with(end));
        let takes_body = ["POST", "PUT", "PATCH"].contains(&operation.method.as_str()) && !is_said;
        assert_eq!(has_body, takes_body, "{what}");
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "operationIds are unique");
    let of_devices = server.api().without_key().get("/v1/openapi-devices.json").await.expect(200).json;
    for document in [&document, &of_devices] {
        for reference in references(document) {
            let path = reference.strip_prefix('#').expect("the document is whole");
            assert!(document.pointer(path).is_some(), "{reference} leads nowhere");
        }
    }
    // The page is sent in the form in which the executable contains it: compressed.
    let page = server.api().without_key().get("/docs/").await.expect(200);
    assert_eq!(page.header("content-encoding"), Some("gzip"));
    let page = server.shell().run("curl --silent --fail --compressed $PERIDIO_BASE_URL/docs/").succeeds();
    assert!(page.contains("swagger"), "{page}");
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
