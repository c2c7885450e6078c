//! Azure Blob Storage: the conformance tests of all backends, and what is special about Azure.

use std::sync::Arc;

use olivine_content::conformance::{self, bytes};
use olivine_content::{
    Backend, Credentials, Download, Error, Filename, Network, OpenError, Refusal, Storage, open,
};
use olivine_domain::Sha256Digest;
use olivine_tests::Azurite;
use reqwest::StatusCode;

use crate::client::{Http, again_with, key, later, organization, part};

fn storage(server: &Azurite, url: &str) -> Storage {
    Storage {
        url: url.parse().unwrap(),
        endpoint: Some(server.url()),
        region: None,
        credentials: Credentials::Azure {
            account: server.account().to_owned(),
            access_key: server.access_key().to_owned(),
        },
        network: Network::Any,
        checksums: true,
    }
}

async fn opened(server: &Azurite) -> Arc<dyn Backend> {
    server.container("firmware").await;
    open(&storage(server, "az://firmware/team/a")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_promises_of_every_backend() {
    let server = Azurite::start();
    let backend = opened(&server).await;
    conformance::run(&*backend, &Http::default(), organization()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn urls_permit_what_was_asked_and_nothing_else() {
    let server = Azurite::start();
    let backend = opened(&server).await;
    let client = Http::default();
    let session = backend.begin(&key()).await.unwrap();
    let content = bytes(1, 1000);
    let mut target = backend.part_target(&key(), &session, &part(1, &content), later()).await.unwrap();
    let right = target.url.clone();
    target.url = right.replace("sp=w", "sp=rw");
    assert_eq!(client.put(&target, content.clone()).await.0, StatusCode::FORBIDDEN);
    target.url = right;
    assert!(client.put(&target, content.clone()).await.0.is_success());
    backend.complete(&key(), &session, &[part(1, &content)]).await.unwrap();
    let download = Download { filename: Filename::sanitized("a.bin"), expires_at: later() };
    let url = backend.download_target(&key(), &download).await.unwrap();
    let response = reqwest::get(&url.url).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.bytes().await.unwrap() == content);
    let elsewhere = url.url.replace(&key().to_string(), "another");
    assert_eq!(reqwest::get(elsewhere).await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_upload_leaves_no_blocks() {
    let server = Azurite::start();
    let backend = opened(&server).await;
    let session = backend.begin(&key()).await.unwrap();
    let content = bytes(1, 1000);
    let target = backend.part_target(&key(), &session, &part(1, &content), later()).await.unwrap();
    assert!(Http::default().put(&target, content.clone()).await.0.is_success());
    assert_eq!(backend.uploaded_parts(&key(), &session).await.unwrap().len(), 1);
    backend.delete(&key()).await.unwrap();
    let session = backend.begin(&key()).await.unwrap();
    assert_eq!(backend.uploaded_parts(&key(), &session).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_keys_and_missing_containers_are_reported() {
    let server = Azurite::start();
    let backend = open(&storage(&server, "az://missing")).await.unwrap();
    assert!(matches!(backend.size(&key()).await, Err(Error::Refused { reason: Refusal::Bucket, .. })));
    let failed = backend.probe().await.unwrap_err();
    assert!(failed.told.contains("ContainerNotFound"), "{failed}");
    let stranger = Credentials::Azure {
        account: server.account().to_owned(),
        access_key: server.access_key().replace("Eby8", "AAAA"),
    };
    let backend = open(&Storage { credentials: stranger, ..storage(&server, "az://missing") }).await.unwrap();
    let failed = backend.probe().await.unwrap_err();
    assert!(failed.told.contains("403"), "{failed}");
    let content = bytes(1, 10);
    let imported = backend.import(&key(), 10, Sha256Digest::of(&content), conformance::body(&content)).await;
    assert!(imported.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_standard_variables_are_enough() {
    let server = Azurite::start();
    let environment = Storage {
        url: "az://firmware/a".parse().unwrap(),
        endpoint: None,
        region: None,
        credentials: Credentials::Environment,
        network: Network::Any,
        checksums: true,
    };
    server.container("firmware").await;
    if again_with("azure::the_standard_variables_are_enough", server.environment()) {
        open(&environment).await.unwrap().probe().await.unwrap();
    }
}

#[tokio::test]
async fn an_account_can_not_name_another_host() {
    for account in ["127.0.0.1/", "a@b", "UPPER", "x", "account.example.com#"] {
        let credentials = Credentials::Azure { account: account.to_owned(), access_key: "AAAA".to_owned() };
        let storage = Storage {
            url: "az://firmware".parse().unwrap(),
            endpoint: None,
            region: None,
            credentials,
            network: Network::PublicOnly,
            checksums: true,
        };
        assert!(matches!(open(&storage).await, Err(OpenError::Configuration(_))), "{account}");
    }
}
