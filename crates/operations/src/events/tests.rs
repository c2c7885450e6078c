//! One example of the data of each type of events. They are the snapshot of all shapes, and `docs/events.md`.

mod examples;
mod samples;

use std::fmt::Write as _;

use olivine_domain::device_certificates::Proof;
use olivine_domain::events::EventType;
use olivine_domain::prn::Id;
use serde_json::Value;
use uuid::Uuid;

use self::examples::{change, example};
use self::samples::Samples;
use super::*;

const WHAT_IT_IS: &str = include_str!("tests/events.head.md");

/// The page for people: how to read the data, and an example for each type.
fn page() -> String {
    let samples = Samples::new();
    let mut page = WHAT_IT_IS.to_owned();
    for kind in EventType::ALL {
        let json = example(&samples, *kind).into_json();
        let json = serde_json::to_string_pretty(&json).unwrap();
        write!(page, "\n## `{}`\n\n```json\n{json}\n```\n", kind.as_str()).unwrap();
    }
    page
}

#[test]
fn the_data_of_all_types_of_events_has_these_shapes() {
    let samples = Samples::new();
    let shape = |kind: &EventType| format!("{} {}\n", kind.as_str(), example(&samples, *kind).into_json());
    insta::assert_snapshot!("shapes", EventType::ALL.iter().map(shape).collect::<String>());
}

#[test]
fn the_page_about_events_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/events.md is outdated: UPDATE_DOCS=1 cargo test -p olivine-operations events"
    );
}

#[test]
fn each_type_has_an_example_of_its_own_data() {
    let samples = Samples::new();
    for kind in EventType::ALL {
        assert_eq!(example(&samples, *kind).kind(), *kind);
    }
}

#[test]
fn no_event_has_a_bare_uuid_where_a_prn_belongs() {
    let samples = Samples::new();
    for kind in EventType::ALL {
        no_bare_uuid(&example(&samples, *kind).into_json(), kind.as_str());
    }
}

fn no_bare_uuid(value: &Value, of: &str) {
    match value {
        Value::String(text) => assert!(Uuid::try_parse(text).is_err(), "{of}: {text}"),
        Value::Array(items) => items.iter().for_each(|item| no_bare_uuid(item, of)),
        Value::Object(fields) => fields.values().for_each(|field| no_bare_uuid(field, of)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn each_change_says_from_what_to_what() {
    let samples = Samples::new();
    for kind in EventType::ALL {
        let data = example(&samples, *kind).into_json();
        let Some(changed) = data["changed"].as_array() else { continue };
        assert!(!changed.is_empty(), "{}", kind.as_str());
        for field in changed.iter().map(|field| field.as_str().unwrap()) {
            let (from, to) = (&data["from"].get(field), &data["to"].get(field));
            let is_secret = matches!(field, "credentials" | "cdn");
            assert_eq!(from.is_none(), is_secret, "{}: {data:#}", kind.as_str());
            assert_eq!(from.is_none(), to.is_none(), "{}: {data:#}", kind.as_str());
            assert!(is_secret || from != to, "{}: {data:#}", kind.as_str());
        }
    }
}

#[test]
fn of_secrets_and_long_texts_events_say_only_that_they_changed() {
    let samples = Samples::new();
    let of = |text: String| {
        let mut artifact = samples.artifact.0.clone();
        artifact.description = Some(text.parse().unwrap());
        artifact
    };
    let (longest, longer) = (of("x".repeat(200)), of("x".repeat(201)));
    let data = EventData::ArtifactUpdated(Change { from: &longest, to: &longer }).into_json();
    assert_eq!(data["changed"], serde_json::json!(["description"]));
    assert_eq!((&data["from"], &data["to"]), (&serde_json::json!({}), &serde_json::json!({})));
    let data = EventData::ArtifactCreated(Whole(&longer)).into_json();
    assert!(data.get("description").is_none(), "{data:#}");
    let data = EventData::ArtifactCreated(Whole(&longest)).into_json();
    assert!(data["description"].is_string(), "{data:#}");

    let data = EventData::StorageBackendUpdated(change(&samples.storage_backend)).into_json();
    assert!(data["changed"].as_array().unwrap().contains(&"credentials".into()), "{data:#}");
    assert!(!data.to_string().contains("115"), "the bytes of the sealed secret: {data:#}");
}

#[test]
fn a_long_list_is_cut_and_its_change_is_not_missed() {
    let samples = Samples::new();
    let of = |last: u128| {
        let mut one = samples.bundle_override.0.clone();
        let devices = (0..150).chain([last]).map(|number| Id::new(Uuid::from_u128(number)));
        one.audience = olivine_domain::bundle_overrides::Audience::Devices(devices.collect());
        one
    };
    let data = EventData::BundleOverrideUpdated(Change { from: &of(1_000), to: &of(1_001) }).into_json();
    assert_eq!(data["changed"], serde_json::json!(["device_prns"]));
    assert_eq!(data["to"]["device_prns"].as_array().unwrap().len(), 100);
}

#[test]
fn what_was_proven_is_shown_as_a_change() {
    let samples = Samples::new();
    let data = EventData::DeviceCertificateProven((change(&samples.device_certificate), samples.of_device()));
    let data = data.into_json();
    assert_eq!((&data["from"]["proof"], &data["to"]["proof"]), (&Value::Null, &Proof::Key.as_str().into()));
}
