//! `peridio devices summary`: the devices counted by version.

use clap::Args;
use olivine_api::devices::{DeviceSummary, OutcomeCount};
use olivine_client::Query;
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Record, print, short, visible};
use crate::session::Session;

/// The version of devices that reported none.
const UNKNOWN: &str = "unknown";

/// Which devices to count.
#[derive(Debug, Args)]
pub(crate) struct Summary {
    /// Only devices of this product
    #[arg(long, value_name = "PRN")]
    product_prn: Option<Prn<Product>>,
    /// Only devices of this cohort
    #[arg(long, value_name = "PRN")]
    cohort_prn: Option<Prn<Cohort>>,
}

impl Record for DeviceSummary {
    const COLUMNS: &'static [&'static str] = &[];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// One version of a product, as a row of the table.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    product: String,
    version: String,
    devices: u64,
    failed: u64,
    share: String,
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &["product", "version", "devices", "failed", "share"];
    const EXPAND: &'static [&'static str] = &["product"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

impl Summary {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let query = Query::default().with("product_prn", self.product_prn);
        let query = query.with("cohort_prn", self.cohort_prn);
        let query = query.expand(&session.printer.expansions::<Row>());
        let summary = session.client.device_summary(&query).await?;
        if !session.printer.is_for_people() {
            return session.printer.one(&summary);
        }
        session.printer.all(&rows(&summary))?;
        print(&total(&summary))
    }
}

fn rows(summary: &DeviceSummary) -> Vec<Row> {
    let of_product = summary.products.iter().flat_map(|of| {
        let product =
            of.product.as_ref().map_or_else(|| short(&of.product_prn), |product| visible(&product.name));
        of.versions.iter().map(move |counted| Row {
            product: product.clone(),
            version: counted.version.as_deref().map_or_else(|| UNKNOWN.to_owned(), visible),
            devices: counted.devices,
            failed: counted.failed,
            share: share(counted.devices, of.devices),
        })
    });
    of_product.collect()
}

/// A percentage of a product's devices, rounded down, so that 100 % means all of them.
fn share(devices: u64, all: u64) -> String {
    let per_mille = u128::from(devices) * 1_000 / u128::from(all.max(1));
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}

/// The number of all devices, and of the devices with each outcome.
fn total(summary: &DeviceSummary) -> String {
    let count = |of: &OutcomeCount| {
        let outcome = of.outcome.as_deref().map_or_else(|| "not reported".to_owned(), visible);
        format!("{} {outcome}", of.devices)
    };
    let outcomes: Vec<_> = summary.outcomes.iter().filter(|of| of.devices > 0).map(count).collect();
    let outcomes =
        if outcomes.is_empty() { String::new() } else { format!("; last updates: {}", outcomes.join(", ")) };
    let unlisted = match summary.unlisted {
        0 => String::new(),
        devices => format!("; {devices} with rarer versions"),
    };
    format!("\n{} devices{outcomes}{unlisted}\n", summary.devices)
}

#[cfg(test)]
mod tests {
    use olivine_api::devices::{ProductCount, VersionCount};

    use super::*;

    #[test]
    fn each_version_has_its_share_of_its_products_devices() {
        let version = |version: Option<&str>, devices, failed| VersionCount {
            version: version.map(str::to_owned),
            devices,
            failed,
        };
        let outcome =
            |outcome: Option<&str>, devices| OutcomeCount { outcome: outcome.map(str::to_owned), devices };
        let summary = DeviceSummary {
            devices: 13,
            outcomes: vec![
                outcome(Some("installed"), 9),
                outcome(Some("installing"), 0),
                outcome(Some("failed"), 1),
                outcome(None, 3),
            ],
            products: vec![ProductCount {
                product_prn: "prn:1:o:product:0123456789".to_owned(),
                devices: 12,
                versions: vec![version(Some("1.2.0"), 8, 1), version(None, 3, 0)],
                product: None,
            }],
            unlisted: 2,
        };
        let row = |version: &str, devices, failed, share: &str| Row {
            product: "…23456789".to_owned(),
            version: version.to_owned(),
            devices,
            failed,
            share: share.to_owned(),
        };
        assert_eq!(rows(&summary), [row("1.2.0", 8, 1, "66.6 %"), row("unknown", 3, 0, "25.0 %")]);
        assert_eq!(
            total(&summary),
            "\n13 devices; last updates: 9 installed, 1 failed, 3 not reported; 2 with rarer versions\n"
        );
        let none = DeviceSummary { devices: 0, outcomes: Vec::new(), products: Vec::new(), unlisted: 0 };
        assert_eq!((rows(&none), total(&none)), (Vec::new(), "\n0 devices\n".to_owned()));
    }
}
