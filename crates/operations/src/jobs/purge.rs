//! Deletes records that are kept for a limited time: answers to `Idempotency-Key`s, finished jobs, announcements between servers, finished
//! bulk operations, ended sessions, expired links, and failures to sign in.

use std::time::Duration;

use olivine_domain::guessing::FORGOTTEN_AFTER;
use olivine_records::{
    announcements, bulk_operations, guessing, idempotency_keys, jobs, sessions, user_links,
};
use serde::{Deserialize, Serialize};

use super::job::{Claimed, Job, Outcome};
use crate::events::feed::number_older;
use crate::{Context, Error};

/// Of jobs at once; the rest waits for the next time.
const MOST: u64 = 10_000;

/// Of so many addresses failures to sign in are remembered.
const MOST_GUESSERS: u64 = 100_000;

/// How long events are numbered at once; the rest waits for the next time.
const NUMBERS_FOR: Duration = Duration::from_mins(5);

/// How long bulk operations are kept after their end.
const BULK_OPERATIONS_FOR: Duration = Duration::from_hours(90 * 24);
/// How long an event may wait for its number. If somebody reads the feed, it never waits so long.
const WAITS_AT_MOST: Duration = Duration::from_hours(1);

const EVERY: Duration = Duration::from_hours(1);

/// Forget what is kept for a time only.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Purge {}

impl Job for Purge {
    const KIND: &'static str = "purge";
    const RECURRING: Option<Self> = Some(Self {});

    async fn run(self, ctx: &Context, _: Claimed<'_>) -> Result<Outcome, Error> {
        // Without this, events would never get numbers if nobody reads the feed.
        number_older(ctx, ctx.now().minus(WAITS_AT_MOST), NUMBERS_FOR).await?;
        let before = ctx.now().minus(ctx.settings().idempotency_retention);
        let w = ctx.work().await?;
        idempotency_keys::purge(&w, before).await?;
        jobs::purge(&w, before, MOST).await?;
        bulk_operations::purge(&w, ctx.now().minus(BULK_OPERATIONS_FOR), MOST).await?;
        let limits = ctx.settings().sessions;
        sessions::purge(&w, ctx.now().minus(limits.idle), ctx.now().minus(limits.longest)).await?;
        user_links::purge(&w, ctx.now()).await?;
        guessing::purge(&w, ctx.now().minus(FORGOTTEN_AFTER), MOST_GUESSERS).await?;
        announcements::delete_before(&w, ctx.now().minus(EVERY)).await?;
        w.commit().await?;
        Ok(Outcome::Again(ctx.now().plus(EVERY)))
    }
}
