//! `peridio memberships`: who may do what in the organization.

use clap::{Args, Subcommand};
use olivine_api::memberships::{Grant, Membership, MembershipUpdate};
use olivine_client::Query;
use olivine_domain::memberships::Membership as Named;
use olivine_domain::prn::Prn;

use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::messages;
use crate::output::Record;
use crate::session::Session;

impl Record for Membership {
    const COLUMNS: &'static [&'static str] =
        &["email:user.email", "name:user.name", "grants", "since:inserted_at"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }

    fn cell(&self, column: &str) -> Option<String> {
        (column == "grants").then(|| shown(&self.grants))
    }
}

/// Roles by their names, and single scopes by theirs.
pub(crate) fn shown(grants: &[Grant]) -> String {
    let one = |grant: &Grant| {
        grant.role.clone().unwrap_or_else(|| grant.scopes.as_deref().unwrap_or_default().join(", "))
    };
    grants.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What people may do.
#[derive(Debug, Args)]
#[group(id = "granted", required = true, multiple = true)]
pub(crate) struct Grants {
    /// A role, such as developer; can be repeated. 'peridio api-keys scopes' lists what each role may do
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    role: Vec<String>,
    /// A single scope besides, such as binary.sign; can be repeated
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<String>,
}

impl Grants {
    /// As the API takes them.
    pub(crate) fn given(self) -> Vec<Grant> {
        let Self { role, scopes } = self;
        let roles = role.into_iter().map(|role| Grant { role: Some(role), scopes: None });
        let single = (!scopes.is_empty()).then_some(Grant { role: None, scopes: Some(scopes) });
        roles.chain(single).collect()
    }
}

/// The commands about memberships.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the people in the organization, and what they may do
    #[command(after_help = "Example:\n  peridio memberships list --output table")]
    List(List),
    /// Shows what a person may do in the organization
    #[command(after_help = "Example:\n  peridio memberships get grace@example.com")]
    Get(One),
    /// Changes what a person may do, in place of all that was granted before
    #[command(
        after_help = "Example:\n  peridio memberships update grace@example.com --role developer --role signer"
    )]
    Update(Update),
    /// Ends a person's membership: from then on the person can do nothing in the organization
    #[command(
        visible_alias = "remove",
        after_help = "Example:\n  peridio memberships delete grace@example.com"
    )]
    Delete(One),
}

/// Which memberships to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    options: ListOptions,
}

/// One membership.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The membership by its PRN or the person's e-mail address, instead of the first argument
    #[arg(long, visible_alias = "membership-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// A change of what a person may do.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    grants: Grants,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::List(List { options }) => session.list::<Membership>(&options, Query::default()).await,
            Self::Get(One { prn }) => session.get::<Membership>(&prn, &[]).await,
            Self::Update(Update { one, grants }) => {
                let change = MembershipUpdate { grants: grants.given() };
                session.update::<Membership>(&one.prn, &change).await
            }
            Self::Delete(One { prn }) => {
                let left = session.client.end_membership(&prn).await?;
                messages::note(&format!("ended {prn}"));
                for key in left.api_keys {
                    let name = crate::output::visible(&key.name);
                    messages::note(&format!(
                        "the person saw the secret of the API key '{name}', which goes on: replace it"
                    ));
                }
                Ok(())
            }
        }
    }
}
