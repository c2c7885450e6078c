//! `peridio products`: the types of devices.

use clap::{Args, Subcommand};
use olivine_api::products::{Product, ProductCreate, ProductUpdate};
use olivine_client::Query;
use olivine_domain::Target;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product as Named;

use crate::archiving;
use crate::changes::checked;
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::record;
use crate::session::Session;

record!(Product, "name", "target", "description", "created:inserted_at");

/// The commands about products.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a product
    #[command(
        mut_arg("target", checked::<Target>),
        after_help = "Example:\n  peridio products create --name gateway --target arm-linux-gnueabihf"
    )]
    Create(ProductCreate),
    /// Lists products
    #[command(after_help = "Example:\n  peridio products list --search \"name~'gateway'\"")]
    List(List),
    /// Shows a product
    #[command(after_help = "Example:\n  peridio products get gateway")]
    Get(One),
    /// Changes a product
    #[command(
        after_help = "Example:\n  peridio products update gateway --description 'The gateway in each shop'"
    )]
    Update(Update),
    #[command(flatten)]
    Archiving(archiving::products::Command),
    /// Deletes a product that has no cohorts and no devices
    #[command(after_help = "Example:\n  peridio products delete gateway")]
    Delete(One),
}

/// Which products to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the product with this name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    archived: archiving::Listed,
    #[command(flatten)]
    options: ListOptions,
}

/// One product.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The product by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "product-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a product.
#[derive(Debug, Args)]
#[command(mut_arg("target", checked::<Target>))]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: ProductUpdate,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<Product>(&create).await,
            Self::List(List { name, archived, options }) => {
                session.list::<Product>(&options, archived.apply(Query::default().with("name", name))).await
            }
            Self::Get(One { prn }) => session.get::<Product>(&prn, &[]).await,
            Self::Update(update) => session.update::<Product>(&update.one.prn, &update.change).await,
            Self::Archiving(command) => command.run(session).await,
            Self::Delete(One { prn }) => session.delete::<Product>(&prn).await,
        }
    }
}
