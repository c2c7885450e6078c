//! The job queue: work that is ordered in the transaction that causes it, and done by the process that claims it.
//!
//! A job is done at least once: its runner holds a lease and extends it by heartbeats; when the lease runs out, another takes over. So
//! each job must be able to run twice. Jobs are the server's own work and belong to no caller: all functions work across
//! organizations, but those that take one, with which an organization sees the jobs that are for it.
//!
//! **Dedup keys.** There is at most one live job (waiting or running) per key. Ordering one that waits changes nothing but that it
//! runs at the earlier of both moments. Ordering one that runs makes it run once more when it is done, since the run may have looked at
//! the world before it changed. Jobs of one key must be the same work: kind and payload of the first order stay.

mod listing;
mod queue;
mod runs;

use olivine_domain::Timestamp;
pub use olivine_domain::jobs::JobState;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use uuid::Uuid;

use crate::entities::jobs::Model;
use crate::error::Error;
use crate::rows::Row;

pub use listing::{count, get, list};
pub use queue::{count_by_state, enqueue, find, next_due, purge, rerun};
pub use runs::{claim, finish, give_up, heartbeat, release_leases_of_dead, retry_at};
#[cfg(test)]
pub(crate) use {
    queue::{finished, next},
    runs::claim_statement,
};

const TABLE: &str = "jobs";

/// The key of a job. Those that are for an organization have PRNs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub Uuid);

/// A job to be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its key.
    pub id: JobId,
    /// The name of what is to be done.
    pub kind: String,
    /// For whom, if it is for one organization.
    pub organization: Option<Id<Organization>>,
    /// What it is about, where there should be only one at a time.
    pub dedup_key: Option<String>,
    /// What it needs to know, as JSON.
    pub payload: String,
    /// When it may run at the earliest.
    pub run_at: Timestamp,
    /// When it is ordered.
    pub now: Timestamp,
}

/// An ordered job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its key.
    pub id: JobId,
    /// The name of what is to be done.
    pub kind: String,
    /// For whom, if it is for one organization.
    pub organization: Option<Id<Organization>>,
    /// What it is about, where there should be only one at a time.
    pub dedup_key: Option<String>,
    /// What it needs to know, as JSON.
    pub payload: String,
    /// Whether it waits, runs or is over.
    pub state: JobState,
    /// When it may be claimed: its moment while it waits, the end of its lease while it runs.
    pub due_at: Timestamp,
    /// How often it was claimed, this time included.
    pub attempts: u32,
    /// Who runs it.
    pub owner: Option<String>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was ordered.
    pub inserted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

fn parse(model: &Model) -> Result<Job, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Job {
        id: JobId(model.id),
        kind: model.kind.clone(),
        organization: model.organization_id.map(Id::new),
        dedup_key: model.dedup_key.clone(),
        payload: model.payload.clone(),
        state: row.known("state", JobState::from_name(&model.state))?,
        due_at: row.moment("due_at", model.due_at)?,
        attempts: row.number("attempts", model.attempts)?,
        owner: model.owner.clone(),
        last_error: model.last_error.clone(),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
