//! What an import is told to do, and what became of its lines.

use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;

/// The most problems that a report names; more are only counted.
const MOST_PROBLEMS: usize = 1_000;

/// What an import is for, after a look at the records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) product: Option<Id<Product>>,
    pub(super) cohort: Option<(Id<Cohort>, Id<Product>)>,
    pub(super) dry_run: bool,
}

/// What became of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether it was only a trial.
    pub dry_run: bool,
    /// Devices that were created.
    pub created: u64,
    /// Devices that existed and were changed.
    pub updated: u64,
    /// Devices that existed just so.
    pub unchanged: u64,
    /// Lines that were refused. With any of them nothing is imported.
    pub refused: u64,
    /// What is wrong with the first of these.
    pub problems: Vec<Problem>,
}

/// What is wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line in the file; the header is line 1.
    pub line: u64,
    /// The column, where it is one column's fault.
    pub column: Option<&'static str>,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Report {
    pub(super) fn refuse(&mut self, problem: Problem) {
        self.refused += 1;
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// With the problems from the top of the file to its end.
    pub(super) fn in_order(mut self) -> Self {
        self.problems.sort_by_key(|problem| problem.line);
        self
    }
}
