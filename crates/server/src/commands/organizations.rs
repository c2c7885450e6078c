//! `olivine organizations`: the organizations of the installation, from the server's own machine.

use std::fmt::Write as _;

use clap::Subcommand;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::text::Name;
use olivine_operations::organizations::{self, Change};

use super::output::{print, show};
use crate::config::Flags;
use crate::startup;

/// What to do about organizations.
#[derive(Debug, Subcommand)]
pub(super) enum OrganizationsCommand {
    /// Create an organization and print its PRN; if there is one of this name, print that one's
    #[command(after_help = "Example: olivine organizations create --name Acme")]
    Create {
        /// The name of the organization, unique on the server
        #[arg(long)]
        name: Name,
        #[command(flatten)]
        flags: Box<Flags>,
    },
    /// List all organizations of the installation
    #[command(after_help = "Example: olivine organizations list")]
    List(Box<Flags>),
    /// Change an organization, without an account or a key
    #[command(after_help = "Example: olivine organizations update --name Acme --require-second-factor true")]
    Update {
        /// The name of the organization
        #[arg(long)]
        name: Name,
        /// Whether members need a second factor to do anything in the organization
        #[arg(long, value_name = "BOOLEAN", action = clap::ArgAction::Set)]
        require_second_factor: bool,
        #[command(flatten)]
        flags: Box<Flags>,
    },
}

impl OrganizationsCommand {
    /// Does it.
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let operator = ServerOperator::on_this_machine();
        match self {
            Self::Create { name, flags } => {
                let ctx = startup::records_only(&flags.load()?).await?;
                let made = organizations::ensure(&ctx, &operator.authorize(), &name).await?;
                Ok(print(&format!("{}\n", prn(&made)))?)
            }
            Self::List(flags) => {
                let ctx = startup::records_only(&flags.load()?).await?;
                let mut lines = String::new();
                for organization in organizations::list_all(&ctx, &operator.authorize()).await? {
                    writeln!(lines, "{}  {}", prn(&organization), organization.name)?;
                }
                Ok(show(&lines)?)
            }
            Self::Update { name, require_second_factor, flags } => {
                let ctx = startup::records_only(&flags.load()?).await?;
                let found = organizations::find(&ctx, &operator.authorize(), &name).await?;
                let change =
                    Change { require_second_factor: Some(require_second_factor), ..Change::default() };
                organizations::update_for_operator(&ctx, &operator.authorize(), found.id, change).await?;
                let said = if require_second_factor { "need" } else { "do not need" };
                Ok(show(&format!("members of {name} {said} a second factor\n"))?)
            }
        }
    }
}

fn prn(organization: &Organization) -> String {
    organization.id.prn(organization.id).to_string()
}
