//! `peridio users`: who the caller is.

use clap::Subcommand;
use olivine_api::users::Me;

use crate::failure::Failure;
use crate::output::record;
use crate::session::Session;

record!(Me, "name", "role", "organization:organization_name");

/// The commands about the caller.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the API key in use, its role and its scopes
    #[command(after_help = "Example:\n  peridio users me")]
    Me,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let Self::Me = self;
        session.printer.one(&session.client.me().await?)
    }
}
