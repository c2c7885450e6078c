//! `peridio users`: the caller, and the people in the organization.

use clap::{Args, Subcommand};
use olivine_api::users::{Me, User};
use olivine_client::Query;
use olivine_domain::prn::Prn;
use olivine_domain::users::User as Named;

use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::record;
use crate::session::Session;

record!(Me, "name", "role", "organization:organization_name");
record!(
    User,
    "email",
    "name",
    "disabled:disabled_at",
    "second_factor:second_factor_since",
    "created:inserted_at"
);

/// The commands about users.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the API key in use, its role and its scopes
    #[command(after_help = "Example:\n  peridio users me")]
    Me,
    /// Lists the people who are members of the organization
    #[command(after_help = "Example:\n  peridio users list --output table")]
    List(List),
    /// Shows a person's account
    #[command(after_help = "Example:\n  peridio users get grace@example.com")]
    Get(One),
}

/// Which users to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the user with this e-mail address
    #[arg(long)]
    email: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

/// One user.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The user by the PRN or the e-mail address, instead of the first argument
    #[arg(long, visible_alias = "user-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Me => session.printer.one(&session.client.me().await?),
            Self::List(List { email, options }) => {
                session.list::<User>(&options, Query::default().with("email", email)).await
            }
            Self::Get(One { prn }) => session.get::<User>(&prn, &[]).await,
        }
    }
}
