//! Signed URLs that were changed, have expired, or are for another purpose; valid and invalid ranges.

use olivine_tests::{Answer, Database, Server, Table, Workbench, on_both, send, sha256_hex};
use reqwest::Method;
use serde_json::json;

on_both!(
    async links_altered_in_any_byte,
    async links_that_are_over,
    async links_used_for_another_method,
    async ranges,
);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The token with each of its characters changed in turn: to the next one in the alphabet (which changes one bit), to the one at the
/// opposite end (which changes all six bits), and to one that is not allowed in a token.
fn alterations(token: &str) -> impl Iterator<Item = String> {
    (0..token.len()).flat_map(move |place| {
        let value =
            ALPHABET.iter().position(|letter| *letter == token.as_bytes()[place]).expect("URL-safe base64");
        [ALPHABET[value ^ 1], ALPHABET[value ^ 0x3f], b'~'].into_iter().map(move |letter| {
            let mut altered = token.as_bytes().to_vec();
            altered[place] = letter;
            String::from_utf8(altered).expect("ASCII")
        })
    })
}

fn token(url: &str) -> (&str, &str) {
    let (start, token) = url.rsplit_once('/').expect("a path");
    (start, token)
}

async fn links_altered_in_any_byte(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let content = b"firmware";
    let signed = bench.signed(content).await;
    let url = bench.download_url(&signed).await;
    let (start, good) = token(&url);
    let nobody = server.api().without_key();
    let mut refused = 0;
    for altered in alterations(good) {
        let answer = nobody.get(&format!("{start}/{altered}")).await;
        assert_eq!((answer.status, answer.error_code()), (403, Some("link_invalid")), "{altered}");
        refused += 1;
    }
    assert_eq!(refused, 3 * good.len());
    let uploadable = bench.uploadable(content).await;
    let part = bench.announce(&uploadable, 1, content).await.expect(201);
    let upload_url = part.json["binary_part"]["presigned_upload_url"].as_str().unwrap();
    let (upload_start, upload) = token(upload_url);
    for altered in alterations(upload) {
        let answer = nobody.put_bytes(&format!("{upload_start}/{altered}"), content.to_vec()).await;
        assert_eq!((answer.status, answer.error_code()), (403, Some("link_invalid")), "{altered}");
    }
    let mut table = Table::default();
    for (what, other) in [
        ("cut short by a character", good[..good.len() - 1].to_owned()),
        ("longer by a character", format!("{good}A")),
        ("with padding", format!("{good}=")),
        ("twice", format!("{good}{good}")),
        ("with a slash behind it", format!("{good}/")),
        ("one that names a file", "..%2f..%2f..%2fetc%2fpasswd".to_owned()),
        ("a NUL", "%00".to_owned()),
        ("ten thousand characters", "A".repeat(10_000)),
        ("of the other server", token(&another_servers_url().await).1.to_owned()),
    ] {
        table.note(what, &nobody.get(&format!("{start}/{other}")).await);
    }
    insta::assert_snapshot!("links_of_other_forms", table.text().replace(good, "<token>"));
    assert_eq!(nobody.get(&url).await.expect(200).body, content);
    nobody.put_bytes(upload_url, content.to_vec()).await.expect(200);
    let log = server.log();
    assert!(!log.contains(good) && !log.contains(upload), "tokens do not belong into logs");
}

/// A download URL that was signed with another secret.
async fn another_servers_url() -> String {
    let server = Server::start(Database::Sqlite);
    let bench = Workbench::new(server.api()).await;
    let signed = bench.signed(b"firmware").await;
    bench.download_url(&signed).await
}

async fn links_that_are_over(database: Database) {
    let builder = Server::builder().database(database);
    let builder = builder.env("OLIVINE_DOWNLOAD_URL_SECONDS", "0").env("OLIVINE_UPLOAD_URL_SECONDS", "0");
    let server = builder.start();
    let bench = Workbench::new(server.api()).await;
    let mut table = Table::default();
    let (first, second) = (bench.signed(b"first").await, bench.uploadable(b"second").await);
    let url = bench.download_url(&first).await;
    table.note("downloading from a URL whose time is over", &bench.api().get(&url).await);
    let part = bench.announce(&second, 1, b"second").await.expect(201);
    let url = part.json["binary_part"]["presigned_upload_url"].as_str().unwrap();
    table
        .note("uploading to a URL whose time is over", &bench.api().put_bytes(url, b"second".to_vec()).await);
    insta::assert_snapshot!("links_that_are_over", table.text());
}

async fn links_used_for_another_method(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let content = b"firmware";
    let signed = bench.signed(content).await;
    let download = bench.download_url(&signed).await;
    let uploadable = bench.uploadable(content).await;
    let part = bench.announce(&uploadable, 1, content).await.expect(201).json;
    let upload = part["binary_part"]["presigned_upload_url"].as_str().unwrap().to_owned();
    let mut table = Table::default();
    for (what, url, methods) in [
        ("a download URL", &download, ["PUT", "POST", "PATCH", "DELETE"]),
        ("an upload URL", &upload, ["GET", "POST", "PATCH", "DELETE"]),
    ] {
        for method in methods {
            let request = server.api().request(method.parse().unwrap(), url).body(content.to_vec());
            table.note(&format!("{method} of {what}"), &send(request).await);
        }
    }
    let head = send(server.api().request(Method::HEAD, &upload)).await;
    table.note("HEAD of an upload URL", &head);

    let other = bench.announce(&uploadable, 1, b"firmwarf").await.expect(200).json;
    table.note(
        "uploading to the URL of a part that was announced anew",
        &server.api().put_bytes(&upload, content.to_vec()).await,
    );
    let other = other["binary_part"]["presigned_upload_url"].as_str().unwrap().to_owned();
    bench.ask(&uploadable, "uploadable").await.expect(200);
    bench.api().delete(&format!("/v1/binaries/{uploadable}")).await.expect(204);
    table.note(
        "uploading to a binary that was deleted",
        &server.api().put_bytes(&other, b"firmwarf".to_vec()).await,
    );
    bench.ask(&signed, "destroyed").await.expect(200);
    table.note("downloading what was destroyed", &server.api().get(&download).await);
    let text = table.text().replace(token(&download).1, "<token>").replace(token(&upload).1, "<token>");
    insta::assert_snapshot!("links_used_for_another_method", text);
}

async fn range(server: &Server, url: &str, headers: &[(&str, &str)]) -> Answer {
    let request = server.api().request(Method::GET, url);
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

/// A content of several parts, so that ranges cross their borders. Every byte depends on its position.
fn content() -> Vec<u8> {
    (0..5 * 1024 * 1024 + 3000_u32).map(|place| (place % 251).to_le_bytes()[0]).collect()
}

async fn ranges(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let content = content();
    let (first, second) = content.split_at(5 * 1024 * 1024);
    let binary = bench.uploadable(&content).await;
    bench.put_part(&binary, 2, second).await;
    bench.put_part(&binary, 1, first).await;
    bench.ask(&binary, "hashable").await.expect(200);
    bench.in_state(&binary, "signable").await;
    let url = bench.download_url(&binary).await;
    let size = content.len();
    let whole = server.api().get(&url).await.expect(200);
    assert_eq!(whole.body, content);
    let tag = whole.header("etag").unwrap().to_owned();
    assert_eq!(tag, format!("\"{}\"", sha256_hex(&content)));
    for (name, value) in [
        ("accept-ranges", "bytes"),
        ("content-type", "application/octet-stream"),
        ("x-content-type-options", "nosniff"),
        ("content-length", &size.to_string()),
    ] {
        assert_eq!(whole.header(name), Some(value), "{name}");
    }

    good_ranges(&server, &url, &tag, &content).await;
    ranges_that_make_no_sense(&server, &url, &content).await;
    conditions(&server, &url, &tag, &content).await;
}

async fn good_ranges(server: &Server, url: &str, tag: &str, content: &[u8]) {
    let size = content.len();
    for (value, expected) in [
        ("bytes=0-0".to_owned(), 0..1),
        ("bytes=0-9".to_owned(), 0..10),
        ("bytes=5242870-5242889".to_owned(), 5_242_870..5_242_890),
        ("bytes=100-".to_owned(), 100..size),
        ("bytes=-1".to_owned(), size - 1..size),
        ("bytes=-3500".to_owned(), size - 3500..size),
        (format!("bytes={}-{}", size - 1, size - 1), size - 1..size),
        (format!("bytes={}-{}", size - 10, size + 1000), size - 10..size),
        ("bytes=0-18446744073709551615".to_owned(), 0..size),
        (format!("bytes=-{}", size + 1), 0..size),
    ] {
        for headers in [vec![("range", value.as_str())], vec![("range", value.as_str()), ("if-range", tag)]] {
            let answer = range(server, url, &headers).await;
            assert_eq!(answer.status, 206, "{headers:?}: {:?}", answer.json);
            assert!(answer.body == content[expected.clone()], "{headers:?} gives other bytes");
            let shown = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
            assert_eq!(answer.header("content-range"), Some(shown.as_str()), "{headers:?}");
            assert_eq!(
                answer.header("content-length"),
                Some(expected.len().to_string().as_str()),
                "{headers:?}"
            );
        }
    }
}

async fn ranges_that_make_no_sense(server: &Server, url: &str, content: &[u8]) {
    let size = content.len();
    let mut table = Table::default();
    for value in [
        "bytes=9-1",
        &format!("bytes={size}-"),
        &format!("bytes={size}-{}", size + 1),
        "bytes=18446744073709551615-18446744073709551615",
        "bytes=99999999999999999999999999-",
        "bytes=-0",
        "bytes=--1",
        "bytes=-",
        "bytes=",
        "bytes",
        "bytes=a-b",
        "bytes=0x10-0x20",
        "bytes=1.5-2",
        "bytes=0-1,5-6",
        "bytes=0-0,-1",
        "bytes=0-1,9-1",
        "items=0-1",
        "0-1",
        "",
    ] {
        let answer = range(server, url, &[("range", value)]).await;
        let size = size.to_string();
        table.note(&value.replace(&size, "<size>"), &answer);
        match answer.status {
            200 => assert!(answer.body == content, "{value} gives other bytes"),
            416 => assert_eq!(
                answer.header("content-range"),
                Some(format!("bytes */{size}").as_str()),
                "{value}"
            ),
            status => panic!("{value} is answered with {status}"),
        }
    }
    insta::assert_snapshot!("ranges", table.text().replace(&size.to_string(), "<size>"));
}

/// The effects of `If-Range`, `If-None-Match` and `HEAD`.
async fn conditions(server: &Server, url: &str, tag: &str, content: &[u8]) {
    let stale = format!("\"{}\"", "0".repeat(64));
    let weak = format!("W/{tag}");
    for condition in [stale.as_str(), weak.as_str(), "Sat, 21 Nov 2026 10:00:00 GMT", "nonsense"] {
        let answer = range(server, url, &[("range", "bytes=0-9"), ("if-range", condition)]).await;
        assert_eq!(answer.status, 200, "if-range: {condition}");
        assert!(answer.body == content, "if-range: {condition}");
    }
    for condition in [tag.to_owned(), format!("{stale}, {tag}"), weak, "*".to_owned()] {
        let answer = range(server, url, &[("if-none-match", &condition)]).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "if-none-match: {condition}");
        assert_eq!(answer.header("etag"), Some(tag));
    }
    range(server, url, &[("if-none-match", &stale)]).await.expect(200);
    for (value, status, length) in [("bytes=0-9", 206, "10"), ("", 200, &*content.len().to_string())] {
        let answer = send(server.api().request(Method::HEAD, url).header("range", value)).await;
        assert_eq!((answer.status, answer.header("content-length")), (status, Some(length)), "HEAD {value}");
        assert!(answer.body.is_empty());
    }
    let beyond = format!("bytes={}-", content.len());
    let answer = send(server.api().request(Method::HEAD, url).header("range", beyond)).await;
    assert_eq!(answer.status, 416);

    let empty = Workbench::named(server.api(), "empty").await;
    let binary = empty.signable(b"").await;
    let url = empty.download_url(&binary).await;
    let answer = server.api().get(&url).await.expect(200);
    assert_eq!((answer.body.len(), answer.header("content-length")), (0, Some("0")));
    let answer = range(server, &url, &[("range", "bytes=0-")]).await;
    assert!([200, 416].contains(&answer.status), "a range of nothing: {answer:?}");
    assert_eq!(empty.get(&binary).await["size"], json!(0));
}
