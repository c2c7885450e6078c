//! `peridio jobs`: the background work of the server for the organization.

use clap::{Args, Subcommand};
use olivine_api::jobs::Job;
use olivine_client::Query;
use olivine_domain::jobs::{Job as Named, JobState};
use olivine_domain::prn::Prn;

use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::record;
use crate::session::Session;

record!(Job, "kind", "state", "attempts", "binary:binary_prn", "error:last_error", "updated:updated_at");

/// The commands about jobs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists jobs; those that were given up need attention
    #[command(after_help = "Example:\n  peridio jobs list --state given_up")]
    List(List),
    /// Shows a job
    #[command(after_help = "Example:\n  peridio jobs get --prn $(peridio jobs list --limit 1 --output prn)")]
    Get(One),
    /// Lets a job that was given up, or that waits for its next attempt, begin now
    #[command(after_help = "Example:\n  \
            for job in $(peridio jobs list --state given_up --output prn); do peridio jobs retry $job; done")]
    Retry(One),
}

/// Which jobs to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only jobs in this state
    #[arg(long, value_parser = JobState::NAMES.to_vec())]
    state: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

/// One job.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The PRN of the job, instead of the first argument
    #[arg(long, visible_alias = "job-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::List(List { state, options }) => {
                session.list::<Job>(&options, Query::default().with("state", state)).await
            }
            Self::Get(One { prn }) => session.get::<Job>(&prn, &[]).await,
            Self::Retry(One { prn }) => session.printer.one(&session.client.retry_job(&prn).await?),
        }
    }
}
