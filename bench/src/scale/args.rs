//! How to measure what is for more than one machine.

use std::path::PathBuf;

use crate::sizes;

/// How to measure what is for more than one machine.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many devices are registered
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    pub(super) devices: u64,
    /// How long each round of answers takes
    #[arg(long, default_value_t = 3.0)]
    pub(super) seconds: f64,
    /// How often answers are measured; the best counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) rounds: u32,
    /// How many devices ask at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=500))]
    pub(super) connections: u64,
    /// The content that is uploaded and verified
    #[arg(long, default_value = "2G", value_parser = sizes::parse)]
    pub(super) size: u64,
    /// How often contents are uploaded and verified; the best counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) uploads: u32,
    /// How many devices are registered where the database is migrated
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    pub(super) upgraded_devices: u64,
    /// Only this
    #[arg(long, value_enum)]
    pub(super) only: Vec<Part>,
    /// Where to put some three times `size` of temporary files: on the disk whose speed matters
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    pub(super) folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Part {
    /// Devices that the server knows: PostgreSQL against SQLite
    Warm,
    /// Devices that ask for the first time since the server's start: against pgbench
    Cold,
    /// Uploads and verification: against the AWS CLI, and curl with openssl
    Contents,
    /// The version before the newest migration, while its database is migrated; only where asked for
    Upgrade,
}
