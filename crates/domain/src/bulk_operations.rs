//! Bulk operations: one change for many devices, made in batches by a job. Each device is changed by the rules for a single one.

use std::str::FromStr;

use crate::cohorts::Cohort;
use crate::devices::{Change, Device};
use crate::organizations::{Organization, Revision};
use crate::permissions::RecordedIdentity;
use crate::prn::{Id, Resource};
use crate::refusals::{Facts, Meaning, Refusal};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::tags::{InvalidTags, Tags};
use crate::time::Timestamp;
use crate::users::User;

/// The most that one organization has running at once.
pub const MOST_RUNNING: u64 = 10;
/// The most devices that can be named one by one; more are found by a search.
pub const MOST_NAMED: usize = 1_000;
/// How many devices are changed in one transaction.
pub const BATCH: usize = 500;
/// Of so many refused devices it is kept why.
pub const MOST_REFUSALS: usize = 100;

/// What is done to each device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is moved to this cohort.
    Move(Id<Cohort>),
    /// It gets these tags, besides those that it has.
    Tag(Tags),
    /// It loses these tags.
    Untag(Tags),
    /// It is quarantined.
    Quarantine,
    /// It is released from quarantine.
    Lift,
}

impl Action {
    /// The names of all.
    pub const NAMES: &'static [&'static str] = &["move", "tag", "untag", "quarantine", "lift"];

    /// The name in the API and in storage.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Move(_) => "move",
            Self::Tag(_) => "tag",
            Self::Untag(_) => "untag",
            Self::Quarantine => "quarantine",
            Self::Lift => "lift",
        }
    }

    /// The cohort that devices are moved to.
    pub const fn cohort(&self) -> Option<Id<Cohort>> {
        match self {
            Self::Move(cohort) => Some(*cohort),
            Self::Tag(_) | Self::Untag(_) | Self::Quarantine | Self::Lift => None,
        }
    }

    /// The tags that devices get or lose.
    pub const fn tags(&self) -> Option<&Tags> {
        match self {
            Self::Tag(tags) | Self::Untag(tags) => Some(tags),
            Self::Move(_) | Self::Quarantine | Self::Lift => None,
        }
    }

    /// What changes of a device.
    pub fn change(&self, device: &Device) -> Result<Change, InvalidTags> {
        let own = || device.tags.iter();
        Ok(match self {
            Self::Move(cohort) => Change { cohort: Some(Some(*cohort)), ..Change::default() },
            Self::Tag(tags) => {
                Change { tags: Some(Tags::new(own().chain(tags.iter()))?), ..Change::default() }
            }
            Self::Untag(tags) => {
                let left = Tags::new(own().filter(|tag| !tags.contains(tag)))?;
                Change { tags: Some(left), ..Change::default() }
            }
            Self::Quarantine => Change { quarantined: Some(true), ..Change::default() },
            Self::Lift => Change { quarantined: Some(false), ..Change::default() },
        })
    }
}

/// Which devices are changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Those that a search finds, in the language of the list of devices; an empty one finds all.
    Search(String),
    /// These, in the order of their keys.
    Devices(Vec<Id<Device>>),
}

/// Where a bulk operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Batches are still to be done.
    Running,
    /// All devices were looked at.
    Finished,
    /// Somebody broke it off.
    Cancelled,
    /// It could not go on.
    Stopped,
}

impl State {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Running, Self::Finished, Self::Cancelled, Self::Stopped];
    /// Their names.
    pub const NAMES: &'static [&'static str] = &["running", "finished", "cancelled", "stopped"];

    /// As it is stored and displayed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Stopped => "stopped",
        }
    }
}

impl FromStr for State {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == name).ok_or(())
    }
}

/// The last device that was looked at, in the order of the list of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// When it was created.
    pub inserted_at: Timestamp,
    /// Its key.
    pub id: Id<Device>,
}

/// A device that was not changed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The device.
    pub device: Id<Device>,
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many devices were changed.
    pub changed: u64,
    /// How many were already as they should be.
    pub unchanged: u64,
    /// How many could not be changed.
    pub refused: u64,
    /// Why not, of the first [`MOST_REFUSALS`].
    pub refusals: Vec<Refused>,
    /// Where the next batch begins.
    pub position: Option<Position>,
}

impl Progress {
    /// Notes a device that could not be changed.
    pub fn refuse(&mut self, refused: Refused) {
        self.refused += 1;
        if self.refusals.len() < MOST_REFUSALS {
            self.refusals.push(refused);
        }
    }
}

/// For whom it is done: they are asked again before each batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who asked for it.
    pub identity: RecordedIdentity,
    /// The person behind it, if there is one.
    pub person: Option<Id<User>>,
    /// How far they reached when they asked: nothing for the whole organization.
    pub reach: String,
    /// The request's id, which its events have too.
    pub request_id: Option<String>,
}

/// One change for many devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkOperation {
    /// Its key.
    pub id: Id<BulkOperation>,
    /// Whose devices they are.
    pub organization: Id<Organization>,
    /// What is done to each.
    pub action: Action,
    /// To which.
    pub selection: Selection,
    /// How many there were when it began.
    pub matched: u64,
    /// Whether these were all.
    pub is_exact: bool,
    /// Where it is.
    pub state: State,
    /// Why it could not go on, in words.
    pub stopped_because: Option<String>,
    /// How far it is.
    pub progress: Progress,
    /// For whom it is done.
    pub principal: Principal,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was asked for.
    pub inserted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
}

impl BulkOperation {
    /// The same, over.
    #[must_use]
    pub fn ended(&self, state: State, because: Option<String>, now: Timestamp) -> Self {
        Self {
            state,
            stopped_because: because,
            finished_at: Some(now),
            revision: self.revision.next(),
            updated_at: now,
            ..self.clone()
        }
    }

    /// The same, a batch further.
    #[must_use]
    pub fn further(&self, progress: Progress, now: Timestamp) -> Self {
        Self { progress, revision: self.revision.next(), updated_at: now, ..self.clone() }
    }
}

impl Resource for BulkOperation {
    const TYPE: Option<&'static str> = Some("bulk_operation");
    const A_NAME: &'static str = "a bulk operation";
}

/// What lists of bulk operations can be searched by.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "action", kind: FieldKind::Enum(Action::NAMES) },
    Field { name: "state", kind: FieldKind::Enum(State::NAMES) },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

impl Searchable for BulkOperation {
    const FIELDS: FieldTable = SEARCH;
}

/// Why a bulk operation is not begun, or not broken off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BulkRefusal {
    /// As many are running as may.
    #[error(
        "{MOST_RUNNING} bulk operations of this organization are running: wait until one is finished, or cancel one"
    )]
    TooManyRunning,
    /// Another number of devices was confirmed than there are.
    #[error(
        "there are {count} devices now, not {confirmed}: nothing was changed; look at them again, then confirm the number that there is"
    )]
    OtherCount {
        /// How many there are.
        count: u64,
        /// How many were confirmed.
        confirmed: u64,
    },
    /// It is over.
    #[error("this bulk operation is {}: only a running one can be cancelled", .0.as_str())]
    NotRunning(State),
}

impl Refusal for BulkRefusal {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TooManyRunning => "too_many_bulk_operations",
            Self::OtherCount { .. } => "count_differs",
            Self::NotRunning(_) => "not_running",
        }
    }

    fn facts(&self) -> Facts {
        match self {
            Self::TooManyRunning => vec![("limit", MOST_RUNNING.into())],
            Self::OtherCount { count, confirmed } => {
                vec![("count", (*count).into()), ("confirm_count", (*confirmed).into())]
            }
            Self::NotRunning(state) => vec![("state", state.as_str().into())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for (state, name) in State::ALL.into_iter().zip(State::NAMES) {
            assert_eq!(name.parse(), Ok(state));
        }
        assert_eq!("gone".parse::<State>(), Err(()));
    }

    #[test]
    fn only_the_first_refusals_are_kept() {
        let mut progress = Progress::default();
        for number in 0..150_u128 {
            let device = Id::new(uuid::Uuid::from_u128(number));
            progress.refuse(Refused { device, code: "gone".to_owned(), message: "it is gone".to_owned() });
        }
        assert_eq!((progress.refused, progress.refusals.len()), (150, MOST_REFUSALS));
    }
}
