//! The examples of the shared vectors: version requirements good and bad, 150 graphs with 600 questions.

use std::fs;
use std::path::Path;

use olivine_domain::Id;
use olivine_domain::bundles::Bundle;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::releases::{Phase, Release};
use olivine_domain::resolution::{
    ActiveOverride, Decision, Malformed, PhaseCounts, Question, Report, Reported, Source, Status, resolve,
    resolve_traced,
};
use olivine_domain::tags::Tags;
use olivine_domain::versions::{Requirement, Version};
use serde_json::Value;

use crate::graphs::{id, now, number, numeric, release, tomorrow};

fn vectors(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    serde_json::from_str(&fs::read_to_string(path).expect(name)).expect(name)
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn version_requirements() {
    let vectors = vectors("version_requirements.json");
    let mut checked = 0;
    for example in vectors["satisfied"].as_array().unwrap() {
        let text = example["requirement"].as_str().unwrap();
        let requirement: Requirement = text.parse().unwrap();
        for (versions, expected) in [(&example["satisfied_by"], true), (&example["not_by"], false)] {
            for version in texts(versions) {
                assert_eq!(requirement.admits(&version.parse().unwrap()), expected, "{version} for {text}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 16 * 20);
    for text in texts(&vectors["invalid"]) {
        assert!(text.parse::<Requirement>().is_err(), "{text:?} is no requirement");
    }
}

/// `R3` and `B3` as the key 3.
fn key<T>(name: &str) -> Option<Id<T>> {
    name.get(1..)?.parse().ok().map(id)
}

fn text<T: std::str::FromStr>(value: &Value) -> Option<T> {
    value.as_str().map(|text| text.parse().ok().expect(text))
}

fn read_release(name: &str, value: &Value) -> Release {
    let own: Id<Release> = key(name).unwrap();
    let next = value["next"].as_str().map(|next| number(key::<Release>(next).unwrap()));
    let mut release = release(number(own), next);
    release.bundle = key(value["bundle"].as_str().unwrap()).unwrap();
    release.version = text(&value["version"]);
    release.version_requirement = text(&value["requirement"]);
    release.required = value["required"].as_bool().unwrap();
    release.disabled = value["disabled"].as_bool().unwrap();
    release.schedule_date = value["scheduled"].as_bool().unwrap().then(tomorrow);
    release.phase = match value["mode"].as_str().unwrap() {
        "tags" => Phase::of_tags(Tags::new(texts(&value["tags"])).unwrap()).unwrap(),
        _ => numeric(value["value"].as_f64().unwrap()),
    };
    release
}

fn reported<T>(value: &Value, parse: impl Fn(&str) -> Option<T>) -> Reported<T> {
    match value.as_str() {
        None => Reported::Absent,
        Some(text) => {
            parse(text).map_or_else(|| Reported::Malformed(Malformed::new(text, &text)), Reported::Given)
        }
    }
}

/// One of the answers of the vectors, also with its reasons.
fn answer(case: &Value, graph: &ReleaseGraph, ask: &Value) -> (Decision, String) {
    let reports = &ask["reports"];
    let report = Report {
        release: reported(&reports["release"], key::<Release>),
        bundle: reported(&reports["bundle"], key::<Bundle>),
        version: reported(&reports["version"], |text| text.parse::<Version>().ok()),
    };
    let device = ask["device"]["id"].as_str().unwrap();
    let mut claimed = Vec::new();
    let mut claims = 0;
    for (name, devices) in case["claims"].as_object().unwrap() {
        claims = texts(devices).len() as u64;
        claimed.extend(texts(devices).contains(&device).then(|| key::<Release>(name).unwrap()));
    }
    let tags = Tags::new(texts(&ask["device"]["tags"])).unwrap();
    let forced = ask["override_bundle"].as_str().map(|bundle| ActiveOverride {
        id: id(77),
        bundle: key(bundle).unwrap(),
        name: "override".parse().unwrap(),
    });
    let devices_in_cohort = case["cohort_size"].as_u64().unwrap();
    let question = Question {
        quarantined: ask["device"]["quarantined"].as_bool().unwrap(),
        stop: None,
        tags: &tags,
        graph: Some(graph),
        report: &report,
        active_overrides: forced.as_slice(),
        offer: None,
        now: now(),
        phase_counts: PhaseCounts { devices_in_cohort, claims, claimed_by_this_device: &claimed },
    };
    let (decision, trace) = resolve_traced(&question);
    assert_eq!(decision, resolve(&question), "the same, whether anybody listens or not");
    (decision, format!("{trace:#?}"))
}

/// How much larger the number of an archived twin is.
const TWIN: u32 = 10_000;

/// The same releases, and beside each one an archived twin with the same bundle and version, which has the same next one.
fn with_archived_twins(graph: &ReleaseGraph) -> ReleaseGraph {
    let twin = |release: &Release| Release {
        id: id(number(release.id) + TWIN),
        archived_at: Some(now()),
        ..release.clone()
    };
    ReleaseGraph::new(graph.iter().flat_map(|release| [release.clone(), twin(release)]).collect()).unwrap()
}

/// Archived releases take nobody in, and a device on one is answered as on a release that stands at its place.
fn check_with_archived(case: &Value, graph: &ReleaseGraph, ask: &Value, expected: &Decision) {
    let twins = with_archived_twins(graph);
    assert_eq!(answer(case, &twins, ask).0, *expected, "{ask:#}\n{case:#}");
    let named = ask["reports"]["release"].as_str().and_then(key::<Release>);
    let Some(on) = expected.current.filter(|current| named == Some(*current)) else { return };
    let mut of_twin = ask.clone();
    of_twin["reports"]["release"] = format!("R{}", number(on) + TWIN).into();
    let expected = Decision { current: Some(id(number(on) + TWIN)), ..*expected };
    let (decision, trace) = answer(case, &twins, &of_twin);
    assert_eq!(decision, expected, "{of_twin:#}\n{case:#}\n{trace}");
}

#[test]
fn resolutions() {
    let vectors = vectors("resolution.json");
    let mut asked = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let releases = case["releases"].as_object().unwrap();
        let graph =
            ReleaseGraph::new(releases.iter().map(|(name, value)| read_release(name, value)).collect())
                .unwrap();
        for ask in case["asks"].as_array().unwrap() {
            let (mut decision, trace) = answer(case, &graph, ask);
            check_with_archived(case, &graph, ask, &decision);
            let source = |decision: &Decision| match decision.source {
                Some(Source::Release(id)) => Some(format!("R{}", number(id))),
                Some(Source::BundleOverride(_)) => Some("override".to_owned()),
                None => None,
            };
            if let Some(release) = source(&decision).and_then(|name| releases.get(&name))
                && !release["deliverable"].as_bool().unwrap()
            {
                decision = decision.undeliverable();
            }
            assert_eq!(decision.status.as_str(), ask["answer"]["status"], "{ask:#}\n{case:#}\n{trace}");
            assert_eq!(source(&decision).as_deref(), ask["answer"]["source"].as_str(), "{ask:#}\n{trace}");
            assert_eq!(decision.bundle.is_some(), decision.status == Status::Update);
            asked += 1;
        }
    }
    assert_eq!(asked, 600);
}
