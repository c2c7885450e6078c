//! What happens to the devices on a release when it is deleted: [`leaving`] asks resolution about the future graph.

use std::fmt;

use super::Release;
use super::graph::ReleaseGraph;
use super::graph::edits::Named;
use super::rollback::{PlanError, Seen, decide};
use crate::prn::Id;
use crate::resolution::Source;
use crate::time::Timestamp;

/// What happens to the devices on a release when it is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// How many devices are on it.
    pub devices: u64,
    /// How many get which release instead, at their next check.
    pub go_to: Vec<(Named, u64)>,
    /// How many are taken for devices of which release, and get nothing further for now.
    pub count_as: Vec<(Named, u64)>,
    /// How many report nothing that leads to any release that is left.
    pub stranded: u64,
}

/// What becomes of a release's devices when it is deleted. Phases are taken as full and tags as not shared.
pub fn leaving(
    graph: &ReleaseGraph,
    id: Id<Release>,
    seen: &[Seen],
    now: Timestamp,
) -> Result<Leaving, PlanError> {
    let after = without(graph, id)?;
    let mut leaving = Leaving::default();
    for Seen { report, devices } in seen {
        leaving.devices += devices;
        let decision = decide(&after, report, None, now);
        let (list, release) = match (decision.source, decision.current) {
            (Some(Source::Release(id)), _) => (&mut leaving.go_to, after.get(id)),
            (_, Some(id)) => (&mut leaving.count_as, after.get(id)),
            _ => (&mut leaving.count_as, None),
        };
        match release {
            Some(release) => add(list, Named::of(release), *devices),
            None => leaving.stranded += devices,
        }
    }
    Ok(leaving)
}

/// The graph as it is once a release is deleted.
pub fn without(graph: &ReleaseGraph, id: Id<Release>) -> Result<ReleaseGraph, PlanError> {
    let links = graph.plan_delete(id)?.relink;
    let next_of = |release: &Release| {
        links.iter().find(|(changed, _)| *changed == release.id).map_or(release.next, |(_, next)| *next)
    };
    let left = graph.records().filter(|release| release.id != id);
    let left = left.map(|release| Release { next: next_of(release), ..release.clone() });
    Ok(ReleaseGraph::new(left.collect())?)
}

fn add(list: &mut Vec<(Named, u64)>, release: Named, devices: u64) {
    match list.iter_mut().find(|(known, _)| *known == release) {
        Some((_, sum)) => *sum += devices,
        None => list.push((release, devices)),
    }
}

impl fmt::Display for Leaving {
    /// `2 get 'spring', 1 counts as being on 'winter', and 3 get no update until …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = |devices: u64, one: &str, many: &str| {
            format!("{devices} {}", if devices == 1 { one } else { many })
        };
        let go = self.go_to.iter().map(|(to, n)| format!("{} '{}'", verb(*n, "gets", "get"), to.name));
        let count = self
            .count_as
            .iter()
            .map(|(as_of, n)| format!("{} as being on '{}'", verb(*n, "counts", "count"), as_of.name));
        let stranded = (self.stranded > 0).then(|| {
            format!(
                "{} no update until a release or a bundle override reaches what they report",
                verb(self.stranded, "gets", "get")
            )
        });
        f.write_str(&go.chain(count).chain(stranded).collect::<Vec<_>>().join(", "))
    }
}
