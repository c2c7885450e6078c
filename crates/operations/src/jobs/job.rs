//! What a job is, and what it may do while it runs.

use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use olivine_records::Write;
use olivine_records::jobs::{self, Job as Record, JobId, NewJob};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Context, Error};

/// One kind of work; a value of the type is one piece of it. Each piece can be carried out twice without harm.
///
/// What is serialized is what the job needs to know. Other versions of the server read it, so fields are added with a default, and never
/// change their meaning.
pub(crate) trait Job: Serialize + DeserializeOwned + Send + Sync + Sized {
    /// The kind's name in storage and metrics; it never changes.
    const KIND: &'static str;
    /// Whose places it takes.
    const LANE: Lane = Lane::Usual;
    /// The job to order at the start of a server, of a kind that comes back by itself.
    const RECURRING: Option<Self> = None;

    /// What it is about: of one kind, two jobs with the same subject are the same work, and only one of them waits. Empty where there is
    /// only one of the kind.
    fn subject(&self) -> String {
        String::new()
    }

    /// Does it.
    fn run(self, ctx: &Context, claimed: Claimed<'_>) -> impl Future<Output = Result<Outcome, Error>> + Send;
}

/// Jobs of one lane have places of their own, so that they never wait for those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// What goes on at the speed of this installation.
    Usual,
    /// What may have to wait for a slow storage far away.
    Remote,
}

impl Lane {
    /// All lanes.
    pub(super) const ALL: [Self; 2] = [Self::Usual, Self::Remote];
}

/// How a job ended well.
pub(crate) enum Outcome {
    /// Its end was written in the transaction of its effect.
    Recorded,
    /// It is done.
    Done,
    /// It comes back at that moment.
    Again(Timestamp),
    /// Trying again would not help. It stays visible.
    GivenUp(String),
}

/// A job that this runner has claimed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claimed<'a> {
    /// As it is stored.
    pub(super) record: &'a Record,
    /// The runner.
    pub(super) owner: &'a str,
}

impl Claimed<'_> {
    /// For whom it is. Every job that is for one organization was ordered for it.
    pub(super) const fn organization(&self) -> Option<Id<Organization>> {
        self.record.organization
    }

    /// How often it was claimed, this time included.
    pub(super) const fn attempts(&self) -> u32 {
        self.record.attempts
    }

    /// Ends it in the transaction of its effect; `false` if another runner has taken it over, and then nothing must be committed.
    pub(super) async fn finish(&self, ctx: &Context, w: &Write) -> Result<bool, Error> {
        Ok(jobs::finish(w, self.record.id, self.owner, ctx.now()).await?)
    }
}

/// A kind of jobs that runners know.
pub(crate) trait Listed: Job {}

/// A job as it is ordered: of what is the same work, only one waits.
pub(crate) fn new_job<J: Listed>(ctx: &Context, organization: Option<Id<Organization>>, job: &J) -> NewJob {
    let subject = job.subject();
    let dedup_key = if subject.is_empty() { J::KIND.to_owned() } else { format!("{}:{subject}", J::KIND) };
    NewJob {
        id: JobId(ctx.new_uuid()),
        kind: J::KIND.to_owned(),
        organization,
        dedup_key: Some(dedup_key),
        payload: serde_json::to_string(job).expect("ids and numbers are JSON"),
        run_at: ctx.now(),
        now: ctx.now(),
    }
}

/// The outcome where a job that is for one organization names none.
pub(super) fn without_organization() -> Outcome {
    Outcome::GivenUp("the job names no organization".to_owned())
}
