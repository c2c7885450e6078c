//! Records in PostgreSQL and content in an object store: against the embedded database, `pgbench`, the AWS CLI, and `curl | openssl`.
//!
//! PostgreSQL and the object store run on the same processors as everything else, both for Olivine and for the references.

mod args;
mod cold;
mod contents;
mod counted;
mod fleets;
mod rates;
mod store;
mod upgrade;
mod warm;

use anyhow::Context as _;

pub(crate) use self::args::Args;
use self::args::Part;
use self::fleets::Fleets;
use crate::machine;
use crate::table::Table;

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    machine::describe();
    let folder = tempfile::Builder::new().prefix("olivine-bench-").tempdir_in(&args.folder);
    let folder = folder.context("making a temporary folder")?;
    let mut table = Table::default();
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    if [Part::Warm, Part::Cold].into_iter().any(wanted) {
        let fleets = Fleets::make(folder.path(), args.devices).await?;
        if wanted(Part::Warm) {
            warm::measure(args, &fleets, &mut table).await?;
            warm::measure_all(args, &fleets, &mut table).await?;
        }
        if wanted(Part::Cold) {
            cold::measure(args, &fleets, &mut table).await?;
        }
    }
    if wanted(Part::Contents) {
        contents::measure(args, folder.path(), &mut table).await?;
    }
    if args.only.contains(&Part::Upgrade) {
        upgrade::measure(args, folder.path(), &mut table).await?;
    }
    machine::say_load();
    table.print();
    Ok(())
}
