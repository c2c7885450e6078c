//! Releases: a bundle for the devices of a cohort, and how far it is rolled out.
//!
//! How releases are joined to a graph is in [`graph`]; which of them a device gets in [`crate::resolution`].

mod changes;
pub mod graph;
pub mod leaving;
pub mod phases;
pub mod plans;
pub mod rollback;

use std::fmt;

pub use changes::Change;

use crate::bundles::Bundle;
use crate::cohorts::Cohort;
use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::tags::Tags;
use crate::text::{Description, Name};
use crate::time::Timestamp;
use crate::versions::{Requirement, Version};

/// The fields by which lists of releases can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "version", kind: FieldKind::Text },
    Field { name: "cohort_prn", kind: FieldKind::Prn },
    Field { name: "bundle_prn", kind: FieldKind::Prn },
    Field { name: "next_release_prn", kind: FieldKind::Prn },
    Field { name: "required", kind: FieldKind::Boolean },
    Field { name: "disabled", kind: FieldKind::Boolean },
    Field { name: "schedule_date", kind: FieldKind::DateTime },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// A bundle that the devices of a cohort get, and its place in the cohort's release graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its key.
    pub id: Id<Release>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// The cohort whose devices it is for.
    pub cohort: Id<Cohort>,
    /// What it brings.
    pub bundle: Id<Bundle>,
    /// The release that follows; `None` for the sink, the latest.
    pub next: Option<Id<Release>>,
    /// What people call it.
    pub name: Name,
    /// What people say of it.
    pub description: Option<Description>,
    /// Its version, by which devices that report only a version are judged.
    pub version: Option<Version>,
    /// The versions from which a device may come; without it, devices that only know their version come from any older one.
    pub version_requirement: Option<Requirement>,
    /// Whether devices may not pass it by.
    pub required: bool,
    /// Whether no device gets it.
    pub disabled: bool,
    /// The moment before which no device gets it.
    pub schedule_date: Option<Timestamp>,
    /// Which devices get it, once it is their turn.
    pub phase: Phase,
    /// How many devices have claimed a place in its numeric phase.
    pub claims: u64,
    /// When it was archived: it is then out of its cohort's path, and is only kept as a record.
    pub archived_at: Option<Timestamp>,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Resource for Release {
    const TYPE: Option<&'static str> = Some("release");
    const A_NAME: &'static str = "a release";
}

impl Searchable for Release {
    const FIELDS: FieldTable = SEARCH;
    const IS_ARCHIVABLE: bool = true;
}

impl Release {
    /// Whether it is scheduled in the future or phased: only a graph's sink may be.
    pub fn is_constrained(&self, now: Timestamp) -> bool {
        !self.is_due(now) || !self.phase.is_everyone()
    }

    /// Whether its schedule date, if it has one, has come.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.schedule_date.is_none_or(|date| date <= now)
    }
}

/// Which devices a release is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Those that have any of these tags; made with [`Phase::of_tags`], which refuses an empty set.
    Tags(Tags),
    /// So many of the cohort's, those that ask first.
    Numeric(PhaseValue),
}

/// A phase by tags without tags, which would be for no device at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("phase_mode 'tags' needs at least one tag in phase_tags; to stop a release, set disabled to true")]
pub struct NoPhaseTags;

impl Phase {
    /// The names of both modes in the API and in storage.
    pub const MODES: [&'static str; 2] = ["tags", "numeric"];
    /// Every device of the cohort.
    pub const EVERYONE: Self = Self::Numeric(PhaseValue::EVERYONE);

    /// The devices that have any of these tags.
    pub fn of_tags(tags: Tags) -> Result<Self, NoPhaseTags> {
        if tags.is_empty() { Err(NoPhaseTags) } else { Ok(Self::Tags(tags)) }
    }

    /// The mode's name: one of [`Phase::MODES`].
    pub const fn mode(&self) -> &'static str {
        match self {
            Self::Tags(_) => Self::MODES[0],
            Self::Numeric(_) => Self::MODES[1],
        }
    }

    /// Whether it leaves no device out.
    pub fn is_everyone(&self) -> bool {
        *self == Self::EVERYONE
    }
}

/// How many devices a numeric phase lets through: a share of the cohort's devices, or a count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhaseValue(
    /// A share from 0 to 1, or a whole number from 2 to [`PhaseValue::MOST`]; never NaN, never negative zero.
    f64,
);

/// NaN is no phase value, so each one equals itself.
impl Eq for PhaseValue {}

/// The number can't be a phase value.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error(
    "it is a share of the cohort's devices from 0 to 1 (0.25 is a quarter, 1 is everyone), or a whole number of devices from 2 to 1000000000; {0} is neither"
)]
pub struct InvalidPhaseValue(f64);

impl PhaseValue {
    /// The share 1: no limit.
    pub const EVERYONE: Self = Self(1.0);
    /// The largest count: more devices than any cohort has.
    pub const MOST: f64 = 1_000_000_000.0;

    /// A share in [0, 1], or a whole count from 2.
    pub fn new(value: f64) -> Result<Self, InvalidPhaseValue> {
        let share = (0.0..=1.0).contains(&value);
        let count = (2.0..=Self::MOST).contains(&value) && value.fract() == 0.0;
        // Adding zero turns a negative zero into a plain one.
        if share || count { Ok(Self(value + 0.0)) } else { Err(InvalidPhaseValue(value)) }
    }

    /// The number, for storage and the API.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// How many devices of a cohort of that size may claim the release; `None` if all may.
    ///
    /// A limit is never overrun, so a share that is no whole number of devices is rounded down: half of five are two.
    /// Above 0 it is at least one, if there is a device at all: 5 % of a cohort of ten are one, not nobody for ever.
    /// A share is meant as the decimal number that people write: 0.29 of 100 are 29, although the nearest
    /// floating-point number gives 28.999999999999996.
    pub fn limit(self, cohort_devices: u64) -> Option<u64> {
        if self == Self::EVERYONE {
            return None;
        }
        if self.0 > 1.0 {
            return Some(whole(self.0));
        }
        #[expect(clippy::cast_precision_loss, reason = "a cohort has less than 2^53 devices")]
        let product = self.0 * cohort_devices as f64;
        let nearest = product.round();
        // Half a unit of error from reading the share, half a unit from the product.
        let is_whole = (product - nearest).abs() <= nearest * f64::EPSILON;
        let share = whole(if is_whole { nearest } else { product.floor() });
        let is_anybody = self.0 > 0.0 && cohort_devices > 0;
        Some(share.max(u64::from(is_anybody)))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and not negative")]
const fn whole(number: f64) -> u64 {
    number as u64
}

impl fmt::Display for PhaseValue {
    /// As people write it: `0.25`, `1`, `50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(value: f64, devices: u64) -> Option<u64> {
        PhaseValue::new(value).unwrap().limit(devices)
    }

    #[test]
    fn shares_round_down_and_mean_what_is_written() {
        for percent in 0..100_u64 {
            let share: f64 = format!("{percent}e-2").parse().unwrap();
            for devices in (0..2_000).chain([999_999, 1_000_000, 1_000_003]) {
                let least = u64::from(percent > 0 && devices > 0);
                let expected = (percent * devices / 100).max(least);
                assert_eq!(limit(share, devices), Some(expected), "{share} of {devices}");
            }
        }
        assert_eq!(limit(0.5, 5), Some(2));
        assert_eq!(limit(0.05, 10), Some(1), "not nobody for ever");
        assert_eq!(
            (limit(0.0, 10), limit(0.05, 0), limit(f64::MIN_POSITIVE, 1)),
            (Some(0), Some(0), Some(1))
        );
        assert_eq!(limit(0.333_333_333_333_333_3, 3), Some(1));
        assert_eq!(limit(0.289_999_999_999_999_9, 100), Some(28), "less than 0.29 is meant");
    }

    #[test]
    fn one_is_everyone_and_two_is_two() {
        assert_eq!((limit(1.0, 10), limit(2.0, 10), limit(2.0, 0)), (None, Some(2), Some(2)));
        assert!(Phase::EVERYONE.is_everyone());
        assert!(!Phase::Numeric(PhaseValue::new(0.99).unwrap()).is_everyone());
        assert_eq!(PhaseValue::new(-0.0).unwrap().to_string(), "0");
    }

    #[test]
    fn refuses_what_is_neither_share_nor_count() {
        for bad in [f64::NAN, f64::INFINITY, -0.1, 1.5, 2.5, 1e10] {
            assert!(PhaseValue::new(bad).is_err(), "{bad}");
        }
        assert_eq!(Phase::of_tags(Tags::default()), Err(NoPhaseTags));
    }
}
