//! Whether the server can work, and what it has to do.

use std::collections::BTreeMap;

use olivine_records::jobs::{self, JobState};

use crate::{Context, Error};

/// Whether records and content can be reached and written.
pub async fn check(ctx: &Context) -> Result<(), Error> {
    ctx.db().ping().await?;
    Ok(ctx.content().check().await?)
}

/// The jobs by kind and state, for metrics.
pub async fn count_jobs(ctx: &Context) -> Result<BTreeMap<(String, JobState), u64>, Error> {
    Ok(jobs::count_by_state(ctx.db()).await?)
}
