//! Reading changes nothing: the database is the same before and after each GET request in the OpenAPI document. Only requested downloads
//! are recorded.

use std::collections::BTreeMap;

use olivine_tests::{Database, Operation, PostgresDatabase, S3, Server, block_on, operations, send};
use reqwest::Method;

use crate::prns::{Tenant, is_of_people, is_stream, named_type};

/// Tables that the server changes in the background: its jobs, and announcements to other processes.
const OF_THE_SERVER: [&str; 2] = ["jobs", "settings"];

/// GET requests that may write, and the tables that they write.
const ON_RECORD: &[(&str, &[&str])] =
    &[("/v1/binaries/{prn}/download", &["download_counts", "event_pending", "events"])];

/// A hash of the content of each table.
fn tables(database: &PostgresDatabase) -> BTreeMap<String, String> {
    let statement = "select table_name || ' ' || md5(query_to_xml('select * from ' || quote_ident(table_name) || ' order by 1', true, \
                     false, '')::text) from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'";
    let printed = database.query(statement);
    let tables: BTreeMap<_, _> = printed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(table, _)| !OF_THE_SERVER.contains(table))
        .map(|(table, hash)| (table.to_owned(), hash.to_owned()))
        .collect();
    assert!(tables.len() > 20, "{printed}");
    tables
}

/// Waits until the server has finished all background work.
async fn at_rest(database: &PostgresDatabase) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    let due = "select count(*) from jobs where state <> 'finished' and kind in ('verify_binary', 'replicate', 'delete_content', 'carry_out_bulk_operation')";
    while database.query(due).trim() != "0" {
        assert!(
            std::time::Instant::now() < deadline,
            "jobs are left: {}",
            database.query("select kind || ' ' || state from jobs")
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn reading_writes_nothing() {
    let s3 = S3::start();
    let url = format!("s3://{}/contents", s3.bucket("own"));
    s3.bucket("frankfurt");
    let server = Server::builder()
        .database(Database::Postgres)
        .env("OLIVINE_STORAGE_ALLOW_PRIVATE_ENDPOINTS", "true")
        .envs(s3.environment())
        .arg("--storage-url")
        .arg(url)
        .start();
    let ours = Tenant::new(server.api(), &s3).await;
    // A part that has arrived in the store but is not known to the server yet.
    let announced = ours.bench.announce(&ours.binary, 1, b"content").await.expect(200).json;
    let upload = &announced["binary_part"]["upload"];
    let mut request = reqwest::Client::new().put(upload["url"].as_str().unwrap());
    for (name, value) in upload["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    send(request.body("content")).await.expect(200);
    let database = server.postgres().expect("a test on PostgreSQL");
    at_rest(database).await;

    let mut written = Vec::new();
    let asked = |one: &&Operation| one.method == Method::GET && !is_of_people(one) && !is_stream(one);
    for operation in operations(&ours.api).await.iter().filter(asked) {
        let before = tables(database);
        let answer = ours.api.get(&path(&ours, operation)).await;
        assert!(matches!(answer.status, 200 | 302 | 307), "{}: {answer:?}", operation.path);
        let after = tables(database);
        let changed: Vec<_> = before.keys().filter(|table| before[*table] != after[*table]).collect();
        let meant =
            ON_RECORD.iter().find(|(path, _)| *path == operation.path).map_or(&[][..], |(_, meant)| *meant);
        if changed != meant {
            written.push(format!("{}: {changed:?}", operation.path));
        }
    }
    assert!(written.is_empty(), "GETs that write: {written:#?}");

    // The part was shown but not recorded. It is recorded when somebody completes the upload.
    let parts = format!("/v1/binaries/{}/parts", ours.binary);
    let shown = ours.api.get(&parts).await.expect(200).json;
    assert_eq!(shown["binary_parts"][0]["state"], "valid");
    let searched = ours.api.get(&format!("{parts}?search=state:'uploadable'")).await.expect(200).json;
    assert_eq!(searched["binary_parts"][0]["state"], "uploadable", "a search finds what is on record");
    ours.bench.ask(&ours.binary, "hashable").await.expect(200);
    ours.bench.in_state(&ours.binary, "signable").await;
}

fn path(ours: &Tenant, operation: &Operation) -> String {
    if operation.path.contains("/parts") {
        return operation.path_with(&ours.binary);
    }
    match operation.path.as_str() {
        "/v1/events/export" => return "/v1/events/export?format=jsonl".to_owned(),
        "/v1/lookup" => return "/v1/lookup?q=gateway".to_owned(),
        path if !path.contains("{prn}") => return path.to_owned(),
        _ => {}
    }
    operation.path_with(ours.record(&named_type(operation)))
}

mod postgres {
    /// On PostgreSQL, because its whole content can be examined from outside.
    #[test]
    fn reading_writes_nothing() {
        super::block_on(super::reading_writes_nothing());
    }
}
