//! Downloads by curl from Olivine and from nginx, alternately.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::sample::Sample;
use super::uploads;
use crate::nginx::Nginx;
use crate::server::Server;
use crate::sizes;
use crate::table::{Goal, Speed, Table, Times, say};

/// The number of clients that download at the same time.
pub(super) const MANY: usize = 16;

pub(super) async fn measure(
    server: &Server,
    folder: &Path,
    size: u64,
    rounds: u32,
    table: &mut Table,
) -> anyhow::Result<()> {
    let sample = Sample::make(folder, "downloaded.bin", size)?;
    let api = server.api()?;
    let version = api.create_version().await?;
    let binary = api.create_binary(&version, "any", &sample.hash, size).await?;
    uploads::upload(server, &binary, &sample)?;
    let ours = api.download_url(&binary).await?;
    let nginx = Nginx::serve(folder, &folder.join("nginx"))?;
    let theirs = format!("{}/downloaded.bin", nginx.url);
    for clients in [1, MANY] {
        let (mut our_times, mut their_times) = (Times::default(), Times::default());
        for round in 1..=rounds {
            their_times.push(download(&theirs, clients, size)?);
            our_times.push(download(&ours, clients, size)?);
            say(format!("  {clients} clients, round {round}"));
        }
        let total = size * clients as u64;
        let who = if clients == 1 { "one client".to_owned() } else { format!("{clients} clients at once") };
        table.ratio(
            &format!("download of {} by {who} (speed against nginx)", sizes::shown(size)),
            Speed(&our_times, total),
            Speed(&their_times, total),
            their_times.best() / our_times.best(),
            Goal::AtLeast(0.7),
        );
    }
    Ok(())
}

/// Lets `clients` clients download at the same time, and waits until each has received all bytes.
pub(super) fn download(url: &str, clients: usize, size: u64) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let curls = (0..clients).map(|_| curl(url)).collect::<anyhow::Result<Vec<_>>>()?;
    for curl in curls {
        let output = curl.wait_with_output()?;
        let received = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            output.status.success() && received == format!("200 {size}"),
            "a download failed: {received}"
        );
    }
    Ok(began.elapsed())
}

fn curl(url: &str) -> anyhow::Result<Child> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code} %{size_download}", url]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().context("starting curl")
}
