//! A bulk operation on many devices, each of which gets an event: against importing as many, and against inserting as many events.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use olivine_records::{Database, Options};
use serde_json::json;

use crate::api::Api;
use crate::server::Server;
use crate::table::{Goal, Table, Times};
use crate::{feed, machine, postgres};

/// How to measure bulk operations.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many devices are changed
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1000..=1_000_000))]
    devices: u64,
    /// How often
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
    /// On PostgreSQL instead of the embedded database
    #[arg(long)]
    postgres: bool,
    /// Where to put the database
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// As many devices as a batch of a bulk operation has.
const AT_ONCE: u64 = 500;
/// The events that a round inserts have numbers of their own.
const NUMBERS: u64 = 10_000_000;
/// A bound, not an expectation.
const PATIENCE: Duration = Duration::from_mins(30);
const LOOK_EVERY: Duration = Duration::from_millis(5);

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    machine::describe();
    let folder = tempfile::Builder::new().prefix("olivine-bench-").tempdir_in(&args.folder);
    let folder = folder.context("making a temporary folder")?;
    let postgres = if args.postgres { Some(postgres::Database::create("bulk")?) } else { None };
    let url = postgres.as_ref().map(postgres::Database::url).transpose()?;
    let data_dir = folder.path().join("data");
    let server = Server::start(&data_dir, url.as_deref()).await?;
    let api = server.api()?;
    let organization = api.organization().await?;
    let product = api.create("products", "product", &json!({"name": "bench"})).await?;
    let sqlite = || format!("sqlite:{}", data_dir.join("olivine.db").display());
    let database = Database::open(&url.clone().unwrap_or_else(sqlite), Options::default()).await?;
    let (mut tagged, mut imported, mut inserted) = (Times::default(), Times::default(), Times::default());
    for round in 1..=args.rounds {
        let cohort = json!({"name": format!("round {round}"), "product_prn": product});
        let cohort = api.create("cohorts", "cohort", &cohort).await?;
        let csv = file(round, args.devices)?;
        let began = Instant::now();
        let report = api.import(&format!("product_prn={product}&cohort_prn={cohort}"), csv).await?;
        imported.push(began.elapsed());
        ensure!(report["created"] == args.devices, "not all were imported: {report}");
        tagged.push(tag(&api, &cohort, args.devices).await?);
        let (first, end) = (round * NUMBERS, round * NUMBERS + args.devices);
        let began = Instant::now();
        for first in (first..end).step_by(usize::try_from(AT_ONCE)?) {
            feed::insert(&database, organization, first..end.min(first + AT_ONCE)).await?;
        }
        inserted.push(began.elapsed());
    }
    database.close().await;
    let mut table = Table::default();
    report(args.devices, &tagged, &imported, &inserted, &mut table);
    machine::say_load();
    table.print();
    Ok(())
}

fn file(round: u64, count: u64) -> anyhow::Result<Vec<u8>> {
    let mut csv = String::from("identifier,tags,description\n");
    for number in 0..count {
        writeln!(csv, "R{round}-{number:07},bench;eu,made in line {}", number % 7)?;
    }
    Ok(csv.into_bytes())
}

/// Tags the devices of a cohort, and tells how long that took.
async fn tag(api: &Api, cohort: &str, count: u64) -> anyhow::Result<Duration> {
    let new = json!({"action": "tag", "tags": ["tagged"], "search": format!("cohort_prn:'{cohort}'")});
    let began = Instant::now();
    let prn = api.create("bulk_operations", "bulk_operation", &new).await?;
    while began.elapsed() < PATIENCE {
        let seen = api.get(&format!("/bulk_operations/{prn}")).await?;
        let operation = &seen["bulk_operation"];
        if operation["state"] != "running" {
            ensure!(operation["changed"] == count, "not all were changed: {operation}");
            return Ok(began.elapsed());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    anyhow::bail!("the bulk operation is not finished after {PATIENCE:?}")
}

#[expect(clippy::cast_precision_loss, reason = "counts of devices are far below 2^52")]
fn report(count: u64, tagged: &Times, imported: &Times, inserted: &Times, table: &mut Table) {
    let what = format!("{count} devices tagged by one bulk operation, each with its event");
    table.absolute(&what, tagged.best(), "s", Goal::None);
    let rate = |times: &Times| format!("{:.0}/s", count as f64 / times.best());
    for (reference, times) in [
        ("importing as many devices", imported),
        ("inserting as many events in transactions of 500", inserted),
    ] {
        let ratio = times.best() / tagged.best();
        let what = format!("devices tagged, against {reference}");
        table.ratio(&what, rate(tagged), rate(times), ratio, Goal::None);
    }
}
