//! The engines against a server that misbehaves.

mod causes;
mod distribution;
mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use olivine_api::artifacts::{Artifact, ArtifactCreate};
use olivine_domain::binaries::Binary;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::prn::Prn;
use serde_json::{Value, json};
use server::{Answer, Reply, Server};

use crate::uploads::{self, Options, upload};
use crate::{Client, Error, Query, Settings, downloads};

const ID: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

fn prn() -> Prn<Binary> {
    format!("prn:1:{ID}:binary:{ID}").parse().unwrap()
}

fn client(server: &Server) -> Client {
    let settings = Settings {
        base_url: server.url.clone(),
        api_key: Some("olv_secret".to_owned()),
        retries: 3,
        patience: Duration::from_secs(10),
        ..Settings::default()
    };
    Client::new(settings).unwrap()
}

fn file(directory: &tempfile::TempDir, content: &[u8]) -> PathBuf {
    let path = directory.path().join("firmware.bin");
    std::fs::write(&path, content).unwrap();
    path
}

fn binary(content: &[u8], state: &str) -> Value {
    json!({
        "prn": prn().to_string(), "organization_prn": "", "artifact_version_prn": "", "target": "x",
        "hash": Sha256Digest::of(content).to_string(), "size": content.len(), "state": state, "description": null,
        "custom_metadata": null, "signatures": [], "bytes_uploaded": 0, "destroyed": false,
        "verification_error": null, "inserted_at": "", "updated_at": "",
    })
}

fn part(index: usize, content: &[u8], state: &str, url: Option<String>) -> Value {
    let mut part = json!({
        "prn": "", "organization_prn": "", "binary_prn": prn().to_string(), "index": index, "size": content.len(),
        "hash": Sha256Digest::of(content).to_string(), "state": state, "inserted_at": "", "updated_at": "",
    });
    if let Some(url) = url {
        part["upload"] = json!({"method": "PUT", "url": url, "headers": {"x-part": "1"}, "expires_at": ""});
    }
    part
}

fn counted(answer: impl Fn(usize, &server::Request) -> Reply + Send + Sync + 'static) -> Answer {
    let count = AtomicUsize::new(0);
    Arc::new(move |request| answer(count.fetch_add(1, Ordering::SeqCst), request))
}

#[tokio::test]
async fn a_post_is_repeated_with_the_same_idempotency_key() {
    let artifact = json!({"artifact": {"prn": "p", "organization_prn": "", "name": "n", "description": null,
        "custom_metadata": null, "inserted_at": "", "updated_at": ""}});
    let server = Server::start(
        &[],
        counted(move |count, _| match count {
            0 => Reply::error(503, "unavailable").header("retry-after", "0"),
            1 => Reply { cut: Some(3), ..Reply::json(201, &artifact) },
            _ => Reply::json(201, &artifact),
        }),
    )
    .await;
    client(&server).create::<Artifact>(&ArtifactCreate::default()).await.unwrap();
    let seen = server.seen("POST", "/v1/artifacts");
    let keys: Vec<_> = seen.iter().map(|request| &request.headers["idempotency-key"]).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0] && key.len() == 32));
}

#[tokio::test]
async fn a_refusal_is_not_repeated() {
    let server =
        Server::start(&[], Arc::new(|_| Reply::error(422, "invalid").header("x-request-id", "r1"))).await;
    let error = client(&server).create::<Artifact>(&ArtifactCreate::default()).await.unwrap_err();
    assert!(matches!(error, Error::Api { status: 422, request_id: Some(id), .. } if id == "r1"));
    assert_eq!(server.seen("POST", "").len(), 1);
}

#[tokio::test]
async fn pages_are_fetched_until_the_limit() {
    let answer = |request: &server::Request| {
        let next = if request.path.contains("page=") { Value::Null } else { json!("c") };
        let artifact = json!({"prn": "p", "organization_prn": "", "name": "n", "description": null, "custom_metadata": null,
            "inserted_at": "", "updated_at": ""});
        Reply::json(200, &json!({"artifacts": [artifact, artifact], "next_page": next}))
    };
    let server = Server::start(&[], Arc::new(answer)).await;
    let query = Query::default().with("name", Some("a b&c")).limit(Some(3));
    client(&server).list::<Artifact>(&query).all().await.unwrap();
    let paths: Vec<_> = server.seen("GET", "").into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/v1/artifacts?name=a+b%26c&limit=3", "/v1/artifacts?name=a+b%26c&limit=1&page=c"]);
}

/// Answers for a binary that takes parts at `/bytes`, until it is completed.
fn takes_parts(content: Vec<u8>, existing: Value) -> Answer {
    Arc::new(move |request| match (request.method.as_str(), request.path.as_str()) {
        ("PUT", path) if path.ends_with("/content") => Reply::error(413, "payload_too_large"),
        ("PUT", path) if path.contains("/parts/") => Reply::json(
            200,
            &json!({"binary_part": part(1, &content, "uploadable", Some("/bytes?token=t".to_owned()))}),
        ),
        ("GET", path) if path.contains("/parts") => {
            Reply::json(200, &json!({"binary_parts": existing, "next_page": null}))
        }
        ("PUT", path) if path.starts_with("/bytes") => Reply::bytes(204, b""),
        ("PATCH", _) => Reply::json(200, &json!({"binary": binary(&content, "signable")})),
        _ => Reply::json(200, &json!({"binary": binary(&content, "uploadable")})),
    })
}

#[tokio::test]
async fn an_early_413_that_closes_the_connection_leads_to_parts() {
    let directory = tempfile::tempdir().unwrap();
    // More than the buffers of both sides, so that the client is still sending when the connection closes.
    let content = vec![7; 20_000_000];
    let server = Server::start(&["/content"], takes_parts(content.clone(), json!([]))).await;
    let uploaded =
        upload(&client(&server), prn(), file(&directory, &content), Options::default()).await.unwrap();
    assert_eq!((uploaded.binary.state.as_str(), uploaded.was_there), ("signable", false));
    let sent = server.seen("PUT", "/bytes");
    assert_eq!(sent.iter().map(|request| request.body.len()).sum::<usize>(), content.len());
    for request in sent {
        assert_eq!(request.headers["x-part"], "1");
        assert!(
            !request.headers.contains_key("authorization"),
            "a signed URL needs no key, and must not get it"
        );
    }
}

#[tokio::test]
async fn only_what_is_missing_is_sent() {
    const MIB: usize = 1024 * 1024;
    let directory = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..16 * MIB).map(|index| u8::try_from(index / MIB).unwrap()).collect();
    let existing = json!([
        part(1, &content[..6 * MIB], "valid", None),
        part(2, &content[..6 * MIB], "valid", None),
        part(3, &content[12 * MIB..], "invalid_hash", None),
    ]);
    let server = Server::start(&[], takes_parts(content.clone(), existing)).await;
    let options = Options { direct_limit: 0, ..Options::default() };
    upload(&client(&server), prn(), file(&directory, &content), options).await.unwrap();
    assert!(server.seen("PUT", "/parts/1").is_empty(), "part 1 is there");
    let mut sent: Vec<_> = server.seen("PUT", "/bytes").into_iter().map(|request| request.body).collect();
    sent.sort();
    assert!(sent == [&content[6 * MIB..12 * MIB], &content[12 * MIB..]]);
}

#[tokio::test]
async fn another_file_is_refused_before_anything_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(&[], takes_parts(b"content".to_vec(), json!([]))).await;
    let longer = file(&directory, b"content and more");
    let error = upload(&client(&server), prn(), longer, Options::default()).await.unwrap_err();
    assert!(matches!(error, uploads::Error::OtherSize { expected: 7, actual: 16, .. }), "{error}");
    let other = file(&directory, b"CONTENT");
    let error = upload(&client(&server), prn(), other, Options::default()).await.unwrap_err();
    assert!(matches!(error, uploads::Error::OtherHash { .. }), "{error}");
    assert!(server.seen("PUT", "").is_empty());
}

/// Serves a content that breaks off after `cut` bytes of each answer.
fn breaks_off(content: Vec<u8>, cut: usize) -> Answer {
    Arc::new(move |request| {
        if request.path.ends_with("/download") {
            return Reply::bytes(302, b"").header("location", "/bytes?token=t");
        } else if !request.path.starts_with("/bytes") {
            return Reply::json(200, &json!({"binary": binary(&content, "signable")}));
        }
        let range = request.headers.get("range").map(|range| range["bytes=".len()..].trim_end_matches('-'));
        let start = range.map_or(0, |start| start.parse::<usize>().unwrap());
        let rest = &content[start..];
        let status = if start > 0 { 206 } else { 200 };
        Reply { cut: Some(cut).filter(|cut| *cut < rest.len()), ..Reply::bytes(status, rest) }
    })
}

#[tokio::test]
async fn a_download_carries_on_where_it_broke_off() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out.bin");
    let content: Vec<u8> = (0..250_000u32).flat_map(u32::to_le_bytes).collect();
    let server = Server::start(&[], breaks_off(content.clone(), 300_000)).await;
    let done = downloads::download(&client(&server), prn(), target.clone(), &[]).await.unwrap();
    assert!(!done.was_there && std::fs::read(&target).unwrap() == content);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "no partial file is left");
    let requests = server.seen("GET", "/bytes");
    assert!(requests.len() > 1);
    for request in &requests[1..] {
        assert_eq!(request.headers["if-range"], format!("\"{}\"", Sha256Digest::of(&content).to_hex()));
    }
    assert!(requests.iter().all(|request| !request.headers.contains_key("authorization")));
    assert!(downloads::download(&client(&server), prn(), target, &[]).await.unwrap().was_there);
}

#[tokio::test]
async fn other_bytes_than_recorded_are_not_kept() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out.bin");
    let answer: Answer = Arc::new(|request| match request.path.as_str() {
        path if path.ends_with("/download") => Reply::bytes(302, b"").header("location", "/bytes"),
        "/bytes" => Reply::bytes(200, b"CONTENT"),
        _ => Reply::json(200, &json!({"binary": binary(b"content", "signable")})),
    });
    let server = Server::start(&[], answer).await;
    let error = downloads::download(&client(&server), prn(), target, &[]).await.unwrap_err();
    assert!(matches!(error, downloads::Error::OtherHash { .. }), "{error}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn why_a_part_was_refused_early_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let content = vec![7; 20_000_000];
    let parts = takes_parts(content.clone(), json!([]));
    let answer: Answer = Arc::new(move |request| {
        let refused = request.path.starts_with("/bytes");
        if refused { Reply::error(507, "storage_full") } else { parts(request) }
    });
    let server = Server::start(&["/bytes"], answer).await;
    let options = Options { direct_limit: 0, ..Options::default() };
    let error = upload(&client(&server), prn(), file(&directory, &content), options).await.unwrap_err();
    assert!(matches!(&error, uploads::Error::Client(error) if error.status() == Some(507)), "{error:?}");
}
