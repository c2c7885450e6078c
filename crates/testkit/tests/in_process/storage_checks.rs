//! A storage backend is checked again: what the server does there, and what browsers may.

use olivine_testkit::Server;
use olivine_tests::{S3, prn};
use serde_json::{Value, json};

#[tokio::test]
async fn a_check_says_what_is_missing_and_changes_nothing() {
    let server = Server::builder().set("storage.allow_private_endpoints=true").start().await;
    let (s3, api) = (S3::start(), server.api());
    let bucket = s3.bucket("firmware");
    let backend = api.post("/v1/storage_backends", &s3.backend(&bucket)).await.expect(201).json;
    let path = format!("/v1/storage_backends/{}", prn(&backend["storage_backend"]));
    let before = api.get(&path).await.expect(200).json;
    let check = async || -> Value {
        api.post(&format!("{path}/check"), &json!({})).await.expect(200).json["check"].take()
    };

    let checked = check().await;
    assert_eq!((&checked["works"], &checked["failed_step"]), (&json!(true), &Value::Null), "{checked:#}");
    assert_eq!(checked["allows_browsers"], false, "{checked:#}");
    let origin = checked["origin"].as_str().unwrap().to_owned();
    s3.allow_origin(Some(&origin));
    let checked = check().await;
    assert_eq!((&checked["allows_browsers"], &checked["cors_problem"]), (&json!(true), &Value::Null));
    s3.allow_origin(Some("https://elsewhere.example.com"));
    assert_eq!(check().await["allows_browsers"], false);

    s3.deny(&["s3:ListBucket"]);
    let checked = check().await;
    assert_eq!((&checked["works"], &checked["missing_permission"]), (&json!(false), &json!("s3:ListBucket")));
    assert!(s3.objects(&bucket).is_empty(), "nothing is left behind");
    assert_eq!(api.get(&path).await.expect(200).json, before);

    let other = server.another_organization("other").await;
    other.post(&format!("{path}/check"), &json!({})).await.expect(404);
}
