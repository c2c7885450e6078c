//! Google Cloud Storage: the conformance tests of all backends, with a server that checks Google's signatures and otherwise behaves like
//! S3.

use std::sync::Arc;

use olivine_content::conformance::{self, bytes};
use olivine_content::{Backend, Credentials, Download, Error, Filename, Network, Refusal, Storage, open};
use olivine_tests::Gcs;
use reqwest::StatusCode;

use crate::client::{Http, key, later, organization, part};

async fn opened(server: &Gcs, url: &str) -> Arc<dyn Backend> {
    let storage = Storage {
        url: url.parse().unwrap(),
        endpoint: Some(server.url()),
        region: None,
        credentials: Credentials::Gcs { service_account_key: server.service_account_key() },
        network: Network::Any,
        checksums: true,
    };
    open(&storage).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_promises_of_every_backend_and_leaves_nothing() {
    let server = Gcs::start();
    server.bucket("firmware");
    let backend = opened(&server, "gs://firmware/team/a").await;
    conformance::run(&*backend, &Http::default(), organization()).await;
    assert_eq!(server.server().objects("firmware"), [""; 0]);
    assert_eq!(server.server().open_uploads("firmware"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_urls_are_refused() {
    let server = Gcs::start();
    server.bucket("firmware");
    let backend = opened(&server, "gs://firmware").await;
    let client = Http::default();
    let session = backend.begin(&key()).await.unwrap();
    let content = bytes(1, 1000);
    let target = backend.part_target(&key(), &session, &part(1, &content), later()).await.unwrap();
    let mut changed = target.clone();
    changed.url = changed.url.replace("partNumber=1", "partNumber=2");
    assert_eq!(client.put(&changed, content.clone()).await.0, StatusCode::FORBIDDEN);
    assert!(client.put(&target, content.clone()).await.0.is_success());
    backend.complete(&key(), &session, &[part(1, &content)]).await.unwrap();
    let filename = Filename::sanitized("größe 1.bin");
    let disposition = filename.content_disposition();
    let url = backend.download_target(&key(), &Download { filename, expires_at: later() }).await.unwrap();
    let response = reqwest::get(&url.url).await.unwrap();
    assert_eq!(response.headers()["content-disposition"], disposition);
    assert!(response.bytes().await.unwrap() == content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_keys_and_missing_buckets_are_reported() {
    let (server, stranger) = (Gcs::start(), Gcs::start());
    let backend = opened(&server, "gs://missing").await;
    assert!(matches!(backend.size(&key()).await, Err(Error::Refused { reason: Refusal::Bucket, .. })));
    server.bucket("firmware");
    let storage = Storage {
        url: "gs://firmware".parse().unwrap(),
        endpoint: Some(server.url()),
        region: None,
        credentials: Credentials::Gcs { service_account_key: stranger.service_account_key() },
        network: Network::Any,
        checksums: true,
    };
    let failed = open(&storage).await.unwrap().probe().await.unwrap_err();
    // No permission would help, because the key does not belong to the bucket.
    assert_eq!(failed.permission, None);
    assert!(
        failed.told.contains("403") && failed.told.contains("does not accept the server's credentials"),
        "{failed}"
    );
}
