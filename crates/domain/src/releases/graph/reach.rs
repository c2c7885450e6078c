//! Finds releases in a row that can't be open to a device of some version, so that all of them are skipped at once.
//!
//! It may report a release as open that is not (the caller checks again), but never the other way round.

use super::super::Release;
use crate::versions::{Requirement, Version};

/// What is known of a row of releases: a tree of spans, each of which covers the two below it.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    /// The ends of all requirements, the oldest first.
    bounds: Box<[Version]>,
    /// The root at 1, the children of `n` at `2n` and `2n + 1`, the releases in the last half.
    tree: Box<[Span]>,
}

/// Versions, as ranks among the bounds: odd between two of them, even on one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    least: u32,
    most: u32,
}

impl Span {
    const NOTHING: Self = Self { least: u32::MAX, most: 0 };
    const ANYTHING: Self = Self { least: 1, most: u32::MAX - 1 };

    const fn meets(self, other: Self) -> bool {
        self.least <= other.most && other.least <= self.most
    }
}

/// What one release of a row takes.
pub(super) enum Takes<'a> {
    /// No device.
    Nothing,
    /// Devices whose version meets this requirement, if it is one.
    Versions(Option<&'a Requirement>),
    /// Devices whose version is older than this one.
    OlderThan(&'a Version),
}

impl<'a> Takes<'a> {
    /// What this release takes, on the way back.
    pub(super) fn of(release: &'a Release) -> Self {
        if release.disabled { Self::Nothing } else { Self::Versions(release.version_requirement.as_ref()) }
    }

    /// What this release takes of devices that only know their version.
    pub(super) fn at_entry(release: &'a Release) -> Self {
        match (&release.version_requirement, &release.version) {
            (None, Some(own)) => Self::OlderThan(own),
            (requirement, _) => Self::Versions(requirement.as_ref()),
        }
    }
}

impl Reach {
    pub(super) fn new(row: &[Takes<'_>]) -> Self {
        let ends = |takes: &Takes<'_>| match takes {
            Takes::Versions(Some(requirement)) => requirement.ends(),
            Takes::OlderThan(version) => (None, Some((*version).clone())),
            Takes::Versions(None) | Takes::Nothing => (None, None),
        };
        let ends: Vec<_> = row.iter().map(ends).collect();
        let mut bounds: Vec<Version> =
            ends.iter().flat_map(|(least, most)| [least, most]).flatten().cloned().collect();
        bounds.sort_by(Version::cmp_precedence);
        bounds.dedup_by(|a, b| a.cmp_precedence(b).is_eq());
        let leaves = row.len().next_power_of_two();
        let mut reach = Self { bounds: bounds.into(), tree: vec![Span::NOTHING; 2 * leaves].into() };
        for (index, (takes, (least, most))) in row.iter().zip(&ends).enumerate() {
            let least = least.as_ref().map_or(Span::ANYTHING.least, |bound| reach.rank(bound));
            let most = most.as_ref().map_or(Span::ANYTHING.most, |bound| reach.rank(bound));
            reach.tree[leaves + index] = match takes {
                Takes::Nothing => Span::NOTHING,
                Takes::Versions(_) => Span { least, most },
                // Exactly those below: a look for a version that many releases have must not stop at each of them.
                Takes::OlderThan(_) => Span { least, most: most - 1 },
            };
        }
        for node in (1..leaves).rev() {
            let (a, b) = (reach.tree[2 * node], reach.tree[2 * node + 1]);
            reach.tree[node] = Span { least: a.least.min(b.least), most: a.most.max(b.most) };
        }
        reach
    }

    fn rank(&self, version: &Version) -> u32 {
        let older = self.bounds.partition_point(|bound| version.is_newer_than(bound));
        let on = self.bounds.get(older).is_some_and(|bound| bound.cmp_precedence(version).is_eq());
        let rank = 2 * older + if on { 2 } else { 1 };
        u32::try_from(rank).expect("a graph has less than 2^30 releases")
    }

    /// What to look for on behalf of a device of that version; one that is unknown meets everything.
    pub(super) fn of(&self, version: Option<&Version>) -> Span {
        version.map_or(Span::ANYTHING, |version| {
            let rank = self.rank(version);
            Span { least: rank, most: rank }
        })
    }

    /// The first index from `from` on whose release may be open to `sought`; `None` if there is none.
    pub(super) fn first(&self, from: usize, sought: Span) -> Option<usize> {
        let leaves = self.tree.len() / 2;
        if from >= leaves {
            return None;
        }
        let mut node = leaves + from;
        loop {
            if self.tree[node].meets(sought) {
                if node >= leaves {
                    return Some(node - leaves);
                }
                node *= 2;
            } else {
                // Up as long as it is a right child, then to the right; from the root's right edge there is no more.
                while node % 2 == 1 {
                    node /= 2;
                }
                if node == 0 {
                    return None;
                }
                node += 1;
            }
        }
    }
}
