//! Archiving a release, and unarchiving it to a place on its cohort's update path.

use clap::{Args, Subcommand};
use olivine_api::releases::{Release, ReleaseUnarchive};
use olivine_client::ReleaseEdit;

use super::one::One;
use crate::failure::Failure;
use crate::plans::Planning;
use crate::session::Session;

/// Archiving and unarchiving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Archives a release: no further device gets it, and earlier releases lead to the one after it
    #[command(after_help = "Examples:\n  \
            peridio releases archive gateway/daily/spring --dry-run    # only shows what it would do\n  \
            peridio releases archive gateway/daily/spring")]
    Archive(Archive),
    /// Takes a release back from the archive, to a place on its cohort's path
    #[command(after_help = "Example:\n  peridio releases unarchive gateway/daily/spring")]
    Unarchive(Back),
}

/// A release to archive.
#[derive(Debug, Args)]
pub(crate) struct Archive {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    planning: Planning,
}

/// A release to unarchive.
#[derive(Debug, Args)]
pub(crate) struct Back {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    place: ReleaseUnarchive,
    #[command(flatten)]
    planning: Planning,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let client = &session.client;
        let record: Release = match self {
            Self::Archive(Archive { one, planning }) => {
                if planning.is_dry_run() {
                    return planning.show(session, &ReleaseEdit::Archive(one.prn)).await;
                }
                client.archive_with(&one.prn, &planning.query()).await?
            }
            Self::Unarchive(Back { one, place, planning }) => {
                if planning.is_dry_run() {
                    return planning.show(session, &ReleaseEdit::Unarchive(one.prn, place)).await;
                }
                client.unarchive_with(&one.prn, &place, &planning.query()).await?
            }
        };
        session.show(&record).await
    }
}
