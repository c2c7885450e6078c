//! `peridio products`: the types of devices.

use clap::{Args, Subcommand};
use olivine_api::products::{Product, ProductCreate, ProductUpdate};
use olivine_client::Query;
use olivine_domain::Target;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product as Named;
use uuid::Uuid;

use crate::changes::{OrNothing, change};
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::record;
use crate::session::Session;

record!(Product, "prn", "name", "target", "description", "inserted_at");

/// What can be done with products.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a product
    #[command(
        after_help = "Example:\n  peridio products create --name gateway-v2 --target arm-linux-gnueabihf"
    )]
    Create(Create),
    /// Lists products
    #[command(after_help = "Example:\n  peridio products list --search \"name~'gateway'\"")]
    List(List),
    /// Shows a product
    #[command(after_help = "Example:\n  peridio products get --prn $PRODUCT_PRN")]
    Get(One),
    /// Changes a product
    #[command(after_help = "Example:\n  peridio products update --prn $PRODUCT_PRN --name gateway-v3")]
    Update(Update),
    /// Deletes a product that has no cohorts and no devices
    #[command(after_help = "Example:\n  peridio products delete --prn $PRODUCT_PRN")]
    Delete(One),
}

/// A new product.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Unique in the organization
    #[arg(long)]
    name: String,
    /// What people say of it
    #[arg(long)]
    description: Option<String>,
    /// The target of its devices that have none of their own
    #[arg(long)]
    target: Option<Target>,
    /// The UUID of its PRN; made by the server where it is not given
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

/// Which products to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the one of this name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

/// One product.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Its PRN
    #[arg(long, visible_alias = "product-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a product.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// Unique in the organization
    #[arg(long)]
    name: Option<String>,
    /// What people say of it; empty removes it
    #[arg(long)]
    description: Option<OrNothing<String>>,
    /// The target of its devices that have none of their own; empty removes it
    #[arg(long)]
    target: Option<OrNothing<Target>>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<Product>(&create.body()).await,
            Self::List(List { name, options }) => {
                session.list::<Product>(&options, Query::default().with("name", name)).await
            }
            Self::Get(One { prn }) => session.get::<Product>(&prn, &[]).await,
            Self::Update(update) => session.update::<Product>(&update.one.prn, &update.body()).await,
            Self::Delete(One { prn }) => session.delete::<Product>(&prn).await,
        }
    }
}

impl Create {
    fn body(self) -> ProductCreate {
        let Self { name, description, target, id } = self;
        ProductCreate { id, name, description, target: target.map(|target| target.to_string()) }
    }
}

impl Update {
    fn body(&self) -> ProductUpdate {
        ProductUpdate {
            name: self.name.clone(),
            description: change(self.description.as_ref()),
            target: change(self.target.as_ref()),
        }
    }
}
