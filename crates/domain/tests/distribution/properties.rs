//! What holds of every resolution, in whatever graph.

use std::collections::HashSet;

use olivine_domain::releases::graph::Standing;
use olivine_domain::releases::{Phase, Release};
use olivine_domain::resolution::{
    Question, Report, Reported, Source, Status, current_release, resolve, resolve_traced,
};
use olivine_domain::tags::Tags;
use proptest::prelude::*;

use crate::graphs::{graph, graph as graph_of, id, line, now, numeric, release};
use crate::oracle::{World, by_id, malformed, trees, worlds};

/// The releases after `from`, in order.
fn way<'a>(world: &'a World, from: &Release) -> Vec<&'a Release> {
    let releases = by_id(&world.releases);
    let mut way: Vec<&Release> = Vec::new();
    let mut next = from.next;
    while let Some(id) = next {
        way.push(releases[&id]);
        next = releases[&id].next;
    }
    way
}

proptest! {
    #[test]
    fn is_as_the_text_says(world in worlds()) {
        let graph = world.graph();
        let decision = resolve(&world.question(&graph));
        let (status, release) = world.answer();
        let chosen = match decision.source {
            Some(Source::Release(id)) => Some(id),
            _ => None,
        };
        prop_assert_eq!((decision.status, chosen), (status, release));
        prop_assert_eq!(resolve_traced(&world.question(&graph)).0, decision);
    }

    #[test]
    fn what_is_served_is_ahead_open_and_skips_nothing_required(world in worlds()) {
        let graph = world.graph();
        let decision = resolve(&world.question(&graph));
        let Some(Source::Release(chosen)) = decision.source else { return Ok(()) };
        let chosen = world.release(chosen).unwrap();
        prop_assert_eq!(decision.bundle, Some(chosen.bundle));
        prop_assert!(!chosen.disabled && chosen.is_due(now()) && world.admits(chosen));
        let counted = matches!(&chosen.phase, Phase::Numeric(_)) && !chosen.phase.is_everyone();
        prop_assert_eq!(decision.needs_claim, counted && !world.claimed.contains(&chosen.id));
        if let Some(current) = world.current() {
            prop_assert_eq!(decision.current, Some(current.id));
            let way = way(&world, current);
            let at = way.iter().position(|release| release.id == chosen.id);
            prop_assert!(at.is_some_and(|at| way[..at].iter().all(|passed| !passed.required)), "{:?}", at);
        }
    }

    #[test]
    fn standings_are_those_of_the_ways(releases in trees(40), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let world = |releases| World {
            releases, archived: Vec::new(), quarantined: false, tags: Tags::default(), report: Report::default(), forced: None, offer: None,
            devices: 0, claims: 0, claimed: Vec::new(),
        };
        let graph = graph(&releases);
        let (on, seen) = (a.get(&releases).clone(), b.get(&releases).clone());
        let world = world(releases);
        let ahead = |from: &Release, to: &Release| way(&world, from).iter().any(|release| release.id == to.id);
        let expected = if on.id == seen.id { Standing::On }
            else if ahead(&on, &seen) { Standing::Before }
            else if ahead(&seen, &on) { Standing::After }
            else { Standing::Elsewhere };
        prop_assert_eq!(graph.standing(on.id, seen.id), Some(expected));
        prop_assert_eq!(graph.distance(on.id), u32::try_from(way(&world, &on).len()).ok());
        let mut archived = release(20_000, None);
        (archived.archived_at, archived.next) = (Some(now()), on.next);
        let with_archived = graph_of(&[&world.releases[..], &[archived.clone()]].concat());
        let expected = if ahead(&on, &seen) { Standing::Before } else { Standing::Elsewhere };
        prop_assert_eq!(with_archived.standing(archived.id, seen.id), Some(expected), "as on the release, but never past one");
        prop_assert_eq!(with_archived.standing(archived.id, archived.id), Some(Standing::On));
        prop_assert_eq!(with_archived.standing(seen.id, archived.id), Some(Standing::Elsewhere));
        let listed: HashSet<_> = graph.iter().map(|release| release.id).collect();
        prop_assert_eq!(listed.len(), world.releases.len());
    }
}

fn ask(releases: &[Release], report: &Report) -> (Status, Option<Source>) {
    let graph = graph(releases);
    let decision = resolve(&Question {
        quarantined: false,
        stop: None,
        tags: &Tags::default(),
        graph: Some(&graph),
        report,
        active_overrides: &[],
        offer: None,
        now: now(),
        phase_counts: olivine_domain::resolution::PhaseCounts {
            devices_in_cohort: 10,
            claims: 2,
            claimed_by_this_device: &[],
        },
    });
    (decision.status, decision.source)
}

#[test]
fn ten_thousand_releases_in_all_shapes() {
    const COUNT: u32 = 10_000;
    let served = |number: u32| (Status::Update, Some(Source::Release(id(number))));
    let from = |number: u32| Report { release: Reported::Given(id(number)), ..Report::default() };
    let mut releases = line(COUNT);
    releases[9_999].phase = numeric(2.0);
    assert_eq!(ask(&releases, &from(1)), served(9_999));
    releases[1..].iter_mut().for_each(|release| release.disabled = true);
    assert_eq!(ask(&releases, &from(1)), (Status::NoUpdate, None));
    releases[1].disabled = false;
    assert_eq!(ask(&releases, &from(1)), served(2));
    let mut stairs = line(COUNT);
    for (from, release) in (1..).zip(&mut stairs[1..]) {
        release.version_requirement = Some(format!(">= {from}.0.0").parse().unwrap());
    }
    assert_eq!(ask(&stairs, &from(1)), served(2));
    assert_eq!(ask(&stairs, &from(5_000)), served(5_001));
    let version =
        |text: &str| Report { version: Reported::Given(text.parse().unwrap()), ..Report::default() };
    assert_eq!(ask(&stairs, &version("1.0.0")), served(2));
    assert_eq!(ask(&stairs, &version("0.9.0")), served(1), "R1 takes what is older");
    assert_eq!(ask(&stairs[1..], &version("0.9.0")), (Status::NoUpdate, None));
    let plain = line(COUNT);
    assert_eq!(ask(&plain, &version("4999.5.0")), served(COUNT));
    assert_eq!(ask(&plain, &version("10000.0.0-5-gabc1234")), (Status::NoUpdate, None));
    let mut alike = line(COUNT);
    for release in &mut alike {
        release.version = Some("1.0.0".parse().unwrap());
    }
    assert_eq!(ask(&alike, &version("1.0.0")), (Status::NoUpdate, None));
    assert_eq!(ask(&alike, &version("0.9.0")), served(COUNT));
    let star: Vec<_> = (1..=COUNT).map(|number| release(number, (number > 1).then_some(1))).collect();
    assert_eq!(ask(&star, &from(COUNT)), served(1));
    let comb = |number: u32| {
        release(number, (number > 1).then(|| if number.is_multiple_of(2) { number - 1 } else { number - 2 }))
    };
    let mut comb: Vec<_> = (1..=COUNT).map(comb).collect();
    comb[0].disabled = true;
    assert_eq!(ask(&comb, &from(COUNT)), served(3));
    let heap: Vec<_> =
        (1..=COUNT).map(|number| release(number, (number > 1).then_some(number / 2))).collect();
    assert_eq!(ask(&heap, &from(COUNT)), served(1));
}

#[test]
fn fleet_numbers_find_the_release_by_key_bundle_or_version() {
    let graph = graph(&line(4));
    let current = |report: Report| current_release(&graph, &report).map(crate::graphs::number);
    let version = |text: &str| Reported::Given(text.parse().unwrap());
    assert_eq!(current(Report::default()), None);
    let all =
        Report { release: Reported::Given(id(1)), bundle: Reported::Given(id(2)), version: version("3.0.0") };
    assert_eq!(current(all.clone()), Some(1));
    assert_eq!(current(Report { release: malformed(), ..all.clone() }), Some(2));
    let by_version =
        |text| Report { release: Reported::Given(id(9)), bundle: Reported::Absent, version: version(text) };
    assert_eq!(current(by_version("3.0.0+build.7")), Some(3));
    assert_eq!(current(by_version("3.0.0-rc.1")), None);
    assert_eq!(current(by_version("10.0.0")), None);
}
