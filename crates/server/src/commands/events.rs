//! `olivine events`: the event feeds as a whole.

use anyhow::Context as _;
use clap::Subcommand;
use olivine_domain::permissions::installation::ServerOperator;
use olivine_operations::events::feed;

use super::output::show;
use crate::config::Flags;
use crate::startup;

#[derive(Debug, Subcommand)]
pub(super) enum EventsCommand {
    /// Tell all who follow the event feed that it was replaced: after a database was restored without `olivine restore`
    #[command(after_help = "Example: olivine events new-feed --data-dir ./olivine-data")]
    NewFeed(Flags),
}

impl EventsCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::NewFeed(flags) = self;
        let ctx = startup::records_only(&flags.load()?).await?;
        let feeds = feed::renew(&ctx, &ServerOperator::on_this_machine().authorize()).await;
        let feeds = feeds.context("making the event feeds new ones")?;
        show(&format!(
            "{feeds} event feeds have new ids. Readers are told with `feed_replaced` to go on where the old and the new feed agree.\n"
        ))?;
        Ok(())
    }
}
