//! Contents of archived versions in a separate archive storage.

use olivine_tests::{Database, S3, Workbench, prn};
use serde_json::{Value, json};

use crate::team::{Customer, copies, fetch, open_server, register};

pub(crate) async fn archived_contents_move_and_come_back(database: Database) {
    let s3 = S3::start();
    let server = open_server(database).start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signed(b"of last year").await;
    let customer = Customer::of(&server, &binary, &[]).await;
    let cold = register(&api, &s3, "cold", json!({})).await;
    server.shell().run("peridio organization update --archive-storage-backend cold").succeeds();

    let version = bench.get(&binary).await["artifact_version_prn"].as_str().unwrap().to_owned();
    let release = api.get("/v1/releases").await.expect(200).json["releases"][0].take();
    let release = prn(&release);
    api.post(&format!("/v1/artifact_versions/{version}/archive"), &json!({})).await.expect(200);
    api.post(&format!("/v1/releases/{release}/archive"), &json!({})).await.expect(200);
    bench.settled(&binary, |record| record["storage_backend_prn"] == json!(cold)).await;
    assert!(s3.objects("cold").iter().any(|object| object == &s3.object_of("cold", &binary)));
    // The old replica is deleted when the URLs to it have expired.
    let left = copies(&api, &binary, |left| left.len() == 1).await;
    assert_eq!((&left[0]["state"], &left[0]["storage_backend_prn"]), (&json!("deleting"), &Value::Null));
    let url = bench.download_url(&binary).await;
    assert!(url.starts_with(&s3.url()), "{url}");
    assert_eq!(fetch(&api, &url).await, b"of last year");

    // Devices get the release again, at first from the archive storage.
    api.post(&format!("/v1/releases/{release}/unarchive"), &json!({})).await.expect(200);
    let url = customer.url_again().await;
    assert_eq!(fetch(&api, &url).await, b"of last year");
    let refused = api.delete(&format!("/v1/storage_backends/{cold}")).await.expect(409);
    assert_eq!(refused.error_code(), Some("in_use"));
}
