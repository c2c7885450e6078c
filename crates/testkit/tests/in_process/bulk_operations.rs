//! Bulk operations: each device is changed by the rules for one, within what the caller may, and once.

use std::pin::pin;

use futures_util::future::select;
use olivine_testkit::Server;
use olivine_tests::factory::{Factory, on, path, with};
use olivine_tests::{Answer, Api, Browser, list_all, prn, send};
use reqwest::Method;
use serde_json::{Value, json};

use crate::people::{join, membership, setup_link};

struct Scene {
    server: Server,
    factory: Factory,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let factory = Factory::new(server.api()).await;
        Self { server, factory }
    }

    fn api(&self) -> &Api {
        &self.factory.api
    }

    /// So many devices of a cohort.
    async fn devices(&self, cohort: &str, name: &str, number: usize) {
        let lines: Vec<_> = (0..number).map(|number| format!("{name}-{number},{cohort}")).collect();
        let import = format!("/v1/devices/import?product_prn={}", self.factory.product);
        let csv = format!("identifier,cohort\n{}\n", lines.join("\n"));
        let request = self.api().request(Method::POST, &import).header("content-type", "text/csv").body(csv);
        send(request).await.expect(200);
    }

    /// Does it all, and returns the record.
    async fn done(&self, new: Value) -> Value {
        done(self.api(), new).await
    }

    async fn counted(&self, search: &str) -> u64 {
        let answer = self.api().get(&format!("/v1/devices/count?search={search}")).await.expect(200);
        answer.json["count"].as_u64().unwrap()
    }

    /// What happened to a device, the oldest first.
    async fn history(&self, device: &str) -> Vec<Value> {
        list_all(self.api(), &format!("/v1/events?about_prn={device}&order=asc"), "events").await
    }

    async fn key(&self, key: Value) -> (String, Api) {
        let key = self.api().post("/v1/api_keys", &key).await.expect(201).json["api_key"].take();
        (prn(&key), self.api().with_key(key["key"].as_str().unwrap()))
    }
}

async fn begin(api: &Api, new: Value) -> Answer {
    api.post("/v1/bulk_operations", &new).await
}

async fn done(api: &Api, new: Value) -> Value {
    let begun = begin(api, new).await.expect(201).json["bulk_operation"].take();
    seen(api, &prn(&begun)).await
}

async fn seen(api: &Api, operation: &str) -> Value {
    api.get(&path(operation)).await.expect(200).json["bulk_operation"].take()
}

fn numbers(operation: &Value) -> (&str, u64, u64, u64) {
    let number = |name: &str| operation[name].as_u64().unwrap();
    (operation["state"].as_str().unwrap(), number("changed"), number("unchanged"), number("refused"))
}

#[tokio::test]
async fn each_action_is_done_to_all_that_a_search_finds() {
    let scene = Scene::new().await;
    let production = scene.factory.cohort.clone();
    let staging = scene.factory.new_cohort("staging").await;
    scene.devices(&production, "P", 1_203).await;
    scene.devices(&staging, "S", 2).await;

    let tagged =
        scene.done(json!({"action": "tag", "tags": ["eu", "beta"], "search": "identifier~'P-'"})).await;
    assert_eq!(numbers(&tagged), ("finished", 1_203, 0, 0));
    assert_eq!(
        (&tagged["matched"], &tagged["done"], &tagged["exact"]),
        (&json!(1_203), &json!(1_203), &json!(true))
    );
    assert_eq!(scene.counted("tag:'eu'").await, 1_203);
    let again = scene.done(json!({"action": "tag", "tags": ["eu"], "search": "identifier~'P-'"})).await;
    assert_eq!(numbers(&again), ("finished", 0, 1_203, 0));
    let less = scene.done(json!({"action": "untag", "tags": ["eu", "other"], "search": "tag:'eu'"})).await;
    assert_eq!(numbers(&less), ("finished", 1_203, 0, 0));
    assert_eq!((scene.counted("tag:'eu'").await, scene.counted("tag:'beta'").await), (0, 1_203));

    let all = scene.done(json!({"action": "quarantine", "search": ""})).await;
    assert_eq!(numbers(&all), ("finished", 1_205, 0, 0));
    assert_eq!(scene.counted("quarantined:true").await, 1_205);
    let some = scene.done(json!({"action": "lift", "search": format!("cohort_prn:'{staging}'")})).await;
    assert_eq!(numbers(&some), ("finished", 2, 0, 0));
    assert_eq!(scene.counted("quarantined:true").await, 1_203);

    // What is moved is not found by the search any more, and none is passed over for that.
    let search = format!("cohort_prn:'{production}'");
    let moved = scene.done(json!({"action": "move", "cohort_prn": staging, "search": search})).await;
    assert_eq!(numbers(&moved), ("finished", 1_203, 0, 0));
    assert_eq!(scene.factory.get(&staging).await["device_count"], 1_205);
    assert_eq!(scene.factory.get(&production).await["device_count"], 0);

    // Events for each batch and cohort, which name all of its devices and no other cohort.
    let events = list_all(scene.api(), "/v1/events?type=bulk_operation.progressed", "events").await;
    let about = events.iter().filter(|event| event["resource_prn"] == moved["prn"]);
    let (left, joined): (Vec<_>, Vec<_>) = about.partition(|event| event["data"]["direction"] == "left");
    let named = |events: &[&Value]| -> usize {
        events.iter().map(|event| event["data"]["device_prns"].as_array().unwrap().len()).sum()
    };
    assert_eq!((left.len(), named(&left), joined.len(), named(&joined)), (13, 1_203, 13, 1_203));
    for (event, cohort, other) in left.iter().map(|event| (event, &production, &staging)) {
        assert_eq!(event["data"]["cohort_prn"], json!(cohort));
        assert!(!event.to_string().contains(other.as_str()));
    }
    let of_cohort = format!("/v1/events?type=bulk_operation.progressed&cohort_prn={production}");
    let of_cohort = list_all(scene.api(), &of_cohort, "events").await;
    assert_eq!(of_cohort.iter().filter(|event| event["resource_prn"] == moved["prn"]).count(), 13);
    let ended = list_all(scene.api(), "/v1/events?type=bulk_operation.finished", "events").await;
    assert_eq!(ended.len(), 6);
}

#[tokio::test]
async fn devices_are_told_at_once() {
    let scene = Scene::new().await;
    let bundle = scene.factory.bundle("normal").await.prn;
    let first = scene.factory.release("first", &bundle, json!({"version": "1.0.0"})).await;
    scene.factory.release("second", &bundle, json!({"version": "2.0.0"})).await;
    let member = scene.factory.device(&scene.server, "SN-1").await;
    assert_eq!(scene.factory.asks(&member, &on(&first)).await, "second");
    let this = json!({"action": "quarantine", "device_prns": [member.prn]});
    assert_eq!(numbers(&scene.done(this).await), ("finished", 1, 0, 0));
    assert_eq!(scene.factory.asks(&member, &on(&first)).await, "device_quarantine");
    scene.done(json!({"action": "lift", "device_prns": [member.prn]})).await;
    assert_eq!(scene.factory.asks(&member, &on(&first)).await, "second");
    let other = scene.factory.new_cohort("other").await;
    scene.done(json!({"action": "move", "cohort_prn": other, "device_prns": [member.prn]})).await;
    assert_eq!(scene.factory.asks(&member, &on(&first)).await, "no_update");
}

#[tokio::test]
async fn devices_that_can_not_be_changed_are_named() {
    let scene = Scene::new().await;
    let sensor = scene.factory.create("products", "product", json!({"name": "sensor"})).await;
    let new = json!({"name": "sensors", "product_prn": sensor});
    let sensors = scene.factory.create("cohorts", "cohort", new).await;
    let mine = scene.factory.bare_device("mine").await;
    let moved = json!({"action": "move", "cohort_prn": sensors, "device_prns": [mine]});
    let refused = scene.done(moved).await;
    assert_eq!(numbers(&refused), ("finished", 0, 0, 1));
    assert_eq!(
        (&refused["refusals"][0]["device_prn"], &refused["refusals"][0]["code"]),
        (&json!(mine), &json!("invalid"))
    );
    assert!(
        refused["refusals"][0]["message"].as_str().unwrap().contains("another product")
            || refused["refusals"][0]["message"].as_str().unwrap().contains("one of the product")
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_as_a_whole() {
    let scene = Scene::new().await;
    let (api, production) = (scene.api(), scene.factory.cohort.clone());
    let theirs = Factory::new(scene.server.another_organization("theirs").await).await;
    let (their_device, their_cohort) = (theirs.bare_device("theirs").await, theirs.cohort.clone());
    scene.devices(&production, "P", 3).await;
    let all = |new: Value| with(new, json!({"search": ""}));
    for (new, status, code) in [
        (all(json!({"action": "explode"})), 422, "invalid"),
        (all(json!({"action": "tag"})), 422, "invalid"),
        (all(json!({"action": "tag", "tags": []})), 422, "invalid"),
        (all(json!({"action": "move"})), 422, "invalid"),
        (all(json!({"action": "lift", "tags": ["eu"]})), 422, "invalid"),
        (json!({"action": "lift"}), 422, "invalid"),
        (json!({"action": "lift", "device_prns": []}), 422, "invalid"),
        (json!({"action": "lift", "search": "nonsense"}), 400, "bad_request"),
        (all(json!({"action": "lift", "device_prns": [their_device]})), 422, "invalid"),
        (json!({"action": "lift", "device_prns": [their_device]}), 404, "not_found"),
        (all(json!({"action": "move", "cohort_prn": their_cohort})), 404, "not_found"),
        (all(json!({"action": "quarantine", "confirm_count": 2})), 409, "count_differs"),
    ] {
        for dry_run in [true, false] {
            let answer = begin(api, with(new.clone(), json!({"dry_run": dry_run}))).await;
            assert_eq!((answer.status, answer.error_code()), (status, Some(code)), "{new}");
        }
    }
    let planned = begin(api, all(json!({"action": "quarantine", "dry_run": true, "confirm_count": 3}))).await;
    let plan = json!({"dry_run": true, "action": "quarantine", "count": 3, "exact": true});
    assert_eq!(planned.expect(200).json["plan"], plan);
    let empty = api.get("/v1/bulk_operations").await.expect(200).json;
    assert_eq!(empty["bulk_operations"], json!([]));
    // A search of theirs finds none of ours, and nobody sees what others do.
    let done_by_them = done(&theirs.api, all(json!({"action": "quarantine"}))).await;
    assert_eq!(numbers(&done_by_them), ("finished", 1, 0, 0));
    assert_eq!(scene.counted("quarantined:true").await, 0);
    api.get(&path(done_by_them["prn"].as_str().unwrap())).await.expect(404);
    // A repeated request begins nothing again.
    let ask = async || {
        let request = api.request(Method::POST, "/v1/bulk_operations").header("idempotency-key", "once");
        send(request.json(&all(json!({"action": "quarantine"})))).await.expect(201).json
    };
    assert_eq!(ask().await["bulk_operation"]["prn"], ask().await["bulk_operation"]["prn"]);
}

#[tokio::test]
async fn who_reaches_a_part_changes_that_part() {
    let scene = Scene::new().await;
    let production = scene.factory.cohort.clone();
    let staging = scene.factory.new_cohort("staging").await;
    scene.devices(&production, "P", 3).await;
    scene.devices(&staging, "S", 2).await;
    let (_, limited) =
        scene.key(json!({"name": "staging", "role": "writer", "cohort_prns": [staging]})).await;
    let mine = done(&limited, json!({"action": "quarantine", "search": ""})).await;
    assert_eq!((numbers(&mine), &mine["matched"]), (("finished", 2, 0, 0), &json!(2)));
    assert_eq!(scene.counted("quarantined:true").await, 2);
    let elsewhere = json!({"action": "move", "cohort_prn": production, "search": ""});
    begin(&limited, elsewhere).await.expect(404);
    let outside = prn(&list_all(scene.api(), "/v1/devices?search=identifier:'P-0'", "devices").await[0]);
    begin(&limited, json!({"action": "lift", "device_prns": [outside]})).await.expect(404);
    // It sees its own, and no other one.
    let all = scene.done(json!({"action": "lift", "search": ""})).await;
    let listed = list_all(&limited, "/v1/bulk_operations", "bulk_operations").await;
    assert_eq!(listed.iter().map(prn).collect::<Vec<_>>(), [prn(&mine)]);
    limited.get(&path(&prn(&all))).await.expect(404);
    limited.patch(&path(&prn(&all)), &json!({"state": "cancelled"})).await.expect(404);
    let (_, reader) = scene.key(json!({"name": "reader", "role": "reader"})).await;
    begin(&reader, json!({"action": "lift", "search": "", "dry_run": true})).await.expect(403);
    reader.get(&path(&prn(&all))).await.expect(200);
}

#[tokio::test]
async fn it_stops_when_its_caller_may_no_more_and_when_it_is_cancelled() {
    let scene = Scene::new().await;
    scene.devices(&scene.factory.cohort, "P", 3).await;
    let (key, caller) = scene.key(json!({"name": "for a while", "role": "writer"})).await;
    scene.server.hold_jobs();
    let new = json!({"action": "quarantine", "search": ""});
    let begun = prn(&begin(&caller, new.clone()).await.expect(201).json["bulk_operation"]);
    let cancelled = prn(&begin(scene.api(), new.clone()).await.expect(201).json["bulk_operation"]);
    assert_eq!(seen(scene.api(), &begun).await["state"], "running");
    scene.api().delete(&path(&key)).await.expect(204);
    let answer = scene.api().patch(&path(&cancelled), &json!({"state": "cancelled"})).await.expect(200);
    assert_eq!(answer.json["bulk_operation"]["state"], "cancelled");
    scene.api().patch(&path(&cancelled), &json!({"state": "finished"})).await.expect(422);
    scene.server.release_jobs().await;
    scene.server.do_jobs().await;
    let stopped = seen(scene.api(), &begun).await;
    assert_eq!(numbers(&stopped), ("stopped", 0, 0, 0));
    assert!(stopped["stopped_because"].as_str().unwrap().contains("may do nothing here any more"));
    assert_eq!(numbers(&seen(scene.api(), &cancelled).await), ("cancelled", 0, 0, 0));
    assert_eq!(scene.counted("quarantined:true").await, 0);
    let over = scene.api().patch(&path(&begun), &json!({"state": "cancelled"})).await.expect(409);
    assert_eq!(over.error_code(), Some("not_running"));

    // At most ten are running.
    scene.server.hold_jobs();
    for _ in 0..10 {
        begin(scene.api(), new.clone()).await.expect(201);
    }
    let refused = begin(scene.api(), new).await.expect(409);
    assert_eq!(refused.error_code(), Some("too_many_bulk_operations"));
    scene.server.release_jobs().await;
}

#[tokio::test]
async fn it_stops_between_two_batches_when_the_membership_of_its_caller_ends() {
    let scene = Scene::new().await;
    scene.devices(&scene.factory.cohort, "P", 1_500).await;
    let ada = Browser::new(scene.api());
    ada.set_up(&setup_link(&scene.server), "Ada", "ada@example.com").await.expect(201);
    let grace = join(&ada, &scene.server, "grace@example.com", &["writer"]).await;
    scene.server.hold_jobs();
    let new = json!({"action": "tag", "tags": ["eu"], "search": ""});
    let begun = grace.post("/v1/bulk_operations", &new).await.expect(201).json;
    let operation = prn(&begun["bulk_operation"]);
    let has_begun = async {
        while numbers(&seen(scene.api(), &operation).await).1 == 0 {
            tokio::task::yield_now().await;
        }
    };
    // The process that is at it dies after a batch.
    {
        let job = olivine_operations::jobs::run_due(scene.server.ctx(), "dies");
        select(pin!(has_begun), pin!(job)).await;
    }
    let half = numbers(&seen(scene.api(), &operation).await).1;
    assert!((500..1_500).contains(&half), "{half}");
    let membership = membership(&ada, "grace@example.com").await;
    ada.delete(&format!("/v1/memberships/{membership}")).await.expect(200);
    scene.server.advance(std::time::Duration::from_mins(10)).await;
    scene.server.release_jobs().await;
    let stopped = seen(scene.api(), &operation).await;
    assert_eq!(numbers(&stopped), ("stopped", half, 0, 0));
    assert!(stopped["stopped_because"].as_str().unwrap().contains("may do nothing here any more"));
    assert_eq!(scene.counted("tag:'eu'").await, half, "what was done stays done");
}

#[tokio::test]
async fn a_devices_history_has_what_was_done_to_many() {
    let scene = Scene::new().await;
    let (production, staging) = (scene.factory.cohort.clone(), scene.factory.new_cohort("staging").await);
    let device = scene.factory.bare_device("SN-1").await;
    scene.devices(&production, "P", 150).await;
    scene.factory.change(&device, json!({"cohort_prn": production})).await;
    let before = scene.history(&device).await.len();
    for new in [
        json!({"action": "tag", "tags": ["eu"]}),
        json!({"action": "tag", "tags": ["eu"]}),
        json!({"action": "quarantine"}),
        json!({"action": "move", "cohort_prn": staging}),
        json!({"action": "lift"}),
    ] {
        let ended = scene.done(with(new, json!({"search": ""}))).await;
        assert_eq!(ended["state"], "finished");
    }
    let history = scene.history(&device).await.split_off(before);
    let types: Vec<_> = history.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = [
        "device.updated",
        "device.quarantined",
        "device.updated",
        "device.updated",
        "device.quarantine_lifted",
    ];
    assert_eq!(types, expected);
    assert_eq!(history[0]["data"]["to"]["tags"], json!(["eu"]), "{:#}", history[0]);
    // The same as if it had been changed by itself: there is one event in each cohort, and neither names the other.
    for (cohort, other) in [(&production, &staging), (&staging, &production)] {
        let of_cohort = format!("/v1/events?about_prn={device}&cohort_prn={cohort}&type=device.updated");
        let of_cohort = list_all(scene.api(), &of_cohort, "events").await;
        assert!(
            of_cohort
                .iter()
                .any(|event| event["prn"] == history[2]["prn"] || event["prn"] == history[3]["prn"])
        );
        assert!(of_cohort.iter().all(|event| !event.to_string().contains(other.as_str())), "{of_cohort:#?}");
    }
    // They have what the request has that began it.
    let started = list_all(scene.api(), "/v1/events?type=bulk_operation.created&order=asc", "events").await;
    assert_eq!(history[0]["request_id"], started[0]["request_id"]);
    assert_eq!(history[0]["actor"], started[0]["actor"]);
    // The feed has them all, one number after the other.
    let feed = scene.api().get("/v1/events?after=0&limit=1000").await.expect(200).json;
    let quarantined = feed["events"].as_array().unwrap();
    let quarantined = quarantined.iter().filter(|event| event["type"] == "device.quarantined");
    assert_eq!(quarantined.count(), 151);
}

/// A process that dies leaves its transaction undone and its lease behind; another one carries on.
#[tokio::test]
async fn whoever_dies_over_it_leaves_each_device_to_be_changed_once() {
    let scene = Scene::new().await;
    scene.devices(&scene.factory.cohort, "P", 1_300).await;
    scene.server.hold_jobs();
    let new = json!({"action": "tag", "tags": ["eu"], "search": ""});
    let operation = prn(&begin(scene.api(), new).await.expect(201).json["bulk_operation"]);
    for life in [30, 90, 150, 210] {
        let killed = std::time::Duration::from_millis(life);
        let owner = format!("killed after {life} ms");
        let run = olivine_operations::jobs::run_due(scene.server.ctx(), &owner);
        let _ = tokio::time::timeout(killed, run).await;
        scene.server.advance(std::time::Duration::from_mins(10)).await;
    }
    scene.server.release_jobs().await;
    let ended = seen(scene.api(), &operation).await;
    assert_eq!(numbers(&ended), ("finished", 1_300, 0, 0));
    let events = list_all(scene.api(), "/v1/events?type=bulk_operation.progressed", "events").await;
    let mut named: Vec<_> =
        events.iter().flat_map(|event| event["data"]["device_prns"].as_array().unwrap().clone()).collect();
    let count = named.len();
    named.sort_by_key(ToString::to_string);
    named.dedup();
    assert_eq!((count, named.len()), (1_300, 1_300));
}

#[tokio::test]
async fn it_is_forgotten_90_days_after_its_end() {
    let scene = Scene::new().await;
    let old = prn(&scene.done(json!({"action": "quarantine", "search": ""})).await);
    scene.server.advance(std::time::Duration::from_hours(24 * 91)).await;
    scene.server.do_jobs().await;
    scene.api().get(&path(&old)).await.expect(404);
}
