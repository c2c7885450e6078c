//! The version before the newest migration serves a large fleet while its database is migrated. That version is a debug build, so only the
//! change of its times means anything.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::args::Args;
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

/// The environment variable with the folder of that version's executable. `cargo xtask bench` builds it, as for the tests.
const PREVIOUS: &str = "OLIVINE_TEST_PREVIOUS";
/// The number of releases in the devices' release graph.
const RELEASES: u64 = 10;
/// The number of binaries besides those of the bundle. All belong to one version.
const BINARIES: u64 = 100_000;
/// The length of the page of binaries that a person lists.
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
    let mut phases = Vec::new();
    for (turn, name) in (0..).zip(["before", "during", "after"]) {
        let (outcome, slowest_list, migration) = tokio::join!(
            load.run(time, anybody(&fleet, turn, PROXIED)),
            slowest_list(server.api()?, time),
            migrate(&url, name == "during"),
        );
        let phase = Phase { outcome: outcome?, slowest_list: slowest_list?, migration: migration? };
        say(format!("  {name}: {phase:.2?}"));
        phases.push(phase);
    }
    tell(fleet.count, &phases, table);
    Ok(())
}

/// The measurements before, during or after the migration.
#[derive(Debug)]
struct Phase {
    outcome: Outcome,
    slowest_list: Duration,
    migration: Duration,
}

fn tell(devices: u64, phases: &[Phase], table: &mut Table) {
    let [before, during, after] = phases else { return };
    let what = format!("migration under the version before, {devices} devices, {BINARIES} binaries");
    table.absolute(&format!("{what}: time"), during.migration.as_secs_f64(), "s", Goal::None);
    let mut compare = |name: &str, ours: Duration, theirs: Duration| {
        let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        table.ratio(&format!("{what}: {name}"), millis(ours), millis(theirs), ratio, Goal::None);
    };
    let p99 = before.outcome.p99;
    compare("p99 of `/update` during, against before", during.outcome.p99, p99);
    compare("p99 of `/update` after, against before", after.outcome.p99, p99);
    compare("slowest list of binaries during, against before", during.slowest_list, before.slowest_list);
}

/// Migrates with the current version, as operators do.
async fn migrate(url: &str, wanted: bool) -> anyhow::Result<Duration> {
    if !wanted {
        return Ok(Duration::ZERO);
    }
    let mut command = Command::new(programs::built("olivine")?);
    command.args(["migrate", "--database-url", url]);
    tokio::task::spawn_blocking(move || programs::timed(&mut command)).await?
}

/// Lists binaries again and again, as a person would, and returns the longest time.
async fn slowest_list(api: Api, time: Duration) -> anyhow::Result<Duration> {
    let (began, mut slowest) = (Instant::now(), Duration::ZERO);
    while began.elapsed() < time {
        let list = format!("/binaries?limit={PAGE}");
        slowest = slowest.max(api.time(&list, "binaries", PAGE).await?);
    }
    Ok(slowest)
}

/// Copies one of the bundle's binaries, whatever columns that version has.
fn more_binaries() -> String {
    format!(
        "INSERT INTO binaries SELECT \
         (jsonb_populate_record(first, jsonb_build_object('id', gen_random_uuid(), 'target', 'board-' || n, 'target_key', 'board-' || n))).* \
         FROM binaries AS first, generate_series(1, {BINARIES}) AS n WHERE first.id = (SELECT id FROM binaries LIMIT 1)"
    )
}
