//! The audit trail contains the old values: from the current state of each record and its events, the test reconstructs the earlier state.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::collections::{BTreeMap, BTreeSet};

use olivine_tests::{Api, Database, Server, Workbench, events_of, list_all, on_both, prn};
use serde_json::{Value, json};

on_both!(async a_days_work_can_be_undone_by_reading_the_audit_trail);

/// A description that is too long for events.
const LONG: &str = "This description has more than two hundred characters. Events say of such a text only that it changed, because the trail \
                    is kept for years and is no place for texts. Whoever needs the text itself keeps it elsewhere, in a repository say.";

struct Day {
    api: Api,
    /// The state of each record at the start of the day, and the number of events about it, by its PRN.
    morning: BTreeMap<String, (String, Value, usize)>,
}

impl Day {
    async fn create(&mut self, plural: &str, body: Value) -> String {
        let name =
            if plural == "artifact_versions" { "artifact_version" } else { &plural[..plural.len() - 1] };
        let mut made = self.api.post(&format!("/v1/{plural}"), &body).await.expect(201).json;
        let made = prn(&made[name].take());
        self.begin_with(plural, name, &made).await;
        made
    }

    async fn begin_with(&mut self, plural: &str, name: &str, prn: &str) {
        let path = format!("/v1/{plural}/{prn}");
        let before = self.api.get(&path).await.expect(200).json[name].take();
        self.note(prn, path, before).await;
    }

    async fn note(&mut self, prn: &str, path: String, before: Value) {
        let events = events_of(&self.api, prn).await.len();
        self.morning.insert(prn.to_owned(), (path, before, events));
    }

    async fn change(&self, prn: &str, body: Value) {
        let (path, ..) = &self.morning[prn];
        self.api.patch(path, &body).await.expect(200);
    }

    /// Undoes all changes of a record using its events, and compares the result with the earlier state.
    async fn undo(&self, prn: &str, events: &[Value]) {
        let (path, before, events_before) = &self.morning[prn];
        let answer = self.api.get(path).await.expect(200).json;
        let mut record = answer.as_object().unwrap().values().next().unwrap().clone();
        let (mut changes, mut unknown) = (0, BTreeSet::new());
        let own: Vec<_> = events.iter().filter(|event| event["resource_prn"] == *prn).collect();
        for event in own[*events_before..].iter().rev() {
            let data = &event["data"];
            for field in data["changed"].as_array().into_iter().flatten().map(|field| field.as_str().unwrap())
            {
                changes += 1;
                // Only events have this field, because they list at most a hundred devices.
                if field == "device_count" {
                    continue;
                }
                let Some(from) = data["from"].get(field) else {
                    assert!(field == "description" && *path == self.long(), "{event:#}");
                    unknown.insert(field);
                    continue;
                };
                let is_followed = record[field] == data["to"][field];
                assert!(is_followed || unknown.remove(field), "{field} of {path}: {event:#}");
                record[field] = from.clone();
            }
        }
        record["updated_at"] = before["updated_at"].clone();
        assert_eq!(record, *before, "{path} is not what it was");
        assert!(changes > 0, "nothing changed in {path}");
    }

    /// The path of the record with the long description.
    fn long(&self) -> String {
        self.morning.values().map(|(path, ..)| path).find(|path| path.contains("/products/")).unwrap().clone()
    }
}

/// Checks that event data contains no bare UUIDs, and that records are always named by PRN.
fn check_names(value: &Value, field: &str, event: &Value) {
    match value {
        Value::String(text) => {
            let is_bare = text.len() == 36 && text.matches('-').count() == 4;
            assert!(!is_bare, "a bare UUID in {field}: {event:#}");
            assert!(!field.ends_with("_prn") || text.starts_with("prn:1:"), "{field}: {event:#}");
        }
        Value::Array(items) => items.iter().for_each(|item| check_names(item, field, event)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| check_names(value, name, event)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

async fn a_days_work_can_be_undone_by_reading_the_audit_trail(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let mut day = Day { api: server.api(), morning: BTreeMap::new() };

    let artifact = day.create("artifacts", json!({"name": "gateway"})).await;
    let version = json!({"artifact_prn": artifact, "version": "1.0.0"});
    let version = day.create("artifact_versions", version).await;
    let binary = bench.signed(b"firmware").await;
    day.begin_with("binaries", "binary", &binary).await;
    day.begin_with("signing_keys", "signing_key", bench.signing_key_prn()).await;
    let product = day.create("products", json!({"name": "gateway"})).await;
    let cohort = json!({"name": "field", "product_prn": product});
    let cohort = day.create("cohorts", cohort).await;
    let other = json!({"name": "lab", "product_prn": product});
    let other = day.create("cohorts", other).await;
    let bundle = day.create("bundles", json!({"binaries": [{"prn": binary}]})).await;
    let device = json!({"identifier": "SN-1", "product_prn": product, "cohort_prn": cohort, "tags": ["a"]});
    let device = day.create("devices", device).await;
    let release = json!({"name": "one", "cohort_prn": cohort, "bundle_prn": bundle, "version": "1.0.0"});
    let release = day.create("releases", release).await;
    let over = json!({"name": "over", "bundle_prn": bundle, "device_prns": [device]});
    let over = day.create("bundle_overrides", over).await;
    let key = day.create("api_keys", json!({"name": "CI", "role": "writer"})).await;
    let organization = day.api.get("/v1/organization").await.expect(200).json["organization"].take();
    let itself = prn(&organization);
    day.note(&itself, "/v1/organization".to_owned(), organization).await;

    // The changes of the day: some fields change several times, some together, and some become empty again.
    day.change(&artifact, json!({"name": "router", "custom_metadata": {"team": "a"}})).await;
    day.change(&artifact, json!({"name": "router-2", "custom_metadata": null, "description": "new"})).await;
    day.change(&version, json!({"description": "first"})).await;
    day.change(&binary, json!({"description": "good", "custom_metadata": {"commit": "abc"}})).await;
    day.change(&binary, json!({"description": null})).await;
    day.change(&product, json!({"target": "arm64", "description": "short"})).await;
    day.change(&product, json!({"description": LONG})).await;
    day.change(&cohort, json!({"name": "customers"})).await;
    day.change(&bundle, json!({"name": "1.0.0"})).await;
    day.change(&device, json!({"cohort_prn": other, "tags": ["a", "b"], "quarantined": true})).await;
    day.change(&device, json!({"quarantined": false, "identifier": "SN-0001"})).await;
    let next = json!({"name": "two", "cohort_prn": cohort, "bundle_prn": bundle, "version": "2.0.0",
                      "previous_release_prn": release});
    let second = day.create("releases", next).await;
    day.change(&second, json!({"phase_value": 0.5, "schedule_date": "2099-01-01T00:00:00Z"})).await;
    day.change(&second, json!({"phase_mode": "tags", "phase_tags": ["a"], "disabled": true})).await;
    day.change(&release, json!({"required": true, "version_requirement": ">=0.1.0"})).await;
    day.change(&over, json!({"cohort_prn": cohort, "ends_at": "2099-01-01T00:00:00Z"})).await;
    day.change(&key, json!({"name": "CI 2", "expires_at": "2099-01-01T00:00:00Z"})).await;
    day.change(bench.signing_key_prn(), json!({"name": "renamed", "state": "disabled"})).await;
    day.change(bench.signing_key_prn(), json!({"state": "active"})).await;
    day.change(&itself, json!({"required_signatures": 2, "download_url_seconds": 600})).await;

    let events = list_all(&day.api, "/v1/events", "events").await;
    for event in &events {
        check_names(&event["data"], "data", event);
    }
    // Nothing has changed in the other cohort.
    for prn in day.morning.keys().filter(|prn| **prn != other) {
        day.undo(prn, &events).await;
    }
}
