//! Storages and servers that fail during an operation.

use std::time::Duration;

use olivine_tests::{Answer, Database, Random, S3, Server, ServerBuilder, Workbench, sha256_hex};
use serde_json::json;

use crate::team::{Team, are_complete, copies, fetch, open_server, register, until};

/// The minimum size of all parts except the last one.
const PART: usize = 5 * 1024 * 1024;

/// The number of bytes that a process has read and written so far, including sockets.
fn traffic(server: &Server) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{}/io", server.pid())).unwrap();
    let value = |name: &str| io.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    value("rchar:").unwrap() + value("wchar:").unwrap()
}

pub(crate) async fn parts_go_straight_to_the_store(database: Database) {
    let Team { s3, server, api, bench, .. } = Team::with_bucket(database, "store").await;
    let content = Random::new().bytes(6 * PART + 1234);
    let binary = bench.uploadable(&content).await;
    let before = (traffic(&server), s3.received_bytes());
    for (index, bytes) in (1..).zip(content.chunks(PART)) {
        let announced = bench.announce(&binary, index, bytes).await.expect(201).json;
        let upload = &announced["binary_part"]["upload"];
        assert!(upload["url"].as_str().unwrap().starts_with(&s3.url()), "{upload:#}");
        // The store itself refuses bytes that differ from the announced ones.
        let mut wrong = bytes.to_vec();
        wrong[0] ^= 1;
        let refused = send(upload, wrong).await;
        assert!((400..500).contains(&refused.status), "{}", refused.status);
        send(upload, bytes.to_vec()).await.expect(200);
        let state = api.get(&format!("/v1/binaries/{binary}/parts/{index}")).await.expect(200);
        assert_eq!(state.json["binary_part"]["state"], "valid");
    }
    let through_the_server = traffic(&server) - before.0;
    assert!(s3.received_bytes() - before.1 >= content.len() as u64);
    assert!(through_the_server < content.len() as u64 / 10, "{through_the_server} of {}", content.len());
    bench.ask(&binary, "hashable").await.expect(200);
    bench.in_state(&binary, "signable").await;
    bench.sign(&binary, &content).await.expect(201);
    let got = fetch(&api, &bench.download_url(&binary).await).await;
    assert_eq!(sha256_hex(&got), sha256_hex(&content));
}

/// Sends bytes to the announced URL, as any HTTP client would.
pub(crate) async fn send(upload: &serde_json::Value, bytes: Vec<u8>) -> Answer {
    let method = upload["method"].as_str().unwrap().parse().unwrap();
    let mut request = reqwest::Client::new().request(method, upload["url"].as_str().unwrap());
    for (name, value) in upload["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    olivine_tests::send(request.body(bytes)).await
}

/// A server whose contents are in this store.
fn stored_in(s3: &S3, database: Database) -> ServerBuilder {
    let url = format!("s3://{}/contents", s3.bucket("own"));
    Server::builder().database(database).envs(s3.environment()).arg("--storage-url").arg(url)
}

pub(crate) async fn a_store_that_is_slow_is_waited_for(database: Database) {
    let s3 = S3::start();
    // A job that takes longer than its lease must not be run twice.
    let server = stored_in(&s3, database).env("OLIVINE_JOB_LEASE_SECONDS", "1").start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    let published = bench.signed(b"published before").await;
    let mut random = Random::new();
    // At 1 KiB per second, this takes some minutes.
    let (large, small) = (random.bytes(400 << 10), random.bytes(4 << 10));
    let waiting = bench.uploadable(&large).await;
    bench.put_content(&waiting, &large).await.expect(200);
    let before = s3.sent_bytes();

    s3.slow(true);
    bench.ask(&waiting, "hashable").await.expect(200);
    until("the verification has begun", || s3.sent_bytes() > before).await;
    // It is slow, but it works.
    let late = bench.uploadable(&small).await;
    bench.put_content(&late, &small).await.expect(200);
    // No other request waits for the store.
    api.get("/v1/binaries").await.expect(200);
    bench.download_url(&published).await;
    let half_way = s3.sent_bytes() - before;
    assert!(half_way < large.len() as u64 / 2, "the store is not slow: {half_way}");
    assert_eq!(bench.get(&waiting).await["state"], "hashing");

    s3.slow(false);
    bench.in_state(&waiting, "signable").await;
    bench.ask(&late, "hashable").await.expect(200);
    bench.in_state(&late, "signable").await;
    let events = olivine_tests::events_of(&api, &waiting).await;
    assert_eq!(events.iter().filter(|kind| *kind == "binary.verified").count(), 1, "{events:?}");
    let read = s3.sent_bytes() - before;
    assert!(read < 2 * large.len() as u64, "{read} bytes were read for {}", large.len());
}

pub(crate) async fn a_store_that_is_down_is_waited_for(database: Database) {
    let s3 = S3::start();
    let server = stored_in(&s3, database).start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    let published = bench.signed(b"published before").await;
    assert_eq!(bench.get(&published).await["storage_backend_prn"], serde_json::Value::Null);

    let waiting = bench.uploadable(b"verified later").await;
    bench.put_content(&waiting, b"verified later").await.expect(200);
    s3.answer_503(true);
    let refused = bench.put_content(&bench.uploadable(b"too early").await, b"too early").await.expect(503);
    assert_eq!(refused.error_code(), Some("unavailable"));
    assert!(refused.header("retry-after").is_some());
    bench.ask(&waiting, "hashable").await.expect(200);
    assert_eq!(api.get("/readyz").await.status, 503);
    assert_eq!(api.get("/healthz").await.status, 200);
    // Records, and URLs to existing contents, do not need the store.
    bench.download_url(&published).await;

    s3.answer_503(false);
    bench.in_state(&waiting, "signable").await;
    bench.signed(b"as if nothing had been").await;
    until("ready again", || {
        let status = std::process::Command::new("curl")
            .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", &format!("{}/readyz", server.url())])
            .output();
        status.unwrap().stdout == b"200"
    })
    .await;
}

pub(crate) async fn copies_survive_kills(database: Database) {
    let s3 = S3::start();
    let mut server = open_server(database).env("OLIVINE_JOB_LEASE_SECONDS", "2").start();
    let mut bench = Workbench::new(server.api()).await;
    register(&server.api(), &s3, "one", json!({"replicates": true})).await;
    register(&server.api(), &s3, "two", json!({"replicates": true})).await;
    let mut random = Random::new();
    let mut contents = Vec::new();
    for round in 0..4_u64 {
        let content = random.bytes(3_000_000 + usize::try_from(round).unwrap());
        contents.push((bench.signable(&content).await, content));
        // Kills it at a random point shortly after the verification, when the replicas have been ordered and may have been started.
        tokio::time::sleep(random.within(Duration::from_millis(150))).await;
        server.kill();
        server.restart();
        bench.reconnect(server.api());
    }
    let api = server.api();
    for (binary, content) in &contents {
        copies(&api, binary, are_complete(2)).await;
        let name = binary.rsplit(':').next().unwrap();
        for bucket in ["one", "two"] {
            let kept: Vec<_> =
                s3.objects(bucket).into_iter().filter(|object| object.contains(name)).collect();
            assert_eq!(kept.len(), 1, "{bucket}: {kept:?}");
        }
        bench.sign(binary, content).await.expect(201);
        let events = olivine_tests::events_of(&api, binary).await;
        let copied = events.iter().filter(|kind| *kind == "binary.replicated").count();
        assert_eq!(copied, 2, "each copy is told of once: {events:?}");
    }
    let (is_well, said) = server.operator_tries(&["content", "audit", "--hashes"]);
    assert!(is_well, "{said}");
}
