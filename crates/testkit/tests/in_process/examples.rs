//! The examples of the OpenAPI documents: one story, from a first artifact to a release that is rolled back, in which each operation is
//! sent to a server once. What was sent and answered is compared with `crates/server/src/openapi/examples.json`, from which the documents
//! take their examples. `UPDATE_DOCS=1 cargo test -p olivine-testkit examples` writes that file anew, and afterwards
//! `UPDATE_DOCS=1 cargo test -p olivine-server --test freshness` writes the documents.
//!
//! For a new operation, add one step to the chapter that fits: `story.post(path, &body).await`. A request that is no example, such as one
//! that only prepares the next, goes through `story.api`.

mod firmware;
mod fleet;
mod keys;
mod organization;
mod people;
mod refusals;
mod releases;
mod stand_ins;
mod story;

use std::collections::BTreeSet;
use std::path::PathBuf;

use olivine_testkit::Server;
use serde_json::{Map, Value};

use self::story::Story;

/// More would make the executable and the documents noticeably larger.
const MOST_BYTES: usize = 150_000;

#[tokio::test]
async fn each_operation_has_an_example_that_was_sent_to_a_server() {
    let server = Server::builder()
        .starting_at("2026-01-15T10:30:00Z".parse().unwrap())
        .set("storage.allow_private_endpoints=true")
        .start()
        .await;
    let mut story = Story::begin(&server).await;
    organization::tell(&mut story).await;
    let firmware = firmware::tell(&mut story).await;
    let fleet = fleet::tell(&mut story, &server).await;
    releases::tell(&mut story, &firmware, &fleet).await;
    organization::jobs(&mut story, &server, &firmware.version).await;
    organization::end(&mut story, &firmware.binary).await;
    people::tell(&mut story, &server).await;
    refusals::tell(&mut story, &server, &firmware, &fleet).await;

    let missing = story.operations_without_example();
    assert!(
        missing.is_empty(),
        "add one step each to crates/testkit/tests/in_process/examples: {missing:#?}"
    );
    assert_eq!(story.failures_without_example(), refusals::NOT_SENT);
    compare(&story.into_examples());
}

fn compare(sent: &Map<String, Value>) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../server/src/openapi/examples.json");
    let lines: Vec<_> =
        sent.iter().map(|(id, example)| format!("{}:{example}", Value::from(id.as_str()))).collect();
    let text = format!("{{\n{}\n}}\n", lines.join(",\n"));
    assert!(text.len() < MOST_BYTES, "{} bytes of examples: keep them small", text.len());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    let written: Map<String, Value> = serde_json::from_str(&written).unwrap();
    let ids: BTreeSet<_> = sent.keys().chain(written.keys()).collect();
    let differences: Vec<_> = ids
        .into_iter()
        .map(|id| (id, written.get(id).unwrap_or(&Value::Null), sent.get(id).unwrap_or(&Value::Null)))
        .filter(|(_, written, sent)| written != sent)
        .map(|(id, written, sent)| format!("{id}\nwritten: {written:#}\nsent now: {sent:#}"))
        .collect();
    assert!(
        differences.is_empty(),
        "examples.json is not what is sent and answered now: UPDATE_DOCS=1 writes it anew; look at the difference\n{}",
        differences.join("\n")
    );
}
