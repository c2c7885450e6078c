//! Queries through HTTP, start-up and idle memory, with few binaries in the database and with many.

mod fill;
mod latency;
mod queries;
mod startup;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::machine;
use crate::postgres;
use crate::server::Server;
use crate::table::Table;

/// How to measure records.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of binaries in the large database
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    size: u64,
    /// The number of times that each query is asked
    #[arg(long, default_value_t = 6_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    samples: u64,
    /// Run only the queries whose names contain this text
    #[arg(long, value_name = "NAME", default_value = "")]
    only: String,
    /// Use PostgreSQL instead of the embedded database
    #[arg(long)]
    postgres: bool,
    /// The folder for the databases, with about 1.5 GB of free space
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// The number of binaries in the small database.
const FEW: u64 = 1000;

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    machine::describe();
    let folder = tempfile::Builder::new().prefix("olivine-bench-").tempdir_in(&args.folder);
    let folder = folder.context("making a temporary folder")?;
    let mut table = Table::default();
    let few = Installation::make(&folder.path().join("few"), args.postgres, FEW).await?;
    let many = Installation::make(&folder.path().join("many"), args.postgres, args.size).await?;
    startup::measure(&many, &mut table).await?;
    latency::measure(&few, &many, args, &mut table).await?;
    machine::say_load();
    table.print();
    Ok(())
}

/// A data folder with a database of `count` binaries.
#[derive(Debug)]
struct Installation {
    data_dir: PathBuf,
    postgres: Option<postgres::Database>,
    binaries: fill::Binaries,
}

impl Installation {
    async fn make(data_dir: &Path, on_postgres: bool, count: u64) -> anyhow::Result<Self> {
        let name = data_dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let postgres = if on_postgres { Some(postgres::Database::create(name)?) } else { None };
        let url = postgres.as_ref().map(postgres::Database::url).transpose()?;
        // The first start creates the tables and the organization.
        let organization = Server::start(data_dir, url.as_deref()).await?.api()?.organization().await?;
        let sqlite = || format!("sqlite:{}", data_dir.join("olivine.db").display());
        let binaries = fill::Binaries { organization, count };
        binaries.insert(&url.clone().unwrap_or_else(sqlite)).await?;
        Ok(Self { data_dir: data_dir.to_owned(), postgres, binaries })
    }

    async fn start(&self) -> anyhow::Result<Server> {
        let url = self.postgres.as_ref().map(postgres::Database::url).transpose()?;
        Server::start(&self.data_dir, url.as_deref()).await
    }
}
