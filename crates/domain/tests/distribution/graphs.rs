//! Builds releases and graphs for tests. Releases have small numbers: release 3 is called 'R3' and serves bundle 3.

use olivine_domain::organizations::Revision;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::releases::{Phase, PhaseValue, Release};
use olivine_domain::tags::Tags;
use olivine_domain::{Id, Timestamp};
use uuid::Uuid;

pub(crate) fn id<T>(number: u32) -> Id<T> {
    Id::new(Uuid::from_u128(u128::from(number)))
}

pub(crate) fn number<T>(id: Id<T>) -> u32 {
    u32::try_from(id.uuid().as_u128()).expect("made by `id`")
}

pub(crate) fn now() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

pub(crate) fn tomorrow() -> Timestamp {
    "2026-06-16T12:00:00Z".parse().unwrap()
}

pub(crate) fn tags(tags: &[&str]) -> Tags {
    Tags::new(tags.iter().copied()).unwrap()
}

pub(crate) fn numeric(value: f64) -> Phase {
    Phase::Numeric(PhaseValue::new(value).unwrap())
}

/// An unconstrained release without version and requirement.
pub(crate) fn release(number: u32, next: Option<u32>) -> Release {
    Release {
        id: id(number),
        organization: id(900),
        cohort: id(901),
        bundle: id(number),
        next: next.map(id),
        name: format!("R{number}").parse().unwrap(),
        description: None,
        version: None,
        version_requirement: None,
        required: false,
        disabled: false,
        schedule_date: None,
        phase: Phase::EVERYONE,
        claims: 0,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: now(),
        updated_at: now(),
    }
}

/// A release that was archived; devices on it go on to `next`.
pub(crate) fn archived(number: u32, next: Option<u32>) -> Release {
    Release { archived_at: Some(now()), ..release(number, next) }
}

/// R1 → R2 → … → the last one, with versions 1.0.0, 2.0.0, …
pub(crate) fn line(count: u32) -> Vec<Release> {
    let versioned = |number| {
        let mut release = release(number, (number < count).then_some(number + 1));
        release.version = Some(format!("{number}.0.0").parse().unwrap());
        release
    };
    (1..=count).map(versioned).collect()
}

pub(crate) fn graph(releases: &[Release]) -> ReleaseGraph {
    ReleaseGraph::new(releases.to_vec()).unwrap()
}
