//! Jobs: the server's own work that follows a change. Only those that are for one organization are shown, and only to that organization.

use crate::organizations::Organization;
use crate::prn::{Id, Resource};
use crate::refusals::{Facts, Meaning, Refusal};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::time::Timestamp;

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobState {
    /// Waits for its moment.
    Waiting,
    /// Somebody runs it, or died over it.
    Running,
    /// Done.
    Finished,
    /// Trying again would not help.
    GivenUp,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Finished, Self::GivenUp];
    /// Their names.
    pub const NAMES: &'static [&'static str] = &["waiting", "running", "finished", "given_up"];

    /// As it is stored and displayed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::GivenUp => "given_up",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A job that is for one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its key.
    pub id: Id<Job>,
    /// For whom it is.
    pub organization: Id<Organization>,
    /// The name of what is to be done.
    pub kind: String,
    /// What it needs to know, as JSON.
    pub payload: String,
    /// Whether it waits, runs or is over.
    pub state: JobState,
    /// When it may be claimed: its moment while it waits, the end of its lease while it runs.
    pub due_at: Timestamp,
    /// How often it was begun.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was ordered.
    pub inserted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Resource for Job {
    const TYPE: Option<&'static str> = Some("job");
    const A_NAME: &'static str = "a job";
}

/// The fields by which lists of jobs can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "kind", kind: FieldKind::Text },
    Field { name: "state", kind: FieldKind::Enum(JobState::NAMES) },
    Field { name: "attempts", kind: FieldKind::Integer },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

impl Searchable for Job {
    const FIELDS: FieldTable = SEARCH;
}

/// A job can't be retried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRetried {
    /// It runs, or is done.
    #[error("this job is {}: only a job that was given up or waits can be retried", .0.as_str())]
    State(JobState),
    /// The same work was ordered anew.
    #[error("the same work was ordered again since, and is waiting or running: there is nothing to retry")]
    OrderedAnew,
}

impl Refusal for NotRetried {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "not_retried"
    }

    fn facts(&self) -> Facts {
        match self {
            Self::State(state) => vec![("state", state.as_str().into())],
            Self::OrderedAnew => Facts::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for (state, name) in JobState::ALL.iter().zip(JobState::NAMES) {
            assert_eq!(JobState::from_name(name), Some(*state));
        }
    }
}
