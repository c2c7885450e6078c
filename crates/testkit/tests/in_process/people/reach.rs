//! Reach: who is given some products and cohorts only finds nothing else, and changes nothing else.

use std::collections::BTreeMap;

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, path};
use olivine_tests::{Answer, Api, Browser, Device, Operation, operations, send};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADA, link_of, setup_link};

/// Two cohorts of a product, each with a record of every kind; and another product.
struct Fleet {
    server: Server,
    factory: Factory,
    /// The cohort that is reached.
    staging: String,
    inside: BTreeMap<&'static str, String>,
    /// What is of the other cohort, or of the other product.
    outside: BTreeMap<&'static str, String>,
    bundle: String,
}

impl Fleet {
    async fn new() -> Self {
        let server = Server::start().await;
        let factory = Factory::new(server.api()).await;
        let staging = factory.new_cohort("staging").await;
        let bundle = factory.bundle("one").await.prn;
        let inside = records(&factory, &server, "inside", &staging, &bundle).await;
        let production = factory.cohort.clone();
        let mut outside = records(&factory, &server, "outside", &production, &bundle).await;
        outside.insert("ca_certificates", factory.ca().await);
        outside.insert("products", factory.create("products", "product", json!({"name": "sensor"})).await);
        Self { server, factory, staging, inside, outside, bundle }
    }

    /// A key with a role that reaches the cohort `staging` only.
    async fn key(&self, role: &str) -> Api {
        let key = json!({"name": role, "role": role, "cohort_prns": [self.staging]});
        let key = self.factory.api.post("/v1/api_keys", &key).await.expect(201).json["api_key"].take();
        assert_eq!((key["role"].as_str(), &key["cohort_prns"]), (Some(role), &json!([self.staging])));
        self.factory.api.with_key(key["key"].as_str().unwrap())
    }

    /// The operations about one record of a kind that has reach, with the record that is not reached.
    async fn about_outside(&self) -> Vec<(Operation, String)> {
        let about = |operation: Operation| {
            let kind = operation.path.strip_prefix("/v1/")?.strip_suffix("/{prn}");
            let kind =
                kind.or_else(|| operation.path.strip_prefix("/v1/")?.split_once("/{prn}/").map(|it| it.0));
            let outside = self.outside.get(kind?)?.clone();
            Some((operation, outside))
        };
        operations(&self.factory.api).await.into_iter().filter_map(about).collect()
    }
}

/// A device with a certificate, a release and an override of a cohort.
async fn records(
    factory: &Factory,
    server: &Server,
    name: &str,
    cohort: &str,
    bundle: &str,
) -> BTreeMap<&'static str, String> {
    let new = json!({"identifier": name, "product_prn": factory.product, "cohort_prn": cohort});
    let device = factory.create("devices", "device", new).await;
    let certificate = Device::new(server, name).register(&factory.api, &device).await;
    let release = factory.release_in(cohort, name, bundle, json!({})).await;
    let new = json!({"name": name, "bundle_prn": bundle, "cohort_prn": cohort});
    let forced = factory.create("bundle_overrides", "bundle_override", new).await;
    BTreeMap::from([
        ("cohorts", cohort.to_owned()),
        ("devices", device),
        ("device_certificates", certificate),
        ("releases", release),
        ("bundle_overrides", forced),
    ])
}

/// A body that says as little as the operation takes.
fn body(operation: &Operation) -> Option<Value> {
    operation.description["requestBody"].is_object().then(|| json!({}))
}

fn code(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.error_code())
}

#[tokio::test]
async fn what_is_out_of_reach_does_not_exist() {
    let fleet = Fleet::new().await;
    let admin = fleet.key("admin").await;
    let about = fleet.about_outside().await;
    assert!(about.len() > 25, "{}", about.len());
    for (operation, outside) in about {
        let request = admin.request(operation.method.clone(), &operation.path_with(&outside));
        let answer =
            send(body(&operation).map_or(request.try_clone().unwrap(), |body| request.json(&body))).await;
        assert_eq!(answer.status, 404, "{operation:?}: {answer:?}");
    }
    // Nor is it in any list.
    let mut lists = 0;
    for operation in operations(&admin).await {
        let is_list = operation.method == Method::GET && !operation.path.contains('{');
        if !is_list || operation.takes_person() || operation.is_open() {
            continue;
        }
        if operation.path == "/v1/lookup" {
            continue;
        }
        let format = if operation.path == "/v1/events/export" { "?format=jsonl" } else { "" };
        let answer = admin.get(&format!("{}{format}", operation.path)).await;
        if answer.status == 403 {
            assert_eq!(answer.error_code(), Some("outside_reach"), "{operation:?}");
            continue;
        }
        lists += 1;
        let text = String::from_utf8(answer.expect(200).body).unwrap();
        for outside in fleet.outside.values() {
            assert!(!text.contains(outside.as_str()), "{} shows {outside}", operation.path);
        }
        let kind = operation.path.trim_start_matches("/v1/");
        assert!(fleet.inside.get(kind).is_none_or(|inside| text.contains(inside.as_str())), "{kind}: {text}");
    }
    assert!(lists > 12, "{lists}");
    // Nor is it found by what one has of it.
    for (found, places) in [(1, &fleet.inside), (0, &fleet.outside)] {
        for prn in places.values() {
            let hits = admin.get(&format!("/v1/lookup?q={prn}")).await.expect(200).json;
            assert_eq!(hits["hits"].as_array().unwrap().len(), found, "{prn}: {hits}");
        }
    }
    // Nor in the feed.
    let feed = admin.get("/v1/events?after=0&limit=1000").await.expect(200);
    let text = String::from_utf8(feed.body).unwrap();
    assert!(text.contains(fleet.inside["devices"].as_str()), "{text}");
    assert!(fleet.outside.values().all(|outside| !text.contains(outside.as_str())), "{text}");
    let summary = admin.get("/v1/devices/summary").await.expect(200).json;
    assert_eq!(summary["devices"], 1, "{summary}");
}

#[tokio::test]
async fn what_is_seen_beyond_reach_stays_as_it_is() {
    let fleet = Fleet::new().await;
    let ada = Browser::new(&fleet.factory.api);
    ada.set_up(&setup_link(&fleet.server), "Ada", ADA).await.expect(201);
    let grants = json!([{"role": "viewer"}, {"role": "release_manager", "cohort_prns": [fleet.staging]}]);
    let invitation = json!({"email": "grace@example.com", "grants": grants});
    let link = link_of(&ada.post("/v1/invitations", &invitation).await.expect(201));
    let grace = Browser::new(&fleet.factory.api);
    grace.accept(&link, "Grace").await.expect(201);
    for (operation, outside) in fleet.about_outside().await {
        let request = grace.request(operation.method.clone(), &operation.path_with(&outside));
        let answer = grace.send(match body(&operation) {
            Some(body) => request.json(&body),
            None => request,
        });
        let answer = answer.await;
        if operation.method == Method::GET {
            assert_eq!(answer.status, 200, "{operation:?}: {answer:?}");
        } else if operation.path.contains("/ca_certificates") {
            assert_eq!(code(&answer), (403, Some("unauthorized")), "{operation:?}");
        } else {
            assert_eq!(code(&answer), (403, Some("outside_reach")), "{operation:?}: {answer:?}");
        }
    }
    // A view that is shared holds no data, so she sees it.
    let view = json!({"name": "all", "path": "/devices", "shared": true});
    ada.post("/v1/views", &view).await.expect(201);
    let seen = fleet.key("viewer").await.get("/v1/views").await.expect(200).json;
    assert_eq!(seen["views"][0]["name"], "all", "{seen}");
    assert_eq!(grace.get("/v1/views").await.expect(200).json, seen);
    // The product of her cohort is more than she reaches, too.
    let gateway = path(&fleet.factory.product);
    assert_eq!(
        code(&grace.patch(&gateway, &json!({"description": "hers"})).await),
        (403, Some("outside_reach"))
    );
    let release = path(&fleet.inside["releases"]);
    grace.patch(&release, &json!({"description": "hers"})).await.expect(200);
    let release = path(&fleet.outside["releases"]);
    let elsewhere = grace.patch(&release, &json!({"description": "hers"})).await;
    assert_eq!(code(&elsewhere), (403, Some("outside_reach")));
}

#[tokio::test]
async fn nothing_gets_out_of_what_is_reached() {
    let fleet = Fleet::new().await;
    let (factory, staging, production) = (&fleet.factory, &fleet.staging, &fleet.factory.cohort);
    let key = fleet.key("release_manager").await;
    let device = |name: &str, cohort: Value| json!({"identifier": name, "product_prn": factory.product, "cohort_prn": cohort});
    let release =
        |name: &str, cohort: &str| json!({"name": name, "cohort_prn": cohort, "bundle_prn": fleet.bundle});
    let forced = |name: &str, whom: Value| {
        olivine_tests::factory::with(json!({"name": name, "bundle_prn": fleet.bundle}), whom)
    };
    let (mine, theirs) = (&fleet.inside["devices"], &fleet.outside["devices"]);
    for (what, body, expected) in [
        ("devices", device("SN-1", json!(staging)), 201),
        ("devices", device("SN-2", json!(production)), 404),
        ("devices", device("SN-3", Value::Null), 403),
        ("releases", release("next", staging), 201),
        ("releases", release("next", production), 404),
        ("bundle_overrides", forced("a", json!({"cohort_prn": staging})), 201),
        ("bundle_overrides", forced("b", json!({"cohort_prn": production})), 404),
        ("bundle_overrides", forced("c", json!({"device_prns": [mine]})), 201),
        ("bundle_overrides", forced("d", json!({"device_prns": [mine, theirs]})), 404),
        ("bundle_overrides", forced("e", json!({"tags": ["all"]})), 403),
        ("cohorts", json!({"name": "new", "product_prn": factory.product}), 403),
        ("products", json!({"name": "new"}), 403),
    ] {
        let answer = key.post(&format!("/v1/{what}"), &body).await;
        assert_eq!(answer.status, expected, "{what} {body}: {answer:?}");
        assert!(expected != 403 || answer.error_code() == Some("outside_reach"), "{answer:?}");
    }
    // A device goes to another cohort only where both are reached; and a name that is taken elsewhere is not told whose it is.
    key.patch(&path(mine), &json!({"cohort_prn": production})).await.expect(404);
    assert_eq!(
        code(&key.patch(&path(mine), &json!({"cohort_prn": null})).await),
        (403, Some("outside_reach"))
    );
    let taken = key.post("/v1/devices", &device("outside", json!(staging))).await.expect(409);
    assert!(!String::from_utf8(taken.body).unwrap().contains(theirs.as_str()));

    // Lines of a file as well.
    let import = async |lines: &str, query: &str| {
        let target = format!("/v1/devices/import?product_prn={}{query}", factory.product);
        let request = key.request(Method::POST, &target).header("content-type", "text/csv");
        send(request.body(lines.to_owned())).await
    };
    let report = import("identifier,cohort\nSN-10,staging\ninside,staging\n", "").await.expect(200).json;
    assert_eq!((&report["created"], &report["refused"]), (&json!(1), &json!(0)), "{report}");
    let report = import("identifier,cohort\nSN-11,production\n", "").await.expect(200).json;
    assert_eq!(report["refused"], 1, "{report}");
    let report = import("identifier,cohort,description\noutside,staging,mine\n", "").await.expect(200).json;
    assert_eq!(report["refused"], 1, "{report}");
    assert_eq!(code(&import("identifier\nSN-12\n", "&dry_run=true").await), (403, Some("outside_reach")));
    assert_eq!(factory.get(theirs).await["cohort_prn"], json!(production));
}

#[tokio::test]
async fn what_is_of_no_product_has_no_reach_and_what_is_of_all_takes_all_of_it() {
    let fleet = Fleet::new().await;
    let admin = fleet.key("admin").await;
    admin.post("/v1/artifacts", &json!({"name": "main"})).await.expect(201);
    admin.get("/v1/signing_keys").await.expect(200);
    for (target, body) in [
        ("/v1/api_keys", json!({"name": "more", "role": "reader"})),
        ("/v1/products", json!({"name": "more"})),
        ("/v1/invitations", json!({"email": "eve@example.com", "grants": [{"role": "reader"}]})),
    ] {
        assert_eq!(code(&admin.post(target, &body).await), (403, Some("outside_reach")), "{target}");
    }
    assert_eq!(code(&admin.get("/v1/api_keys").await), (403, Some("outside_reach")));
    admin.get("/v1/organization").await.expect(200);
    let change = admin.patch("/v1/organization", &json!({"description": "mine"})).await;
    assert_eq!(code(&change), (403, Some("outside_reach")));

    // What a key reaches exists, and is not more than there can be.
    let new = |prns: Value| json!({"name": "x", "role": "reader", "cohort_prns": prns});
    let nobodys = "prn:1:0190163d-8694-739b-aea5-966c26f8ad91:cohort:0190163d-8694-739b-aea5-966c26f8ad92";
    fleet.factory.api.post("/v1/api_keys", &new(json!([nobodys]))).await.expect(404);
    fleet.factory.api.post("/v1/api_keys", &new(json!(["staging"]))).await.expect(422);
}

#[tokio::test]
async fn a_stop_reaches_no_further_than_who_makes_it() {
    let fleet = Fleet::new().await;
    let support = fleet.key("support").await;
    let stop = async |by: &Api, what: Value| {
        by.post("/v1/organization/stop", &olivine_tests::factory::with(json!({"reason": "smoke"}), what))
            .await
    };
    assert_eq!(code(&stop(&support, json!({})).await), (403, Some("outside_reach")));
    assert_eq!(stop(&support, json!({"product_prn": fleet.factory.product})).await.status, 403);
    stop(&support, json!({"cohort_prn": fleet.factory.cohort})).await.expect(404);
    stop(&fleet.factory.api, json!({"cohort_prn": fleet.factory.cohort})).await.expect(200);
    let stopped = stop(&support, json!({"cohort_prn": fleet.staging})).await.expect(200);
    let text = String::from_utf8(stopped.body).unwrap();
    assert!(text.contains(&fleet.staging) && !text.contains(&fleet.factory.cohort), "{text}");
}
