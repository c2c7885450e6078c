//! Destroying a binary that releases or overrides deliver to devices.

use olivine_tests::{Database, Server, Table};
use serde_json::json;

use crate::workshop::Workshop;

pub(crate) async fn destroying_what_devices_get_asks_first(database: Database) {
    let server = Server::start(database);
    let shop = Workshop::new(server.api()).await;
    let (api, binary) = (shop.api(), &shop.binary);
    let path = format!("/v1/binaries/{binary}");
    let destroy = json!({"state": "destroyed"});
    let release = shop.release("spring", json!({})).await;
    let over = json!({"name": "over", "bundle_prn": shop.bundle, "cohort_prn": shop.cohort,
        "starts_at": "2020-01-01T00:00:00Z", "ends_at": "2021-01-01T00:00:00Z"});
    api.post("/v1/bundle_overrides", &over).await.expect(201);
    let to_come = json!({"name": "to come", "bundle_prn": shop.bundle, "tags": ["beta"], "starts_at": "2099-01-01T00:00:00Z"});
    let to_come =
        api.post("/v1/bundle_overrides", &to_come).await.expect(201).json["bundle_override"]["prn"].take();

    let mut table = Table::default();
    let answer = api.patch(&path, &destroy).await.expect(409);
    table.note("destroying it", &answer);
    let context = &answer.json["errors"][0]["context"];
    assert_eq!(context["confirm"], json!(binary));
    assert_eq!(context["releases"], json!([{"prn": release, "name": "spring"}]));
    assert_eq!(context["bundle_overrides"], json!([{"prn": to_come, "name": "to come"}]));
    table.note(
        "confirming something else",
        &api.patch(&format!("{path}?confirm={}", shop.bundle), &destroy).await,
    );
    table.note("confirming in vain", &api.patch(&format!("{path}?confirmed=yes"), &destroy).await);
    insta::assert_snapshot!("destroying", table.text());
    assert_eq!(shop.bench.get(binary).await["state"], "signed");

    // On the command line: the command asks, and does it after a confirmation.
    let refused = server.shell().run(&format!("peridio binaries destroy --prn {binary}")).fails(1);
    assert!(refused.contains("spring") && refused.contains("--confirm"), "{refused}");
    server.shell().run(&format!("peridio binaries destroy --prn {binary} --confirm {binary}")).succeeds();
    assert_eq!(shop.bench.get(binary).await["state"], "destroyed");
    api.patch(&path, &destroy).await.expect(200);

    let found = api.get(&format!("{path}/releases")).await.expect(200).json;
    assert_eq!((&found["releases"][0]["prn"], &found["next_page"]), (&json!(release), &json!(null)));
    assert_eq!(found["releases"][0]["affected_by"], json!([binary]));
    let listed = api.get("/v1/releases?expand[]=bundle&expand[]=cohort").await.expect(200).json;
    assert_eq!(listed["releases"][0]["affected_by"], json!([binary]));
    assert_eq!(listed["releases"][0]["bundle"]["prn"], json!(shop.bundle));
    assert_eq!(listed["releases"][0]["cohort"]["name"], "production");

    // A binary that no device gets needs no confirmation.
    let unused = shop.bench.signed(b"content").await;
    shop.bench.ask(&unused, "destroyed").await.expect(200);
    assert_eq!(
        api.get(&format!("/v1/binaries/{unused}/releases")).await.expect(200).json["releases"],
        json!([])
    );
}
