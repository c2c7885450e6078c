//! What the other tests here rely on.

use std::time::Duration;

use olivine_testkit::Server;
use olivine_tests::{Device, Workbench};

#[tokio::test]
async fn people_and_devices_are_answered_without_a_socket() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signed(b"firmware").await;
    let url = bench.download_url(&binary).await;
    assert_eq!(bench.api().get(&url).await.expect(200).body, b"firmware");
    let device = Device::new(&server, "SN-1");
    assert_eq!(device.get("/device/me").await.error_code(), Some("certificate_unknown"));
}

#[tokio::test]
async fn time_passes_when_it_is_told_to() {
    let server = Server::builder().set("content.download_url_seconds=60").start().await;
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signed(b"firmware").await;
    let url = bench.download_url(&binary).await;
    server.advance(Duration::from_secs(59)).await;
    bench.api().get(&url).await.expect(200);
    server.advance(Duration::from_secs(2)).await;
    assert!(bench.api().get(&url).await.status >= 400);
}

#[tokio::test]
async fn jobs_wait_where_they_are_held() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    server.hold_jobs();
    let binary = bench.uploadable(b"firmware").await;
    bench.put_content(&binary, b"firmware").await.expect(200);
    bench.ask(&binary, "hashable").await.expect(200);
    assert_eq!(bench.get(&binary).await["state"], "hashable");
    server.do_jobs().await;
    assert_eq!(bench.get(&binary).await["state"], "signable");
}
