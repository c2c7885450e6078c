//! Whether the server can work, and what it has to do.

use std::collections::BTreeMap;

use olivine_records::jobs::{self, JobState};

use crate::jobs::KINDS;
use crate::{Context, Error};

/// Whether records and content can be reached and written.
pub async fn check(ctx: &Context) -> Result<(), Error> {
    ctx.db().ping().await?;
    Ok(ctx.storage(ctx.storages().own).await?.backend.check().await?)
}

/// The jobs by kind and state, for metrics. What there is none of is there too: a gauge that is not set keeps its last value.
pub async fn count_jobs(ctx: &Context) -> Result<BTreeMap<(String, JobState), u64>, Error> {
    let none = |kind: &&str| JobState::ALL.map(|state| (((*kind).to_owned(), state), 0));
    let mut counts: BTreeMap<_, _> = KINDS.iter().flat_map(none).collect();
    counts.extend(jobs::count_by_state(ctx.db()).await?);
    Ok(counts)
}
