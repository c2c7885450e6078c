//! The options for measuring installations that span several machines.

use std::path::PathBuf;

use crate::sizes;

/// The options for measuring installations that span several machines.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of registered devices
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    pub(super) devices: u64,
    /// The length of each round of answers in seconds
    #[arg(long, default_value_t = 3.0)]
    pub(super) seconds: f64,
    /// The number of rounds of answers; the best one counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) rounds: u32,
    /// The number of devices that ask at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=500))]
    pub(super) connections: u64,
    /// The size of the content that is uploaded and verified
    #[arg(long, default_value = "2G", value_parser = sizes::parse)]
    pub(super) size: u64,
    /// The number of uploads with verification; the best one counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) uploads: u32,
    /// The number of registered devices in the database that is migrated
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    pub(super) upgraded_devices: u64,
    /// Measure only this part; can be repeated
    #[arg(long, value_enum)]
    pub(super) only: Vec<Part>,
    /// The folder for temporary files of about three times the size, on the disk whose speed matters
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    pub(super) folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Part {
    /// Devices that the server has in memory: PostgreSQL against SQLite
    Warm,
    /// Devices that ask for the first time since the server was started: against pgbench
    Cold,
    /// Uploads and verification: against the AWS CLI, and curl with openssl
    Contents,
    /// The version before the newest migration, while its database is migrated; only if asked for
    Upgrade,
}
