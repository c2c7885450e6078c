//! How a graph is laid out for resolution: the tree that its releases form is cut into heavy paths, each of them in
//! consecutive positions, the sink first.
//!
//! Whatever way through a graph of `n` releases so consists of at most `log2(n) + 1` runs of positions, and going
//! back along it never needs to know where it began.

use std::collections::HashMap;

use super::super::Release;
use super::reach::{Reach, Span};
use crate::prn::Id;
use crate::versions::Version;

/// Where a release is in the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(u32);

impl Position {
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("a graph has less than 2^32 releases"))
    }

    /// The positions of so many releases.
    pub(super) fn all(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(Self::new)
    }

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }

    const fn after(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The most runs that a way can have: half of the remaining releases are left behind with each.
const MAX_RUNS: usize = 33;

/// What is known of each position.
#[derive(Clone, Copy, Debug)]
struct Place {
    next: Option<Position>,
    /// The position nearest the sink of the heavy path that this one is part of.
    head: Position,
    /// The first required one from here, or the sink.
    stop: Position,
    /// The steps to the sink.
    distance: u32,
}

/// The places of all releases of a graph.
#[derive(Clone, Debug)]
pub(super) struct Layout(Box<[Place]>);

impl Layout {
    /// For releases that are in the [`order`] of positions.
    pub(super) fn new(releases: &[Release], by_id: &HashMap<Id<Release>, Position>) -> Self {
        let mut places: Vec<Place> = Vec::with_capacity(releases.len());
        for (position, release) in Position::all(releases.len()).zip(releases) {
            let next = release.next.map(|next| by_id[&next]);
            let before = next.map(|next| places[next.index()]);
            // In this order, one that directly follows the one that it points to continues its path.
            let continues = next.is_some_and(|next| next.after() == position);
            places.push(Place {
                next,
                head: before.filter(|_| continues).map_or(position, |place| place.head),
                stop: before.filter(|_| !release.required).map_or(position, |place| place.stop),
                distance: before.map_or(0, |place| place.distance + 1),
            });
        }
        Self(places.into())
    }

    fn at(&self, position: Position) -> &Place {
        &self.0[position.index()]
    }

    pub(super) fn stop(&self, position: Position) -> Position {
        self.at(position).stop
    }

    pub(super) fn distance(&self, position: Position) -> u32 {
        self.at(position).distance
    }

    /// Whether the way from `from` to the sink passes `to`.
    pub(super) fn leads_to(&self, mut from: Position, to: Position) -> bool {
        let head = self.at(to).head;
        while self.at(from).head != head {
            let Some(next) = self.at(self.at(from).head).next else { return false };
            from = next;
        }
        to <= from
    }
}

/// Consecutive positions of a way, from the one nearest the sink to the last.
#[derive(Clone, Copy, Debug)]
struct Run {
    at: Position,
    last: Position,
}

/// What is met on a way back.
pub(crate) enum Met<'a> {
    /// A release that is not disabled, and whose requirement the device may meet.
    Open(&'a Release),
    /// Releases in a row, from the one nearest the sink, that are disabled or whose requirement the device does not meet.
    Closed(&'a [Release]),
}

/// A way back from a release to one that leads to it, both included, for a device of some version.
pub(crate) struct PathBack<'a> {
    releases: &'a [Release],
    layout: &'a Layout,
    reach: &'a Reach,
    version: Option<&'a Version>,
    /// Most devices never step back, so what they could meet there is only looked up when they do.
    stepped_back: bool,
    sought: Option<Span>,
    /// Those still to go; the last one first.
    runs: [Run; MAX_RUNS],
    count: usize,
}

impl<'a> PathBack<'a> {
    pub(super) fn new(
        releases: &'a [Release],
        (layout, reach): (&'a Layout, &'a Reach),
        ends: Option<(Position, Position)>,
        version: Option<&'a Version>,
    ) -> Self {
        let runs = [Run { at: Position(0), last: Position(0) }; MAX_RUNS];
        let mut path =
            Self { releases, layout, reach, version, stepped_back: false, sought: None, runs, count: 0 };
        if let Some((to, from)) = ends {
            path.lay(to, from);
        }
        path
    }

    /// The first position from `at` on that may be open.
    fn open(&mut self, at: Position) -> Position {
        let sought = *self.sought.get_or_insert_with(|| self.reach.of(self.version));
        self.reach.first(at.index(), sought).map_or(Position::new(self.releases.len()), Position::new)
    }

    fn lay(&mut self, to: Position, mut from: Position) {
        let end = self.layout.at(to).head;
        loop {
            let head = self.layout.at(from).head;
            let at = if head == end { to } else { head };
            self.runs[self.count] = Run { at, last: from };
            self.count += 1;
            match self.layout.at(head).next {
                Some(next) if head != end => from = next,
                _ => return,
            }
        }
    }
}

impl<'a> Iterator for PathBack<'a> {
    type Item = Met<'a>;

    fn next(&mut self) -> Option<Met<'a>> {
        let Run { at, last } = *self.runs[..self.count].last()?;
        let look_closer = !self.stepped_back && !self.releases[at.index()].disabled;
        let until = if look_closer { at } else { self.open(at).min(last.after()) };
        self.stepped_back = true;
        let run = &mut self.runs[self.count - 1];
        let met = if at == until {
            run.at = at.after();
            Met::Open(&self.releases[at.index()])
        } else {
            run.at = until;
            Met::Closed(&self.releases[at.index()..until.index()])
        };
        if run.at > run.last {
            self.count -= 1;
        }
        Some(met)
    }
}

/// The order of positions: each release after the one that it points to, and directly after it if it is the one of
/// those pointing there that has the most releases behind it. Fails with the indices of a circle, if there is one.
pub(super) fn order(next: &[Option<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut previous = vec![Vec::new(); next.len()];
    for (index, next) in next.iter().enumerate() {
        if let Some(next) = next {
            previous[*next].push(index);
        }
    }
    let mut reached: Vec<usize> = (0..next.len()).filter(|index| next[*index].is_none()).collect();
    let mut heads = reached.clone();
    let mut done = 0;
    while let Some(index) = reached.get(done) {
        reached.extend_from_slice(&previous[*index]);
        done += 1;
    }
    if reached.len() < next.len() {
        return Err(circle(next, &reached));
    }
    let mut sizes = vec![1_usize; next.len()];
    for index in reached.iter().rev() {
        if let Some(next) = next[*index] {
            sizes[next] += sizes[*index];
        }
        previous[*index].sort_by_key(|index| sizes[*index]);
    }
    let mut order = Vec::with_capacity(next.len());
    while let Some(mut index) = heads.pop() {
        loop {
            order.push(index);
            let Some(heaviest) = previous[index].pop() else { break };
            heads.append(&mut previous[index]);
            index = heaviest;
        }
    }
    Ok(order)
}

/// A circle among the releases that do not lead to the latest one: a path that does not end there runs in a circle.
fn circle(next: &[Option<usize>], reached: &[usize]) -> Vec<usize> {
    let mut lost = vec![true; next.len()];
    for index in reached {
        lost[*index] = false;
    }
    let follow = |index: usize| next[index].expect("only a sink has no next, and sinks are reached");
    let start = lost.iter().position(|lost| *lost).expect("not all were reached");
    let inside = (0..next.len()).fold(start, |index, _| follow(index));
    let mut circle = vec![inside];
    let mut index = follow(inside);
    while index != inside {
        circle.push(index);
        index = follow(index);
    }
    circle
}
