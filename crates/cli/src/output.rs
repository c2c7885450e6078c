//! Printing records: as JSON in the API's own order, as bare PRNs for scripts, or as tables for people.

mod json;
mod table;

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use olivine_domain::text::{harmless, is_deceptive};
use serde::Serialize;

use crate::failure::Failure;
use crate::moments::now;

/// How records are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Indented JSON; a list is an array
    Json,
    /// Only the PRN, one per line
    Prn,
    /// A table for people
    Table,
    /// JSON with one record per line
    Jsonl,
    /// Only the secret of a new API key
    Key,
}

/// Something that can be printed.
pub(crate) trait Record: Serialize {
    /// The columns of a table of several records: `field` or `heading:field`. A field may be a field of an embedded record
    /// (`product.name`), or several fields separated by slashes.
    const COLUMNS: &'static [&'static str];
    /// The records that must be embedded for these columns.
    const EXPAND: &'static [&'static str] = &[];

    /// The PRN of the record, if it has one.
    fn prn(&self) -> Option<&str>;

    /// The text of a column (in a table of one record: of a field), if it is not the value of the field itself.
    fn cell(&self, _column: &str) -> Option<String> {
        None
    }
}

/// Declares which fields of an API type a table shows.
macro_rules! record {
    ($type:ty, $($column:literal),+ $(; expand $($path:literal),+)?) => {
        impl crate::output::Record for $type {
            const COLUMNS: &'static [&'static str] = &[$($column),+];
            $(const EXPAND: &'static [&'static str] = &[$($path),+];)?

            fn prn(&self) -> Option<&str> {
                Some(&self.prn)
            }
        }
    };
}
pub(crate) use record;
pub(crate) use table::short;

/// The age of a time from the API, or how far it is in the future.
pub(crate) fn age_of(time: &str) -> String {
    time.parse().map_or_else(|_| visible(time), |time| table::age(time, now()))
}

/// Why a command does not print a secret.
pub(crate) const NO_KEY: &str =
    "--output key prints the secret of a new API key: only 'peridio api-keys create' can do that";

/// Prints records in the chosen format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    format: Option<Format>,
}

impl Printer {
    pub(crate) const fn new(format: Option<Format>) -> Self {
        Self { format }
    }

    /// Prints one record.
    pub(crate) fn one(self, record: &impl Record) -> Result<(), Failure> {
        self.one_with(record, &HashMap::new())
    }

    /// Prints one record. In a table, these names replace PRNs.
    pub(crate) fn one_with(
        self,
        record: &impl Record,
        labels: &HashMap<String, String>,
    ) -> Result<(), Failure> {
        let format = self.format.unwrap_or(Format::Json);
        print(&match format {
            Format::Table => table::of_one(record, labels, now()),
            _ => line(format, record)?,
        })
    }

    /// Prints a list whose records are all there.
    pub(crate) fn all<R: Record>(self, records: &[R]) -> Result<(), Failure> {
        let mut list = self.list();
        records.iter().try_for_each(|record| list.add(record))?;
        list.finish()
    }

    /// Begins a list.
    pub(crate) fn list<R: Record>(self) -> ListPrinter<R> {
        ListPrinter {
            format: self.list_format(),
            count: 0,
            rows: Vec::new(),
            resource: std::marker::PhantomData,
        }
    }

    /// The format for lists.
    pub(crate) fn list_format(self) -> Format {
        let usual = if io::stdout().is_terminal() { Format::Table } else { Format::Json };
        self.format.unwrap_or(usual)
    }

    /// The related records that a list has to embed so that it can be printed.
    pub(crate) fn expansions<R: Record>(self) -> Vec<String> {
        let expand = if self.list_format() == Format::Table { R::EXPAND } else { &[] };
        expand.iter().map(|path| (*path).to_owned()).collect()
    }

    /// A printer that shows single records as tables if it shows lists as tables.
    pub(crate) fn for_people(self) -> Self {
        Self { format: Some(self.list_format()) }
    }

    /// Whether the user wants a text for people instead of records.
    pub(crate) fn is_for_people(self) -> bool {
        self.list_format() == Format::Table
    }

    /// The format that the user chose, if any.
    pub(crate) const fn format(self) -> Option<Format> {
        self.format
    }
}

/// Prints records as they arrive. A table is printed at the end, because each column is as wide as its widest cell.
pub(crate) struct ListPrinter<R> {
    format: Format,
    count: usize,
    rows: Vec<Vec<String>>,
    resource: std::marker::PhantomData<fn() -> R>,
}

impl<R: Record> ListPrinter<R> {
    pub(crate) fn add(&mut self, record: &R) -> Result<(), Failure> {
        let first = self.count == 0;
        self.count += 1;
        match self.format {
            Format::Table => {
                self.rows.push(table::row(record, now()));
                Ok(())
            }
            Format::Json => print(&json::array_item(&line(Format::Json, record)?, first)),
            format => print(&line(format, record)?),
        }
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.format {
            Format::Table => print(&table::of_list(R::COLUMNS, self.rows)),
            Format::Json if self.count == 0 => print("[]\n"),
            Format::Json => print("\n]\n"),
            _ => Ok(()),
        }
    }
}

fn line(format: Format, record: &impl Record) -> Result<String, Failure> {
    let text = match format {
        Format::Prn => record
            .prn()
            .ok_or_else(|| Failure::usage("these have no PRNs: leave --output prn out"))?
            .to_owned(),
        Format::Key => return Err(Failure::usage(NO_KEY)),
        Format::Jsonl => json::compact(record),
        Format::Json | Format::Table => json::pretty(record),
    };
    Ok(format!("{text}\n"))
}

/// Makes a text from another source safe to show on a terminal, on one line.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|c| if is_deceptive(c) { '\u{fffd}' } else { c }).collect()
}

/// Writes to stdout. Removes everything that would make a terminal do something other than show the text.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(harmless(text).as_bytes())?;
    Ok(stdout.flush()?)
}

#[cfg(test)]
mod tests;
