//! Forgets what is kept for a time only: answers to `Idempotency-Key`s, and jobs that are done.

use std::time::Duration;

use olivine_records::{idempotency_keys, jobs};

use super::runner::Outcome;
use crate::{Context, Error};

/// Of jobs at once; the rest waits for the next time.
const MOST: u64 = 10_000;

const EVERY: Duration = Duration::from_hours(1);

pub(super) async fn run(ctx: &Context) -> Result<Outcome, Error> {
    let before = ctx.now().minus(ctx.settings().idempotency_retention);
    let w = ctx.db().write().await?;
    idempotency_keys::purge(&w, before).await?;
    jobs::purge(&w, before, MOST).await?;
    w.commit().await?;
    Ok(Outcome::Again(ctx.now().plus(EVERY)))
}
