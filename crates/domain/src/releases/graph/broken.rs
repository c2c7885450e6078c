//! The rules that a graph's records must keep. Accepted edits never break them, so a violation means damaged records.

use std::collections::HashMap;

use super::super::Release;
use super::edits::Named;
use crate::prn::Id;

/// Stored releases that are no graph: which rule is broken, by which releases.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Two records have one key.
    #[error("the release {0} is there twice")]
    Twice(Named),
    /// They belong to different cohorts.
    #[error("the releases {0} and {1} belong to different cohorts")]
    Cohorts(Named, Named),
    /// A next release that is not one of them.
    #[error("the release {0} points to a release that is not on its cohort's path")]
    UnknownNext(Named),
    /// More than one release without a next one.
    #[error("the releases {0} and {1} are both the last of their graph; a graph has one sink")]
    TwoSinks(Named, Named),
    /// Releases that point to each other in a circle.
    #[error("releases point to each other in a circle, of which {0} is a part ({count} in all)", count = .1.len())]
    Cycle(Named, Vec<Named>),
    /// A phased release that is not the sink.
    #[error("the release {0} is phased, but is not the last of its graph; only the sink may be")]
    PhasedBeforeSink(Named),
}

/// Whether these records, which are sorted by key, can belong together at all.
pub(super) fn check_records(records: &[Release]) -> Result<(), Broken> {
    let pairs = || records.iter().zip(records.iter().skip(1));
    if let Some((one, _)) = pairs().find(|(one, other)| one.id == other.id) {
        return Err(Broken::Twice(Named::of(one)));
    }
    if let Some((one, other)) = pairs().find(|(one, other)| one.cohort != other.cohort) {
        return Err(Broken::Cohorts(Named::of(one), Named::of(other)));
    }
    Ok(())
}

/// Whether each archived release leads to one on the path, if to any; those on the path are sorted by key.
pub(super) fn check_archived(archived: &[Release], path: &[Release]) -> Result<(), Broken> {
    let is_on_path = |next: &Id<Release>| path.binary_search_by_key(next, |release| release.id).is_ok();
    match archived.iter().find(|release| !release.next.as_ref().is_none_or(is_on_path)) {
        Some(release) => Err(Broken::UnknownNext(Named::of(release))),
        None => Ok(()),
    }
}

/// For each release on the path, which are sorted by key, the index of its next one; unless a rule other than that against cycles
/// is broken.
pub(super) fn check(releases: &[Release]) -> Result<Vec<Option<usize>>, Broken> {
    let mut sinks = releases.iter().filter(|release| release.next.is_none());
    if let (Some(one), Some(other)) = (sinks.next(), sinks.next()) {
        return Err(Broken::TwoSinks(Named::of(one), Named::of(other)));
    }
    let phased = |release: &&Release| release.next.is_some() && !release.phase.is_everyone();
    if let Some(release) = releases.iter().find(phased) {
        return Err(Broken::PhasedBeforeSink(Named::of(release)));
    }
    let indices: HashMap<_, _> =
        releases.iter().enumerate().map(|(index, release)| (release.id, index)).collect();
    let next = |release: &Release| match release.next {
        None => Ok(None),
        Some(next) => match indices.get(&next) {
            Some(index) => Ok(Some(*index)),
            None => Err(Broken::UnknownNext(Named::of(release))),
        },
    };
    releases.iter().map(next).collect()
}

/// Names the releases of a circle.
pub(super) fn cycle(releases: &[Release], indices: &[usize]) -> Broken {
    let named: Vec<_> = indices.iter().map(|index| Named::of(&releases[*index])).collect();
    Broken::Cycle(named[0].clone(), named)
}
