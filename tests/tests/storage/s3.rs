//! S3: the conformance tests of all backends, and problems that only a remote store can have.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt};
use olivine_content::conformance::{self, bytes};
use olivine_content::{
    Backend, Credentials, Download, Error, Filename, Network, ReceivePart, Refusal, Storage, open,
};
use olivine_domain::Sha256Digest;
use olivine_tests::S3;
use reqwest::StatusCode;

use crate::client::{Http, again_with, key, later, organization, part};

fn storage(server: &S3, url: &str) -> Storage {
    Storage {
        url: url.parse().unwrap(),
        endpoint: Some(server.url()),
        region: Some("eu-test-1".to_owned()),
        credentials: Credentials::S3 {
            access_key_id: server.access_key_id().to_owned(),
            secret_access_key: server.secret_access_key().to_owned(),
            session_token: None,
        },
        network: Network::Any,
        checksums: true,
    }
}

async fn opened(server: &S3) -> Arc<dyn Backend> {
    server.bucket("firmware");
    open(&storage(server, "s3://firmware/team/a")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_promises_of_every_backend_and_leaves_nothing() {
    let server = S3::start();
    let backend = opened(&server).await;
    conformance::run(&*backend, &Http::default(), organization()).await;
    assert_eq!(server.objects("firmware"), [""; 0]);
    assert_eq!(server.open_uploads("firmware"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_promises_in_a_bucket_without_a_prefix() {
    let server = S3::start();
    server.bucket("firmware");
    let backend = open(&storage(&server, "s3://firmware")).await.unwrap();
    conformance::run(&*backend, &Http::default(), organization()).await;
    assert_eq!(server.objects("firmware"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_standard_variables_are_enough() {
    let server = S3::start();
    server.bucket("firmware");
    let environment = Storage {
        url: "s3://firmware/a".parse().unwrap(),
        endpoint: None,
        region: None,
        credentials: Credentials::Environment,
        network: Network::Any,
        checksums: true,
    };
    if again_with("s3::the_standard_variables_are_enough", server.environment()) {
        open(&environment).await.unwrap().probe().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_itself_refuses_other_bytes_and_changed_urls() {
    let server = S3::start();
    let backend = opened(&server).await;
    let client = Http::default();
    let session = backend.begin(&key()).await.unwrap();
    let (right, wrong) = (bytes(1, 1000), bytes(2, 1000));
    let target = backend.part_target(&key(), &session, &part(1, &right), later()).await.unwrap();
    let (status, told) = client.put(&target, wrong.clone()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{told}");
    assert!(told.contains("BadDigest"), "{told}");
    let mut without = target.clone();
    without.headers.clear();
    let mut other_part = target.clone();
    other_part.url = other_part.url.replace("partNumber=1", "partNumber=2");
    let mut other_hash = target.clone();
    other_hash.headers =
        backend.part_target(&key(), &session, &part(1, &wrong), later()).await.unwrap().headers;
    for (changed, bytes) in [(without, &right), (other_part, &right), (other_hash, &wrong)] {
        let (status, told) = client.put(&changed, bytes.clone()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{told}");
    }
    assert_eq!(backend.uploaded_parts(&key(), &session).await.unwrap(), []);
    assert!(client.put(&target, right).await.0.is_success());
    assert_eq!(backend.uploaded_parts(&key(), &session).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_come_from_the_store_under_the_name_that_was_asked() {
    let server = S3::start();
    let backend = opened(&server).await;
    let content = bytes(1, 20_000_000);
    let sha256 = Sha256Digest::of(&content);
    backend.import(&key(), content.len() as u64, sha256, conformance::body(&content)).await.unwrap();
    let filename = Filename::sanitized("größe 1.bin");
    let disposition = filename.content_disposition();
    let url = backend.download_target(&key(), &Download { filename, expires_at: later() }).await.unwrap();
    let response = reqwest::get(&url.url).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-disposition"], disposition);
    assert!(response.bytes().await.unwrap() == content);
    let (before, object) = (server.sent_bytes(), server.objects("firmware"));
    assert_eq!(object, [format!("team/a/{}", key())]);
    let some: Vec<_> = backend.read(&key(), Some(5..10)).await.unwrap().try_collect().await.unwrap();
    assert_eq!(some.concat(), content[5..10]);
    assert_eq!(server.sent_bytes() - before, 5, "a range is asked for, not the whole");
    let changed = url.url.replace("response-content-type", "response-content-language");
    assert_eq!(reqwest::get(changed).await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_names_the_permission_that_is_missing() {
    let server = S3::start();
    let backend = opened(&server).await;
    for permission in [
        "s3:PutObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListMultipartUploadParts",
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:ListBucketMultipartUploads",
    ] {
        server.deny(&[permission]);
        let failed = backend.probe().await.unwrap_err();
        assert_eq!(failed.permission, Some(permission), "{failed}");
        assert!(failed.told.contains("AccessDenied") || failed.told.contains("403"), "{failed}");
        assert!(!failed.to_string().contains("X-Amz"), "{failed}");
    }
    server.deny(&[]);
    backend.probe().await.unwrap();
    let nowhere = open(&storage(&server, "s3://elsewhere")).await.unwrap();
    let failed = nowhere.probe().await.unwrap_err();
    assert!(failed.told.contains("NoSuchBucket"), "{failed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_does_not_answer_is_known_as_such_soon() {
    let server = S3::start();
    let backend = opened(&server).await;
    server.answer_503(true);
    let start = Instant::now();
    for failed in [
        backend.begin(&key()).await.map(drop),
        backend.size(&key()).await.map(drop),
        backend.delete(&key()).await,
        backend.uploaded_parts(&key(), &olivine_content::UploadSession::new("x")).await.map(drop),
    ] {
        assert!(matches!(failed, Err(Error::Unavailable { .. })), "{failed:?}");
    }
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    server.answer_503(false);
    backend.begin(&key()).await.unwrap();
    let gone = server.url();
    drop(server);
    let failed = backend.size(&key()).await;
    let Err(Error::Unavailable { source }) = failed else { panic!("{failed:?}") };
    assert!(!format!("{source} {source:?}").contains(&gone), "{source:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_stalls_is_known_as_such_within_half_a_minute() {
    let server = S3::start();
    let backend = opened(&server).await;
    let session = backend.begin(&key()).await.unwrap();
    server.stall(true);
    let start = Instant::now();
    // One request is made by `object_store`, the other by our own code.
    let key = key();
    let (size, parts) = tokio::join!(backend.size(&key), backend.uploaded_parts(&key, &session));
    assert!(matches!(size, Err(Error::Unavailable { .. })), "{size:?}");
    assert!(matches!(parts, Err(Error::Unavailable { .. })), "{parts:?}");
    // Half a minute, plus time for a busy machine.
    assert!(start.elapsed() < Duration::from_secs(50), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_leaves_no_upload() {
    let server = S3::start();
    let backend = opened(&server).await;
    let session = backend.begin(&key()).await.unwrap();
    let content = bytes(1, 20_000_000);
    let part = ReceivePart {
        index: part(1, b"").index,
        expected_size: None,
        expected_sha256: None,
        max_size: u64::MAX,
    };
    let endless = conformance::body(&content).chain(futures_util::stream::pending()).boxed();
    let key = key();
    let receiving = backend.receive_part(&key, &session, &part, endless);
    let received = async {
        while server.received_bytes() < 16 * 1024 * 1024 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        ended = receiving => panic!("{ended:?}"),
        () = received => {}
        () = tokio::time::sleep(Duration::from_mins(1)) => panic!("the bytes do not arrive"),
    }
    let deadline = Instant::now() + Duration::from_mins(1);
    // One upload is left: that of the content itself.
    while server.open_uploads("firmware") > 1 {
        assert!(Instant::now() < deadline, "the staged upload is still there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.objects("firmware"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_bucket_is_no_missing_content() {
    let server = S3::start();
    let backend = open(&storage(&server, "s3://missing")).await.unwrap();
    for failed in [
        backend.size(&key()).await.map(drop),
        backend.read(&key(), None).await.map(drop),
        backend.delete(&key()).await,
        backend.begin(&key()).await.map(drop),
    ] {
        assert!(matches!(failed, Err(Error::Refused { reason: Refusal::Bucket, .. })), "{failed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organizations_endpoint_can_not_reach_this_network() {
    let server = S3::start();
    server.bucket("firmware");
    let port = server.url().rsplit_once(':').unwrap().1.to_owned();
    for host in ["127.0.0.1", "[::1]", "169.254.169.254", "2130706433", "[::ffff:127.0.0.1]", "localhost"] {
        let endpoint = Some(format!("http://{host}:{port}"));
        let storage = Storage { endpoint, network: Network::PublicOnly, ..storage(&server, "s3://firmware") };
        match open(&storage).await {
            Err(error) => assert!(error.to_string().contains("public"), "{error}"),
            // The name is only resolved when connecting.
            Ok(backend) => {
                let failed = backend.check().await;
                let Err(Error::Unavailable { source }) = failed else { panic!("{host}: {failed:?}") };
                assert!(source.to_string().contains("public"), "{host}: {source}");
            }
        }
    }
    let environment = Storage {
        credentials: Credentials::Environment,
        network: Network::PublicOnly,
        checksums: true,
        ..storage(&server, "s3://firmware")
    };
    assert!(open(&environment).await.is_err(), "the server's own credentials are not an organization's");
    assert_eq!(server.received_bytes(), 0);
}
