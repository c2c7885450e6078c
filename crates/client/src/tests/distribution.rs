//! What distribution asks for, as it goes over the wire.

use std::sync::Arc;

use olivine_api::devices::UpdateCheck;
use olivine_api::releases::{Release, ReleaseUpdate};
use olivine_domain::prn::{Prn, Resource};
use serde_json::{Value, json};

use super::server::{Reply, Request, Server};
use super::{ID, client, file};
use crate::{Error, Import, Query};

fn prn<R: Resource>() -> Prn<R> {
    format!("prn:1:{ID}:{}:{ID}", R::TYPE.unwrap()).parse().unwrap()
}

/// A server that gives the same answer to everything.
async fn server(status: u16, answer: Value) -> Server {
    Server::start(&[], Arc::new(move |_: &Request| Reply::json(status, &answer))).await
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn report(refused: u64, problems: &Value) -> Value {
    json!({"dry_run": true, "created": 2, "updated": 1, "unchanged": 0, "refused": refused, "problems": problems})
}

#[tokio::test]
async fn an_import_streams_the_file_as_csv_and_reads_the_report() {
    let directory = tempfile::tempdir().unwrap();
    // More than one chunk.
    let lines = "SN-1,eu\n".repeat(100_000);
    let problems = json!([{"line": 3, "column": "tags", "message": "no"}]);
    let server = server(200, report(1, &problems)).await;
    let import = Import { dry_run: true, product: Some(prn()), cohort: Some(prn()) };
    let path = file(&directory, lines.as_bytes());
    let report = client(&server).import_devices(&path, &import).await.unwrap();
    assert_eq!((report.created, report.refused, report.problems[0].line), (2, 1, 3));
    let seen = &server.seen("POST", "")[0];
    let org = format!("prn%3A1%3A{ID}");
    let query = format!("dry_run=true&product_prn={org}%3Aproduct%3A{ID}&cohort_prn={org}%3Acohort%3A{ID}");
    assert_eq!(seen.path, format!("/v1/devices/import?{query}"));
    assert_eq!(seen.headers["content-type"], "text/csv");
    assert_eq!(seen.headers["authorization"], "Bearer olv_secret");
    assert!(seen.body == lines.as_bytes());
}

#[tokio::test]
async fn an_import_is_sent_whole_again_after_a_broken_answer() {
    let directory = tempfile::tempdir().unwrap();
    let answer = report(0, &json!([]));
    let count = super::counted(move |count, _| match count {
        0 => Reply { cut: Some(3), ..Reply::json(200, &answer) },
        _ => Reply::json(200, &answer),
    });
    let server = Server::start(&[], count).await;
    let path = file(&directory, b"identifier\nSN-1\n");
    client(&server).import_devices(&path, &Import::default()).await.unwrap();
    let seen = server.seen("POST", "/v1/devices/import");
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|request| request.body == b"identifier\nSN-1\n" && !request.path.contains('?')));
}

#[tokio::test]
async fn a_check_says_only_what_was_reported_and_reads_the_trace() {
    let trace = json!([{"step": "entry", "outcome": "none", "reason": "nothing was reported"}]);
    let answer = json!({"status": "no_update", "source_type": null, "source_prn": null, "bundle_prn": null,
        "manifest": null, "trace": trace});
    let server = server(200, answer).await;
    let check =
        UpdateCheck { release_prn: Some("nonsense".to_owned()), explain: true, ..UpdateCheck::default() };
    let answer = client(&server).check_update(&prn(), &check).await.unwrap();
    assert_eq!((answer.status.as_str(), answer.trace.unwrap()[0].step.as_str()), ("no_update", "entry"));
    let seen = &server.seen("POST", "")[0];
    assert_eq!(seen.path, format!("/v1/devices/prn:1:{ID}:device:{ID}/update"));
    assert_eq!(body(seen), json!({"release_prn": "nonsense", "write": false, "explain": true}));
}

#[tokio::test]
async fn a_change_tells_null_from_absent() {
    let server = server(404, json!({"errors": [{"code": "not_found", "message": "no"}]})).await;
    let change = ReleaseUpdate { schedule_date: Some(None), ..ReleaseUpdate::default() };
    let error = client(&server).update::<Release>(&prn(), &change).await.unwrap_err();
    assert_eq!(error.status(), Some(404));
    assert_eq!(body(&server.seen("PATCH", "")[0]), json!({"schedule_date": null}));
}

#[tokio::test]
async fn a_destruction_is_confirmed_by_name() {
    let releases = json!([{"prn": "prn:r", "name": "spring"}]);
    let refusal = json!({"errors": [{"code": "confirmation_required", "message": "in use",
        "context": {"confirm": "p", "releases": releases, "bundle_overrides": []}}]});
    let server = server(409, refusal).await;
    let error = client(&server).destroy_confirmed(&prn()).await.unwrap_err();
    assert!(matches!(&error, Error::Api { status: 409, .. }) && error.fact("releases") == Some(&releases));
    let seen = &server.seen("PATCH", "")[0];
    let name = format!("prn:1:{ID}:binary:{ID}");
    assert_eq!(seen.path, format!("/v1/binaries/{name}?confirm={}", name.replace(':', "%3A")));
    assert_eq!(body(seen), json!({"state": "destroyed"}));
}

#[tokio::test]
async fn codes_adoption_and_releases_of_a_binary_are_where_the_api_has_them() {
    let code = json!({"verification_code": "c0de", "expires_at": ""});
    let codes = server(201, code).await;
    assert_eq!(client(&codes).create_verification_code().await.unwrap().verification_code, "c0de");
    assert_eq!(codes.seen("POST", "")[0].path, "/v1/ca_certificates/verification_codes");

    let adoption = json!({"release_prn": "", "cohort_prn": "", "devices": 9, "on": 4, "before": 3, "after": 0,
        "elsewhere": 2, "claimed": 5, "installed": 4, "failed": 1, "days": []});
    let numbers = server(200, adoption.clone()).await;
    assert_eq!(client(&numbers).adoption(&prn()).await.unwrap().on, 4);
    assert_eq!(numbers.seen("GET", "")[0].path, format!("/v1/releases/prn:1:{ID}:release:{ID}/adoption"));

    let insights = json!({"adoption": adoption, "outcomes": [], "failures": [], "more_failures": false, "hours": [],
        "hours_since": "", "hours_exact": true});
    let numbers = server(200, insights).await;
    assert_eq!(client(&numbers).insights(&prn()).await.unwrap().adoption.on, 4);
    assert_eq!(numbers.seen("GET", "")[0].path, format!("/v1/releases/prn:1:{ID}:release:{ID}/insights"));

    let none = server(200, json!({"releases": [], "next_page": null})).await;
    let found = client(&none).releases_of(&prn(), &Query::default()).all().await.unwrap();
    assert!(found.is_empty());
    assert_eq!(
        none.seen("GET", "")[0].path,
        format!("/v1/binaries/prn:1:{ID}:binary:{ID}/releases?limit=100")
    );
}
