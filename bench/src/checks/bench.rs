//! What every measurement of checks needs: how to measure, the fleets and the server.

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
    /// How many devices the large fleet has; a tenth of them are registered where the speed is measured, and imported
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=10_000_000))]
    pub(super) devices: u64,
    /// How long each round takes
    #[arg(long, default_value_t = 3.0)]
    pub(super) seconds: f64,
    /// How often each thing is measured; the best counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) rounds: u32,
    /// How many devices ask at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=500))]
    pub(super) connections: u64,
    /// Only this
    #[arg(long, value_enum)]
    pub(super) only: Vec<Part>,
    /// Where to put the databases: some 3 GB
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    pub(super) folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Part {
    /// Up to date, and with an update: against nginx
    Answers,
    /// Connections that are opened for one question: against nginx
    Handshakes,
    /// Long channels against short ones
    Channels,
    /// Many devices against few, and their memory
    Scale,
    /// Many devices from one file
    Import,
}

/// With so few devices the large fleet is compared.
pub(super) const FEW: u64 = 1000;

/// How many releases the channels have, of which the devices of each fleet follow one or the other.
pub(super) const SHORT: u64 = 10;
pub(super) const LONG: u64 = 10_000;

/// What all parts need.
pub(super) struct Bench<'a> {
    pub(super) args: &'a Args,
    pub(super) folder: PathBuf,
    pub(super) certificates: Certificates,
}

impl Bench<'_> {
    /// A database with so many devices, which follow channels of these lengths by turns.
    pub(super) async fn fleet(&self, name: &str, devices: u64, channels: &[u64]) -> anyhow::Result<Fleet> {
        let data_dir = self.folder.join(name);
        let bundle = bundle::make(&Server::start(&data_dir, None).await?.api()?).await?;
        let fleet = Fleet::new(bundle, devices, channels, self.certificates.devices.clone());
        fleet.insert(&format!("sqlite:{}", data_dir.join("olivine.db").display())).await?;
        Ok(fleet)
    }

    /// Olivine with the same certificate as nginx.
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
