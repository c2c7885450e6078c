//! `peridio invitations`: links by which people join the organization. A link is shown once, by `create`.

use clap::{Args, Subcommand};
use olivine_api::invitations::{Invitation, InvitationCreate};
use olivine_client::Query;
use olivine_domain::invitations::Invitation as Named;
use olivine_domain::prn::Prn;

use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::memberships::{Grants, shown};
use crate::messages;
use crate::output::Record;
use crate::session::Session;

impl Record for Invitation {
    const COLUMNS: &'static [&'static str] =
        &["email", "grants", "expires:expires_at", "accepted:accepted_at", "revoked:revoked_at"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }

    fn cell(&self, column: &str) -> Option<String> {
        (column == "grants").then(|| shown(&self.grants))
    }
}

/// The commands about invitations.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Invites a person and prints the link, which is never shown again; it is valid for three days
    #[command(
        visible_alias = "invite",
        after_help = "Example:\n  peridio invitations create --email grace@example.com --role developer"
    )]
    Create(Create),
    /// Lists invitations (without their links)
    #[command(after_help = "Example:\n  peridio invitations list --output table")]
    List(List),
    /// Shows an invitation (without its link)
    #[command(after_help = "Example:\n  peridio invitations get grace@example.com")]
    Get(One),
    /// Revokes an invitation: its link stops working immediately
    #[command(
        visible_alias = "delete",
        after_help = "Example:\n  peridio invitations revoke grace@example.com"
    )]
    Revoke(One),
}

/// A new invitation.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The e-mail address of the person
    #[arg(long)]
    email: String,
    #[command(flatten)]
    grants: Grants,
}

/// Which invitations to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only invitations of this e-mail address
    #[arg(long)]
    email: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

/// One invitation.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The invitation by its PRN or the person's e-mail address, instead of the first argument
    #[arg(long, visible_alias = "invitation-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(Create { email, grants }) => {
                let new = InvitationCreate { email, grants: grants.given() };
                let made: Invitation = session.client.create(&new).await?;
                session.printer.one(&made)?;
                messages::note(if made.url.is_some() {
                    "the link in 'url' is shown this once: pass it on to the person"
                } else {
                    "the answer with the link was lost on the way: revoke this invitation and make another one"
                });
                Ok(())
            }
            Self::List(List { email, options }) => {
                session.list::<Invitation>(&options, Query::default().with("email", email)).await
            }
            Self::Get(One { prn }) => session.get::<Invitation>(&prn, &[]).await,
            Self::Revoke(One { prn }) => {
                session.client.delete::<Invitation>(&prn).await?;
                messages::note(&format!("revoked {prn}"));
                Ok(())
            }
        }
    }
}
