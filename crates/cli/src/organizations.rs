//! `peridio organization`: the settings of the organization that the key belongs to.

use clap::{Args, Subcommand};
use olivine_api::organizations::{Organization, OrganizationUpdate};
use olivine_domain::organizations::DownloadUrlStyle;
use olivine_domain::prn::Prn;
use olivine_domain::storage_backends::StorageBackend;

use crate::changes::{OrNothing, change};
use crate::failure::Failure;
use crate::output::record;
use crate::session::Session;
use crate::sizes;

record!(Organization, "prn", "name", "required_signatures", "storage_used", "storage_quota");

/// What can be done with the organization.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the organization's settings
    #[command(after_help = "Example:\n  peridio organization get")]
    Get,
    /// Changes the organization's settings
    #[command(
        after_help = "Example:\n  peridio organization update --required-signatures 2 --storage-quota 500G"
    )]
    Update(Update),
}

/// Changes to the organization.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// For people
    #[arg(long)]
    name: Option<String>,
    /// By how many different keys a binary must be signed
    #[arg(long, value_name = "COUNT")]
    required_signatures: Option<u8>,
    /// The most bytes of content
    #[arg(long, value_name = "BYTES", value_parser = sizes::parse, conflicts_with = "no_storage_quota")]
    storage_quota: Option<u64>,
    /// As many bytes of content as there is room
    #[arg(long)]
    no_storage_quota: bool,
    /// Whether devices whose certificates have expired are refused
    #[arg(long, value_name = "BOOLEAN")]
    strict_certificate_expiry: Option<bool>,
    /// Where the contents of new binaries go; empty for the server's own storage
    #[arg(long, value_name = "PRN")]
    storage_backend_prn: Option<OrNothing<Prn<StorageBackend>>>,
    /// For how many seconds download URLs are good; empty for the server's default
    #[arg(long, value_name = "SECONDS")]
    download_url_seconds: Option<OrNothing<u32>>,
    /// What devices' download URLs are like
    #[arg(long, value_parser = DownloadUrlStyle::NAMES)]
    download_url_style: Option<String>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let organization = match self {
            Self::Get => session.client.organization().await?,
            Self::Update(update) => session.client.update_organization(&update.body()).await?,
        };
        session.printer.one(&organization)
    }
}

impl Update {
    fn body(self) -> OrganizationUpdate {
        let storage_quota = self.storage_quota.map(Some).or(self.no_storage_quota.then_some(None));
        OrganizationUpdate {
            name: self.name,
            required_signatures: self.required_signatures,
            storage_quota,
            strict_certificate_expiry: self.strict_certificate_expiry,
            storage_backend_prn: change(self.storage_backend_prn.as_ref()),
            download_url_seconds: self.download_url_seconds.map(OrNothing::into_inner),
            download_url_style: self.download_url_style,
        }
    }
}
