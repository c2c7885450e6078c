//! Taking a release back, in each state that a release can be in: what is written, and what its devices get then.

use std::fmt::Write as _;

use olivine_domain::releases::leaving::leaving;
use olivine_domain::releases::rollback::{Plan, PlanError, Request, Seen, Way, override_of, plan};
use olivine_domain::releases::{Phase, Release};
use olivine_domain::resolution::{
    ActiveOverride, PhaseCounts, Question, Report, Reported, Source, Status, applied_override, resolve,
};
use olivine_domain::text::Name;
use olivine_domain::versions::Version;

use crate::graphs::{graph, id, line, now, number, numeric, release, tags, tomorrow};

/// The new release has this number.
const NEW: u32 = 50;

fn on(release: u32) -> Report {
    Report { release: Reported::Given(id(release)), ..Report::default() }
}

fn runs(version: &str) -> Report {
    Report { version: Reported::Given(version.parse().unwrap()), ..Report::default() }
}

fn with_bundle(bundle: u32) -> Report {
    Report { bundle: Reported::Given(id(bundle)), ..Report::default() }
}

fn seen(reports: &[Report]) -> Vec<Seen> {
    reports.iter().map(|report| Seen { report: report.clone(), devices: 1 }).collect()
}

/// R1 → R2 → …, which devices may enter by their versions.
fn open_line(count: u32) -> Vec<Release> {
    let mut releases = line(count);
    for release in &mut releases {
        release.version_requirement = Some(">= 1.0.0".parse().unwrap());
    }
    releases
}

/// What is asked for besides the release.
#[derive(Default)]
struct Wish {
    bundle: Option<u32>,
    version: Option<&'static str>,
}

#[expect(clippy::result_large_err, reason = "a test may copy what the function under test returns")]
fn try_plan(releases: &[Release], bad: u32, wish: &Wish, reports: &[Report]) -> Result<Plan, PlanError> {
    let version: Option<Version> = wish.version.map(|version| version.parse().unwrap());
    let name: Name = "back".parse().unwrap();
    let request = Request {
        release: id(bad),
        bundle: wish.bundle.map(id),
        version: version.as_ref(),
        new_id: id(NEW),
        new_name: &name,
        now: now(),
    };
    plan(&graph(releases), &request, &seen(reports))
}

/// The releases after the plan was written.
fn written(releases: &[Release], plan: &Plan) -> Vec<Release> {
    let as_it_is = |one: &Release| if one.id == plan.stopped.id { plan.stopped.clone() } else { one.clone() };
    releases.iter().map(as_it_is).chain(plan.added.clone()).collect()
}

/// The bundle that a device is given then, if any.
fn gets(releases: &[Release], plan: &Plan, report: &Report, by_override: bool) -> Option<u32> {
    let after = graph(&written(releases, plan));
    let forced = plan.bundle.filter(|_| by_override).map(|bundle| ActiveOverride {
        id: override_of(plan.stopped.id),
        bundle,
        name: "back".parse().unwrap(),
    });
    let none = tags(&[]);
    let decision = resolve(&Question {
        quarantined: false,
        stop: None,
        tags: &none,
        graph: Some(&after),
        report,
        active_overrides: forced.as_slice(),
        offer: None,
        now: now(),
        phase_counts: PhaseCounts { devices_in_cohort: 10, ..PhaseCounts::default() },
    });
    assert_eq!(decision.status == Status::Update, decision.bundle.is_some());
    decision.bundle.map(number)
}

fn described(plan: &Plan, reports: &[Report]) -> String {
    let mut text = String::new();
    if let Some(new) = &plan.added {
        let shown = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        write!(
            text,
            "+bundle {} version {} for {} before {}",
            number(new.bundle),
            shown(new.version.as_ref().map(ToString::to_string)),
            shown(new.version_requirement.as_ref().map(ToString::to_string)),
            shown(new.next.map(|next| format!("R{}", number(next))))
        )
        .unwrap();
    }
    if let Some(onward) = plan.onward {
        write!(text, "onward to R{}", number(onward)).unwrap();
    }
    for (way, report) in plan.ways.iter().zip(reports) {
        let way = match way {
            Way::Release(release) => format!("R{}", number(*release)),
            Way::Override => "override".to_owned(),
            Way::None => "nothing".to_owned(),
        };
        let who = if report.release.given().is_some() { "release" } else { "version" };
        write!(text, "; {who}→{way}").unwrap();
    }
    text
}

/// Each state of R3 in R1 → R2 → R3 (→ R4), with one device that reports it and one that reports only its version.
#[test]
fn a_release_is_taken_back_in_each_state() {
    let both = [on(3), runs("3.0.0")];
    let with = |count: u32, change: &dyn Fn(&mut Vec<Release>)| {
        let mut releases = open_line(count);
        change(&mut releases);
        releases
    };
    let none = Wish::default;
    let cases: Vec<(&str, Vec<Release>, Wish, &[Report])> = vec![
        ("latest", open_line(3), none(), &both),
        ("latest, phased", with(3, &|all| all[2].phase = numeric(0.1)), none(), &both),
        (
            "latest, phased by tags",
            with(3, &|all| all[2].phase = Phase::of_tags(tags(&["beta"])).unwrap()),
            none(),
            &both,
        ),
        ("latest, disabled", with(3, &|all| all[2].disabled = true), none(), &both),
        ("latest, required", with(3, &|all| all[2].required = true), none(), &both),
        ("latest, disabled, no device known on it", with(3, &|all| all[2].disabled = true), none(), &[]),
        ("latest, no device known on it", open_line(3), none(), &[]),
        (
            "latest, scheduled, nobody has it",
            with(3, &|all| all[2].schedule_date = Some(tomorrow())),
            none(),
            &[],
        ),
        (
            "latest, scheduled again, some have it",
            with(3, &|all| all[2].schedule_date = Some(tomorrow())),
            none(),
            &both,
        ),
        ("the one before it disabled too", with(3, &|all| all[1].disabled = true), none(), &both),
        ("the one before it with the same bundle", with(3, &|all| all[1].bundle = id(3)), none(), &both),
        (
            "a requirement before it",
            with(3, &|all| all[1].version_requirement = Some("< 2.0.0".parse().unwrap())),
            none(),
            &both,
        ),
        (
            "nothing has a version",
            with(3, &|all| all.iter_mut().for_each(|one| one.version = None)),
            none(),
            &both[..1],
        ),
        ("to another bundle of the cohort", open_line(3), Wish { bundle: Some(1), version: None }, &both),
        ("to a new bundle", open_line(3), Wish { bundle: Some(9), version: Some("3.0.1") }, &both),
        ("a later one is open", open_line(4), none(), &both),
        ("a later one is phased", with(4, &|all| all[3].phase = numeric(0.1)), none(), &both),
        ("a later one is disabled", with(4, &|all| all[3].disabled = true), none(), &both),
        (
            "a device that can't be told apart",
            with(3, &|all| all[1].version = Some("3.0.0".parse().unwrap())),
            none(),
            &both,
        ),
    ];
    let mut report = String::new();
    for (what, releases, wish, reports) in cases {
        let plan = try_plan(&releases, 3, &wish, reports).unwrap_or_else(|why| panic!("{what}: {why}"));
        writeln!(report, "{what}\n    {}", described(&plan, reports)).unwrap();
        check(what, &releases, &plan);
        // Again: nothing is left to be done.
        let after = written(&releases, &plan);
        let again = try_plan(&after, 3, &wish, reports).unwrap_or_else(|why| panic!("{what}, again: {why}"));
        assert!(again.added.is_none() && again.stopped == plan.stopped, "{what}: {again:?}");
        assert_eq!(again.ways, plan.ways, "{what}");
    }
    insta::assert_snapshot!(report);
}

/// What must be so after each rollback of R3.
fn check(what: &str, releases: &[Release], plan: &Plan) {
    let stopped = &plan.stopped;
    assert!(stopped.disabled && !stopped.required && !stopped.is_constrained(now()), "{what}");
    // Nobody gets the bad bundle any more, wherever they are.
    let bad = number(releases[2].bundle);
    for device in [on(1), on(2), on(3), runs("1.0.0"), runs("2.0.0"), runs("3.0.0"), with_bundle(1)] {
        assert_ne!(gets(releases, plan, &device, true), Some(bad), "{what}: {device:?}");
    }
    // A device that came back by its version is not offered the same again.
    if let Some(version) = plan.added.as_ref().and_then(|new| new.version.as_ref()) {
        let back = gets(releases, plan, &runs(&version.to_string()), true);
        assert_ne!(back, plan.bundle.map(number), "{what}");
    }
}

#[test]
fn a_refusal_says_what_is_missing() {
    let mut report = String::new();
    let mut refuse = |what: &str, releases: &[Release], bad: u32, wish: &Wish| {
        let why = try_plan(releases, bad, wish, &[on(bad)]).expect_err(what);
        writeln!(report, "{what}\n    {why}").unwrap();
    };
    let none = Wish::default();
    refuse("nothing before it", &line(1), 1, &Wish { bundle: None, version: None });
    let mut disabled = line(2);
    disabled[0].disabled = true;
    refuse("only a disabled one before it", &disabled, 2, &none);
    let forked = [release(1, Some(3)), release(2, Some(3)), release(3, None)];
    refuse("two paths", &forked, 3, &none);
    refuse("the same bundle", &line(2), 2, &Wish { bundle: Some(2), version: None });
    refuse("a bundle without a version", &line(2), 2, &Wish { bundle: Some(9), version: None });
    let mut repeated = line(3);
    repeated[2].bundle = id(2);
    refuse("a later one has the same bundle", &repeated, 2, &none);
    refuse("a later one is open", &line(3), 2, &Wish { bundle: Some(1), version: None });
    insta::assert_snapshot!(report);
}

/// The override of a rollback is for a device only while it is on the release, whatever else it names.
#[test]
fn a_device_that_came_back_goes_on() {
    let releases = line(3);
    let plan = try_plan(&releases, 3, &Wish::default(), &[runs("3.0.0")]).unwrap();
    assert_eq!(plan.ways, [Way::Override]);
    assert_eq!(gets(&releases, &plan, &runs("3.0.0"), true), Some(2));
    assert_eq!(gets(&releases, &plan, &runs("3.0.0"), false), None);
    let mut fixed = written(&releases, &plan);
    let mut fix = release(4, None);
    fix.version = Some("3.1.0".parse().unwrap());
    fix.version_requirement = Some(">= 1.0.0".parse().unwrap());
    fixed.iter_mut().find(|one| one.id == id(NEW)).unwrap().next = Some(fix.id);
    fixed.push(fix);
    let after = Plan { added: None, stopped: fixed[2].clone(), ..plan };
    assert_eq!(gets(&fixed, &after, &runs("2.0.0"), true), Some(4), "the fix");
    assert_eq!(gets(&fixed, &after, &runs("3.0.0"), true), Some(2), "first it comes back");
    assert_ne!(override_of(id(1)), override_of(id(2)));
}

#[test]
fn deleting_says_what_becomes_of_devices() {
    let releases = line(3);
    let reports = [on(3), with_bundle(3), runs("3.0.0"), with_bundle(2), runs("2.0.0"), on(2)];
    let after = leaving(&graph(&releases), id(3), &seen(&reports), now()).unwrap();
    assert_eq!(after.devices, 6);
    assert_eq!((after.stranded, after.go_to.len()), (3, 0), "{after:?}");
    assert_eq!(after.count_as[0].1, 3, "{after:?}");
    assert_eq!(
        after.to_string(),
        "3 count as being on 'R2', 3 get no update until a release or a bundle override reaches what they report"
    );
    let middle = leaving(&graph(&releases), id(2), &seen(&[with_bundle(1), on(2)]), now()).unwrap();
    assert_eq!(
        middle.to_string(),
        "1 gets 'R3', 1 gets no update until a release or a bundle override reaches what they report"
    );
    // What it says is what resolution does: the source is a release.
    let left = [releases[0].clone(), Release { next: None, ..releases[1].clone() }];
    let none = tags(&[]);
    let decision = resolve(&Question {
        quarantined: false,
        stop: None,
        tags: &none,
        graph: Some(&graph(&left)),
        report: &on(1),
        active_overrides: &[],
        offer: None,
        now: now(),
        phase_counts: PhaseCounts::default(),
    });
    assert_eq!(decision.source, Some(Source::Release(id(2))));
}

#[test]
fn the_override_of_a_rollback_hides_no_other_from_devices_that_it_is_not_for() {
    let forced =
        |key, bundle, name: &str| ActiveOverride { id: key, bundle: id(bundle), name: name.parse().unwrap() };
    let none = tags(&[]);
    let releases = graph(&open_line(2));
    // The rollback of R2 started last, while a longer trial of bundle 9 was going on.
    let active = [forced(override_of(id(2)), 1, "back"), forced(id(77), 9, "trial")];
    let given = |report: &Report, active: &[ActiveOverride]| {
        let decision = resolve(&Question {
            quarantined: false,
            stop: None,
            tags: &none,
            graph: Some(&releases),
            report,
            active_overrides: active,
            offer: None,
            now: now(),
            phase_counts: PhaseCounts::default(),
        });
        decision.bundle.map(number)
    };
    assert_eq!(given(&on(2), &active), Some(1), "it is on the release that was taken back");
    for report in [on(1), with_bundle(50), runs("1.0.5")] {
        assert_eq!(given(&report, &active), Some(9), "{report:?}");
    }
    let applied = applied_override(&active, Some(&releases), &on(1));
    assert_eq!(applied.map(|forced| number(forced.bundle)), Some(9));
}
