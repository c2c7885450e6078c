//! Uploads, verification and downloads, and the memory that they take.

mod downloads;
mod footprint;
pub(crate) mod sample;
pub(crate) mod uploads;

use std::path::PathBuf;

use anyhow::Context as _;

use crate::server::Server;
use crate::table::{Goal, Table};
use crate::{machine, programs, sizes};

/// How to measure contents.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The size of the content that is uploaded and verified; half of it is downloaded, and twice of it is used to measure memory
    #[arg(long, default_value = "2G", value_parser = sizes::parse)]
    size: u64,
    /// The number of rounds of each measurement; the best one counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// The folder for temporary files of about eight times the size, on the disk whose speed matters
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Measure only this part
    #[arg(long, value_enum)]
    only: Option<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Uploads,
    Downloads,
    Memory,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    machine::describe();
    let folder = tempfile::Builder::new().prefix("olivine-bench-").tempdir_in(&args.folder);
    let folder = folder.context("making a temporary folder")?;
    let mut table = Table::default();
    let wanted = |part| args.only.is_none_or(|only| only == part);
    if wanted(Part::Uploads) {
        let server = Server::start(&folder.path().join("uploads"), None).await?;
        uploads::measure(&server, folder.path(), args.size, args.rounds, &mut table).await?;
    }
    if wanted(Part::Downloads) {
        let server = Server::start(&folder.path().join("downloads"), None).await?;
        downloads::measure(&server, folder.path(), args.size.div_ceil(2), args.rounds, &mut table).await?;
    }
    if wanted(Part::Memory) {
        let server = Server::start(&folder.path().join("memory"), None).await?;
        footprint::measure(&server, folder.path(), args.size * 2, &mut table).await?;
    }
    let executable = programs::built("olivine")?.metadata()?.len();
    table.absolute("release executable", sizes::mebibytes(executable), "MiB", Goal::AtMost(40.0));
    machine::say_load();
    table.print();
    Ok(())
}
