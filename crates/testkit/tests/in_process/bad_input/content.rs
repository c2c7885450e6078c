//! Content that is not what was promised: directly, in parts, and at completion.

use olivine_testkit::Server;
use olivine_tests::{Table, Workbench, sha256_hex};
use reqwest::Method;
use serde_json::json;

const CONTENT: &[u8] = b"0123456789";

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn announcements_that_cannot_be() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let binary = bench.uploadable(CONTENT).await;
    let hash = sha256_hex(CONTENT);
    let mut table = Table::default();
    for (what, index, body) in [
        ("index 0", "0", json!({"size": 10, "hash": hash})),
        ("index 10001", "10001", json!({"size": 10, "hash": hash})),
        ("index 65537", "65537", json!({"size": 10, "hash": hash})),
        ("an index of thirty digits", "999999999999999999999999999999", json!({"size": 10, "hash": hash})),
        ("a negative index", "-1", json!({"size": 10, "hash": hash})),
        ("an index that is a word", "first", json!({"size": 10, "hash": hash})),
        ("larger than the binary", "1", json!({"size": 11, "hash": hash})),
        ("another size of the whole", "1", json!({"size": 10, "hash": hash, "expected_binary_size": 11})),
        ("larger than 5 GiB", "1", json!({"size": 5_368_709_121_u64, "hash": hash})),
        ("a negative size", "1", json!({"size": -1, "hash": hash})),
        ("a size with a fraction", "1", json!({"size": 1.5, "hash": hash})),
        ("a hash of 63 digits", "1", json!({"size": 10, "hash": &hash[1..]})),
        ("a hash of another kind", "1", json!({"size": 10, "hash": format!("md5:{hash}")})),
        (
            "a hash with a letter that is no digit",
            "1",
            json!({"size": 10, "hash": format!("g{}", &hash[1..])}),
        ),
        ("no hash", "1", json!({"size": 10})),
    ] {
        let answer = bench.api().put(&format!("/v1/binaries/{binary}/parts/{index}"), &body).await;
        table.note(what, &answer);
    }
    let absent = bench.api().get(&format!("/v1/binaries/{binary}/parts/7")).await;
    table.note("reading a part that was not announced", &absent);
    insta::assert_snapshot!("announcements", table.text());
}

#[tokio::test]
async fn uploads_that_are_not_whole() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let mut table = Table::default();
    let (five, one) = (vec![5_u8; 5 * MIB], vec![1_u8; MIB]);
    let whole = [&five[..], &one].concat();

    let nothing = bench.uploadable(CONTENT).await;
    table.note("completing without any content", &bench.ask(&nothing, "hashable").await);

    let gap = bench.uploadable(&whole).await;
    bench.put_part(&gap, 1, &five).await;
    bench.put_part(&gap, 4, &one).await;
    table.note("parts 1 and 4 only", &bench.ask(&gap, "hashable").await);

    let waiting = bench.uploadable(&whole).await;
    bench.put_part(&waiting, 1, &five).await;
    bench.announce(&waiting, 2, &one).await.expect(201);
    table.note("part 2 announced but not sent", &bench.ask(&waiting, "hashable").await);

    let small = bench.uploadable(&whole).await;
    bench.put_part(&small, 1, &one).await;
    bench.put_part(&small, 2, &five).await;
    table.note("a first part of 1 MiB", &bench.ask(&small, "hashable").await);

    let short = bench.uploadable(&whole).await;
    bench.put_part(&short, 1, &five).await;
    table.note("all parts together too few", &bench.ask(&short, "hashable").await);
    bench.put_part(&short, 2, &one).await;
    bench.put_part(&short, 3, b"x").await;
    table.note("all parts together too many", &bench.ask(&short, "hashable").await);
    insta::assert_snapshot!("uploads_that_are_not_whole", table.text());

    let other = bench.uploadable(&whole).await;
    bench.put_part(&other, 1, &five).await;
    bench.put_part(&other, 2, &vec![2; MIB]).await;
    bench.ask(&other, "hashable").await.expect(200);
    let refused = bench.settled(&other, |record| !record["verification_error"].is_null()).await;
    let error = &refused["verification_error"];
    assert_eq!((&refused["state"], &error["code"]), (&json!("hashable"), &json!("hash_mismatch")));
    assert_eq!(error["expected"], format!("sha256:{}", sha256_hex(&whole)));
    let sent = [&five[..], &vec![2; MIB]].concat();
    assert_eq!(error["actual"], format!("sha256:{}", sha256_hex(&sent)));
    let path = format!("/v1/binaries/{other}/download");
    let download = olivine_tests::send(bench.api().request(Method::GET, &path)).await;
    assert_eq!(download.error_code(), Some("invalid_state"));
}
