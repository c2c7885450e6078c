//! The latency of two servers that run at the same time. They are asked alternately on one connection each, so that a disturbance affects
//! both.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use super::queries::{QUESTIONS, Query, Question};
use super::{Args, Installation};
use crate::api::Api;
use crate::memory::resident;
use crate::numbered::scattered;
use crate::sizes;
use crate::table::{Goal, Table};

/// The samples are divided into this many runs. The run with the lowest 99th percentile counts.
const RUNS: u64 = 10;

pub(super) async fn measure(
    few: &Installation,
    many: &Installation,
    args: &Args,
    table: &mut Table,
) -> anyhow::Result<()> {
    // The measurement of start-up before this has emptied the page cache. That is not the state of a server that has run for a while, and
    // the small database would soon be in the cache anyway.
    warm(&many.data_dir.join("olivine.db"))?;
    let (few_server, many_server) = (few.start().await?, many.start().await?);
    let (few_api, many_api) = (few_server.api()?, many_server.api()?);
    for (what, question) in QUESTIONS.iter().filter(|(what, _)| what.contains(&args.only)) {
        let (mut best_few, mut best_many) = (Percentiles::WORST, Percentiles::WORST);
        for run in 0..RUNS {
            let each = args.samples / RUNS;
            let (mut few_times, mut many_times) = (Vec::new(), Vec::new());
            for number in run * each..(run + 1) * each {
                few_times.push(ask(few, &few_api, *question, number).await?);
                many_times.push(ask(many, &many_api, *question, number).await?);
            }
            best_few = best_few.better(Percentiles::of(few_times));
            best_many = best_many.better(Percentiles::of(many_times));
        }
        let ratio = best_many.p99.as_secs_f64() / best_few.p99.as_secs_f64();
        table.ratio(&format!("{what}: p99 (p50)"), best_many, best_few, ratio, Goal::AtMost(2.0));
    }
    let after = sizes::mebibytes(resident(many_server.pid())?);
    table.absolute("resident memory after these queries", after, "MiB", Goal::None);
    Ok(())
}

/// Makes the system read a file into its page cache. PostgreSQL's files are not touched.
fn warm(path: &Path) -> anyhow::Result<()> {
    if path.is_file() {
        std::io::copy(&mut File::open(path)?, &mut std::io::sink())?;
    }
    Ok(())
}

async fn ask(
    installation: &Installation,
    api: &Api,
    question: Question,
    number: u64,
) -> anyhow::Result<Duration> {
    // Spread over the whole database, and the same in every run of this program.
    let random = scattered(number) >> 20;
    let Query { path, items } = question(&installation.binaries, random);
    let key = if items.is_some() { "binaries" } else { "binary" };
    api.time(&path, key, items.unwrap_or(0)).await
}

/// The median and the 99th percentile of the latencies.
#[derive(Clone, Copy, Debug)]
struct Percentiles {
    p50: Duration,
    p99: Duration,
}

impl Percentiles {
    const WORST: Self = Self { p50: Duration::MAX, p99: Duration::MAX };

    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        Self { p50: at(50), p99: at(99) }
    }

    fn better(self, other: Self) -> Self {
        if other.p99 < self.p99 { other } else { self }
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} ms ({:.2})", self.p99.as_secs_f64() * 1e3, self.p50.as_secs_f64() * 1e3)
    }
}
