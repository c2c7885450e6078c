//! Orders what verification and destruction did not order: copies to storages that were added later, and the deletion of copies whose
//! binary an older version of the server destroyed.

use std::time::Duration;

use olivine_records::{organizations, replicas};

use super::job::{Claimed, Job, Outcome};
use super::orders::Spread;
use crate::{Context, Error, copies};

const EVERY: Duration = Duration::from_mins(10);
const BATCH: u64 = 100;

impl Job for Spread {
    const KIND: &'static str = "spread";
    const RECURRING: Option<Self> = Some(Self {});

    async fn run(self, ctx: &Context, _: Claimed<'_>) -> Result<Outcome, Error> {
        for organization in organizations::list_ids(ctx.db()).await? {
            copies::order_missing(ctx, organization, BATCH).await?;
        }
        loop {
            let left = replicas::list_of_destroyed_of_all_organizations(ctx.db(), BATCH).await?;
            for replica in &left {
                copies::order_deletion(ctx, replica).await?;
            }
            if left.is_empty() {
                ctx.ring();
                return Ok(Outcome::Again(ctx.now().plus(EVERY)));
            }
        }
    }
}
