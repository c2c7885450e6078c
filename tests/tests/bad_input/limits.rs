//! Requests that are too large, too slow or incomplete.

use std::time::{Duration, Instant};

use olivine_tests::{Answer, Api, Database, Server, Table, Wire, Workbench, chunked, exchange, on_both};
use serde_json::json;

on_both!(
    outsized_headers,
    slow_headers,
    async slow_bodies,
    async uploads_that_break_off,
    broken_http,
    async more_requests_than_there_is_room_for,
    async a_key_that_asks_too_often,
    hosts_and_the_bound_of_headers,
    async a_range_in_any_case,
    async an_answer_that_ends_its_connection_says_so,
    small_clients_are_answered,
);

/// The interval between the bytes of the slow client.
const A_SECOND: Duration = Duration::from_secs(1);
/// The time limit of the servers in these tests. It is long enough for normal requests on a busy machine.
const LIMIT: Duration = Duration::from_secs(5);
/// Additional time for a busy machine.
const MARGIN: Duration = Duration::from_secs(20);
/// An upper bound, not an expectation.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server with a short time limit.
fn impatient(database: Database) -> Server {
    let limit = LIMIT.as_secs().to_string();
    Server::builder()
        .database(database)
        .env("OLIVINE_HEADER_SECONDS", &limit)
        .env("OLIVINE_REQUEST_SECONDS", &limit)
        .env("OLIVINE_UPLOAD_IDLE_SECONDS", &limit)
        .start()
}

fn outsized_headers(database: Database) {
    let server = Server::start(database);
    let filler = "x".repeat(1024 * 1024);
    let many = "x-filler: 0123456789abcdef\r\n".repeat(40_000);
    for (what, request) in [
        ("a header of 1 MiB", format!("GET /healthz HTTP/1.1\r\nhost: test\r\nx-filler: {filler}\r\n\r\n")),
        ("a key of 1 MiB", format!("GET /v1/users/me HTTP/1.1\r\nauthorization: Bearer {filler}\r\n\r\n")),
        ("a megabyte of small headers", format!("GET /healthz HTTP/1.1\r\nhost: test\r\n{many}\r\n")),
    ] {
        let answer =
            exchange(server.url(), request).unwrap_or_else(|| panic!("{what}: closed without an answer"));
        assert_eq!(answer.status, 431, "{what}: {answer:?}");
    }
    let answer =
        exchange(server.url(), format!("GET /{filler} HTTP/1.1\r\nhost: test\r\n\r\n")).expect("an answer");
    assert!([414, 431].contains(&answer.status), "a path of 1 MiB: {answer:?}");
    // A body within the limit is accepted.
    let large = "x".repeat(30_000);
    let request =
        format!("GET /healthz HTTP/1.1\r\nhost: test\r\nx-filler: {large}\r\nconnection: close\r\n\r\n");
    assert_eq!(exchange(server.url(), request).expect("an answer").status, 200);
}

fn slow_headers(database: Database) {
    let server = impatient(database);
    let mut wire = Wire::connect(server.url());
    let request = format!("GET /healthz HTTP/1.1\r\nhost: test\r\nx-filler: {}", "x".repeat(1000));
    let took = wire.drip(request.as_bytes(), A_SECOND);
    assert!(took < LIMIT + MARGIN, "a client that sends one byte a second was listened to for {took:?}");
    if let Some(answer) = wire.answer() {
        assert_eq!(answer.status, 408, "{answer:?}");
    }

    let mut silent = Wire::connect(server.url());
    let took = silent.drip(b"", A_SECOND);
    assert!(took < A_SECOND + MARGIN);
    assert!(silent.answer().is_none(), "a client that says nothing is let go");
}

async fn slow_bodies(database: Database) {
    let server = impatient(database);
    let bench = Workbench::new(server.api()).await;
    let mut table = Table::default();
    let content = vec![b'x'; 1000];
    let (binary, other) = (bench.uploadable(&content).await, bench.uploadable(&content).await);
    let part = bench.announce(&other, 1, &content).await.expect(201);
    let url = part.json["binary_part"]["presigned_upload_url"].as_str().unwrap();
    let part = url.strip_prefix(server.url()).unwrap();
    let direct = format!("/v1/binaries/{binary}/content");
    let key = server.admin_key();
    let slow = [
        ("JSON", "POST", "/v1/artifacts"),
        ("JSON of an idempotent request", "POST", "/v1/artifacts"),
        ("a direct upload", "PUT", &direct),
        ("a part", "PUT", part),
    ];
    // All at the same time, because they mostly wait.
    let slow = slow.map(|(what, method, path)| {
        let idempotency = if what.contains("idempotent") { "idempotency-key: slow\r\n" } else { "" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\n{idempotency}connection: close\r\n\
             content-length: {}\r\n\r\n",
            content.len()
        );
        let (mut wire, content) = (Wire::connect(server.url()), content.clone());
        assert!(wire.send(head));
        let sending = std::thread::spawn(move || (wire.drip(&content, A_SECOND), wire));
        (what, sending)
    });
    for (what, sending) in slow {
        let (took, mut wire) = sending.join().unwrap();
        assert!(took < LIMIT + MARGIN, "{what}: one byte a second was listened to for {took:?}");
        let answer = wire.answer().unwrap_or_else(|| panic!("{what}: closed without an answer"));
        table.note(&format!("{what}, one byte a second"), &answer);
        assert_eq!(answer.status, 408, "{what}");
    }
    insta::assert_snapshot!("slow_bodies", table.text());
    // The slow attempts left nothing that prevents an upload.
    for binary in [binary, other] {
        bench.put_content(&binary, &content).await.expect(200);
        bench.ask(&binary, "hashable").await.expect(200);
        bench.in_state(&binary, "signable").await;
    }
}

async fn uploads_that_break_off(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let content = b"0123456789";
    let binary = bench.uploadable(content).await;
    let part = bench.announce(&binary, 1, content).await.expect(201);
    let url = part.json["binary_part"]["presigned_upload_url"].as_str().unwrap();
    let part = url.strip_prefix(server.url()).unwrap();
    let direct = format!("/v1/binaries/{binary}/content");
    let key = server.admin_key();
    let mut table = Table::default();
    for (what, path) in [("a direct upload", direct.as_str()), ("a part", part)] {
        let head = format!("PUT {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\n");
        let half_chunked = &chunked(content)[..8];
        for (how, request) in [
            ("with Content-Length", [head.as_bytes(), b"content-length: 10\r\n\r\n01234"].concat()),
            ("chunked", [head.as_bytes(), b"transfer-encoding: chunked\r\n\r\n", half_chunked].concat()),
            ("in a broken chunk", [head.as_bytes(), b"transfer-encoding: chunked\r\n\r\nzz\r\n"].concat()),
        ] {
            let mut wire = Wire::connect(server.url());
            assert!(wire.send(request));
            wire.finish();
            match wire.answer() {
                Some(answer) => table.note(&format!("{what} that breaks off, {how}"), &answer),
                None => table.line(&format!("{what} that breaks off, {how}\n    closed")),
            }
        }
    }
    insta::assert_snapshot!("uploads_that_break_off", table.text());
    let part = bench.api().get(&format!("/v1/binaries/{binary}/parts/1")).await.expect(200);
    assert_eq!(part.json["binary_part"]["state"], "uploadable", "what breaks off is not the part's fault");
    bench.put_content(&binary, content).await.expect(200);
}

fn broken_http(database: Database) {
    let server = Server::start(database);
    for request in [
        &b"\r\n\r\n\r\n"[..],
        b"HELLO\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost test\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nho st: test\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nhost: test\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nhost: test\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: test\r\nx: \0\r\n\r\n",
        b"POST /v1/artifacts HTTP/1.1\r\nhost: test\r\ncontent-length: ten\r\n\r\n",
        b"POST /v1/artifacts HTTP/1.1\r\nhost: test\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/artifacts HTTP/1.1\r\nhost: test\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        b"POST /v1/artifacts HTTP/1.1\r\nhost: test\r\ntransfer-encoding: rot13\r\n\r\n{}",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        let mut wire = Wire::connect(server.url());
        wire.send(request);
        wire.finish();
        if let Some(answer) = wire.answer() {
            let shown = String::from_utf8_lossy(request);
            assert!((400..500).contains(&answer.status), "{shown:?} is answered with {answer:?}");
        }
    }
    // Two requests one after the other, the second of which is hidden in the body of the first, are treated as two requests.
    let smuggled = "POST /healthz HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/users/me HTTP/1.1\r\n\r\n";
    let answer = exchange(server.url(), smuggled);
    assert!(answer.is_none_or(|answer| (400..500).contains(&answer.status)));
}

/// Sends requests until one is refused because of the rate limit, and returns that answer.
async fn until_refused(api: &Api) -> Answer {
    let began = Instant::now();
    loop {
        let answer = api.get("/v1/users/me").await;
        if answer.status == 429 {
            return answer;
        }
        answer.expect(200);
        assert!(began.elapsed() < PATIENCE, "nothing is refused");
    }
}

async fn more_requests_than_there_is_room_for(database: Database) {
    let server = Server::builder()
        .database(database)
        .env("OLIVINE_CONCURRENT_REQUESTS_PER_CALLER", "1")
        // The first request must not time out before it is observed, however long that takes.
        .env("OLIVINE_REQUEST_SECONDS", "600")
        .start();
    let api = server.api();
    let other = api.post("/v1/api_keys", &json!({"name": "other", "role": "reader"})).await.expect(201);
    let other = Api::new(server.url()).with_key(other.json["api_key"]["key"].as_str().unwrap());
    let key = server.admin_key();
    let mut first = Wire::connect(server.url());
    let head = format!(
        "POST /v1/artifacts HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\nconnection: close\r\n"
    );
    assert!(first.send(format!("{head}content-length: 14\r\n\r\n{{")));
    // The first request holds the only place of its key as soon as the second one is refused. There is no other sign of it.
    let refused = until_refused(&api).await;
    assert_eq!((refused.status, refused.error_code()), (429, Some("rate_limited")));
    assert_eq!(refused.header("retry-after"), Some("1"));
    // Another key has its own limit, and monitoring is not limited.
    other.get("/v1/users/me").await.expect(200);
    api.get("/healthz").await.expect(200);
    assert!(first.send("\"name\":\"one\"}"));
    assert_eq!(first.answer().expect("an answer").status, 201);
    api.get("/v1/users/me").await.expect(200);
}

async fn a_key_that_asks_too_often(database: Database) {
    let server = Server::builder().database(database).env("OLIVINE_REQUESTS_PER_SECOND", "2").start();
    let api = server.api();
    let other = api.post("/v1/api_keys", &json!({"name": "other", "role": "reader"})).await.expect(201);
    let other = Api::new(server.url()).with_key(other.json["api_key"]["key"].as_str().unwrap());
    // Sends 20 requests at once, because each process counts for itself.
    let refused = until_refused(&api).await;
    assert_eq!(refused.error_code(), Some("rate_limited"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    // Other callers are not affected, and the limit ends soon.
    other.get("/v1/users/me").await.expect(200);
    tokio::time::sleep(A_SECOND).await;
    api.get("/v1/users/me").await.expect(200);
}

fn hosts_and_the_bound_of_headers(database: Database) {
    // A proxy in front would change the requests, so there is none.
    let server = Server::builder().database(database).scaled(false).start();
    let large = format!("host: test\r\nx-filler: {}\r\n", "x".repeat(70_000));
    for (headers, version, status) in [
        ("host: test\r\n", "1.1", 200),
        ("host: 127.0.0.1:8080\r\n", "1.1", 200),
        ("host:\r\n", "1.1", 200),
        ("", "1.0", 200),
        ("", "1.1", 400),
        ("host: test\r\nhost: test\r\n", "1.1", 400),
        ("host: test\r\nhost: other\r\n", "1.0", 400),
        ("host: a/b\r\n", "1.1", 400),
        (&large, "1.1", 431),
    ] {
        let request = format!("GET /healthz HTTP/{version}\r\n{headers}connection: close\r\n\r\n");
        let answer = exchange(server.url(), request).expect("an answer");
        let shown = &headers[..headers.len().min(40)];
        assert_eq!(answer.status, status, "{shown} in HTTP/{version}: {answer:?}");
    }
}

async fn a_range_in_any_case(database: Database) {
    // A proxy in front would change the requests, so there is none.
    let server = Server::builder().database(database).scaled(false).start();
    let bench = Workbench::new(server.api()).await;
    let url = bench.download_url(&bench.signable(b"0123456789abcdef").await).await;
    for range in ["bytes=0-9", "Bytes=0-9", "BYTES=0-9"] {
        let request = bench.api().request(reqwest::Method::GET, &url).header("range", range);
        let answer = olivine_tests::send(request).await.expect(206);
        assert_eq!(answer.body, b"0123456789", "{range}");
    }
}

/// If a request is refused before its body is read, the server closes the connection after the answer. It must say so: otherwise the client
/// would send its next request into a closed connection.
async fn an_answer_that_ends_its_connection_says_so(database: Database) {
    let server = Server::builder().database(database).scaled(false).behind_a_proxy().start();
    let made =
        server.api().post("/v1/api_keys", &json!({"name": "reader", "role": "reader"})).await.expect(201);
    let reader = format!("authorization: Bearer {}\r\n", made.json["api_key"]["key"].as_str().unwrap());
    let admin = format!("authorization: Bearer {}\r\n", server.admin_key());
    let idempotent = format!("{reader}idempotency-key: k\r\n");
    let (people, devices) = (server.url(), server.device_url());
    let name = r#"{"name":"gateway"}"#;
    for (status, ends, listener, line, headers, body) in [
        (403, true, people, "POST /v1/artifacts", &*reader, None),
        (403, true, people, "POST /v1/artifacts", &*idempotent, None),
        (401, true, people, "POST /v1/artifacts", "", None),
        (404, true, people, "POST /v1/nothing", &*admin, None),
        (405, true, people, "MAKEUP /v1/artifacts", &*admin, None),
        (401, true, devices, "POST /update/status", "", None),
        // The same if the body arrived but was not read.
        (403, true, people, "POST /v1/artifacts", &*reader, Some(name)),
        (201, false, people, "POST /v1/artifacts", &*admin, Some(name)),
        (409, false, people, "POST /v1/artifacts", &*admin, Some(name)),
        (422, false, people, "POST /v1/artifacts", &*admin, Some("{}")),
        (200, false, people, "GET /v1/artifacts", &*reader, Some("")),
        (401, false, people, "GET /v1/artifacts", "", Some("")),
        (401, false, devices, "GET /update", "", Some("")),
    ] {
        let length = body.map_or(60_000, str::len);
        let mut wire = Wire::connect(listener);
        let head = format!(
            "{line} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n"
        );
        assert!(wire.send(head + body.unwrap_or_default()));
        if !ends {
            wire.send("GET /nothing HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        }
        let answer = wire.answer().unwrap_or_else(|| panic!("{line}: closed without an answer"));
        assert_eq!(answer.status, status, "{line}: {answer:?}");
        assert_eq!(answer.header("connection") == Some("close"), ends, "{line} with {status}: {answer:?}");
    }
}

/// Unusual but valid requests of modems, boot loaders and hand-written clients.
fn small_clients_are_answered(database: Database) {
    // A proxy in front would change the requests, so there is none.
    let server = Server::builder().database(database).scaled(false).start();
    let key = server.admin_key();
    for (what, request) in [
        ("HTTP/1.0", format!("GET /v1/users/me HTTP/1.0\r\nauthorization: Bearer {key}\r\n\r\n")),
        ("HTTP/1.0 with Host", "GET /healthz HTTP/1.0\r\nHost: test\r\n\r\n".to_owned()),
        (
            "an underscore",
            "GET /healthz HTTP/1.1\r\nHost: my_server:8080\r\nConnection: close\r\n\r\n".to_owned(),
        ),
        ("IPv6", "GET /healthz HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n".to_owned()),
        (
            "a whole URL",
            "GET http://test/healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".to_owned(),
        ),
        ("bare line feeds", "GET /healthz HTTP/1.1\nHost: test\nConnection: close\n\n".to_owned()),
        ("a query", "GET /healthz?x HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".to_owned()),
        (
            "headers in capitals",
            format!(
                "GET /v1/users/me HTTP/1.1\r\nHOST: test\r\nAUTHORIZATION: BEARER {key}\r\nCONNECTION: CLOSE\r\n\r\n"
            ),
        ),
    ] {
        let answer = exchange(server.url(), &request).unwrap_or_else(|| panic!("{what}: closed"));
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
        let mut wire = Wire::connect(server.url());
        wire.drip(request.as_bytes(), Duration::from_millis(1));
        let answer = wire.answer().unwrap_or_else(|| panic!("{what}: closed"));
        assert_eq!(answer.status, 200, "{what}, byte by byte: {answer:?}");
    }
}
