//! `peridio organization`: the settings of the organization that the key belongs to.

use clap::{Args, Subcommand};
use olivine_api::organizations::{Organization, OrganizationUpdate};
use olivine_domain::organizations::DownloadUrlStyle;

use crate::failure::Failure;
use crate::output::record;
use crate::session::Session;
use crate::sizes;

record!(Organization, "name", "required_signatures", "storage_used", "storage_quota");

/// The commands about the organization.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the organization's settings
    #[command(after_help = "Example:\n  peridio organization get")]
    Get,
    /// Changes the organization's settings
    #[command(
        after_help = "Examples:\n  peridio organization update --required-signatures 2 --storage-quota 500G\n  \
                      peridio organization update --archive-storage-backend cold"
    )]
    Update(Update),
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
            Self::Get => session.client.organization().await?,
            Self::Update(update) => session.client.update_organization(&update.body()).await?,
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
