//! The version before the newest migration serves a large fleet while its database is migrated. That version is built for debugging, so
//! only how the times change says something.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::Args;
use super::fleets::{Way, settings};
use crate::api::Api;
use crate::checks::answers::NO_UPDATE;
use crate::checks::bundle;
use crate::checks::certificates::Certificates;
use crate::checks::fleet::Fleet;
use crate::checks::load::{Load, Outcome};
use crate::checks::proxied::{PROXIED, anybody, proxies};
use crate::postgres::Database;
use crate::programs;
use crate::server::Server;
use crate::table::{Goal, Table, say};

/// The folder with that version's executable; `cargo xtask bench` builds it, as the tests' does.
const PREVIOUS: &str = "OLIVINE_TEST_PREVIOUS";
/// How many releases the devices' channel has.
const RELEASES: u64 = 10;
/// How many binaries there are beside the bundle's, all of one version.
const BINARIES: u64 = 100_000;
/// How many of them a person lists.
const PAGE: usize = 10;

pub(super) async fn measure(args: &Args, folder: &Path, table: &mut Table) -> anyhow::Result<()> {
    let previous = std::env::var_os(PREVIOUS).with_context(|| format!("{PREVIOUS} is not set"))?;
    let (previous, data) = (PathBuf::from(previous).join("olivine"), folder.join("previous"));
    let database = Database::create("upgrade")?;
    let url = database.url()?;
    let certificates = Certificates::make(folder)?;
    let settings = settings(&certificates, Way::Proxy);
    let start = async || Server::start_program(&previous, &data, Some(&url), &settings).await;
    let content = bundle::make(&start().await?.api()?).await?;
    let fleet =
        Arc::new(Fleet::new(content, args.upgraded_devices, &[RELEASES], certificates.devices.clone()));
    fleet.insert(&url).await?;
    database.ask(&more_binaries())?;
    database.ask("VACUUM ANALYZE")?;

    let server = start().await?;
    let clients = proxies(&certificates.devices, PROXIED)?;
    let load = Load { address: server.device_address()?, clients: &clients, expected: NO_UPDATE };
    let time = Duration::from_secs_f64(args.seconds);
    let mut outcomes = Vec::new();
    for (turn, phase) in (0..).zip(["before", "during", "after"]) {
        let (outcome, list, took) = tokio::join!(
            load.run(time, anybody(&fleet, turn, PROXIED)),
            slowest_list(server.api()?, time),
            migrate(&url, phase == "during"),
        );
        let (outcome, list, took) = (outcome?, list?, took?);
        say(format!(
            "  {phase}: {:.0}/s, p50 {:.2?}, p99 {:.2?}, slowest list {list:.2?}, migration {took:.2?}",
            outcome.rate, outcome.p50, outcome.p99
        ));
        outcomes.push((outcome, list, took));
    }
    tell(fleet.count, &outcomes, table);
    Ok(())
}

fn tell(devices: u64, outcomes: &[(Outcome, Duration, Duration)], table: &mut Table) {
    let [before, during, after] = outcomes else { return };
    let what = format!("migration under the version before, {devices} devices, {BINARIES} binaries");
    let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    table.absolute(&format!("{what}: time"), during.2.as_secs_f64(), "s", Goal::None);
    for (when, other) in [("during", during), ("after", after)] {
        let ratio = |of: fn(&Outcome) -> Duration| of(&other.0).as_secs_f64() / of(&before.0).as_secs_f64();
        let of: fn(&Outcome) -> Duration = |outcome| outcome.p99;
        let name = format!("{what}: p99 of `/update` {when}, against before");
        table.ratio(&name, millis(of(&other.0)), millis(of(&before.0)), ratio(of), Goal::None);
    }
    let ratio = during.1.as_secs_f64() / before.1.as_secs_f64();
    let name = format!("{what}: slowest list of binaries during, against before");
    table.ratio(&name, millis(during.1), millis(before.1), ratio, Goal::None);
}

/// Migrates with the version that is measured otherwise, as operators do.
async fn migrate(url: &str, wanted: bool) -> anyhow::Result<Duration> {
    if !wanted {
        return Ok(Duration::ZERO);
    }
    let mut command = Command::new(programs::built("olivine")?);
    command.args(["migrate", "--database-url", url]);
    tokio::task::spawn_blocking(move || programs::timed(&mut command)).await?
}

/// What a person lists meanwhile, again and again.
async fn slowest_list(api: Api, time: Duration) -> anyhow::Result<Duration> {
    let (began, mut slowest) = (Instant::now(), Duration::ZERO);
    while began.elapsed() < time {
        let list = format!("/binaries?limit={PAGE}");
        slowest = slowest.max(api.time(&list, "binaries", PAGE).await?);
    }
    Ok(slowest)
}

/// Copies one of the bundle's, whatever columns that version has.
fn more_binaries() -> String {
    format!(
        "INSERT INTO binaries SELECT \
         (jsonb_populate_record(first, jsonb_build_object('id', gen_random_uuid(), 'target', 'board-' || n, 'target_key', 'board-' || n))).* \
         FROM binaries AS first, generate_series(1, {BINARIES}) AS n WHERE first.id = (SELECT id FROM binaries LIMIT 1)"
    )
}
