//! The job runner: claims jobs, keeps their leases alive while they are done, and retries what failed.

use std::sync::Arc;
use std::time::Duration;

use olivine_domain::time::Timestamp;
use olivine_records::Write;
use olivine_records::jobs::{self, Job, JobId, NewJob};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::job::{Claimed, Lane, Outcome};
use super::{KINDS, LANES, carry_out};
use crate::watchdog::watched;
use crate::{Context, Error};

/// How often to look for jobs of other processes, and for those whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// After how long a look for jobs is given up, with its connection. A job that was claimed by then comes back when its lease ends.
const CLAIMED_WITHIN: Duration = Duration::from_secs(4);

/// Longest pause before a failed job is tried again.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Does jobs until `shutdown`; then hands back what it has not finished.
pub async fn run(ctx: Context, owner: String, shutdown: CancellationToken) {
    let mut running = JoinSet::new();
    let places = || Arc::new(Semaphore::new(ctx.settings().job_concurrency));
    let lanes = Lane::ALL.map(|lane| (kinds_of(lane), places()));
    while !shutdown.is_cancelled() {
        for (kinds, places) in &lanes {
            while let Ok(place) = Arc::clone(places).try_acquire_owned() {
                let Some(job) = claim(&ctx, &owner, kinds).await else { break };
                let work = see_through(ctx.clone(), job, owner.clone(), shutdown.clone());
                running.spawn(async move {
                    work.await;
                    drop(place);
                });
            }
        }
        tokio::select! {
            () = ctx.rung() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.cancelled() => {}
            Some(_) = running.join_next() => {}
        }
    }
    running.join_all().await;
}

/// Does the jobs that are due now, one after the other, and those that they order, until none is left. For tests, which have no runner.
pub async fn run_due(ctx: &Context, owner: &str) {
    while let Some(job) = claim(ctx, owner, KINDS).await {
        see_through(ctx.clone(), job, owner.to_owned(), CancellationToken::new()).await;
    }
}

fn kinds_of(lane: Lane) -> Vec<&'static str> {
    LANES.iter().filter(|(_, of)| *of == lane).map(|(kind, _)| *kind).collect()
}

async fn claim(ctx: &Context, owner: &str, kinds: &[&str]) -> Option<Job> {
    let claim = async { Ok(jobs::claim(ctx.db(), kinds, owner, ctx.now(), ctx.settings().job_lease).await?) };
    match watched(ctx, "jobs", CLAIMED_WITHIN, claim).await {
        Ok(job) => job,
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "looking for jobs failed; trying again soon"
            );
            None
        }
    }
}

/// Does a job while its lease is kept, and records its end.
async fn see_through(ctx: Context, job: Job, owner: String, shutdown: CancellationToken) {
    let kind = job.kind.clone();
    let ended = tokio::select! {
        ended = carry_out(&ctx, Claimed { record: &job, owner: &owner }) => ended,
        () = keep_lease(&ctx, &job, &owner) => {
            tracing::warn!(job = %job.id.0, %kind, "another runner took this job over");
            return;
        }
        () = shutdown.cancelled() => return hand_back(&ctx, &job, &owner).await,
    };
    let outcome = match &ended {
        Ok(_) => "ok",
        Err(_) => "error",
    };
    metrics::counter!("olivine_jobs_total", "kind" => kind.clone(), "outcome" => outcome).increment(1);
    if let Err(error) = write_end(&ctx, &job, &owner, ended).await {
        // Its lease runs out, and it is carried out again.
        tracing::warn!(error = &error as &dyn std::error::Error, job = %job.id.0, %kind, "a job's end was not recorded");
    }
    ctx.ring_here();
}

/// Returns only when the lease is lost.
async fn keep_lease(ctx: &Context, job: &Job, owner: &str) {
    let lease = ctx.settings().job_lease;
    loop {
        tokio::time::sleep(lease / 3).await;
        let beat = async { Ok(jobs::heartbeat(ctx.db(), job.id, owner, ctx.now().plus(lease)).await?) };
        match watched(ctx, "leases", lease / 6, beat).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, job = %job.id.0, "heartbeat failed");
            }
        }
    }
}

/// Lets another runner go on at once.
async fn hand_back(ctx: &Context, job: &Job, owner: &str) {
    let now = ctx.now();
    if let Err(error) = jobs::retry_at(ctx.db(), job.id, owner, now, "the server was stopped", now).await {
        tracing::warn!(error = &error as &dyn std::error::Error, job = %job.id.0, "a job was not handed back");
    }
    ctx.ring();
}

/// The same job, at a later moment.
async fn enqueue_at(ctx: &Context, w: &Write, job: &Job, at: Timestamp) -> Result<(), Error> {
    let next = NewJob {
        id: JobId(ctx.new_uuid()),
        kind: job.kind.clone(),
        organization: job.organization,
        dedup_key: job.dedup_key.clone(),
        payload: job.payload.clone(),
        run_at: at,
        now: ctx.now(),
    };
    Ok(jobs::enqueue(w, next).await?)
}

async fn write_end(
    ctx: &Context,
    job: &Job,
    owner: &str,
    ended: Result<Outcome, Error>,
) -> Result<(), Error> {
    let now = ctx.now();
    match ended {
        Ok(Outcome::Recorded) => {}
        Ok(Outcome::Done) => {
            let w = ctx.work().await?;
            jobs::finish(&w, job.id, owner, now).await?;
            w.commit().await?;
        }
        Ok(Outcome::Again(at)) => {
            let w = ctx.work().await?;
            if jobs::finish(&w, job.id, owner, now).await? {
                enqueue_at(ctx, &w, job, at).await?;
                w.commit().await?;
            }
        }
        Ok(Outcome::GivenUp(why)) => {
            tracing::error!(job = %job.id.0, kind = job.kind, why, "a job was given up");
            let w = ctx.work().await?;
            jobs::give_up(&w, job.id, owner, &why, now).await?;
            w.commit().await?;
        }
        Err(error) => {
            let pause = pause(ctx, job.attempts);
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                job = %job.id.0, kind = job.kind, attempt = job.attempts, retry_in = ?pause,
                "a job failed"
            );
            let message = chain(&error);
            jobs::retry_at(ctx.db(), job.id, owner, now.plus(pause), &message, now).await?;
        }
    }
    Ok(())
}

/// The error with all its sources, for the job's record.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Doubles with each attempt, between a half and the whole of it, so that many failures at once do not come back at once.
fn pause(ctx: &Context, attempts: u32) -> Duration {
    let longest = Duration::from_secs(1).saturating_mul(1 << attempts.min(16)).min(LONGEST_PAUSE);
    let [random] = ctx.random_bytes::<1>();
    longest.mul_f64(0.5 + f64::from(random) / 510.0)
}
