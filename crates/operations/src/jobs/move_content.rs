//! Moves a content into the archive storage of its organization, or back: to where it belongs when this is done, which need not be what it
//! was when it was ordered. Tried again until it is there.

use olivine_records::contents;

use super::job::{Claimed, Job, Lane, Outcome};
use super::orders::MoveContent;
use crate::archive_storage::{Settled, settle};
use crate::{Context, Error};

impl Job for MoveContent {
    const KIND: &'static str = "move_content";
    const LANE: Lane = Lane::Remote;

    fn subject(&self) -> String {
        format!("{}:{}", self.content, self.generation)
    }

    async fn run(self, ctx: &Context, _: Claimed<'_>) -> Result<Outcome, Error> {
        let content = contents::find_of_any_organization(ctx.db(), self.content).await?;
        let current =
            content.filter(|content| content.generation == self.generation && content.is_verified());
        let Some(content) = current else { return Ok(Outcome::Done) };
        Ok(match settle(ctx, &content).await? {
            Settled::Done => Outcome::Done,
            Settled::Again(at) => Outcome::Again(at),
        })
    }
}
