//! Importing many devices from one file, with and without their certificates, and the memory that it takes.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::ensure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_domain::certificates::Certificate;
use serde_json::json;

use super::bench::Bench;
use super::bundle::TARGET;
use super::certificates::identifier;
use crate::memory::{Peak, resident};
use crate::server::Server;
use crate::sizes;
use crate::table::{Goal, Table, say};

pub(super) async fn measure(bench: &Bench<'_>, table: &mut Table) -> anyhow::Result<()> {
    let count = bench.args.devices / 10;
    for has_certificates in [false, true] {
        let name = if has_certificates { "certified" } else { "plain" };
        let server = Server::start(&bench.folder.join(name), None).await?;
        let api = server.api()?;
        let product = json!({"name": "bench", "target": TARGET});
        let product = api.create("products", "product", &product).await?;
        let cohort = json!({"name": "all", "product_prn": product});
        let cohort = api.create("cohorts", "cohort", &cohort).await?;
        let csv = file(bench, count, has_certificates)?;
        let size = csv.len() as u64;
        let before = resident(server.pid())?;
        let peak = Peak::watch(server.pid());
        let began = Instant::now();
        let query = format!("product_prn={product}&cohort_prn={cohort}");
        let report = api.import(&query, csv).await?;
        let took = began.elapsed();
        let peak = peak.bytes()?;
        ensure!(report["created"] == count, "not all were imported: {report}");
        let with = if has_certificates { "with certificates" } else { "without certificates" };
        let what = format!("import of {count} devices {with}, {:.1} MiB of CSV", sizes::mebibytes(size));
        table.absolute(&what, took.as_secs_f64(), "s", Goal::AtMost(60.0));
        say(format!("  {:.1} MiB before, {:.1} at most", sizes::mebibytes(before), sizes::mebibytes(peak)));
        let grown = sizes::mebibytes(peak.saturating_sub(before));
        table.absolute(&format!("growth of resident memory: {what}"), grown, "MiB", Goal::AtMost(64.0));
    }
    Ok(())
}

fn file(bench: &Bench<'_>, count: u64, has_certificates: bool) -> anyhow::Result<Vec<u8>> {
    let mut csv = String::from("identifier,tags,description");
    csv += if has_certificates { ",certificate\n" } else { "\n" };
    for number in 0..count {
        write!(csv, "{},bench;eu,made in line {}", identifier(number), number % 7)?;
        if has_certificates {
            let pem = Certificate::from_der(&bench.devices().der(number))?.pem();
            write!(csv, ",{}", STANDARD.encode(pem))?;
        }
        csv.push('\n');
    }
    Ok(csv.into_bytes())
}
