//! Pages of records with large texts.

use olivine_tests::{Database, Server, Workbench, on_both, prn};
use serde_json::{Value, json};

use super::create;

on_both!(
    async pages_of_large_records_are_short,
);

/// Slightly less than the maximum size of custom metadata.
const LARGE: usize = 900_000;
/// The maximum of a page: a full page, plus its last record with everything that can be embedded.
const MOST: usize = 4_500_000;
const RECORDS: usize = 4;

/// Records of the maximum size, listed with everything that can be embedded. Without a limit, a page of a hundred would be three hundred
/// megabytes.
async fn pages_of_large_records_are_short(database: Database) {
    let server = Server::builder().database(database).start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    let metadata = json!({"a": "x".repeat(LARGE)});
    for number in 0..RECORDS {
        let artifact = json!({"name": format!("large-{number}"), "custom_metadata": metadata});
        let artifact = create(&api, "artifacts", "artifact", artifact).await;
        let version = json!({"artifact_prn": artifact, "version": "1.0.0", "custom_metadata": metadata});
        let version = create(&api, "artifact_versions", "artifact_version", version).await;
        let content = format!("content {number}");
        let mut promise = bench.promise(content.as_bytes());
        promise["artifact_version_prn"] = json!(version);
        promise["custom_metadata"] = metadata.clone();
        let binary = bench.signed_as(&promise, content.as_bytes()).await;
        let binary = json!({"prn": binary, "custom_metadata": metadata});
        create(&api, "bundles", "bundle", json!({"binaries": [binary]})).await;
    }
    for (plural, expand, inner) in [
        ("artifacts", "", "/custom_metadata/a"),
        ("artifact_versions", "&expand[]=artifact", "/artifact/custom_metadata/a"),
        ("binaries", "&expand[]=artifact_version.artifact", "/artifact_version/artifact/custom_metadata/a"),
        ("bundles", "&expand[]=binaries", "/binaries/0/custom_metadata/a"),
        ("binary_signatures", "&expand[]=binary", "/binary/custom_metadata/a"),
    ] {
        let list = format!("/v1/{plural}?limit=100{expand}");
        let (mut large, mut pages, mut next) = (Vec::new(), 0, String::new());
        loop {
            let page = api.get(&format!("{list}{next}")).await.expect(200);
            assert!(page.body.len() < MOST, "{plural}: {} bytes", page.body.len());
            pages += 1;
            let records = page.json[plural].as_array().unwrap();
            assert!(!records.is_empty(), "{plural}: an empty page");
            let is_large = |record: &&Value| {
                record.pointer(inner).is_some_and(|text| text.as_str().unwrap().len() == LARGE)
            };
            large.extend(records.iter().filter(is_large).map(prn));
            match page.json["next_page"].as_str() {
                Some(cursor) => next = format!("&page={cursor}"),
                None => break,
            }
        }
        assert!(pages > 1, "{plural}: all in one page");
        let listed = large.len();
        large.sort();
        large.dedup();
        assert_eq!((listed, large.len()), (RECORDS, RECORDS), "{plural}: all of them, once");
    }
}
