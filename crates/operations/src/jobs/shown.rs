//! Jobs as an organization sees them: those that are for it, and what they are about.

use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle;
use olivine_domain::events::Subject;
use olivine_domain::jobs::{Job, JobState, NotRetried};
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::{ListQuery, jobs};
use serde_json::Value;
use uuid::Uuid;

use crate::events::{EventData, JobFacts};
use crate::{Context, Error};

/// The records that a job is about, as far as its payload names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The binary whose content it is.
    pub binary: Option<Id<Binary>>,
    /// The bundle.
    pub bundle: Option<Id<Bundle>>,
    /// The storage that it works with.
    pub storage: Option<Id<StorageBackend>>,
}

impl About {
    /// What the job's payload names. All contents are those of binaries, and have their ids.
    pub fn of(job: &Job) -> Self {
        let payload: Value = serde_json::from_str(&job.payload).unwrap_or_default();
        let named = |field: &str| payload.get(field)?.as_str().and_then(|text| Uuid::try_parse(text).ok());
        Self {
            binary: named("binary").or_else(|| named("content")).map(Id::new),
            bundle: named("bundle").map(Id::new),
            storage: named("storage").map(Id::new),
        }
    }
}

/// One page of the organization's jobs.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::OrganizationRead>,
    query: &ListQuery,
) -> Result<Page<Job>, Error> {
    Ok(jobs::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// One of the organization's jobs.
pub async fn get(ctx: &Context, by: &Authorized<scope::OrganizationRead>, id: Id<Job>) -> Result<Job, Error> {
    jobs::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}

/// Lets a job that was given up, or waits for its next attempt, begin now.
pub async fn retry(
    ctx: &Context,
    by: &Authorized<scope::OrganizationUpdate>,
    id: Id<Job>,
) -> Result<Job, Error> {
    let mut w = ctx.work().await?;
    let old = jobs::get(&*w, by.organization, id).await.map_err(Error::missing(id))?;
    if !matches!(old.state, JobState::GivenUp | JobState::Waiting) {
        return Err(Error::refused(NotRetried::State(old.state)));
    }
    let now = ctx.now();
    if !jobs::rerun(&w, by.organization, id, now).await? {
        return Err(Error::refused(NotRetried::OrderedAnew));
    }
    w.event(
        by,
        Subject::of(id),
        EventData::JobRetried(JobFacts { kind: old.kind.clone(), attempts: old.attempts }),
    );
    w.commit().await?;
    ctx.ring();
    Ok(Job { state: JobState::Waiting, due_at: now, attempts: 0, updated_at: now, ..old })
}

#[cfg(test)]
mod tests {
    use olivine_domain::Timestamp;

    use super::*;

    #[test]
    fn what_a_job_is_about_is_read_from_its_payload() {
        let job = |payload: &str| Job {
            id: Id::new(Uuid::nil()),
            organization: Id::new(Uuid::nil()),
            kind: "replicate".to_owned(),
            payload: payload.to_owned(),
            state: JobState::GivenUp,
            due_at: Timestamp::EPOCH,
            attempts: 1,
            last_error: None,
            inserted_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        };
        let one = "00000000-0000-0000-0000-000000000001";
        let named = |field: &str| About::of(&job(&format!(r#"{{"{field}":"{one}","generation":3}}"#)));
        let id = Uuid::from_u128(1);
        assert_eq!(named("binary").binary, Some(Id::new(id)));
        assert_eq!(named("content").binary, Some(Id::new(id)));
        assert_eq!(named("bundle").bundle, Some(Id::new(id)));
        assert_eq!(named("storage").storage, Some(Id::new(id)));
        for other in ["{}", "", "[]", r#"{"binary":7}"#, r#"{"binary":"x"}"#] {
            assert_eq!(About::of(&job(other)), About::default(), "{other}");
        }
    }
}
