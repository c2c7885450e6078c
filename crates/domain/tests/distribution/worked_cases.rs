//! The twenty worked cases of the design page "Distribution", as one readable table with the reasons.

use std::fmt::Write as _;

use olivine_domain::Id;
use olivine_domain::bundle_overrides::{self, BundleOverride};
use olivine_domain::devices::UpdateStatus;
use olivine_domain::prn::Prn;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::releases::{Phase, Release};
use olivine_domain::resolution::trace::TraceStep;
use olivine_domain::resolution::{
    ActiveOverride, Decision, Malformed, Offer, PhaseCounts, Question, Report, Reported, Source, Status,
    resolve, resolve_traced,
};
use olivine_domain::tags::Tags;
use olivine_domain::versions::Version;

use crate::graphs::{graph, id, line, now, number, numeric, tags, tomorrow};

/// R1 → R2 → R3 → R4, and a device that asks.
struct Case {
    releases: Vec<Release>,
    report: Report,
    tags: Tags,
    quarantined: bool,
    forced: Option<ActiveOverride>,
    offer: Option<Offer>,
    devices: u64,
    claims: u64,
    claimed: Vec<Id<Release>>,
    destroyed_bundle: Option<u32>,
}

impl Case {
    fn new(change: impl FnOnce(&mut Self)) -> Self {
        let mut case = Self {
            releases: line(4),
            report: Report::default(),
            tags: Tags::default(),
            quarantined: false,
            forced: None,
            offer: None,
            devices: 10,
            claims: 0,
            claimed: Vec::new(),
            destroyed_bundle: None,
        };
        case.releases.iter_mut().for_each(|release| release.version = None);
        change(&mut case);
        case
    }

    fn on(number: u32, change: impl FnOnce(&mut Self)) -> Self {
        Self::new(|case| {
            case.report.release = Reported::Given(id(number));
            change(case);
        })
    }

    fn release(&mut self, number: usize) -> &mut Release {
        &mut self.releases[number - 1]
    }

    fn with_versions(&mut self) {
        for (release, versioned) in self.releases.iter_mut().zip(line(4)) {
            release.version = versioned.version;
        }
    }

    fn force(&mut self, bundle: u32) {
        self.forced = Some(ActiveOverride {
            id: id(500 + bundle),
            bundle: id(bundle),
            name: format!("O{bundle}").parse().unwrap(),
        });
    }

    fn question<'a>(&'a self, graph: &'a ReleaseGraph) -> Question<'a> {
        Question {
            quarantined: self.quarantined,
            stop: None,
            tags: &self.tags,
            graph: Some(graph),
            report: &self.report,
            active_overrides: self.forced.as_slice(),
            offer: self.offer.as_ref(),
            now: now(),
            phase_counts: PhaseCounts {
                devices_in_cohort: self.devices,
                claims: self.claims,
                claimed_by_this_device: &self.claimed,
            },
        }
    }

    /// What the operations do: ask, and then look whether the bundle can be delivered.
    fn answer(&self) -> (Decision, Vec<TraceStep>) {
        let graph = graph(&self.releases);
        let (decision, mut trace) = resolve_traced(&self.question(&graph));
        assert_eq!(decision, resolve(&self.question(&graph)));
        let Some(bundle) = decision.bundle else { return (decision, trace) };
        if self.destroyed_bundle.map(id) == Some(bundle) {
            trace.push(TraceStep::deliverable(Some("a binary of its bundle is destroyed")));
            return (decision.undeliverable(), trace);
        }
        trace.push(TraceStep::deliverable(None));
        (decision, trace)
    }
}

fn in_words(decision: &Decision) -> String {
    let mut words = decision.status.as_str().to_owned();
    match decision.source {
        Some(Source::Release(release)) => write!(words, " to R{}", number(release)).unwrap(),
        Some(Source::BundleOverride(forced)) => {
            write!(words, " by override O{}", number(forced) - 500).unwrap();
        }
        None => {}
    }
    if let Some(bundle) = decision.bundle {
        write!(words, " (B{})", number(bundle)).unwrap();
    }
    if decision.needs_claim {
        words += ", needs a claim";
    }
    if decision.needs_offer {
        words += ", to be remembered";
    }
    words
}

fn phased_to_two(case: &mut Case) {
    case.release(4).phase = numeric(2.0);
    case.claims = 2;
}

/// Cases 1 to 11: by release.
fn cases_by_release() -> [(&'static str, Case); 11] {
    [
        ("plain, on R1", Case::on(1, |_| {})),
        ("R3 required, on R1", Case::on(1, |case| case.release(3).required = true)),
        ("R3 required, on R3", Case::on(3, |case| case.release(3).required = true)),
        ("R4 disabled, on R1", Case::on(1, |case| case.release(4).disabled = true)),
        (
            "R2 required and disabled, on R1",
            Case::on(1, |case| {
                case.release(2).required = true;
                case.release(2).disabled = true;
            }),
        ),
        ("R4 phased numeric 2, two others claimed, on R3", Case::on(3, phased_to_two)),
        ("as 6, on R2", Case::on(2, phased_to_two)),
        (
            "as 6, this device among the two, on R3",
            Case::on(3, |case| {
                phased_to_two(case);
                case.claimed = vec![id(4)];
            }),
        ),
        (
            "R4 phased tags [beta], device tags [beta, eu], on R1",
            Case::on(1, |case| {
                case.release(4).phase = Phase::of_tags(tags(&["beta"])).unwrap();
                case.tags = tags(&["beta", "eu"]);
            }),
        ),
        (
            "R4 scheduled tomorrow, on R3",
            Case::on(3, |case| case.release(4).schedule_date = Some(tomorrow())),
        ),
        (
            "R4 requires '>= 3.0.0', on R1, version 1.0.0",
            Case::on(1, |case| {
                case.release(4).version_requirement = Some(">= 3.0.0".parse().unwrap());
                case.report.version = Reported::Given("1.0.0".parse().unwrap());
            }),
        ),
    ]
}

/// Cases 12 to 20: by other reports, and what else counts.
fn other_cases() -> [(&'static str, Case); 9] {
    [
        (
            "malformed release, bundle B2",
            Case::new(|case| {
                let problem = "abc".parse::<Prn<Release>>().unwrap_err();
                case.report.release = Reported::Malformed(Malformed::new("abc", &problem));
                case.report.bundle = Reported::Given(id(2));
            }),
        ),
        (
            "unknown release and bundle, version 1.0.0, R2 requires '>= 1.0.0', R3 '>= 2.0.0'",
            Case::on(99, |case| {
                case.with_versions();
                case.report.bundle = Reported::Given(id(99));
                case.report.version = Reported::Given("1.0.0".parse().unwrap());
                case.release(2).version_requirement = Some(">= 1.0.0".parse().unwrap());
                case.release(3).version_requirement = Some(">= 2.0.0".parse().unwrap());
            }),
        ),
        ("override B9 active, on R4", Case::on(4, |case| case.force(9))),
        (
            "override B9 active, on bundle B9",
            Case::new(|case| {
                case.force(9);
                case.report.bundle = Reported::Given(id(9));
            }),
        ),
        (
            "overrides B8 and B9 active, started 2 and 1 days ago, on R1",
            Case::on(1, |case| {
                let day: fn(&str) -> olivine_domain::Timestamp = |day| day.parse().unwrap();
                let older = (day("2026-06-13T12:00:00Z"), id::<BundleOverride>(508));
                let younger = (day("2026-06-14T12:00:00Z"), id::<BundleOverride>(509));
                case.force(if bundle_overrides::precedence(younger, older).is_lt() { 9 } else { 8 });
            }),
        ),
        ("a binary of B4 destroyed, on R1", Case::on(1, |case| case.destroyed_bundle = Some(4))),
        (
            "R4 phased 0.2 in a cohort of 10, one claim, on R3",
            Case::on(3, |case| {
                case.release(4).phase = numeric(0.2);
                case.claims = 1;
            }),
        ),
        (
            "quarantined, override active, on R1",
            Case::on(1, |case| {
                case.quarantined = true;
                case.force(9);
            }),
        ),
        ("nothing reported", Case::new(|_| {})),
    ]
}

/// A device that reports only this version, in a cohort whose releases have versions.
fn version(text: &str, change: impl FnOnce(&mut Case)) -> Case {
    Case::new(|case| {
        case.with_versions();
        case.report.version = match text.parse::<Version>() {
            Ok(version) => Reported::Given(version),
            Err(problem) => Reported::Malformed(Malformed::new(text, &problem)),
        };
        change(case);
    })
}

fn offer(bundle: u32, version: &str, is_installed: bool) -> Offer {
    Offer { bundle: id(bundle), version: Some(version.parse().unwrap()), is_installed }
}

/// By version alone: step 4c, and step 2 for a device that names no bundle.
fn cases_by_version() -> [(&'static str, Case); 14] {
    let require = |case: &mut Case| {
        for (release, requirement) in
            case.releases.iter_mut().zip([">= 0.1.0", ">= 1.0.0", "~> 2.1", ">= 3.0.0"])
        {
            release.version_requirement = Some(requirement.parse().unwrap());
        }
    };
    let force = |offer: Option<Offer>| {
        move |case: &mut Case| {
            case.force(9);
            case.offer = offer;
        }
    };
    [
        ("version 1.5.0, no requirements", version("1.5.0", |_| {})),
        ("version v1.2.2, no requirements", version("v1.2.2", |_| {})),
        ("version 3.0.0-5-gabc1234, no requirements", version("3.0.0-5-gabc1234", |_| {})),
        ("version 4.0.0-5-gabc1234, no requirements", version("4.0.0-5-gabc1234", |_| {})),
        ("version 'v1.0.0 beta'", version("v1.0.0 beta", |_| {})),
        ("version 0.0.9, each release requires more", version("0.0.9", require)),
        (
            "version 99.0.0, a dozen releases, one of them without a version",
            version("99.0.0", |case| {
                case.releases = line(12);
                case.releases[3].version = None;
            }),
        ),
        (
            "R4 phased 0.05 in a cohort of 10, version 3.0.0",
            version("3.0.0", |case| case.release(4).phase = numeric(0.05)),
        ),
        ("override B9 active, version 1.0.0", version("1.0.0", force(None))),
        ("as before, B9 was offered to 1.0.0", version("1.0.0", force(Some(offer(9, "1.0.0", false))))),
        ("as before, and is reported as installed", version("1.0.0", force(Some(offer(9, "1.0.0", true))))),
        ("B9 was offered to 1.0.0, version 9.0.0", version("9.0.0", force(Some(offer(9, "1.0.0", false))))),
        ("B8 was offered to 1.0.0, version 9.0.0", version("9.0.0", force(Some(offer(8, "1.0.0", true))))),
        (
            "B9 was offered to 1.0.0, and the device names B2",
            version("9.0.0", |case| {
                force(Some(offer(9, "1.0.0", true)))(case);
                case.report.bundle = Reported::Given(id(2));
            }),
        ),
    ]
}

/// What becomes of an offer of B9 to version 1.0.0 with what the device reports.
#[test]
fn an_offer_lasts_as_long_as_it_tells_something() {
    let b9 = Some(id(9));
    let text = |version: &str| Some(version.parse().unwrap());
    let offer = |is_installed| offer(9, "1.0.0", is_installed);
    let report = |offer: Offer, old: &str, new: &str, reported, forced| {
        offer.after_report((text(old).as_ref(), text(new).as_ref()), reported, forced)
    };
    assert_eq!(report(offer(true), "1.0.0", "v1.0.0", None, None), Some(offer(true)), "the same version");
    assert_eq!(report(offer(true), "1.0.0", "9.0.0", None, b9), Some(offer(false)), "the version tells now");
    assert_eq!(report(offer(false), "9.0.0", "1.0.0", None, b9), Some(offer(false)), "it went back");
    assert_eq!(report(offer(false), "9.0.0", "5.0.0", None, None), None, "the override is over");
    assert_eq!(report(offer(false), "9.0.0", "5.0.0", None, Some(id(8))), None, "another one is active");
    assert_eq!(report(offer(true), "1.0.0", "1.0.0", Some(id(2)), b9), None, "it runs another bundle");
    assert_eq!(report(offer(true), "1.0.0", "1.0.0", b9, None), Some(offer(true)));
    assert_eq!(offer(true).after_report((None, text("9.0.0").as_ref()), None, None), Some(offer(true)));
    assert_eq!(offer(false).after_status(id(9), UpdateStatus::Installed), Some(offer(true)));
    assert_eq!(offer(true).after_status(id(9), UpdateStatus::RolledBack), Some(offer(false)));
    for (bundle, status) in
        [(9, UpdateStatus::Downloading), (9, UpdateStatus::Failed), (8, UpdateStatus::Installed)]
    {
        assert_eq!(offer(false).after_status(id(bundle), status), None, "{bundle} {status:?}");
    }
}

#[test]
fn all_twenty() {
    insta::assert_snapshot!(table(cases_by_release().into_iter().chain(other_cases())));
}

#[test]
fn all_by_version() {
    insta::assert_snapshot!(table(cases_by_version()));
}

fn table(cases: impl IntoIterator<Item = (&'static str, Case)>) -> String {
    let mut table = String::new();
    for (index, (given, case)) in cases.into_iter().enumerate() {
        let (decision, trace) = case.answer();
        writeln!(table, "{:>2}. {given}: {}", index + 1, in_words(&decision)).unwrap();
        for step in trace {
            let (what, outcome) = (step.step.as_str(), step.outcome.as_str());
            writeln!(table, "      {what:<12}{outcome:<18}{}", step.reason).unwrap();
        }
    }
    table
}

#[test]
fn no_cohort_no_update() {
    let case = Case::on(1, |_| {});
    let graph = graph(&case.releases);
    let decision = resolve(&Question { graph: None, ..case.question(&graph) });
    assert_eq!((decision.status, decision.current), (Status::NoUpdate, None));
    let empty = ReleaseGraph::new(Vec::new()).unwrap();
    assert_eq!(resolve(&case.question(&empty)).status, Status::NoUpdate);
}

#[test]
fn the_last_place_is_claimed_once() {
    let full = Case::on(3, phased_to_two);
    let room = Case::on(3, |case| {
        phased_to_two(case);
        case.claims = 1;
    });
    assert!(room.answer().0.needs_claim && !full.answer().0.needs_claim);
    let raised = Case::on(3, |case| {
        phased_to_two(case);
        case.release(4).phase = numeric(1.0);
    });
    let decision = raised.answer().0;
    assert_eq!((decision.source, decision.needs_claim), (Some(Source::Release(id(4))), false));
}

#[test]
fn an_override_of_the_bundle_of_the_reported_release_is_no_update() {
    let decision = Case::on(2, |case| case.force(2)).answer().0;
    assert_eq!(decision.status, Status::NoUpdate);
    let contradicting = Case::on(2, |case| {
        case.force(2);
        case.report.bundle = Reported::Given(id(9));
    });
    assert_eq!(contradicting.answer().0.bundle, Some(id(2)), "the bundle it names is the one it runs");
}

#[test]
fn a_long_trace_is_cut() {
    let mut releases = line(1_000);
    for release in &mut releases[1..] {
        release.version_requirement = Some("!= 1.0.0".parse().unwrap());
    }
    let case = Case::on(1, |case| case.releases = releases);
    let (_, trace) = case.answer();
    let [.., left_out, last] = trace.as_slice() else { panic!("{trace:?}") };
    assert_eq!(left_out.reason, "and 899 more steps back, for like reasons");
    assert_eq!(last.reason, "no release from 'R2' on is open to it");
}
