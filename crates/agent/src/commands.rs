//! The `olivine-agent` command line.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use olivine_client::DeviceClient;
use olivine_domain::text::harmless;
use olivine_domain::time::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::agent::Agent;
use crate::config::Settings;
use crate::stop::{Stop, stop};
use crate::{Error, chain, schedule};

/// An update failed.
const FAILED: u8 = 2;

/// Keeps this device up to date: checks an Olivine server for updates, verifies them with the public keys on this device, installs them,
/// and reports the result.
#[derive(Debug, Parser)]
#[command(name = "olivine-agent", version)]
pub struct Cli {
    /// The configuration file of the agent
    #[arg(
        long,
        global = true,
        env = "OLIVINE_AGENT_CONFIG",
        value_name = "FILE",
        default_value = "/etc/olivine/agent.toml"
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Command {
    /// Check for updates regularly, until SIGTERM or SIGINT
    Run,
    /// Check for an update once and install it. The exit code is 0 if the device is up to date or was updated, 2 if an update failed, and 1 for
    /// other errors, such as a version that the server cannot understand
    Once,
    /// Check the configuration file and the files that it names
    CheckConfig,
}

impl Cli {
    /// Does what was asked for.
    pub async fn run(self) -> ExitCode {
        start_logs();
        let result = match self.command {
            Command::Run => self.keep_asking().await,
            Command::Once => self.ask_once().await,
            Command::CheckConfig => self.check(),
        };
        match result {
            Ok(code) => code,
            Err(error) => {
                say(&mut std::io::stderr(), &format!("error: {}", chain(&error)));
                ExitCode::FAILURE
            }
        }
    }

    async fn keep_asking(&self) -> Result<ExitCode, Error> {
        let settings = Settings::read(&self.config)?;
        let stop = stop_on_signals()?;
        let interval = settings.poll_interval;
        let device = DeviceClient::new(settings.device.clone())?;
        let agent = Agent::open(settings, device, now, stop.clone())?;
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
        schedule::run(agent, interval, stop).await;
        Ok(ExitCode::SUCCESS)
    }

    async fn ask_once(&self) -> Result<ExitCode, Error> {
        let settings = Settings::read(&self.config)?;
        let device = DeviceClient::new(settings.device.clone())?;
        let mut agent = Agent::open(settings, device, now, stop_on_signals()?)?;
        let outcome = agent.poll().await?;
        say(&mut std::io::stdout(), &outcome.to_string());
        // "Up to date" would be misleading on a device for which the server can't choose an update.
        let is_sound = self.tell(agent.problems());
        Ok(match (outcome.is_failure(), is_sound) {
            (true, _) => ExitCode::from(FAILED),
            (false, false) => ExitCode::FAILURE,
            (false, true) => ExitCode::SUCCESS,
        })
    }

    /// Tells what is wrong; true if nothing is.
    fn tell(&self, problems: Vec<String>) -> bool {
        let is_sound = problems.is_empty();
        for problem in problems {
            say(&mut std::io::stderr(), &format!("error: {}: {problem}", self.config.display()));
        }
        is_sound
    }

    fn check(&self) -> Result<ExitCode, Error> {
        let settings = Settings::read(&self.config)?;
        DeviceClient::new(settings.device.clone())?;
        let mut problems = settings.running.problems();
        let installers = settings.installers.iter().zip(1..);
        let lacking = installers.filter_map(|(installer, number)| Some((number, installer.problem()?)));
        problems.extend(lacking.map(|(number, problem)| format!("installer {number}: {problem}")));
        if !self.tell(problems) {
            return Ok(ExitCode::FAILURE);
        }
        for (installer, number) in settings.installers.iter().zip(1..) {
            if let Some(warning) = installer.warning() {
                let line = format!("warning: {}: installer {number}: {warning}", self.config.display());
                say(&mut std::io::stderr(), &line);
            }
        }
        let text = format!(
            "{} is sound: {} trusted keys, {} of them required, server {}",
            self.config.display(),
            settings.trusted.len(),
            settings.required_signatures,
            settings.device.base_url
        );
        say(&mut std::io::stdout(), &text);
        Ok(ExitCode::SUCCESS)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn now() -> Timestamp {
    jiff::Timestamp::now().into()
}

/// Prints a line; it is no error if nobody reads it.
fn say(stream: &mut impl std::io::Write, line: &str) {
    let _ = writeln!(stream, "{}", harmless(line));
}

fn start_logs() {
    let filter = EnvFilter::try_from_env("OLIVINE_AGENT_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

fn stop_on_signals() -> Result<Stop, Error> {
    let (stopper, stop) = stop();
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signals =
            signal(kind).map_err(|error| Error::Config(format!("can't watch for signals: {error}")))?;
        let stopper = stopper.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                tracing::info!("stopping as soon as it is safe");
                stopper.ask();
            }
        });
    }
    Ok(stop)
}
