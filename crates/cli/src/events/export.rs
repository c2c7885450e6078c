//! `peridio events export`: prints all events of a period while they arrive. The output usually goes into a file, so the command must
//! report clearly whether it is complete.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};

use super::Filter;
use crate::failure::Failure;
use crate::moments::PastMoment;
use crate::session::Session;

/// The form of the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for spreadsheets, with a header line
    Csv,
    /// One JSON object per line
    Jsonl,
}

/// What to export.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The form of the export
    #[arg(long, value_enum)]
    format: Format,
    /// The time of the earliest events: a time ago, such as 12h, 7d or 2w, a date, or a date with a time [default: a year before --until]
    #[arg(long, value_name = "TIME")]
    since: Option<PastMoment>,
    /// The time before which the latest events happened [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<PastMoment>,
    #[command(flatten)]
    filter: Filter,
    /// The order by time: asc (oldest first) or desc (newest first)
    #[arg(long, value_name = "ORDER", value_parser = ["asc", "desc"])]
    order: Option<String>,
    /// Only events that match, for example: "type:'release.created'"
    #[arg(long, value_name = "CLAUSES")]
    search: Option<String>,
}

impl Export {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let format = match self.format {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
        };
        let query = self.filter.query().with("format", Some(format));
        let query = query.with("since", self.since).with("until", self.until);
        let query = query.with("order", self.order).with("search", self.search);
        let mut export = session.client.export_events(&query).await?;
        let mut stdout = io::stdout().lock();
        loop {
            match export.next().await {
                Ok(Some(bytes)) => stdout.write_all(&bytes)?,
                Ok(None) => return Ok(stdout.flush()?),
                Err(error) => {
                    stdout.flush()?;
                    let message = "the export is not complete: the connection was broken off before its end. If it happens again, check \
                                   whether the API key may still read events, or export a shorter time";
                    return Err(Failure::with_source(message, error));
                }
            }
        }
    }
}
