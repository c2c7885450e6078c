//! `peridio cohorts`: groups of a product's devices, each with a release graph of its own.

use clap::{Args, Subcommand};
use olivine_api::cohorts::{Cohort, CohortCreate, CohortUpdate};
use olivine_client::Query;
use olivine_domain::cohorts::Cohort as Named;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product;

use crate::archiving;
use crate::failure::Failure;
use crate::lists::{Expand, ListOptions};
use crate::output::record;
use crate::session::Session;

record!(Cohort, "name:product.name/name", "devices:device_count", "created:inserted_at"; expand "product");

/// The commands about cohorts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a cohort of a product
    #[command(after_help = "Example:\n  peridio cohorts create --product gateway --name daily")]
    Create(CohortCreate),
    /// Lists cohorts
    #[command(after_help = "Example:\n  peridio cohorts list --product gateway")]
    List(List),
    /// Shows a cohort
    #[command(after_help = "Example:\n  peridio cohorts get gateway/daily --expand product")]
    Get(Get),
    /// Changes a cohort
    #[command(after_help = "Example:\n  \
            peridio cohorts update gateway/daily --description 'Devices in our own offices'")]
    Update(Update),
    #[command(flatten)]
    Archiving(archiving::cohorts::Command),
    /// Deletes a cohort that has no devices and no releases
    #[command(after_help = "Example:\n  peridio cohorts delete gateway/daily")]
    Delete(One),
}

/// Which cohorts to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only cohorts of this product
    #[arg(long, value_name = "PRN")]
    product_prn: Option<Prn<Product>>,
    /// Only cohorts with this name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    expand: Expand,
    #[command(flatten)]
    archived: archiving::Listed,
    #[command(flatten)]
    options: ListOptions,
}

/// One cohort.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The cohort by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "cohort-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// One cohort, with what to embed.
#[derive(Debug, Args)]
pub(crate) struct Get {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    expand: Expand,
}

/// Changes to a cohort.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: CohortUpdate,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<Cohort>(&create).await,
            Self::List(List { product_prn, name, expand, archived, options }) => {
                let query = Query::default().with("product_prn", product_prn).with("name", name);
                session.list::<Cohort>(&options, archived.apply(query.expand(&expand.expand))).await
            }
            Self::Get(Get { one, expand }) => session.get::<Cohort>(&one.prn, &expand.expand).await,
            Self::Update(Update { one, change }) => session.update::<Cohort>(&one.prn, &change).await,
            Self::Archiving(command) => command.run(session).await,
            Self::Delete(One { prn }) => session.delete::<Cohort>(&prn).await,
        }
    }
}
