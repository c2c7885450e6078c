//! Records in PostgreSQL and content in an object store: against the embedded database, `pgbench`, the AWS CLI, and `curl | openssl`.
//!
//! PostgreSQL and the object store run on the same processors as everything else, for ours and for the reference alike.

mod cold;
mod contents;
mod counted;
mod fleets;
mod store;
mod upgrade;
mod warm;

use std::fmt;
use std::path::PathBuf;

use anyhow::Context as _;

use self::fleets::Fleets;
use crate::table::Table;
use crate::{machine, sizes};

/// How to measure what is for more than one machine.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many devices are registered
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    devices: u64,
    /// How long each round of answers takes
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How often answers are measured; the best counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How many devices ask at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=500))]
    connections: u64,
    /// The content that is uploaded and verified
    #[arg(long, default_value = "2G", value_parser = sizes::parse)]
    size: u64,
    /// How often contents are uploaded and verified; the best counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    uploads: u32,
    /// How many devices are registered where the database is migrated
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    upgraded_devices: u64,
    /// Only this
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Where to put some three times `size` of temporary files: on the disk whose speed matters
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Devices that the server knows: PostgreSQL against SQLite
    Warm,
    /// Devices that ask for the first time since the server's start: against pgbench
    Cold,
    /// Uploads and verification: against the AWS CLI, and curl with openssl
    Contents,
    /// The version before the newest migration, while its database is migrated; only where asked for
    Upgrade,
}

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

/// How often something was done in a second, in each round.
#[derive(Debug, Default)]
struct Rates(Vec<f64>);

impl Rates {
    fn best(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }
}

/// The best round, and how much less there was in the worst.
impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worst = self.0.iter().copied().fold(f64::MAX, f64::min);
        write!(f, "{:.0}/s (−{:.0} %)", self.best(), (1.0 - worst / self.best()) * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_round_counts() {
        let rates = Rates(vec![500.0, 1000.0, 250.0]);
        assert_eq!(rates.to_string(), "1000/s (−75 %)");
    }
}
