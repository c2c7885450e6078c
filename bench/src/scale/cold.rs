//! Devices that ask for the first time since the server was started. Each takes a few queries. Compared with `pgbench` on the same
//! PostgreSQL.

use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use super::args::Args;
use super::fleets::{Fleets, Way};
use super::rates::Rates;
use crate::checks::proxied::everybody;
use crate::postgres::Database;
use crate::table::{Goal, Table, say};
use crate::{processor, programs};

/// The scale factor of `pgbench`, which creates 100,000 rows for each unit.
const ROWS: &str = "10";

/// The number of threads of `pgbench`: as many as there are cores, which it shares with PostgreSQL.
const THREADS: &str = "2";

pub(super) async fn measure(args: &Args, fleets: &Fleets, table: &mut Table) -> anyhow::Result<()> {
    let reference = Database::create("pgbench")?;
    let mut fill = Command::new(programs::installed("pgbench")?);
    programs::output(fill.args(["--initialize", "--quiet", "--scale", ROWS]).arg(reference.url()?))?;
    let (mut ours, mut theirs) = (Rates::default(), Rates::default());
    let mut cost = Cost::MOST;
    for round in 1..=args.rounds {
        theirs.0.push(pgbench(&reference, args)?);
        let (rate, taken) = ask_all(args, fleets).await?;
        ours.0.push(rate);
        cost = cost.least(taken);
        say(format!("  cold, round {round}: {ours} against {theirs}"));
    }
    let what = format!("`/update` cold, each of {} devices for the first time", args.devices);
    let ratio = ours.best() / theirs.best();
    table.ratio(
        &format!("{what} (against `pgbench -S -M prepared`, {} clients)", args.connections),
        &ours,
        &theirs,
        ratio,
        Goal::AtLeast(0.5),
    );
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    for (whose, time) in
        [("server", cost.server), ("PostgreSQL", cost.database), ("simulated devices", cost.client)]
    {
        table.absolute(
            &format!("{what}: processor time for a device, {whose}"),
            micros(time),
            "µs",
            Goal::None,
        );
    }
    let statements = statements_of_all(args, fleets).await?;
    table.absolute(&format!("{what}: transactions in PostgreSQL for a device"), statements, "", Goal::None);
    Ok(())
}

/// The processor time per device.
#[derive(Clone, Copy, Debug)]
struct Cost {
    server: Duration,
    database: Duration,
    client: Duration,
}

impl Cost {
    const MOST: Self = Self { server: Duration::MAX, database: Duration::MAX, client: Duration::MAX };

    fn so_far(server: u32, database: u32) -> anyhow::Result<Self> {
        Ok(Self {
            server: processor::taken_by(server)?,
            database: processor::taken_by(database)?,
            client: processor::taken_by_us()?,
        })
    }

    fn since(self, before: Self, devices: u64) -> Self {
        let devices = u32::try_from(devices.max(1)).unwrap_or(u32::MAX);
        Self {
            server: self.server.saturating_sub(before.server) / devices,
            database: self.database.saturating_sub(before.database) / devices,
            client: self.client.saturating_sub(before.client) / devices,
        }
    }

    fn least(self, other: Self) -> Self {
        Self {
            server: self.server.min(other.server),
            database: self.database.min(other.database),
            client: self.client.min(other.client),
        }
    }
}

/// The number of devices answered per second when a newly started server answers the whole fleet.
async fn ask_all(args: &Args, fleets: &Fleets) -> anyhow::Result<(f64, Cost)> {
    let server = fleets.start(&fleets.postgres, Way::Proxy).await?;
    let cluster = fleets.database.server_pid()?;
    let before = Cost::so_far(server.pid(), cluster)?;
    let fleet = &fleets.postgres.fleet;
    let outcome = everybody(fleets.devices(), fleet, server.device_address()?, args.connections).await?;
    let cost = Cost::so_far(server.pid(), cluster)?.since(before, fleet.count);
    Ok((outcome.rate, cost))
}

/// The number of statements that the server runs per device. Each statement outside of a transaction counts as a transaction of its own.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
async fn statements_of_all(args: &Args, fleets: &Fleets) -> anyhow::Result<f64> {
    let before = fleets.database.transactions()?;
    ask_all(args, fleets).await?;
    Ok(fleets.database.transactions()?.saturating_sub(before) as f64 / args.devices as f64)
}

/// Runs single `SELECT` statements by primary key as fast as possible, and returns the rate.
fn pgbench(database: &Database, args: &Args) -> anyhow::Result<f64> {
    let mut command = Command::new(programs::installed("pgbench")?);
    command.args(["--select-only", "--protocol", "prepared", "--no-vacuum", "--jobs", THREADS]);
    command.args([
        "--client",
        &args.connections.to_string(),
        "--time",
        &format!("{:.0}", args.seconds.max(1.0)),
    ]);
    let text = programs::output(command.arg(database.url()?))?;
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let figure = line.and_then(|line| line.split_whitespace().next()).context("pgbench says its tps")?;
    Ok(figure.parse()?)
}
