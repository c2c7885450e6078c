//! An emergency stop: how long after its answer another process of the installation still offers an update.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;

use crate::api::Api;
use crate::checks::bundle;
use crate::server::Server;
use crate::table::{Goal, Table};
use crate::{machine, postgres};

/// How to measure emergency stops. It takes PostgreSQL, because only there are several processes
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often distribution is stopped
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    rounds: u64,
    /// Where to put the data folders
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// For so long nothing may be offered after the first answer that offers nothing.
const QUIET: Duration = Duration::from_millis(200);
/// A bound, not an expectation.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    machine::describe();
    let folder = tempfile::Builder::new().prefix("olivine-bench-").tempdir_in(&args.folder);
    let folder = folder.context("making a temporary folder")?;
    let database = postgres::Database::create("stops")?;
    let url = database.url()?;
    let secret = [("OLIVINE_SECRET_KEY", "a secret that both processes share".to_owned())];
    let (first, second) = (folder.path().join("one"), folder.path().join("other"));
    let one = Server::start_with(&first, Some(&url), &secret).await?;
    share(&first, &second)?;
    let other = Server::start_with(&second, Some(&url), &secret).await?;
    let (api, there) = (one.api()?, Api::new(&other.url, &one.key()?)?);
    let device = offered(&api).await?;
    let mut took = Vec::new();
    for _ in 0..args.rounds {
        until(&there, &device, "update").await?;
        api.post("/organization/stop", &json!({"reason": "a drill"})).await?;
        took.push(until(&there, &device, "no_update").await?);
        let began = Instant::now();
        while began.elapsed() < QUIET {
            ensure!(
                status(&there, &device).await? == "no_update",
                "the other process offers an update again"
            );
        }
        api.post("/organization/resume", &json!({})).await?;
    }
    took.sort_unstable();
    let mut table = Table::default();
    let what = "time from the answer to a stop until the other process offers nothing";
    let half = took[took.len() / 2].as_secs_f64();
    table.absolute(&format!("{what}, median of {}", args.rounds), half, "s", Goal::None);
    let longest = took.last().copied().unwrap_or_default().as_secs_f64();
    table.absolute(&format!("{what}, longest"), longest, "s", Goal::AtMost(1.0));
    machine::say_load();
    table.print();
    Ok(())
}

/// Makes a data folder with the content and the device authority of another one.
fn share(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    symlink(from.join("content"), to.join("content"))?;
    for file in ["device-ca.pem", "device-ca-key.pem", "device-tls.pem"] {
        fs::copy(from.join(file), to.join(file)).with_context(|| format!("copying {file}"))?;
    }
    Ok(())
}

/// A device for which there is an update.
async fn offered(api: &Api) -> anyhow::Result<String> {
    let content = bundle::make(api).await?;
    let prns = content.binaries.iter().map(|(binary, _)| binary.prn(content.organization).to_string());
    let binaries: Vec<_> = prns.map(|prn| json!({"prn": prn})).collect();
    let bundle = api.create("bundles", "bundle", &json!({"name": "first", "binaries": binaries})).await?;
    let product = json!({"name": "bench", "target": bundle::TARGET});
    let product = api.create("products", "product", &product).await?;
    let cohort = api.create("cohorts", "cohort", &json!({"name": "all", "product_prn": product})).await?;
    let release = json!({"name": "first", "version": "1.0.0", "cohort_prn": cohort, "bundle_prn": bundle});
    api.create("releases", "release", &release).await?;
    let device = json!({"identifier": "SN-1", "product_prn": product, "cohort_prn": cohort});
    api.create("devices", "device", &device).await
}

/// Waits until the device is answered so, and tells how long that took.
async fn until(api: &Api, device: &str, expected: &str) -> anyhow::Result<Duration> {
    let began = Instant::now();
    while status(api, device).await? != expected {
        ensure!(began.elapsed() < PATIENCE, "the answer is not {expected} after {PATIENCE:?}");
    }
    Ok(began.elapsed())
}

async fn status(api: &Api, device: &str) -> anyhow::Result<String> {
    let asked = json!({"release_version": "0.9.0", "write": false});
    let answer = api.post(&format!("/devices/{device}/update"), &asked).await?;
    Ok(answer["status"].as_str().context("an answer has a status")?.to_owned())
}
