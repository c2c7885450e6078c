//! The jobs that are for one organization, as it sees them.

use olivine_domain::Timestamp;
use olivine_domain::jobs::{Job, JobState};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use uuid::Uuid;

use crate::database::{ListReader, Reader};
use crate::entities::jobs::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::Row;

const TABLE: &str = "jobs";

/// The organization's job.
pub async fn get(reader: &impl Reader, organization: Id<Organization>, id: Id<Job>) -> Result<Job, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// How many of the organization's jobs a search finds.
pub async fn count(
    reader: &impl ListReader,
    organization: Id<Organization>,
    clauses: &[Clause],
) -> Result<lists::Matching, Error> {
    lists::counting::count::<Entity>(reader, organization, clauses).await
}

/// A page of the organization's jobs.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<Job>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

impl Listed for Entity {
    type Item = Job;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "state"];

    fn parse(model: &Model) -> Result<Job, Error> {
        parse(model)
    }

    fn place(job: &Job) -> (Timestamp, Uuid) {
        (job.inserted_at, job.id.uuid())
    }
}

fn parse(model: &Model) -> Result<Job, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Job {
        id: Id::new(model.id),
        organization: row.known("organization_id", model.organization_id.map(Id::new))?,
        kind: model.kind.clone(),
        payload: model.payload.clone(),
        state: row.known("state", JobState::from_name(&model.state))?,
        due_at: row.moment("due_at", model.due_at)?,
        attempts: row.number("attempts", model.attempts)?,
        last_error: model.last_error.clone(),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
