//! `peridio memberships`: who may do what in the organization.

use clap::{Args, Subcommand};
use olivine_api::memberships::{Grant, Membership, MembershipUpdate};
use olivine_client::Query;
use olivine_domain::cohorts::Cohort;
use olivine_domain::memberships::Membership as Named;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product;

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

/// The names of the roles and of the single scopes.
pub(crate) fn shown(grants: &[Grant]) -> String {
    let one = |grant: &Grant| {
        let what =
            grant.role.clone().unwrap_or_else(|| grant.scopes.as_deref().unwrap_or_default().join(", "));
        match grant.product_prns.len() + grant.cohort_prns.len() {
            0 => what,
            1 => format!("{what} (in 1 place)"),
            places => format!("{what} (in {places} places)"),
        }
    };
    grants.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The options that grant permissions.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Grants {
    /// A role, such as developer; can be repeated. 'peridio api-keys scopes' lists what each role may do
    #[arg(long, value_name = "ROLE", value_delimiter = ',', required_unless_present = "scopes")]
    role: Vec<String>,
    /// A single scope besides, such as binary.sign; can be repeated
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<String>,
    #[command(flatten)]
    reach: Reach,
}

/// The products and cohorts that a grant is limited to.
#[derive(Debug, Default, Args)]
pub(crate) struct Reach {
    /// Only in this product, with all of its cohorts; can be repeated [default: the whole organization]
    #[arg(long = "product-prn", value_name = "PRN", value_delimiter = ',')]
    pub(crate) product_prns: Vec<Prn<Product>>,
    /// Only in this cohort; can be repeated
    #[arg(long = "cohort-prn", value_name = "PRN", value_delimiter = ',')]
    pub(crate) cohort_prns: Vec<Prn<Cohort>>,
}

impl Reach {
    /// The products and cohorts in the form of the API.
    pub(crate) fn given(&self) -> (Vec<String>, Vec<String>) {
        let products = self.product_prns.iter().map(ToString::to_string);
        let cohorts = self.cohort_prns.iter().map(ToString::to_string);
        (products.collect(), cohorts.collect())
    }
}

impl Grants {
    /// The grants in the form of the API.
    pub(crate) fn given(self) -> Vec<Grant> {
        let Self { role, scopes, reach } = self;
        let (product_prns, cohort_prns) = reach.given();
        let limited = Grant { product_prns, cohort_prns, ..Grant::default() };
        let roles = role.into_iter().map(|role| Grant { role: Some(role), ..limited.clone() });
        let single = (!scopes.is_empty()).then(|| Grant { scopes: Some(scopes), ..limited.clone() });
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
