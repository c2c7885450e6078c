//! Importing devices from a CSV file: the report goes to stdout, the wrong lines to stderr.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
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
    /// The CSV file; its first line contains the names of the columns
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Only report what would be created and changed
    #[arg(long)]
    dry_run: bool,
    /// The product for lines without a product
    #[arg(long, value_name = "PRN")]
    product_prn: Option<Prn<Product>>,
    /// The cohort for lines without a cohort
    #[arg(long, value_name = "PRN")]
    cohort_prn: Option<Prn<Cohort>>,
}

impl Import {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let Self { file, dry_run, product_prn: product, cohort_prn: cohort } = self;
        if let Ok(content) = File::open(&file)
            && shows_private_key(content).unwrap_or_default()
        {
            return Err(Failure::new(format!(
                "{} has a private key in it, so it was not sent; give files with certificates alone",
                file.display()
            )));
        }
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

/// Whether a file contains a private key, in PEM or in base64 of PEM. The file may be larger than the memory. Read errors are ignored here,
/// because sending the file reports them.
fn shows_private_key(mut file: impl Read) -> io::Result<bool> {
    const WORDS: &[u8] = b"PRIVATE KEY";
    let mut signs = vec![WORDS.to_vec()];
    // In base64, the words have one of three forms, which depends on the number of bytes before them. Characters that also depend on
    // neighbouring bytes are not compared.
    for (before, skipped, letters) in [(0, 0, 14), (1, 2, 16), (2, 3, 17)] {
        let text = STANDARD_NO_PAD.encode([&[0; 2][..before], WORDS].concat());
        signs.push(text.as_bytes()[skipped..letters].to_vec());
    }
    let (mut window, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok(false);
        }
        // UTF-16 has zero bytes between the letters.
        window.extend(piece[..count].iter().copied().filter(|byte| *byte != 0));
        if signs.iter().any(|sign| window.windows(sign.len()).any(|part| part == sign)) {
            return Ok(true);
        }
        window.drain(..window.len().saturating_sub(16));
    }
}

/// How many lines are wrong, followed by the reason for each of them.
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
    fn a_private_key_is_found_before_the_file_is_sent() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
        for before in 0..4 {
            let pem = format!("{}{key}", "x".repeat(before));
            let table =
                |cell: &str| format!("identifier,certificate\n{}SN-1,{cell}\n", "SN-0,\n".repeat(20_000));
            let utf16: Vec<u8> = table(&pem).encode_utf16().flat_map(u16::to_le_bytes).collect();
            for bytes in [table(&pem).as_bytes(), table(&STANDARD_NO_PAD.encode(&pem)).as_bytes(), &utf16] {
                assert!(shows_private_key(bytes).unwrap(), "{before}");
            }
            let innocent = table(&STANDARD_NO_PAD.encode("-----BEGIN CERTIFICATE-----"));
            assert!(!shows_private_key(innocent.as_bytes()).unwrap());
        }
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
