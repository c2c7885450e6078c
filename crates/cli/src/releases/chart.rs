//! Draws a cohort's releases: fetches the data for the drawing.

use clap::{Args, ValueEnum};
use olivine_api::cohorts::Cohort;
use olivine_api::releases::Release;
use olivine_client::Query;
use olivine_domain::cohorts::Cohort as Named;
use olivine_domain::prn::Prn;

use super::graph::{self, Step};
use crate::failure::{Failure, named};
use crate::output::print;
use crate::session::Session;

/// A drawing.
#[derive(Debug, Args)]
pub(crate) struct Chart {
    /// The cohort whose releases to draw
    #[arg(long, visible_alias = "prn", value_name = "PRN")]
    cohort_prn: Prn<Named>,
    /// The format of the drawing
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    /// Also show how many devices are on each release
    #[arg(long)]
    devices: bool,
}

/// The format of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for a terminal
    Text,
    /// A graph for Graphviz
    Dot,
    /// A graph for Mermaid, for example in Markdown
    Mermaid,
}

impl Chart {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let client = &session.client;
        let cohort: Cohort = client.get(&self.cohort_prn).await?;
        let query = Query::default().with("cohort_prn", Some(self.cohort_prn)).with("order", Some("asc"));
        let releases = client.list::<Release>(&query).all().await?;
        let mut steps = Vec::with_capacity(releases.len());
        for release in releases {
            let devices = if self.devices { Some(client.adoption(&prn(&release)?).await?.on) } else { None };
            steps.push(Step { release, devices });
        }
        print(&match self.format {
            Format::Text => graph::text(&steps, cohort.device_count),
            Format::Dot => graph::dot(&steps, cohort.device_count),
            Format::Mermaid => graph::mermaid(&steps, cohort.device_count),
        })
    }
}

fn prn(release: &Release) -> Result<Prn<olivine_domain::releases::Release>, Failure> {
    named(&release.prn)
}
