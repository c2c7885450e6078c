//! `peridio organization`: the settings of the organization that the API key belongs to.

use clap::{Args, Subcommand};
use olivine_api::organizations::{Organization, OrganizationUpdate, StopCreate, StopEnd, StopList};
use olivine_api::overview::Overview;
use olivine_domain::organizations::DownloadUrlStyle;

use crate::failure::Failure;
use crate::output::{Record, record};
use crate::session::Session;
use crate::sizes;

record!(Organization, "name", "required_signatures", "storage_used", "storage_quota");

impl Record for StopList {
    const COLUMNS: &'static [&'static str] = &[];

    fn prn(&self) -> Option<&str> {
        None
    }
}

impl Record for Overview {
    const COLUMNS: &'static [&'static str] = &[];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// The commands about the organization.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the organization's settings
    #[command(after_help = "Example:\n  peridio organization get")]
    Get,
    /// Shows what needs attention, and the numbers of the fleet
    #[command(after_help = "Example:\n  peridio organization overview")]
    Overview,
    /// Changes the organization's settings
    #[command(
        after_help = "Examples:\n  peridio organization update --required-signatures 2 --storage-quota 500G\n  \
                      peridio organization update --archive-storage-backend cold"
    )]
    Update(Update),
    /// Stops distribution at once: no device of the organization, a product or a cohort gets an update until somebody resumes it
    #[command(
        after_help = "Examples:\n  peridio organization stop --reason 'Devices do not come back after the update'\n  \
                      peridio organization stop --cohort gateway/daily --reason 'Failures in the field'"
    )]
    Stop(StopCreate),
    /// Ends a stop; the stops of other products and cohorts stay
    #[command(
        after_help = "Examples:\n  peridio organization resume\n  peridio organization resume --cohort gateway/daily"
    )]
    Resume(StopEnd),
}

/// Changes to the organization.
#[derive(Debug, Args)]
#[command(
    mut_arg("download_url_style", |arg| arg.value_parser(DownloadUrlStyle::NAMES))
)]
pub(crate) struct Update {
    #[command(flatten)]
    change: OrganizationUpdate,
    /// The most bytes of content that the organization may store, such as 500G. An empty value removes the limit
    #[arg(long, value_name = "BYTES", value_parser = quota, conflicts_with = "no_storage_quota")]
    storage_quota: Option<Quota>,
    /// Remove the limit for stored content
    #[arg(long)]
    no_storage_quota: bool,
}

/// A quota, or none.
#[derive(Clone, Copy, Debug)]
struct Quota(Option<u64>);

fn quota(text: &str) -> Result<Quota, String> {
    if text.is_empty() { Ok(Quota(None)) } else { sizes::parse(text).map(|bytes| Quota(Some(bytes))) }
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let organization = match self {
            Self::Overview => return session.printer.one(&session.client.overview().await?),
            Self::Get => session.client.organization().await?,
            Self::Update(update) => session.client.update_organization(&update.body()).await?,
            Self::Stop(stop) => return session.printer.one(&session.client.stop(&stop).await?),
            Self::Resume(stop) => return session.printer.one(&session.client.resume(&stop).await?),
        };
        session.show(&organization).await
    }
}

impl Update {
    fn body(self) -> OrganizationUpdate {
        let storage_quota =
            self.storage_quota.map(|Quota(bytes)| bytes).or(self.no_storage_quota.then_some(None));
        OrganizationUpdate { storage_quota, ..self.change }
    }
}
