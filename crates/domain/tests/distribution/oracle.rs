//! Resolution as the design page says it, word by word and without any care for speed, and worlds to ask it about.

use std::collections::HashMap;

use olivine_domain::Id;
use olivine_domain::bundles::Bundle;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::releases::{Phase, Release};
use olivine_domain::resolution::{
    ActiveOverride, Malformed, Offer, PhaseCounts, Question, Report, Reported, Status,
};
use olivine_domain::tags::Tags;
use olivine_domain::versions::Version;
use proptest::prelude::*;

use crate::graphs::{graph, id, now, numeric, release, tags, tomorrow};

const VERSIONS: [&str; 11] = [
    "1.0.0",
    "2.0.0-dev",
    "2.0.0-dev-3-gabcd",
    "v2.0.0",
    "2.0.0-5-gabc1234",
    "2.1.0",
    "2.1.0+b",
    "2.1.0-2-gabcd",
    "2.2.0-0",
    "3.0.0-alpha",
    "3.0.0",
];
const REQUIREMENTS: [&str; 9] = [
    "<= 2.0.0-5-gabcd",
    ">= 1.0.0",
    "> 2.0.0",
    "~> 2.1",
    "~> 2.1.0",
    "< 2.0.0",
    "!= 2.0.0",
    "== 3.0.0 or == 1.0.0",
    ">= 2.0.0 and < 3.0.0 and != 2.1.0",
];

/// A cohort, and a device that asks.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// Those on the path.
    pub(crate) releases: Vec<Release>,
    /// Those that are archived; devices on them go on to their next ones.
    pub(crate) archived: Vec<Release>,
    pub(crate) quarantined: bool,
    pub(crate) tags: Tags,
    pub(crate) report: Report,
    pub(crate) forced: Option<ActiveOverride>,
    pub(crate) offer: Option<Offer>,
    pub(crate) devices: u64,
    pub(crate) claims: u64,
    pub(crate) claimed: Vec<Id<Release>>,
}

impl World {
    pub(crate) fn graph(&self) -> ReleaseGraph {
        graph(&[&self.releases[..], &self.archived].concat())
    }

    pub(crate) fn question<'a>(&'a self, graph: &'a ReleaseGraph) -> Question<'a> {
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

    pub(crate) fn release(&self, id: Id<Release>) -> Option<&Release> {
        self.releases.iter().find(|release| release.id == id)
    }

    fn next(&self, release: &Release) -> Option<&Release> {
        release.next.and_then(|next| self.release(next))
    }

    fn distance(&self, release: &Release) -> usize {
        self.next(release).map_or(0, |next| self.distance(next) + 1)
    }

    /// The release of that key, which may be archived.
    fn known(&self, id: Id<Release>) -> Option<&Release> {
        self.release(id).or_else(|| self.archived.iter().find(|release| release.id == id))
    }

    /// The release that the device says it is on, by its key or its bundle.
    pub(crate) fn current(&self) -> Option<&Release> {
        let by_release = self.report.release.given().and_then(|id| self.known(*id));
        by_release.or_else(|| {
            let bundle = self.report.bundle.given()?;
            let serving = self.releases.iter().filter(|release| release.bundle == *bundle);
            serving.min_by_key(|release| (self.distance(release), release.id))
        })
    }

    /// Whether the release's phase admits the device.
    pub(crate) fn admits(&self, release: &Release) -> bool {
        match &release.phase {
            Phase::Tags(tags) => tags.iter().any(|tag| self.tags.contains(tag)),
            Phase::Numeric(value) => {
                let limit = self.limit(value.get());
                self.claimed.contains(&release.id) || self.claims < limit
            }
        }
    }

    /// A count, or a share rounded down, but of a cohort with devices at least one device.
    fn limit(&self, value: f64) -> u64 {
        let places = |share: u64, of: u64| (self.devices * share / of).max(u64::from(self.devices > 0));
        match value {
            0.5 => places(1, 2),
            0.05 => places(1, 20),
            1.0 => u64::MAX,
            _ => 2,
        }
    }

    /// Whether the device runs an override's bundle: by what it names, else by what it did since it was given the bundle.
    fn runs(&self, bundle: Id<Bundle>) -> bool {
        let of_release = || Some(self.known(*self.report.release.given()?)?.bundle);
        if let Some(named) = self.report.bundle.given().copied().or_else(of_release) {
            return named == bundle;
        }
        self.offer.as_ref().is_some_and(|offer| {
            let before = offer.version.as_ref().map(ToString::to_string);
            // A version counts as another one in whatever form it is.
            let now = match &self.report.version {
                Reported::Given(version) => Some(version.to_string()),
                Reported::Malformed(_) => Some(MALFORMED.to_owned()),
                Reported::Absent => None,
            };
            let is_another = before.zip(now).is_some_and(|(before, now)| before != now);
            offer.bundle == bundle && (offer.is_installed || is_another)
        })
    }

    /// The answer, and the release that it comes from.
    pub(crate) fn answer(&self) -> (Status, Option<Id<Release>>) {
        const NO_UPDATE: (Status, Option<Id<Release>>) = (Status::NoUpdate, None);
        if self.quarantined {
            return (Status::DeviceQuarantine, None);
        }
        if let Some(forced) = &self.forced {
            return if self.runs(forced.bundle) { NO_UPDATE } else { (Status::Update, None) };
        }
        let reported = self.report.version.given();
        let (entry, version) = if let Some(current) = self.current() {
            (self.next(current), reported.or(current.version.as_ref()))
        } else {
            (reported.and_then(|version| self.entry(version)), reported)
        };
        let Some(entry) = entry else { return NO_UPDATE };
        let chosen = self.choose(entry, version);
        let Some(chosen) = chosen else { return NO_UPDATE };
        let by_version = self.current().is_none();
        if by_version
            && let (Some(own), Some(reported)) = (&chosen.version, reported)
            && !own.is_newer_than(reported)
        {
            return NO_UPDATE;
        }
        (Status::Update, Some(chosen.id))
    }

    fn entry(&self, version: &Version) -> Option<&Release> {
        let mut entries: Vec<_> = self.releases.iter().collect();
        entries.retain(|release| {
            let Some(own) = &release.version else { return false };
            match &release.version_requirement {
                Some(requirement) => requirement.admits(version),
                None => own.is_newer_than(version),
            }
        });
        entries.sort_by_key(|release| (self.distance(release), release.id));
        entries.sort_by(|a, b| {
            let version = |release: &Release| release.version.clone().unwrap();
            version(a).cmp_precedence(&version(b))
        });
        entries.first().copied()
    }

    fn choose<'a>(&'a self, entry: &'a Release, version: Option<&Version>) -> Option<&'a Release> {
        let mut path = vec![entry];
        while let Some(last) = path.last()
            && !last.required
            && let Some(next) = self.next(last)
        {
            path.push(next);
        }
        path.into_iter().rev().find(|release| {
            let met = match (&release.version_requirement, version) {
                (Some(requirement), Some(version)) => requirement.admits(version),
                _ => true,
            };
            let due = release.schedule_date.is_none_or(|date| date <= now());
            !release.disabled && met && due && self.admits(release)
        })
    }
}

/// The number of the release at an index: distinct, and in no order.
fn scrambled(index: usize) -> u32 {
    u32::try_from((index + 1) * 7_919 % 10_007).unwrap()
}

/// Releases that form a tree: chains, stars and what is between.
pub(crate) fn trees(most: usize) -> impl Strategy<Value = Vec<Release>> {
    let one = (
        (any::<prop::sample::Index>(), prop::bool::weighted(0.6)),
        1..6_u32,
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.3),
        prop::option::of(0..VERSIONS.len()),
        prop::option::weighted(0.4, 0..REQUIREMENTS.len()),
        prop::bool::weighted(0.1),
    );
    (prop::collection::vec(one, 1..most), 0..7_u32).prop_map(|(genes, phase)| {
        let mut releases = Vec::new();
        for (index, ((any, chain), bundle, required, disabled, version, requirement, scheduled)) in
            genes.into_iter().enumerate()
        {
            let next = if chain { index.saturating_sub(1) } else { any.index(index.max(1)) };
            let mut release = release(scrambled(index), (index > 0).then(|| scrambled(next)));
            release.bundle = id(bundle);
            release.required = required;
            release.disabled = disabled;
            release.version = version.map(|version| VERSIONS[version].parse().unwrap());
            release.version_requirement = requirement.map(|text| REQUIREMENTS[text].parse().unwrap());
            release.schedule_date = scheduled.then(tomorrow);
            releases.push(release);
        }
        releases[0].phase = match phase {
            0 => Phase::of_tags(tags(&["beta"])).unwrap(),
            1 => numeric(2.0),
            2 => numeric(0.5),
            3 => numeric(0.05),
            _ => Phase::EVERYONE,
        };
        releases
    })
}

/// Archived releases beside those on the path: of the same bundles and versions, each with a next one on the path or without.
fn archived(path: &[Release], genes: &[(Option<prop::sample::Index>, u32, usize, bool)]) -> Vec<Release> {
    let one = |(place, (next, bundle, version, closed)): (
        usize,
        &(Option<prop::sample::Index>, u32, usize, bool),
    )| {
        let mut release = release(scrambled(path.len() + place), None);
        release.archived_at = Some(now());
        release.next = next.as_ref().map(|next| next.get(path).id);
        release.bundle = id(*bundle);
        release.version = Some(VERSIONS[*version].parse().unwrap());
        release.required = *closed;
        release.phase = if *closed { numeric(2.0) } else { release.phase };
        release
    };
    genes.iter().enumerate().map(one).collect()
}

const MALFORMED: &str = "x";

pub(crate) fn malformed<T>() -> Reported<T> {
    Reported::Malformed(Malformed::new(MALFORMED, &"it is nothing"))
}

fn reported<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Reported<T>> {
    prop_oneof![
        3 => Just(Reported::Absent),
        1 => Just(malformed()),
        6 => value.prop_map(Reported::Given),
    ]
}

pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let device = (
        prop::bool::weighted(0.05),
        prop::sample::select(vec![vec![], vec!["beta"], vec!["eu"]]),
        prop::option::weighted(0.2, 1..7_u32),
        prop::option::of((1..7_u32, prop::option::of(0..VERSIONS.len()), any::<bool>())),
        (1..8_u64, 0..5_u64, prop::bool::weighted(0.2)),
    );
    let report = (
        reported(any::<prop::sample::Index>()),
        reported(1..7_u32),
        reported(prop::sample::select(VERSIONS.to_vec())),
    );
    let gone = (
        prop::option::weighted(0.8, any::<prop::sample::Index>()),
        1..7_u32,
        0..VERSIONS.len(),
        any::<bool>(),
    );
    let gone = prop::collection::vec(gone, 0..6);
    (trees(30), gone, device, report).prop_map(|(releases, gone, device, (release, bundle, version))| {
        let archived = archived(&releases, &gone);
        let (quarantined, owned, forced, offer, (devices, claims, claimed)) = device;
        let release = match release {
            Reported::Given(index) => {
                Reported::Given(id(scrambled(index.index(releases.len() + archived.len() + 2))))
            }
            Reported::Malformed(_) => malformed(),
            Reported::Absent => Reported::Absent,
        };
        let bundle = bundle.given().map_or(Reported::Absent, |bundle| Reported::Given(id(*bundle)));
        let version = version.given().map_or_else(malformed, |text| Reported::Given(text.parse().unwrap()));
        World {
            quarantined,
            tags: tags(&owned),
            report: Report { release, bundle, version },
            forced: forced.map(|bundle| ActiveOverride {
                id: id(700),
                bundle: id(bundle),
                name: "override".parse().unwrap(),
            }),
            offer: offer.map(|(bundle, version, is_installed)| Offer {
                bundle: id(bundle),
                version: version.map(|version| VERSIONS[version].trim_start_matches('v').parse().unwrap()),
                is_installed,
            }),
            devices,
            claims,
            claimed: if claimed { vec![releases[0].id] } else { Vec::new() },
            releases,
            archived,
        }
    })
}

/// The releases by key.
pub(crate) fn by_id(releases: &[Release]) -> HashMap<Id<Release>, &Release> {
    releases.iter().map(|release| (release.id, release)).collect()
}
