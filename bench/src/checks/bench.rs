//! The options, the fleets and the server that all measurements of checks share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::bundle;
use super::certificates::{Certificates, Devices};
use super::fleet::Fleet;
use crate::server::Server;

/// How to measure checks.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of devices in the large fleet; the speed is measured, and the import done, with a tenth of it
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=10_000_000))]
    pub(super) devices: u64,
    /// The length of each round in seconds
    #[arg(long, default_value_t = 3.0)]
    pub(super) seconds: f64,
    /// The number of rounds of each measurement; the best one counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) rounds: u32,
    /// The number of devices that ask at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=500))]
    pub(super) connections: u64,
    /// Measure only this part; can be repeated
    #[arg(long, value_enum)]
    pub(super) only: Vec<Part>,
    /// The folder for the databases, with about 3 GB of free space
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    pub(super) folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Part {
    /// Devices that are up to date, and devices with an update: against nginx
    Answers,
    /// A new connection for each request: against nginx
    Handshakes,
    /// Long release graphs against short ones
    ReleaseGraphs,
    /// Many devices against few, and their memory
    Scale,
    /// Importing many devices from one file
    Import,
}

/// The size of the small fleet, with which the large one is compared.
pub(super) const FEW: u64 = 1000;

/// The numbers of releases in the two release graphs of a fleet.
pub(super) const SHORT: u64 = 10;
pub(super) const LONG: u64 = 10_000;

/// The options and certificates, and the folder with the fleets' databases.
pub(super) struct Bench<'a> {
    pub(super) args: &'a Args,
    pub(super) folder: PathBuf,
    pub(super) certificates: Certificates,
}

impl Bench<'_> {
    /// Creates a database with `devices` devices, which follow release graphs of these lengths in turn.
    pub(super) async fn fleet(&self, name: &str, devices: u64, graphs: &[u64]) -> anyhow::Result<Fleet> {
        let data_dir = self.folder.join(name);
        let bundle = bundle::make(&Server::start(&data_dir, None).await?.api()?).await?;
        let fleet = Fleet::new(bundle, devices, graphs, self.certificates.devices.clone());
        fleet.insert(&format!("sqlite:{}", data_dir.join("olivine.db").display())).await?;
        Ok(fleet)
    }

    /// Starts Olivine with the same certificate as nginx.
    pub(super) async fn start(&self, name: &str, settings: &[(&str, String)]) -> anyhow::Result<Server> {
        let tls = [
            ("OLIVINE_DEVICE_TLS_CERTIFICATE", self.certificates.server.display().to_string()),
            ("OLIVINE_DEVICE_TLS_KEY", self.certificates.server_key.display().to_string()),
        ];
        let settings: Vec<_> = tls.iter().chain(settings).cloned().collect();
        Server::start_with(&self.folder.join(name), None, &settings).await
    }

    pub(super) fn devices(&self) -> &Arc<Devices> {
        &self.certificates.devices
    }

    pub(super) fn round(&self) -> Duration {
        Duration::from_secs_f64(self.args.seconds)
    }
}
