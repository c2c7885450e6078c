//! The archive storage: what the API shows of contents that go there and come back, and that every URL leads to them all the time.

use std::time::Duration;

use olivine_testkit::Server;
use olivine_tests::factory::Factory;
use olivine_tests::{S3, prn, says};
use serde_json::{Value, json};

/// An organization whose archived contents go to a bucket.
struct Scene {
    server: Server,
    s3: S3,
    factory: Factory,
    cold: String,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::builder().set("storage.allow_private_endpoints=true").start().await;
        let (s3, factory) = (S3::start(), Factory::new(server.api()).await);
        let cold = s3.backend(&s3.bucket("cold"));
        let cold = factory.create("storage_backends", "storage_backend", cold).await;
        let scene = Self { server, s3, factory, cold };
        let changed = scene.set(json!({"archive_storage_backend_prn": scene.cold}), 200).await;
        assert_eq!(changed["organization"]["archive_storage_backend_prn"], json!(scene.cold));
        scene
    }

    /// Changes the organization.
    async fn set(&self, change: Value, status: u16) -> Value {
        self.factory.api.patch("/v1/organization", &change).await.expect(status).json
    }

    async fn post(&self, path: &str) {
        self.factory.api.post(path, &json!({})).await.expect(200);
    }

    /// Where the content of a binary is, and where it is deleted.
    async fn places(&self, binary: &str) -> (Value, Vec<Value>) {
        let replicas = format!("/v1/binaries/{binary}/replicas");
        let replicas = self.factory.api.get(&replicas).await.expect(200).json["replicas"].take();
        let replicas = replicas.as_array().unwrap().iter();
        let deleting = replicas.inspect(|replica| assert_eq!(replica["state"], "deleting", "{replica:#}"));
        let deleting = deleting.map(|replica| replica["storage_backend_prn"].clone()).collect();
        (self.binary(binary).await["storage_backend_prn"].clone(), deleting)
    }

    async fn binary(&self, prn: &str) -> Value {
        let path = format!("/v1/binaries/{prn}");
        self.factory.api.get(&path).await.expect(200).json["binary"].take()
    }

    async fn fetch(&self, url: &str) -> Vec<u8> {
        self.factory.api.without_key().get(url).await.expect(200).body
    }

    /// The URL for a person's download, which leads to the content.
    async fn download(&self, binary: &str) -> String {
        let answer = self.factory.api.get(&format!("/v1/binaries/{binary}/download")).await.expect(302);
        let url = answer.header("location").unwrap().to_owned();
        assert_eq!(self.fetch(&url).await, b"first");
        url
    }
}

#[tokio::test]
async fn contents_of_archived_versions_rest_in_the_archive_storage() {
    let scene = Scene::new().await;
    let (factory, cold) = (&scene.factory, json!(scene.cold));
    let bundle = factory.bundle("first").await;
    let binary = bundle.binary.as_str();
    let release = factory
        .release("first", &bundle.prn, json!({"version": "1.0.0", "version_requirement": "< 1.0.0"}))
        .await;
    let device = factory.device(&scene.server, "SN-1").await;
    let before = device.device.update("?expand[]=manifest", &says("0.1.0")).await.expect(200).json;
    let before = before["manifest"][0]["url"].as_str().unwrap().to_owned();
    let version = scene.binary(binary).await["artifact_version_prn"].as_str().unwrap().to_owned();

    scene.post(&format!("/v1/artifact_versions/{version}/archive")).await;
    assert_eq!(scene.places(binary).await, (json!(null), vec![]), "the release has it");
    scene.post(&format!("/v1/releases/{release}/archive")).await;
    assert_eq!(scene.places(binary).await, (cold.clone(), vec![json!(null)]));
    assert_eq!(factory.asks(&device, &says("0.1.0")).await, "no_update");
    assert_eq!(scene.fetch(&before).await, b"first", "a device may be in the middle of it");
    let from_archive = scene.download(binary).await;
    assert!(from_archive.starts_with(&scene.s3.url()), "{from_archive}");
    scene.server.advance(Duration::from_hours(2)).await;
    assert_eq!(scene.places(binary).await, (cold.clone(), vec![]));
    scene.download(binary).await;

    // Back, also while somebody downloads it from there.
    let from_archive = scene.download(binary).await;
    scene.post(&format!("/v1/releases/{release}/unarchive")).await;
    assert_eq!(scene.places(binary).await, (json!(null), vec![cold]));
    assert_eq!(factory.asks(&device, &says("0.1.0")).await, "first");
    assert_eq!(scene.fetch(&from_archive).await, b"first");
    assert!(!scene.download(binary).await.starts_with(&scene.s3.url()));
    scene.server.advance(Duration::from_hours(2)).await;
    assert_eq!(scene.places(binary).await, (json!(null), vec![]));
    assert!(scene.s3.objects("cold").iter().all(|object| object.contains(".olivine-storage-id")));
    let told = olivine_tests::events_of(&factory.api, binary).await;
    assert_eq!(told.iter().filter(|kind| *kind == "binary.moved").count(), 2, "{told:?}");
}

#[tokio::test]
async fn an_archive_storage_is_the_organizations_own_and_was_tried() {
    let scene = Scene::new().await;
    let api = &scene.factory.api;
    let refused = scene.set(json!({"storage_backend_prn": scene.cold}), 422).await;
    assert_eq!(refused["errors"][0]["context"]["field"], "archive_storage_backend_prn", "{refused:#}");
    let malformed = scene.set(json!({"archive_storage_backend_prn": "cold"}), 422).await;
    assert_eq!(malformed["errors"][0]["context"]["field"], "archive_storage_backend_prn", "{malformed:#}");

    let others = scene.server.another_organization("them").await;
    let theirs = scene.s3.backend(&scene.s3.bucket("theirs"));
    let theirs = others.post("/v1/storage_backends", &theirs).await.expect(201).json;
    let theirs = prn(&theirs["storage_backend"]);
    scene.set(json!({"archive_storage_backend_prn": theirs}), 404).await;

    let shut = scene.s3.backend(&scene.s3.bucket("shut"));
    let shut = scene.factory.create("storage_backends", "storage_backend", shut).await;
    scene.s3.deny(&["s3:PutObject"]);
    let failed = scene.set(json!({"archive_storage_backend_prn": shut}), 422).await;
    assert_eq!(failed["errors"][0]["code"], "storage_refused", "{failed:#}");
    // What is set already is not tried again.
    scene.set(json!({"archive_storage_backend_prn": scene.cold, "name": "Acme"}), 200).await;
    scene.s3.deny(&[]);

    let path = format!("/v1/storage_backends/{}", scene.cold);
    let used = api.delete(&path).await.expect(409);
    assert_eq!(used.error_code(), Some("in_use"));
    assert!(used.error_message().contains("archived contents go to this storage backend"), "{used:?}");
    let changed = scene.set(json!({"archive_storage_backend_prn": null}), 200).await;
    assert_eq!(changed["organization"]["archive_storage_backend_prn"], json!(null));
    api.delete(&path).await.expect(204);
}
