//! Ordering jobs, and looking at the queue.

use std::collections::BTreeMap;

use olivine_domain::jobs::Job as Shown;
use olivine_domain::organizations::Organization;
use olivine_domain::{Id, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, SimpleExpr};
use sea_orm::{
    ColumnTrait, DeleteMany, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use super::{Job, JobId, JobState, NewJob, TABLE, parse};
use crate::database::{Reader, Write};
use crate::entities::jobs::{Column, Entity, Model};
use crate::error::{Constraint, Error};
use crate::rows::Row;

/// Jobs that are not over, written as in the partial indexes, so that both planners see that those can be used.
fn live() -> SimpleExpr {
    Expr::cust("\"jobs\".\"state\" IN ('waiting', 'running')")
}

/// Jobs that are over, written as in their partial index.
fn over() -> SimpleExpr {
    Expr::cust("\"jobs\".\"state\" IN ('finished', 'given_up')")
}

/// Orders a job. For one whose dedup key has a live job, see the module's description.
pub async fn enqueue(write: &Write, job: NewJob) -> Result<(), Error> {
    let (run_at, now) = (job.run_at.as_micros(), job.now.as_micros());
    let row = Model {
        id: job.id.0,
        kind: job.kind,
        organization_id: job.organization.map(Id::uuid),
        dedup_key: job.dedup_key,
        payload: job.payload,
        state: JobState::Waiting.as_str().to_owned(),
        again: false,
        due_at: run_at,
        attempts: 0,
        owner: None,
        last_error: None,
        inserted_at: now,
        updated_at: now,
    };
    let stored = |column: Column| Expr::col((Entity, column));
    let runs = || stored(Column::State).eq(JobState::Running.as_str());
    let is_later = stored(Column::DueAt).gt(run_at).and(stored(Column::State).eq(JobState::Waiting.as_str()));
    let merge = OnConflict::column(Column::DedupKey)
        .target_and_where(Expr::cust("\"state\" IN ('waiting', 'running')"))
        .value(Column::Again, runs())
        .value(Column::DueAt, Expr::case(is_later, Expr::val(run_at)).finally(stored(Column::DueAt)))
        .to_owned();
    let insert = Entity::insert(row.into_active_model()).on_conflict(merge);
    insert.exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// When the next of these kinds of jobs can be claimed: now or in the past if there is one already, `None` if there is none at all.
pub async fn next_due(reader: &impl Reader, kinds: &[&str]) -> Result<Option<Timestamp>, Error> {
    let due: Option<i64> = next(kinds).into_tuple().one(&reader.executor()).await?;
    due.map(|due| Row::new(TABLE, "next").moment("due_at", due)).transpose()
}

pub(crate) fn next(kinds: &[&str]) -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::DueAt)
        .filter(live())
        .filter(Column::Kind.is_in(kinds.iter().copied()))
        .order_by_asc(Column::DueAt)
        .limit(1)
}

/// The job.
pub async fn find(reader: &impl Reader, id: JobId) -> Result<Option<Job>, Error> {
    Entity::find_by_id(id.0).one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// How many jobs there are of each kind in each state, for metrics.
pub async fn count_by_state(reader: &impl Reader) -> Result<BTreeMap<(String, JobState), u64>, Error> {
    let counts = Entity::find()
        .select_only()
        .columns([Column::Kind, Column::State])
        .column_as(Column::Id.count(), "count")
        .group_by(Column::Kind)
        .group_by(Column::State);
    let rows: Vec<(String, String, i64)> = counts.into_tuple().all(&reader.executor()).await?;
    let parse = |(kind, state, count): (String, String, i64)| {
        let row = Row::new(TABLE, &kind);
        let state = row.known("state", JobState::from_name(&state))?;
        Ok(((kind, state), row.number("count", count)?))
    };
    rows.into_iter().map(parse).collect()
}

/// Lets one of the organization's jobs begin now, as if it was new, that gave up or waits; `false` where it is in another state, or where
/// another one with the same dedup key is live: then drop the transaction.
pub async fn rerun(
    write: &Write,
    organization: Id<Organization>,
    id: Id<Shown>,
    now: Timestamp,
) -> Result<bool, Error> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Waiting.as_str()))
        .col_expr(Column::DueAt, Expr::value(now.as_micros()))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_micros()))
        .col_expr(Column::Attempts, Expr::value(0_i64))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::State.is_in([JobState::GivenUp, JobState::Waiting].map(JobState::as_str)));
    match update.exec(write.transaction()).await.map_err(Error::from) {
        Ok(done) => Ok(done.rows_affected > 0),
        Err(Error::Duplicate(Constraint::JobDedup)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Deletes up to `limit` jobs that finished before that moment; returns how many. Those that gave up stay.
pub async fn purge(write: &Write, before: Timestamp, limit: u64) -> Result<u64, Error> {
    Ok(finished(before, limit).exec(write.transaction()).await?.rows_affected)
}

pub(crate) fn finished(before: Timestamp, limit: u64) -> DeleteMany<Entity> {
    let old = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(over())
        .filter(Column::State.eq(JobState::Finished.as_str()))
        .filter(Column::UpdatedAt.lt(before.as_micros()))
        .limit(limit);
    Entity::delete_many().filter(Column::Id.in_subquery(old.into_query()))
}
