//! `peridio devices list`: a table of devices, or a table of the results of their last updates with the messages that they reported.

use std::collections::HashMap;

use clap::Args;
use olivine_api::devices::{Device, LastReport};
use olivine_client::Query;
use olivine_domain::Target;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::UpdateStatus;
use olivine_domain::pages::Sort;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use serde::Serialize;

use crate::failure::Failure;
use crate::lists::{Expand, ListOptions};
use crate::names;
use crate::output::{Format, Record, short, visible};
use crate::session::Session;

/// How many characters of a device's message a table shows.
const WORDS: usize = 120;

/// Which devices to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the device with this identifier
    #[arg(long)]
    identifier: Option<String>,
    /// Only devices of this product
    #[arg(long, value_name = "PRN")]
    product_prn: Option<Prn<Product>>,
    /// Only devices of this cohort
    #[arg(long, value_name = "PRN")]
    cohort_prn: Option<Prn<Cohort>>,
    /// Only devices that last reported to run this version
    #[arg(long = "version", visible_alias = "reported-release-version")]
    reported_release_version: Option<String>,
    /// Only devices on this release
    #[arg(long, value_name = "PRN")]
    release_prn: Option<Prn<Release>>,
    /// Only devices that reported this outcome of their last update; the table then shows their messages
    #[arg(long, value_parser = UpdateStatus::NAMES)]
    outcome: Option<String>,
    /// Only devices whose last report is about this release: with --outcome failed, those that could not install it
    #[arg(long, value_name = "PRN")]
    outcome_release_prn: Option<Prn<Release>>,
    /// Only devices with this tag
    #[arg(long)]
    tag: Option<String>,
    /// Only devices that have this target themselves (not from their product)
    #[arg(long)]
    target: Option<Target>,
    /// Only devices in quarantine; with false, only devices that are not in quarantine
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    quarantined: Option<bool>,
    #[arg(
        help = "The field that sorts the list: inserted_at (the default) or identifier",
        long,
        value_name = "FIELD",
        help_heading = "List options"
    )]
    sort: Option<Sort>,
    #[command(flatten)]
    expand: Expand,
    #[command(flatten)]
    options: ListOptions,
}

/// A row of the table with messages: a device and its last report, with names in place of PRNs.
#[derive(Serialize)]
struct Reporting {
    identifier: String,
    cohort: String,
    version: Option<String>,
    outcome: String,
    release: String,
    said: String,
    reported_at: String,
}

impl Record for Reporting {
    const COLUMNS: &'static [&'static str] =
        &["identifier", "cohort", "version", "outcome", "release", "said", "when:reported_at"];
    const EXPAND: &'static [&'static str] = &["product", "cohort", "last_report"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let is_of_reports = self.outcome.is_some() || self.outcome_release_prn.is_some();
        if is_of_reports && session.printer.list_format() == Format::Table {
            self.print_reports(session).await
        } else {
            session.list::<Device>(&self.options, self.query()).await
        }
    }

    /// Fetches one page after the other, because the names on each page are looked up together.
    async fn print_reports(self, session: &Session) -> Result<(), Failure> {
        let query = self.query().expand(&session.printer.expansions::<Reporting>());
        let mut pages = session.client.list::<Device>(&self.options.apply(query));
        let mut list = session.printer.list::<Reporting>();
        while let Some(page) = pages.next().await? {
            let releases = page.iter().filter_map(|device| device.outcome_release_prn.as_deref());
            let details = page.iter().filter_map(|device| device.last_report.as_ref()?.detail.as_deref());
            let prns = releases.chain(details.flat_map(names::prns_in)).map(str::to_owned);
            let labels = names::labels(&session.client, prns.collect()).await;
            for device in &page {
                list.add(&Reporting::new(device, &labels))?;
            }
        }
        list.finish()?;
        self.options.note_more(&pages);
        Ok(())
    }

    fn query(&self) -> Query {
        let query = Query::default().with("identifier", self.identifier.as_ref());
        let query = query.with("product_prn", self.product_prn).with("cohort_prn", self.cohort_prn);
        let query = query.with("reported_release_version", self.reported_release_version.as_ref());
        let query = query.with("release_prn", self.release_prn).with("outcome", self.outcome.as_ref());
        let query = query.with("outcome_release_prn", self.outcome_release_prn);
        let query = query.with("tag", self.tag.as_ref()).with("target", self.target.as_ref());
        let query = query.with("quarantined", self.quarantined).with("sort", self.sort);
        query.expand(&self.expand.expand)
    }
}

impl Reporting {
    fn new(device: &Device, labels: &HashMap<String, String>) -> Self {
        let report = device.last_report.as_ref();
        let release = device.outcome_release_prn.as_deref().unwrap_or_default();
        Self {
            identifier: device.identifier.clone(),
            cohort: place(device),
            version: device.reported_release_version.clone(),
            outcome: device.outcome.clone().unwrap_or_default(),
            release: labels.get(release).cloned().unwrap_or_else(|| short(release)),
            said: report.map(|report| said(report, labels)).unwrap_or_default(),
            reported_at: report.map(|report| report.reported_at.clone()).unwrap_or_default(),
        }
    }
}

/// The place of a device: `gateway/daily`, or only its product.
fn place(device: &Device) -> String {
    let product = device.product.as_ref().map(|product| product.name.as_str());
    let cohort = device.cohort.as_ref().map(|cohort| cohort.name.as_str());
    product.into_iter().chain(cohort).collect::<Vec<_>>().join("/")
}

/// The beginning of a device's message, on one line.
fn said(report: &LastReport, labels: &HashMap<String, String>) -> String {
    let detail = names::name_prns(report.detail.as_deref().unwrap_or_default(), labels);
    let words = visible(&detail.split_whitespace().collect::<Vec<_>>().join(" "));
    match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shows_the_beginning_of_a_devices_message() {
        let report = |detail: Option<&str>| LastReport {
            outcome: "failed".to_owned(),
            release_prn: "prn:1:o:release:r".to_owned(),
            detail: detail.map(str::to_owned),
            reported_at: "2026-01-01T00:00:00Z".to_owned(),
        };
        assert_eq!(said(&report(None), &HashMap::new()), "");
        assert_eq!(
            said(&report(Some("no space\n\tleft \u{1b}[31m")), &HashMap::new()),
            "no space left \u{fffd}[31m"
        );
        assert_eq!(said(&report(Some(&"ü".repeat(WORDS))), &HashMap::new()), "ü".repeat(WORDS));
        assert_eq!(
            said(&report(Some(&"ü".repeat(WORDS + 1))), &HashMap::new()),
            format!("{}…", "ü".repeat(WORDS))
        );
    }
}
