//! Whether the server can work, and what it has to do.

use std::collections::BTreeMap;
use std::time::Duration;

use olivine_records::jobs::{self, JobState};

use crate::jobs::KINDS;
use crate::{Context, Error, storages};

/// Whether records and content can be reached and written.
pub async fn check(ctx: &Context) -> Result<(), Error> {
    if ctx.memory().log.is_stale() {
        return Err(Error::Stale);
    }
    ctx.db().ping().await?;
    Ok(storages::checked_now(ctx, ctx.storages().own).await?.backend.check().await?)
}

/// How long ago the last completed look at other processes' changes began.
pub fn last_look(ctx: &Context) -> Option<Duration> {
    ctx.memory().log.last_look()
}

/// For how long the oldest job has been due that nobody works on; zero where there is none.
pub async fn oldest_due_job(ctx: &Context) -> Result<Duration, Error> {
    let due = jobs::next_due(ctx.db(), KINDS).await?;
    let micros = due.map_or(0, |due| ctx.now().as_micros().saturating_sub(due.as_micros()));
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// The jobs by kind and state, for metrics. What there is none of is there too: a gauge that is not set keeps its last value.
pub async fn count_jobs(ctx: &Context) -> Result<BTreeMap<(String, JobState), u64>, Error> {
    let none = |kind: &&str| JobState::ALL.map(|state| (((*kind).to_owned(), state), 0));
    let mut counts: BTreeMap<_, _> = KINDS.iter().flat_map(none).collect();
    counts.extend(jobs::count_by_state(ctx.db()).await?);
    Ok(counts)
}
