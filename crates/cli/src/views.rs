//! `peridio views`: pages of the web console that people saved. A view belongs to a person, so creating one needs a personal API key.

use clap::{Args, Subcommand};
use olivine_api::views::{View, ViewCreate, ViewUpdate};
use olivine_client::Query;
use olivine_domain::prn::Prn;
use olivine_domain::views::{PagePath, PageQuery, View as Named};

use crate::changes::checked;
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::record;
use crate::session::Session;

record!(View, "name", "path", "query", "shared", "created:inserted_at");

/// The commands about views.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Saves a page of the console under a name (with a personal API key)
    #[command(
        mut_arg("path", checked::<PagePath>),
        mut_arg("query", checked::<PageQuery>),
        after_help = "Example:\n  peridio views create --name canaries --path /devices --query q=tag:%27canary%27 --shared"
    )]
    Create(ViewCreate),
    /// Lists your own views and the shared ones
    #[command(after_help = "Example:\n  peridio views list --search \"shared:true\"")]
    List(List),
    /// Shows a view
    #[command(after_help = "Example:\n  peridio views get canaries")]
    Get(One),
    /// Changes a view
    #[command(after_help = "Example:\n  peridio views update canaries --shared false")]
    Update(Update),
    /// Deletes a view
    #[command(after_help = "Example:\n  peridio views delete canaries")]
    Delete(One),
}

/// Which views to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only views with this name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

/// One view.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The view by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "view-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a view.
#[derive(Debug, Args)]
#[command(mut_arg("path", checked::<PagePath>), mut_arg("query", checked::<PageQuery>))]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: ViewUpdate,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<View>(&create).await,
            Self::List(List { name, options }) => {
                session.list::<View>(&options, Query::default().with("name", name)).await
            }
            Self::Get(One { prn }) => session.get::<View>(&prn, &[]).await,
            Self::Update(update) => session.update::<View>(&update.one.prn, &update.change).await,
            Self::Delete(One { prn }) => session.delete::<View>(&prn).await,
        }
    }
}
