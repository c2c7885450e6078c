use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::cohorts::Cohort;
use crate::organizations::Revision;
use crate::releases::PhaseValue;

fn id<T>(number: u128) -> Id<T> {
    Id::new(Uuid::from_u128(number))
}

fn release(number: u128, next: Option<u128>) -> Release {
    let now = Timestamp::EPOCH;
    Release {
        id: id(number),
        organization: id(900),
        cohort: id::<Cohort>(901),
        bundle: id(number),
        next: next.map(id),
        name: format!("R{number}").parse().unwrap(),
        description: None,
        version: Some(format!("{number}.0.0").parse().unwrap()),
        version_requirement: None,
        required: false,
        disabled: false,
        schedule_date: None,
        phase: Phase::EVERYONE,
        claims: 0,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    }
}

fn graph(releases: &[Release]) -> ReleaseGraph {
    ReleaseGraph::new(releases.to_vec()).unwrap()
}

fn planned(before: &[Release], after: &[Release], edited: u128, on: &[(u128, u64)]) -> Plan {
    let (before, after) = (graph(before), graph(after));
    let edit =
        Edit { before: &before, after: &after, old: before.known(id(edited)), new: after.known(id(edited)) };
    let on: HashMap<_, _> = on.iter().map(|(release, devices)| (id(*release), *devices)).collect();
    let devices = on.values().sum::<u64>() + 5;
    plan(edit, &Fleet { devices, on }, Timestamp::EPOCH.plus(Duration::from_secs(10)))
}

fn offers(plan: &Plan) -> Vec<(&str, u64, u64)> {
    plan.offers.iter().map(|offer| (offer.release.name.as_str(), offer.before, offer.after)).collect()
}

fn codes(plan: &Plan) -> Vec<&'static str> {
    plan.warnings.iter().map(Warning::code).collect()
}

#[test]
fn a_phase_has_room_for_some_and_the_others_stay_with_what_they_got() {
    let before = [release(1, Some(2)), release(2, None)];
    let phased =
        Release { phase: Phase::Numeric(PhaseValue::new(50.0).unwrap()), claims: 20, ..release(3, None) };
    let after = [release(1, Some(2)), release(2, Some(3)), phased.clone()];
    let plan = planned(&before, &after, 3, &[(1, 40), (2, 10)]);
    // Ten of R2 come first, because they are nearest; twenty of the forty on R1 have room.
    assert_eq!(offers(&plan), [("R3", 0, 30), ("R2", 40, 20)]);
    assert_eq!((plan.unplaced, codes(&plan)), (5, vec!["unplaced_not_counted"]));

    let narrowed = Release { phase: Phase::Numeric(PhaseValue::new(10.0).unwrap()), ..phased.clone() };
    let then = [release(1, Some(2)), release(2, Some(3)), narrowed];
    let plan = planned(&after, &then, 3, &[(2, 10)]);
    assert_eq!(offers(&plan), [("R3", 10, 0)]);
    assert_eq!(codes(&plan), ["devices_held", "claims_beyond_phase", "unplaced_not_counted"]);

    let wide = Release { phase: Phase::EVERYONE, ..phased };
    let then = [release(1, Some(2)), release(2, Some(3)), wide];
    let plan = planned(&after, &then, 3, &[(2, 1_000)]);
    assert_eq!(offers(&plan), [("R3", 30, 1_000)]);
    assert_eq!(codes(&plan), ["many_devices", "unplaced_not_counted"]);
}

#[test]
fn a_deleted_release_leaves_its_devices_to_what_they_report() {
    let before = [release(1, Some(2)), release(2, Some(3)), release(3, None)];
    let after = [release(1, Some(3)), release(3, None)];
    let plan = planned(&before, &after, 2, &[(1, 1), (2, 7)]);
    assert_eq!(plan.links.len(), 3, "{plan:#?}");
    assert_eq!(plan.links[1].release.name.as_str(), "R1");
    assert!(plan.links.iter().any(|links| links.release.name.as_str() == "R2" && links.after.is_none()));
    assert!(codes(&plan).contains(&"devices_on_deleted"));
    for warning in &plan.warnings {
        assert!(warning.to_string().len() > 20, "{warning}");
    }
}

#[test]
fn an_older_version_is_named() {
    let before = [release(2, None)];
    let after = [release(2, Some(1)), release(1, None)];
    let plan = planned(&before, &after, 1, &[(2, 3)]);
    assert_eq!(offers(&plan), [("R1", 0, 3)]);
    assert_eq!(codes(&plan), ["older_version", "unplaced_not_counted"]);
}
