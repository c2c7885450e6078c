//! What an organization sees of the server's work for it, and of the server.

use olivine_testkit::Server;
use olivine_tests::Workbench;
use serde_json::{Value, json};

async fn listed(api: &olivine_tests::Api, query: &str) -> Vec<Value> {
    let list = api.get(&format!("/v1/jobs?{query}")).await.expect(200).json;
    list["jobs"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_job_waits_until_it_is_retried_and_only_its_organization_sees_it() {
    let server = Server::start().await;
    let api = server.api();
    let bench = Workbench::named(server.api(), "main").await;
    let binary = bench.create(&bench.promise(b"content")).await;
    api.put_bytes(&format!("/v1/binaries/{binary}/content"), b"content".to_vec()).await.expect(200);
    server.hold_jobs();
    api.patch(&format!("/v1/binaries/{binary}"), &json!({"state": "hashable"})).await.expect(200);
    let waiting = listed(&api, "state=waiting").await;
    let [job] = waiting.as_slice() else { panic!("{waiting:#?}") };
    assert_eq!((&job["kind"], &job["binary_prn"]), (&json!("verify_binary"), &json!(binary)));
    let path = format!("/v1/jobs/{}", job["prn"].as_str().unwrap());

    let other = server.another_organization("other").await;
    assert!(listed(&other, "").await.is_empty());
    other.get(&path).await.expect(404);
    other.post(&format!("{path}/retry"), &json!({})).await.expect(404);

    let retried = api.post(&format!("{path}/retry"), &json!({})).await.expect(200).json;
    assert_eq!(retried["job"]["state"], "waiting");
    server.release_jobs().await;
    assert_eq!(api.get(&path).await.expect(200).json["job"]["state"], "finished");
    let refused = api.post(&format!("{path}/retry"), &json!({})).await.expect(409);
    assert_eq!(refused.error_code(), Some("not_retried"));
    assert_eq!(refused.json["errors"][0]["context"]["state"], "finished");
    let events = api.get("/v1/events?type=job.retried").await.expect(200).json;
    assert_eq!(events["events"].as_array().unwrap().len(), 1);
    assert_eq!(events["events"][0]["resource_prn"], job["prn"]);
}

#[tokio::test]
async fn readers_see_jobs_and_the_server_but_begin_nothing() {
    let server = Server::start().await;
    let api = server.api();
    let key =
        api.post("/v1/api_keys", &json!({"name": "dashboard", "role": "reader"})).await.expect(201).json;
    let reader = api.with_key(key["api_key"]["key"].as_str().unwrap());
    assert!(listed(&reader, "state=given_up").await.is_empty());
    let job = format!(
        "{}:job:019b0000-0000-7000-8000-000000000000",
        key["api_key"]["organization_prn"].as_str().unwrap()
    );
    reader.post(&format!("/v1/jobs/{job}/retry"), &json!({})).await.expect(403);
    reader.get(&format!("/v1/jobs/{job}")).await.expect(404);
    let shown = reader.get("/v1/server").await.expect(200).json["server"].take();
    assert_eq!((&shown["database"], &shown["pending_migrations"]), (&json!("sqlite"), &json!(0)));
    assert_eq!(shown["version"], env!("CARGO_PKG_VERSION"));
    assert!(shown["last_migration"].as_str().unwrap() >= "0013", "{shown:#}");
}
