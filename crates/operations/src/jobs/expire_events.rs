//! Deletes events that are older than the retention of their class, a few at a time. It reads through the indexes that lists use.

use std::time::Duration;

use olivine_domain::events::{EventType, RetentionClass};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use olivine_records::{events, organizations};
use serde::{Deserialize, Serialize};

use super::job::{Claimed, Job, Outcome};
use crate::events::feed::number_within;
use crate::{Context, Error};

/// How long events are numbered before.
const NUMBERS_FOR: Duration = Duration::from_mins(5);
const EVERY: Duration = Duration::from_hours(1);
/// How many are deleted in one transaction: it holds SQLite's only writer for some milliseconds.
const BATCH: u64 = 500;
/// How many batches of one run; then others have their turn.
const BATCHES: u32 = 200;
/// When a run that was cut short goes on.
const SOON: Duration = Duration::from_secs(1);

/// Delete events whose time is over.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ExpireEvents {}

impl Job for ExpireEvents {
    const KIND: &'static str = "expire_events";
    const RECURRING: Option<Self> = Some(Self {});

    async fn run(self, ctx: &Context, _: Claimed<'_>) -> Result<Outcome, Error> {
        // What is deleted has a number, so that a reader is told.
        number_within(ctx, NUMBERS_FOR).await?;
        let settings = ctx.settings();
        let frequent = ctx.now().minus(settings.frequent_event_retention);
        let audit = ctx.now().minus(settings.audit_event_retention);
        let mut batches = BATCHES;
        for organization in organizations::list_ids(ctx.db()).await? {
            let of_class =
                EventType::ALL.iter().filter(|kind| kind.retention_class() == RetentionClass::Frequent);
            for kind in of_class {
                delete(ctx, organization, Some(*kind), frequent, &mut batches).await?;
            }
            // All others, also those that this version does not know. A frequent event is never kept for longer than these.
            delete(ctx, organization, None, audit, &mut batches).await?;
        }
        let pause = if batches == 0 { SOON } else { EVERY };
        Ok(Outcome::Again(ctx.now().plus(pause)))
    }
}

/// Deletes what is older, as long as there are batches left.
async fn delete(
    ctx: &Context,
    organization: Id<Organization>,
    kind: Option<EventType>,
    before: Timestamp,
    batches: &mut u32,
) -> Result<(), Error> {
    while *batches > 0 {
        let old = events::list_older(ctx.db(), organization, kind, before, BATCH).await?;
        if old.is_empty() {
            return Ok(());
        }
        *batches -= 1;
        let w = ctx.work().await?;
        events::delete(&w, organization, &old).await?;
        w.commit().await?;
        metrics::counter!("olivine_events_expired_total").increment(old.len() as u64);
    }
    Ok(())
}
