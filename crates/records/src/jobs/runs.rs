//! Running jobs: claiming them, keeping them, ending them. Only the owner of a lease can do anything with a running job.

use std::time::Duration;

use olivine_domain::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, Statement, UpdateMany, Value,
};

use super::{Job, JobId, JobState, parse};
use crate::database::{Database, Write};
use crate::dialect;
use crate::entities::jobs::{Column, Entity, Model};
use crate::error::Error;

/// Takes the job of these kinds that is due for longest, if there is one: it is `owner`'s alone until `now` plus `lease`.
/// A running job whose lease is over is due as well: its owner died, or hangs.
pub async fn claim(
    database: &Database,
    kinds: &[&str],
    owner: &str,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<Job>, Error> {
    if kinds.is_empty() {
        return Ok(None);
    }
    let write = database.write().await?;
    let statement = claim_statement(database.backend(), kinds, owner, now, lease);
    let row = Model::find_by_statement(statement).one(write.transaction()).await?;
    write.commit().await?;
    row.as_ref().map(parse).transpose()
}

pub(crate) fn claim_statement(
    backend: DbBackend,
    kinds: &[&str],
    owner: &str,
    now: Timestamp,
    lease: Duration,
) -> Statement {
    let places: Vec<String> = (4..4 + kinds.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "UPDATE jobs SET state = 'running', owner = $1, due_at = $2, updated_at = $3, attempts = attempts + 1 \
         WHERE id = (SELECT id FROM jobs WHERE state IN ('waiting', 'running') AND due_at <= $3 AND kind IN ({}) \
         ORDER BY due_at, id LIMIT 1 {}) RETURNING *",
        places.join(", "),
        dialect::skip_locked(backend),
    );
    let mut values: Vec<Value> =
        vec![owner.into(), now.plus(lease).as_micros().into(), now.as_micros().into()];
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    Statement::from_sql_and_values(backend, sql, values)
}

/// Keeps a job until a later moment; `false` where it is not the owner's any more: stop working on it.
pub async fn heartbeat(database: &Database, id: JobId, owner: &str, until: Timestamp) -> Result<bool, Error> {
    let write = database.write().await?;
    let kept = owned_by(id, owner).col_expr(Column::DueAt, Expr::value(until.as_micros()));
    let kept = run(&write, kept).await?;
    write.commit().await?;
    Ok(kept)
}

/// Ends a job, in the transaction of its effect; `false` where it is not the owner's any more: drop that transaction. A job that was
/// ordered again while it ran waits for its next run.
pub async fn finish(write: &Write, id: JobId, owner: &str, now: Timestamp) -> Result<bool, Error> {
    let end = owned_by(id, owner).col_expr(Column::LastError, Expr::value(Option::<String>::None));
    run(write, over(end, JobState::Finished, now)).await
}

/// Lets a job that failed wait for another attempt; `false` where it is not the owner's any more.
pub async fn retry_at(
    database: &Database,
    id: JobId,
    owner: &str,
    at: Timestamp,
    error: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let write = database.write().await?;
    let retry = owned_by(id, owner)
        .col_expr(Column::State, Expr::value(JobState::Waiting.as_str()))
        .col_expr(Column::Again, Expr::value(false))
        .col_expr(Column::DueAt, Expr::value(at.as_micros()))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_micros()))
        .col_expr(Column::LastError, Expr::value(error))
        .col_expr(Column::Owner, Expr::value(Option::<String>::None));
    let retried = run(&write, retry).await?;
    write.commit().await?;
    Ok(retried)
}

/// Ends a job that failed too often, in the transaction that records what follows; `false` where it is not the owner's any more.
/// It stays visible and can be run again; one that was ordered again while it ran gets its run now.
pub async fn give_up(
    write: &Write,
    id: JobId,
    owner: &str,
    error: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let end = owned_by(id, owner).col_expr(Column::LastError, Expr::value(error));
    run(write, over(end, JobState::GivenUp, now)).await
}

/// Makes all running jobs due at once. Only for a server that knows that no other one is alive (the embedded one, which holds the
/// data folder's lock), at its start; returns how many there were.
pub async fn release_leases_of_dead(database: &Database, now: Timestamp) -> Result<u64, Error> {
    let write = database.write().await?;
    let release = Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Waiting.as_str()))
        .col_expr(Column::Again, Expr::value(false))
        .col_expr(Column::DueAt, Expr::value(now.as_micros()))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_micros()))
        .col_expr(Column::Owner, Expr::value(Option::<String>::None))
        .filter(Column::State.eq(JobState::Running.as_str()));
    let released = release.exec(write.transaction()).await?.rows_affected;
    write.commit().await?;
    Ok(released)
}

fn owned_by(id: JobId, owner: &str) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Id.eq(id.0))
        .filter(Column::State.eq(JobState::Running.as_str()))
        .filter(Column::Owner.eq(owner))
}

async fn run(write: &Write, update: UpdateMany<Entity>) -> Result<bool, Error> {
    Ok(update.exec(write.transaction()).await?.rows_affected > 0)
}

/// What the end of a run makes of a job: `end`, or a new one if it was ordered again.
fn over(update: UpdateMany<Entity>, end: JobState, now: Timestamp) -> UpdateMany<Entity> {
    let again = || Expr::col(Column::Again).eq(true);
    let either = |again: SimpleExpr, yes: SimpleExpr, no: SimpleExpr| Expr::case(again, yes).finally(no);
    let state = either(again(), Expr::val(JobState::Waiting.as_str()), Expr::val(end.as_str()));
    let attempts = either(again(), Expr::val(0_i64), Expr::col(Column::Attempts));
    update
        .col_expr(Column::State, state.into())
        .col_expr(Column::Attempts, attempts.into())
        .col_expr(Column::Again, Expr::value(false))
        .col_expr(Column::DueAt, Expr::value(now.as_micros()))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_micros()))
        .col_expr(Column::Owner, Expr::value(Option::<String>::None))
}
