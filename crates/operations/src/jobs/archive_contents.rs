//! Looks for contents that are not where they belong: those of archived versions outside of the archive storage, and those in it that can
//! be served. It comes back by itself for all organizations, and is ordered for one of them when something of it is archived, taken back
//! or released, so that nothing waits for the next look.

use std::time::Duration;

use olivine_records::organizations;

use super::job::{Claimed, Job, Outcome};
use super::orders::ArchiveContents;
use crate::archive_storage::order_moves;
use crate::{Context, Error};

const EVERY: Duration = Duration::from_mins(10);

impl Job for ArchiveContents {
    const KIND: &'static str = "archive_contents";
    const RECURRING: Option<Self> = Some(Self { organization: None });

    fn subject(&self) -> String {
        self.organization.map(|organization| organization.to_string()).unwrap_or_default()
    }

    async fn run(self, ctx: &Context, _: Claimed<'_>) -> Result<Outcome, Error> {
        if let Some(organization) = self.organization {
            order_moves(ctx, &organizations::get(ctx.db(), organization).await?).await?;
            return Ok(Outcome::Done);
        }
        for organization in organizations::list_with_archive_storage(ctx.db()).await? {
            order_moves(ctx, &organization).await?;
        }
        Ok(Outcome::Again(ctx.now().plus(EVERY)))
    }
}
