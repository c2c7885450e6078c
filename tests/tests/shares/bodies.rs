//! Bodies that arrive slowly or never.

use std::sync::Arc;

use olivine_tests::{Api, Database, Device, Server, Wire, Workbench, on_both, send};
use reqwest::Method;
use serde_json::json;

use super::{Memory, behind_a_proxy, create, key, until};

on_both!(
    async half_sent_bodies_of_one_device,
    async half_sent_bodies_of_one_device_over_tls,
    async half_sent_bodies_of_one_key,
    async requests_of_one_key_wait_for_each_other,
    async more_bodies_than_memory_is_given,
    async a_refused_request_claims_no_idempotency_key,
    async deeply_nested_json,
);

const STATUS: &str = "POST /update/status HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";

/// As many requests as there are places.
const MANY: usize = 1024;

async fn half_sent_bodies_of_one_device(database: Database) {
    let server = Server::builder()
        .database(database)
        .scaled(false)
        .behind_a_proxy()
        .env("OLIVINE_DEVICE_REQUESTS_PER_SECOND", "0")
        .start();
    let headers = behind_a_proxy(&server.api(), &["SN-1", "SN-2"]).await;
    let other = Api::new(server.device_url());
    let ask = async || {
        let request = other.request(Method::GET, "/update").header("client-cert", &headers[1]);
        send(request).await
    };
    ask().await.expect(200);
    let memory = Memory::of(&server);
    let head = format!("{STATUS}client-cert: {}\r\ncontent-length: 60000\r\n\r\n{{", headers[0]);
    let mut half_sent = Vec::new();
    for _ in 0..MANY {
        let mut wire = Wire::connect(server.device_url());
        assert!(wire.send(&head));
        half_sent.push(wire);
    }
    for _ in 0..20 {
        ask().await.expect(200);
    }
    memory.has_not_grown();
    // All requests are refused at once, except those that have a place or wait for one.
    let refused = half_sent.iter().filter(|wire| wire.has_answer()).count();
    assert!(refused > MANY / 2, "{refused} were refused");
    let mut refused = half_sent.into_iter().find(Wire::has_answer).unwrap();
    let answer = refused.answer().unwrap();
    assert_eq!((answer.status, answer.error_code()), (429, Some("rate_limited")));
}

async fn half_sent_bodies_of_one_device_over_tls(database: Database) {
    let server = Server::builder()
        .database(database)
        .scaled(false)
        .env("OLIVINE_CONCURRENT_REQUESTS", "20")
        .env("OLIVINE_CONCURRENT_REQUESTS_PER_CALLER", "2")
        .start();
    let api = server.api();
    let product = create(&api, "products", "product", json!({"name": "gateway"})).await;
    let cohort = json!({"product_prn": product, "name": "daily"});
    let cohort = create(&api, "cohorts", "cohort", cohort).await;
    let (slow, other) = (Device::new(&server, "SN-1"), Device::new(&server, "SN-2"));
    for (device, identifier) in [(&slow, "SN-1"), (&other, "SN-2")] {
        let body = json!({"product_prn": product, "cohort_prn": cohort, "identifier": identifier});
        device.register(&api, &create(&api, "devices", "device", body).await).await;
    }
    let half_sent: Vec<_> = (0..30)
        .map(|_| {
            let mut line = slow.line();
            line.send(&format!("{STATUS}content-length: 60000\r\n\r\n{{"));
            line
        })
        .collect();
    for _ in 0..20 {
        other.update("", &[]).await.expect(200);
    }
    drop(half_sent);
    until("its places are free again", async || slow.update("", &[]).await.status == 200).await;
}

async fn half_sent_bodies_of_one_key(database: Database) {
    let server = Server::builder().database(database).scaled(false).start();
    let bench = Workbench::new(server.api()).await;
    let slow = key(bench.api(), "slow", "writer").await;
    let url = bench.download_url(&bench.signable(b"content").await).await;
    let memory = Memory::of(&server);
    let mut half_sent = Vec::new();
    for number in 0..MANY {
        let idempotency = if number % 2 == 0 { "idempotency-key: 1\r\n" } else { "" };
        let head = format!(
            "POST /v1/artifacts HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n{idempotency}content-length: 2000000\r\n\r\n{{",
            slow.key().unwrap()
        );
        let mut wire = Wire::connect(server.url());
        assert!(wire.send(head));
        half_sent.push(wire);
    }
    // All requests are refused at once, except those that have a place or wait for one.
    until("most are refused", async || half_sent.iter().filter(|wire| wire.has_answer()).count() > MANY / 2)
        .await;
    for number in 0..20 {
        bench.api().get("/v1/users/me").await.expect(200);
        bench.api().post("/v1/artifacts", &json!({"name": format!("other-{number}")})).await.expect(201);
        bench.api().get(&url).await.expect(200);
    }
    memory.has_not_grown();
}

/// A program that sends many requests at once is slowed down, but not refused.
async fn requests_of_one_key_wait_for_each_other(database: Database) {
    let server = Server::builder()
        .database(database)
        .scaled(false)
        .env("OLIVINE_CONCURRENT_REQUESTS_PER_CALLER", "4")
        .start();
    let api = Arc::new(server.api());
    let asking: Vec<_> = (0..32)
        .map(|_| {
            let api = Arc::clone(&api);
            tokio::spawn(async move { api.get("/v1/users/me").await.status })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.unwrap(), 200);
    }
}

async fn more_bodies_than_memory_is_given(database: Database) {
    let server = Server::builder()
        .database(database)
        .scaled(false)
        .env("OLIVINE_JSON_BYTES", "100000")
        .env("OLIVINE_BODY_MEMORY_BYTES", "150000")
        .start();
    let api = server.api();
    let half = |key: &str, bytes: usize| {
        let mut wire = Wire::connect(server.url());
        assert!(wire.send(format!(
            "POST /v1/artifacts HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\nconnection: close\r\ncontent-length: 90000\r\n\r\n{}",
            " ".repeat(bytes)
        )));
        wire
    };
    let (first, second) = (key(&api, "first", "writer").await, key(&api, "second", "writer").await);
    // There is memory for one of them, whichever is read first.
    let mut both = [&first, &second].map(|key| half(key.key().unwrap(), 80_000));
    until("one of both is refused", async || both.iter().any(Wire::has_answer)).await;
    let refused = both.iter_mut().find(|wire| wire.has_answer()).unwrap();
    assert_eq!(refused.answer().unwrap().status, 429);
    api.post("/v1/artifacts", &json!({"name": "small"})).await.expect(201);
    drop(both);
    let large = json!({"name": "large", "description": "x".repeat(1000), "custom_metadata": {"a": "x".repeat(80_000)}});
    until("there is room again", async || api.post("/v1/artifacts", &large).await.status == 201).await;
}

async fn a_refused_request_claims_no_idempotency_key(database: Database) {
    let server = Server::builder().database(database).scaled(false).start();
    let api = server.api();
    let reader = key(&api, "reader", "reader").await;
    let send_as = async |api: &Api, name: &str| {
        let request = api.request(Method::POST, "/v1/artifacts").header("idempotency-key", "one");
        send(request.json(&json!({"name": name}))).await
    };
    // If the first request had claimed the key, another body with the same key would be refused as different.
    for name in ["first", "second"] {
        assert_eq!(send_as(&reader, name).await.expect(403).error_code(), Some("unauthorized"));
    }
    // The server does not wait for the body either.
    let mut wire = Wire::connect(server.url());
    assert!(wire.send(format!(
        "POST /v1/artifacts HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\nidempotency-key: one\r\nconnection: close\r\n\
         content-length: 100\r\n\r\n",
        reader.key().unwrap()
    )));
    assert_eq!(wire.answer().expect("an answer").status, 403);
    // A caller with the permission gets the stored answer.
    let first = send_as(&api, "first").await.expect(201);
    let again = send_as(&api, "first").await.expect(201);
    assert_eq!((again.header("idempotency-replayed"), &again.json), (Some("true"), &first.json));
    assert_eq!(send_as(&api, "second").await.expect(422).error_code(), Some("idempotency_key_reused"));
}

async fn deeply_nested_json(database: Database) {
    let server = Server::builder().database(database).scaled(false).start();
    let api = server.api();
    let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let create = async |name: &str, levels: usize| {
        let body = format!("{{\"name\":\"{name}\",\"custom_metadata\":{}}}", nested(levels));
        send(api.request(Method::POST, "/v1/artifacts").body(body)).await
    };
    create("deep", 32).await.expect(201);
    for levels in [33, 40_000, 160_000] {
        let refused = create("deeper", levels).await.expect(422);
        assert_eq!(refused.error_code(), Some("invalid"));
        let message = refused.error_message();
        assert!(message.contains("at most 32 levels"), "{message}");
    }
    // Also in a field that does not exist, and in lists.
    let body = format!("{{\"unknown\":{}}}", "[".repeat(1_000_000));
    send(api.request(Method::POST, "/v1/products").body(body)).await.expect(422);
    let shown = server.shell().run("peridio artifacts list --output json").succeeds();
    assert!(shown.contains("deep") && shown.len() < 10_000, "{} bytes", shown.len());
}
