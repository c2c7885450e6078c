//! What devices ask all the time: how many answers a second, how long they take, and what a large fleet costs.
//!
//! The simulated devices take their part of the same processors; whatever a figure is compared with pays the same for them.

pub(crate) mod answers;
pub(crate) mod bundle;
pub(crate) mod certificates;
mod channels;
pub(crate) mod fleet;
mod handshakes;
mod import;
pub(crate) mod load;
pub(crate) mod proxied;
mod scale;
pub(crate) mod turns;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use self::certificates::{Certificates, Devices};
use self::fleet::Fleet;
use crate::machine;
use crate::server::Server;
use crate::table::Table;

/// How to measure checks.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many devices the large fleet has; a tenth of them are registered where the speed is measured, and imported
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=10_000_000))]
    devices: u64,
    /// How long each round takes
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How often each thing is measured; the best counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How many devices ask at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=500))]
    connections: u64,
    /// Only this
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Where to put the databases: some 3 GB
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
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
const FEW: u64 = 1000;

/// How many releases the channels have, of which the devices of each fleet follow one or the other.
const SHORT: u64 = 10;
const LONG: u64 = 10_000;

/// What all parts need.
struct Bench<'a> {
    args: &'a Args,
    folder: PathBuf,
    certificates: Certificates,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    machine::describe();
    let folder = tempfile::Builder::new().prefix("olivine-bench-").tempdir_in(&args.folder);
    let folder = folder.context("making a temporary folder")?;
    let certificates = Certificates::make(folder.path())?;
    let bench = Bench { args, folder: folder.path().to_owned(), certificates };
    let mut table = Table::default();
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    if [Part::Answers, Part::Handshakes, Part::Channels].into_iter().any(wanted) {
        let fleet = bench.fleet("registered", args.devices / 10, &[SHORT, LONG]).await?;
        let server = bench.start("registered", &[]).await?;
        if wanted(Part::Answers) {
            answers::measure(&bench, &fleet, &server, &mut table).await?;
        }
        if wanted(Part::Handshakes) {
            handshakes::measure(&bench, &fleet, &server, &mut table).await?;
        }
        if wanted(Part::Channels) {
            channels::measure(&bench, &fleet, &server, &mut table).await?;
        }
    }
    if wanted(Part::Scale) {
        scale::measure(&bench, &mut table).await?;
    }
    if wanted(Part::Import) {
        import::measure(&bench, &mut table).await?;
    }
    machine::say_load();
    table.print();
    Ok(())
}

impl Bench<'_> {
    /// A database with so many devices, which follow channels of these lengths by turns.
    async fn fleet(&self, name: &str, devices: u64, channels: &[u64]) -> anyhow::Result<Fleet> {
        let data_dir = self.folder.join(name);
        let bundle = bundle::make(&Server::start(&data_dir, None).await?.api()?).await?;
        let fleet = Fleet::new(bundle, devices, channels, self.certificates.devices.clone());
        fleet.insert(&format!("sqlite:{}", data_dir.join("olivine.db").display())).await?;
        Ok(fleet)
    }

    /// Olivine with the same certificate as nginx.
    async fn start(&self, name: &str, settings: &[(&str, String)]) -> anyhow::Result<Server> {
        let tls = [
            ("OLIVINE_DEVICE_TLS_CERTIFICATE", self.certificates.server.display().to_string()),
            ("OLIVINE_DEVICE_TLS_KEY", self.certificates.server_key.display().to_string()),
        ];
        let settings: Vec<_> = tls.iter().chain(settings).cloned().collect();
        Server::start_with(&self.folder.join(name), None, &settings).await
    }

    fn devices(&self) -> &Arc<Devices> {
        &self.certificates.devices
    }

    fn round(&self) -> Duration {
        Duration::from_secs_f64(self.args.seconds)
    }
}
