//! Downloads whose client does not read.

use std::time::Duration;

use olivine_tests::{Api, Database, Server, Wire, Workbench, on_both};
use serde_json::json;

use super::{Memory, PATIENCE, create, key, until};

on_both!(
    async downloads_of_one_url_that_nobody_reads,
    async downloads_that_nobody_reads_end,
    async a_destroyed_content_is_closed_where_nothing_moves,
    async answers_that_nobody_reads,
);

/// Much more than the buffers of a connection can hold.
const LARGE: usize = 24 << 20;
const MANY: usize = 500;
const LARGE_PAGE: &str = "/v1/binaries?expand[]=artifact_version.artifact";

fn path_of(url: &str) -> &str {
    let rest = url.strip_prefix("http://").expect("plain HTTP");
    &rest[rest.find('/').expect("a URL with a path")..]
}

/// Starts a download and does not read its bytes.
fn unread(server: &Server, url: &str) -> Wire {
    let mut wire = Wire::connect(server.url());
    assert!(wire.send(format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", path_of(url))));
    wire
}

/// The number of content files that the server has open.
fn open_contents(server: &Server) -> usize {
    server.open_files().iter().filter(|file| file.contains("/content/") && file.contains("part-")).count()
}

async fn downloads_of_one_url_that_nobody_reads(database: Database) {
    let server = Server::builder().database(database).scaled(false).start();
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signable(&vec![7; LARGE]).await;
    let (url, other) = (bench.download_url(&binary).await, bench.signable(b"other").await);
    let memory = Memory::of(&server);
    let unread: Vec<_> = (0..MANY).map(|_| unread(&server, &url)).collect();
    until("all are answered", async || unread.iter().all(Wire::has_answer)).await;
    let others = Api::new(server.url());
    for _ in 0..20 {
        others.get(&bench.download_url(&other).await).await.expect(200);
    }
    memory.has_not_grown();
    assert!(open_contents(&server) <= 16, "{:?}", server.open_files());
    let refused = Api::new(server.url()).get(&url).await.expect(429);
    assert_eq!((refused.error_code(), refused.header("retry-after")), (Some("rate_limited"), Some("5")));
    drop(unread);
    until("it can be downloaded", async || others.get(&url).await.status == 200).await;
}

async fn downloads_that_nobody_reads_end(database: Database) {
    let server = Server::builder()
        .database(database)
        .scaled(false)
        .env("OLIVINE_TRANSFERS_PER_URL", "0")
        .env("OLIVINE_DOWNLOAD_IDLE_SECONDS", "4")
        .start();
    let bench = Workbench::new(server.api()).await;
    let url = bench.download_url(&bench.signable(&vec![7; LARGE]).await).await;
    let unread: Vec<_> = (0..100).map(|_| unread(&server, &url)).collect();
    until("they have begun", async || unread.iter().all(Wire::has_answer)).await;
    until("their files are closed", async || open_contents(&server) == 0).await;
    // There may be more connections to the database than before.
    until("their connections are closed", async || server.open_files().len() < 80).await;
    // A client that reads is served to the end, however long that takes.
    let mut slow = Wire::connect(server.url());
    assert!(slow.send(format!("GET {} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n", path_of(&url))));
    let read = tokio::task::spawn_blocking(move || slow.read_slowly(LARGE / 20, Duration::from_millis(250)));
    assert!(read.await.unwrap() > LARGE);
    drop(unread);
}

async fn a_destroyed_content_is_closed_where_nothing_moves(database: Database) {
    let server = Server::builder().database(database).scaled(false).start();
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signable(&vec![7; LARGE]).await;
    let url = bench.download_url(&binary).await;
    let unread: Vec<_> = (0..10).map(|_| unread(&server, &url)).collect();
    until("they run", async || open_contents(&server) == unread.len()).await;
    bench.ask(&binary, "destroyed").await.expect(200);
    // Much earlier than the clients are found to be too slow.
    let began = std::time::Instant::now();
    until("their files are closed", async || open_contents(&server) == 0).await;
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    assert!(unread.iter().all(Wire::has_answer), "they had begun");
}

async fn answers_that_nobody_reads(database: Database) {
    let server = Server::builder().database(database).scaled(false).start();
    let api = server.api();
    let slow = key(&api, "slow", "reader").await;
    // The maximum of a page: a record that nearly fills it, and one with everything that can be embedded.
    let metadata = json!({"a": "x".repeat(900_000)});
    let artifact = json!({"name": "large", "custom_metadata": metadata});
    let artifact = create(&api, "artifacts", "artifact", artifact).await;
    for (version, metadata) in [("1.0.0", &json!({})), ("1.0.1", &metadata)] {
        let version = json!({"artifact_prn": artifact, "version": version, "custom_metadata": metadata});
        let version = create(&api, "artifact_versions", "artifact_version", version).await;
        let (hash, size) = ("0".repeat(64), 1);
        let binary = json!({"artifact_version_prn": version, "target": "a", "hash": hash, "size": size,
            "custom_metadata": metadata});
        create(&api, "binaries", "binary", binary).await;
    }
    // The allocator keeps some memory after the first answer of this size.
    let size = api.get(LARGE_PAGE).await.expect(200).body.len();
    assert!(size > 3_600_000, "{size} bytes are not much more than the system's buffers take");
    let before = server.resident_bytes();
    let head = format!("host: test\r\nauthorization: Bearer {}\r\n\r\n", slow.key().unwrap());
    let mut unread = Vec::new();
    for _ in 0..120 {
        for (path, head) in
            [(LARGE_PAGE, head.as_str()), ("/docs/swagger-ui-bundle.js", "host: test\r\n\r\n")]
        {
            let mut wire = Wire::connect_narrowly(server.url()).await;
            assert!(wire.send(format!("GET {path} HTTP/1.1\r\n{head}")));
            unread.push(wire);
        }
    }
    until("all are answered", async || unread.iter().all(Wire::has_answer)).await;
    // 64 MiB for one key, 32 MiB for unknown clients, and what the allocator keeps. Without the limit it would be 430 MiB.
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < 192 << 20, "memory grew by {grown} bytes");
    let refused = slow.get(LARGE_PAGE).await.expect(429);
    assert_eq!(refused.error_code(), Some("rate_limited"));
    // Other callers get their answers, and the slow caller still gets small ones.
    api.get(LARGE_PAGE).await.expect(200);
    slow.get("/v1/users/me").await.expect(200);
    drop(unread);
    until("it is answered again", async || slow.get(LARGE_PAGE).await.status == 200).await;
}
