//! A cohort's releases as one graph: each points to at most one next release, and all paths end in the sink.
//!
//! Archived releases are on no path. They are kept beside it, each with the release that its devices go on to, if there is one.
//!
//! A [`ReleaseGraph`] is valid and never changes; [`edits`] says what an edit has to write, or why it can't be. It is laid
//! out for resolution: neither the way to the next stop nor a step back depends on how many releases there are.

mod broken;
pub mod edits;
mod layout;
mod reach;

pub use broken::Broken;
pub use edits::{GraphRefusal, Links, Named, Placement};

use std::cmp::Ordering;
use std::collections::HashMap;

use self::layout::{Layout, Position};
use self::reach::{Reach, Takes};
use super::Release;
use crate::bundles::Bundle;
use crate::prn::Id;
use crate::versions::Version;

pub(crate) use self::layout::{Met, PathBack};

/// The valid releases of one cohort.
#[derive(Clone, Debug)]
pub struct ReleaseGraph {
    /// By position: see [`Layout`].
    releases: Box<[Release]>,
    layout: Layout,
    reach: Reach,
    by_id: HashMap<Id<Release>, Position>,
    /// Of several releases with the same bundle, the one nearest the sink.
    by_bundle: HashMap<Id<Bundle>, Position>,
    /// Those with a version, the oldest first; of equal ones, the one nearest the sink.
    by_version: Box<[Position]>,
    /// What those of `by_version` take of devices that only know their version.
    entry_reach: Reach,
    /// The archived releases by key. The next one of each is on the path.
    archived: HashMap<Id<Release>, Release>,
}

/// Where something stands as seen from a release of the same graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It has yet to pass the release.
    Before,
    /// It is on the release.
    On,
    /// It is past the release.
    After,
    /// It is on a branch that never passes the release.
    Elsewhere,
}

impl ReleaseGraph {
    /// The graph of these releases, in whatever order; all of them must belong to one cohort.
    ///
    /// A release other than the sink may be scheduled in the future: this passes with time, so it is not checked.
    pub fn new(mut releases: Vec<Release>) -> Result<Self, Broken> {
        releases.sort_unstable_by_key(|release| release.id);
        broken::check_records(&releases)?;
        let (archived, releases): (Vec<_>, Vec<_>) =
            releases.into_iter().partition(|release| release.archived_at.is_some());
        let next = broken::check(&releases)?;
        broken::check_archived(&archived, &releases)?;
        let order = layout::order(&next).map_err(|cycle| broken::cycle(&releases, &cycle))?;
        let mut slots: Vec<Option<Release>> = releases.into_iter().map(Some).collect();
        let releases: Box<[Release]> =
            order.iter().map(|index| slots[*index].take().expect("each release has one position")).collect();
        let by_id: HashMap<_, _> =
            Position::all(releases.len()).map(|position| (releases[position.index()].id, position)).collect();
        let layout = Layout::new(&releases, &by_id);
        let reach = Reach::new(&releases.iter().map(Takes::of).collect::<Vec<_>>());
        let mut graph = Self {
            releases,
            layout,
            reach,
            by_id,
            by_bundle: HashMap::new(),
            by_version: Box::default(),
            entry_reach: Reach::new(&[]),
            archived: archived.into_iter().map(|release| (release.id, release)).collect(),
        };
        graph.index();
        Ok(graph)
    }

    fn index(&mut self) {
        let mut nearest_first: Vec<_> = Position::all(self.releases.len()).collect();
        nearest_first.sort_by_key(|position| (self.layout.distance(*position), self.at(*position).id));
        for position in &nearest_first {
            self.by_bundle.entry(self.releases[position.index()].bundle).or_insert(*position);
        }
        let mut versioned = nearest_first;
        versioned.retain(|position| self.at(*position).version.is_some());
        versioned.sort_by(|a, b| by_version(self.at(*a), self.at(*b)));
        let takes = |position: &Position| Takes::at_entry(self.at(*position));
        self.entry_reach = Reach::new(&versioned.iter().map(takes).collect::<Vec<_>>());
        self.by_version = versioned.into();
    }

    /// The release of that key, if it is on this cohort's path.
    pub fn get(&self, id: Id<Release>) -> Option<&Release> {
        self.by_id.get(&id).map(|position| self.at(*position))
    }

    /// The release of that key, whether it is on the path or archived.
    pub fn known(&self, id: Id<Release>) -> Option<&Release> {
        self.get(id).or_else(|| self.archived.get(&id))
    }

    /// All of the cohort's releases: those on the path, the sink first, and then the archived ones.
    pub fn records(&self) -> impl Iterator<Item = &Release> {
        self.iter().chain(self.archived.values())
    }

    /// The archived releases whose devices go on to this one.
    pub(crate) fn archived_before(&self, id: Id<Release>) -> impl Iterator<Item = &Release> {
        self.archived.values().filter(move |release| release.next == Some(id))
    }

    /// The latest release; `None` only if there is none at all.
    pub fn sink(&self) -> Option<&Release> {
        self.releases.first()
    }

    /// The release after this one, also after an archived one; `None` for the sink and for what is not of this cohort.
    pub fn next(&self, id: Id<Release>) -> Option<&Release> {
        self.known(id)?.next.and_then(|next| self.get(next))
    }

    /// The releases that devices before this one can't get while nobody gets this one: those after it, if it is required.
    pub fn behind(&self, id: Id<Release>) -> Vec<Id<Release>> {
        let is_in_the_way = self.get(id).is_some_and(|release| release.required);
        let first = is_in_the_way.then(|| self.next(id)).flatten();
        std::iter::successors(first, |release| self.next(release.id)).map(|release| release.id).collect()
    }

    /// The releases on the path, the sink first, each after the one that it points to.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Release> {
        self.releases.iter()
    }

    /// The releases on the path that point to this one.
    pub fn previous(&self, id: Id<Release>) -> impl Iterator<Item = &Release> {
        self.releases.iter().filter(move |release| release.next == Some(id))
    }

    /// How many releases are on the path.
    pub fn len(&self) -> usize {
        self.releases.len()
    }

    /// Whether none is on the path.
    pub fn is_empty(&self) -> bool {
        self.releases.is_empty()
    }

    /// The release that serves this bundle; of several the one nearest the sink, of equally near ones the oldest.
    pub fn by_bundle(&self, bundle: Id<Bundle>) -> Option<&Release> {
        self.by_bundle.get(&bundle).map(|position| self.at(*position))
    }

    /// The release of this version, whatever its build metadata; of several the one nearest the sink.
    pub fn by_version(&self, version: &Version) -> Option<&Release> {
        let own = |position: &Position| self.at(*position).version.as_ref();
        let older = |position: &Position| own(position).is_some_and(|own| version.is_newer_than(own));
        let first = self.by_version.get(self.by_version.partition_point(older))?;
        own(first).is_some_and(|own| own.cmp_precedence(version).is_eq()).then(|| self.at(*first))
    }

    /// How many steps this release is away from the sink.
    pub fn distance(&self, id: Id<Release>) -> Option<u32> {
        self.by_id.get(&id).map(|position| self.layout.distance(*position))
    }

    /// Where a device that is on `on` stands as seen from `release`; `None` if one of them is not of this cohort.
    ///
    /// A device on an archived release is before all that its next one leads to. Nothing is before or after an archived release.
    pub fn standing(&self, on: Id<Release>, release: Id<Release>) -> Option<Standing> {
        if on != release
            && let Some(archived) = self.archived.get(&on)
        {
            let goes_on_to = archived.next.and_then(|next| self.standing(next, release));
            let is_ahead = matches!(goes_on_to, Some(Standing::Before | Standing::On));
            return self
                .known(release)
                .map(|_| if is_ahead { Standing::Before } else { Standing::Elsewhere });
        }
        if let Some(archived) = self.archived.get(&release) {
            return self
                .known(on)
                .map(|on| if on.id == archived.id { Standing::On } else { Standing::Elsewhere });
        }
        let (on, release) = (*self.by_id.get(&on)?, *self.by_id.get(&release)?);
        Some(if on == release {
            Standing::On
        } else if self.layout.leads_to(on, release) {
            Standing::Before
        } else if self.layout.leads_to(release, on) {
            Standing::After
        } else {
            Standing::Elsewhere
        })
    }

    /// The release where a device comes to a halt that goes forward from this one: the first required one, or the sink.
    pub(crate) fn stop(&self, id: Id<Release>) -> Option<&Release> {
        self.by_id.get(&id).map(|position| self.at(self.layout.stop(*position)))
    }

    /// The way back from `to` to `from`, which leads to it, for a device of that version; empty if one of them is not
    /// of this cohort.
    pub(crate) fn back<'a>(
        &'a self,
        to: Id<Release>,
        from: Id<Release>,
        version: Option<&'a Version>,
    ) -> PathBack<'a> {
        let ends = self.by_id.get(&to).zip(self.by_id.get(&from)).map(|(to, from)| (*to, *from));
        PathBack::new(&self.releases, (&self.layout, &self.reach), ends, version)
    }

    /// Those with a version, the oldest first.
    pub(crate) fn versioned(&self) -> impl ExactSizeIterator<Item = &Release> {
        self.by_version.iter().map(|position| self.at(*position))
    }

    /// Where a device enters that only knows its version: of the releases with a version, the oldest that takes it. A
    /// release takes the versions that meet its requirement; without one, those that are older than its own.
    pub(crate) fn entry(&self, version: &Version) -> Option<&Release> {
        let sought = self.entry_reach.of(Some(version));
        let mut from = 0;
        while let Some(index) = self.entry_reach.first(from, sought) {
            let release = self.at(self.by_version[index]);
            let takes = match (&release.version_requirement, &release.version) {
                (Some(requirement), _) => requirement.admits(version),
                (None, own) => own.as_ref().is_some_and(|own| own.is_newer_than(version)),
            };
            if takes {
                return Some(release);
            }
            from = index + 1;
        }
        None
    }

    fn at(&self, position: Position) -> &Release {
        &self.releases[position.index()]
    }
}

fn by_version(a: &Release, b: &Release) -> Ordering {
    match (&a.version, &b.version) {
        (Some(a), Some(b)) => a.cmp_precedence(b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}
