//! What an edit of a graph would do: which releases it joins anew, and how many devices would be offered which release at once.
//!
//! Where devices go is asked of [`resolution`](crate::resolution), so a plan can't disagree with what devices get. Devices are counted by
//! release, so a plan costs the same for any number of them.

mod warnings;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::graph::{Named, ReleaseGraph};
use super::{Phase, Release};
use crate::prn::Id;
use crate::resolution::{Destination, PhaseCounts, Report, Reported, destination_of};
use crate::time::Timestamp;

pub use warnings::Warning;

/// What is known of a cohort's devices.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// How many devices the cohort has.
    pub devices: u64,
    /// How many of them are on which release.
    pub on: HashMap<Id<Release>, u64>,
}

/// What an edit of a graph would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The releases whose neighbours change, the latest first.
    pub links: Vec<LinkChange>,
    /// The devices that would go somewhere else than before, by the release that they are on.
    pub ways: Vec<Way>,
    /// How many devices are offered each release at once.
    pub offers: Vec<Offered>,
    /// How many devices of the cohort are on none of its releases, so that nothing is known of where they go.
    pub unplaced: u64,
    /// What somebody should know before they do it.
    pub warnings: Vec<Warning>,
}

/// A release whose neighbours change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkChange {
    /// The release.
    pub release: Named,
    /// Its neighbours before; `None` if it was on no path.
    pub before: Option<Neighbours>,
    /// Its neighbours after; `None` if it is on no path then.
    pub after: Option<Neighbours>,
}

/// The releases beside a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbours {
    /// Those that point to it.
    pub previous: Vec<Named>,
    /// The one that it points to; `None` for the latest.
    pub next: Option<Named>,
}

/// Where the devices on a release go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The release that they are on.
    pub from: Named,
    /// How many there are.
    pub devices: u64,
    /// Where they go before the edit.
    pub before: Goal,
    /// Where they go after it.
    pub after: Goal,
}

/// Where a device goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goal {
    /// The release that it gets; `None` if it stays.
    pub goes_to: Option<Named>,
    /// Why it gets no further, in words.
    pub held_because: Option<String>,
}

/// How many devices are offered a release at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The release.
    pub release: Named,
    /// How many before the edit.
    pub before: u64,
    /// How many after it.
    pub after: u64,
}

/// An edit of a graph, as a plan looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// The graph as it is.
    pub before: &'a ReleaseGraph,
    /// The graph as it would be.
    pub after: &'a ReleaseGraph,
    /// The release that is edited, as it is; `None` for a new one.
    pub old: Option<&'a Release>,
    /// The same as it would be; `None` if it is deleted.
    pub new: Option<&'a Release>,
}

/// Plans an edit.
pub fn plan(edit: Edit<'_>, fleet: &Fleet, now: Timestamp) -> Plan {
    let groups = groups(edit.before, fleet);
    let before = Distribution::new(edit.before, &groups, fleet, now);
    let after = Distribution::new(edit.after, &groups, fleet, now);
    let placed: u64 = groups.iter().map(|(_, devices)| devices).sum();
    let mut plan = Plan {
        links: links(edit),
        ways: ways(edit, &groups, &before, &after),
        offers: offers(edit, &before, &after),
        unplaced: fleet.devices.saturating_sub(placed),
        warnings: Vec::new(),
    };
    plan.warnings = warnings::warnings(edit, &plan, fleet, now);
    plan
}

/// The releases that devices are on, the latest first, with their numbers.
fn groups<'a>(graph: &'a ReleaseGraph, fleet: &Fleet) -> Vec<(&'a Release, u64)> {
    let devices = |release: &Release| fleet.on.get(&release.id).copied().unwrap_or_default();
    let mut groups: Vec<_> = graph.iter().map(|release| (release, devices(release))).collect();
    let mut archived: Vec<_> = graph.records().filter(|release| release.archived_at.is_some()).collect();
    archived.sort_unstable_by_key(|release| release.id);
    groups.extend(archived.into_iter().map(|release| (release, devices(release))));
    groups.retain(|(_, devices)| *devices > 0);
    groups
}

/// Where all devices go in a graph.
struct Distribution {
    destinations: Vec<Destination>,
    offered: BTreeMap<Id<Release>, u64>,
}

impl Distribution {
    /// The room of a numeric phase is given to those that are nearest to it.
    fn new(graph: &ReleaseGraph, groups: &[(&Release, u64)], fleet: &Fleet, now: Timestamp) -> Self {
        let (mut destinations, mut offered) = (Vec::new(), BTreeMap::new());
        let sink = graph.sink();
        let mut claims = sink.map_or(0, |sink| sink.claims);
        for (release, devices) in groups {
            let report = report(graph, release);
            let ask = |claims| {
                let counts =
                    PhaseCounts { devices_in_cohort: fleet.devices, claims, claimed_by_this_device: &[] };
                destination_of(graph, &report, now, counts)
            };
            let first = ask(claims);
            let room = sink.filter(|sink| first.goes_to == Some(sink.id)).and_then(|sink| match sink.phase {
                Phase::Numeric(value) => value.limit(fleet.devices),
                Phase::Tags(_) => None,
            });
            let admitted = room.map_or(*devices, |limit| limit.saturating_sub(claims).min(*devices));
            let mut offer = |to: Option<Id<Release>>, devices| {
                if let Some(to) = to.filter(|_| devices > 0) {
                    *offered.entry(to).or_default() += devices;
                }
            };
            offer(first.goes_to, admitted);
            if room.is_some() {
                claims += admitted;
            }
            if admitted < *devices {
                offer(ask(u64::MAX).goes_to, devices - admitted);
            }
            destinations.push(first);
        }
        Self { destinations, offered }
    }
}

/// What a device says that is on `release`. Where the graph has no such release any more, its bundle and version count.
fn report(graph: &ReleaseGraph, release: &Release) -> Report {
    if graph.known(release.id).is_some() {
        return Report { release: Reported::Given(release.id), ..Report::default() };
    }
    Report {
        release: Reported::Given(release.id),
        bundle: Reported::Given(release.bundle),
        version: release.version.clone().into(),
    }
}

fn named(edit: Edit<'_>, id: Id<Release>) -> Option<Named> {
    edit.after.known(id).or_else(|| edit.before.known(id)).map(Named::of)
}

fn links(edit: Edit<'_>) -> Vec<LinkChange> {
    let edited: BTreeSet<_> = edit.old.into_iter().chain(edit.new).map(|release| release.id).collect();
    let mut seen = BTreeSet::new();
    let all = edit.after.iter().chain(edit.before.iter()).filter(|release| seen.insert(release.id));
    let changes = all.filter_map(|release| {
        let (before, after) = (neighbours(edit.before, release.id), neighbours(edit.after, release.id));
        let keys = |of: &Option<Neighbours>| {
            let keys = |of: &Neighbours| {
                let previous: Vec<_> = of.previous.iter().map(|release| release.prn.id).collect();
                (previous, of.next.as_ref().map(|release| release.prn.id))
            };
            of.as_ref().map(keys)
        };
        let is_changed = keys(&before) != keys(&after) || edited.contains(&release.id);
        is_changed.then(|| LinkChange { release: Named::of(release), before, after })
    });
    changes.collect()
}

fn neighbours(graph: &ReleaseGraph, id: Id<Release>) -> Option<Neighbours> {
    let release = graph.get(id)?;
    let mut previous: Vec<_> = graph.previous(id).map(Named::of).collect();
    previous.sort_unstable_by_key(|release| release.prn.id);
    Some(Neighbours { previous, next: release.next.and_then(|next| graph.get(next)).map(Named::of) })
}

fn ways(edit: Edit<'_>, groups: &[(&Release, u64)], before: &Distribution, after: &Distribution) -> Vec<Way> {
    let goal = |destination: &Destination| Goal {
        goes_to: destination.goes_to.and_then(|id| named(edit, id)),
        held_because: destination.held_because.clone(),
    };
    let both = before.destinations.iter().zip(&after.destinations);
    let changed = groups.iter().zip(both).filter(|(_, (before, after))| before != after);
    let way = |((release, devices), (before, after)): (&(&Release, u64), (&Destination, &Destination))| Way {
        from: Named::of(release),
        devices: *devices,
        before: goal(before),
        after: goal(after),
    };
    changed.map(way).collect()
}

fn offers(edit: Edit<'_>, before: &Distribution, after: &Distribution) -> Vec<Offered> {
    let number = |of: &Distribution, id| of.offered.get(&id).copied().unwrap_or_default();
    let mut seen = BTreeSet::new();
    let all = edit.after.iter().chain(edit.before.iter()).filter(|release| seen.insert(release.id));
    let offered = all.map(|release| Offered {
        release: Named::of(release),
        before: number(before, release.id),
        after: number(after, release.id),
    });
    offered.filter(|offered| offered.before + offered.after > 0).collect()
}

#[cfg(test)]
mod tests;
