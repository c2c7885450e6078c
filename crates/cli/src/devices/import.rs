//! Importing devices from a CSV file: the report on stdout, the lines that are wrong on stderr.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use olivine_api::devices::{ImportProblem, ImportReport};
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product;

use crate::failure::Failure;
use crate::output::Record;
use crate::session::Session;

impl Record for ImportReport {
    const COLUMNS: &'static [&'static str] = &["dry_run", "created", "updated", "unchanged", "refused"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// A file to import.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The CSV file; its first line names the columns
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Only say what would come of it
    #[arg(long)]
    dry_run: bool,
    /// The product of the lines that name none
    #[arg(long, value_name = "PRN")]
    product_prn: Option<Prn<Product>>,
    /// The cohort of the lines that name none
    #[arg(long, value_name = "PRN")]
    cohort_prn: Option<Prn<Cohort>>,
}

impl Import {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let Self { file, dry_run, product_prn: product, cohort_prn: cohort } = self;
        let import = olivine_client::Import { dry_run, product, cohort };
        let result = session.client.import_devices(&file, &import).await;
        session.progress.clear();
        let report = result?;
        session.printer.one(&report)?;
        match report.refused {
            0 => Ok(()),
            _ => Err(Failure::new(refusal(&report))),
        }
    }
}

/// How many lines are wrong, and below it why, a line each.
fn refusal(report: &ImportReport) -> String {
    let lines = if report.refused == 1 { "line is" } else { "lines are" };
    let mut text = format!("{} {lines} refused, so nothing was imported", report.refused);
    for problem in &report.problems {
        text.push('\n');
        text.push_str(&place(problem));
        let _ = write!(text, ": {}", problem.message);
    }
    let untold = report.refused.saturating_sub(report.problems.len() as u64);
    if untold > 0 {
        let _ = write!(text, "\n… and {untold} more");
    }
    text
}

fn place(problem: &ImportProblem) -> String {
    match &problem.column {
        Some(column) => format!("line {}, column {column}", problem.line),
        None => format!("line {}", problem.line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: u64, column: Option<&str>, message: &str) -> ImportProblem {
        ImportProblem { line, column: column.map(str::to_owned), message: message.to_owned() }
    }

    #[test]
    fn says_which_lines_are_wrong_and_how_many_more() {
        let problems = vec![problem(2, Some("target"), "it is empty"), problem(7, None, "it has 3 columns")];
        let mut report =
            ImportReport { dry_run: true, created: 0, updated: 0, unchanged: 0, refused: 5, problems };
        let told = "line 2, column target: it is empty\nline 7: it has 3 columns";
        let expected = format!("5 lines are refused, so nothing was imported\n{told}\n… and 3 more");
        assert_eq!(refusal(&report), expected);
        report.refused = 1;
        report.problems.truncate(1);
        assert_eq!(
            refusal(&report),
            "1 line is refused, so nothing was imported\nline 2, column target: it is empty"
        );
    }
}
