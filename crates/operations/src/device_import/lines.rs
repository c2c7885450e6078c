//! From the cells of a line to values, as far as that goes without looking at records; and lines that contradict each other.

#![expect(
    clippy::option_option,
    reason = "a column is absent, empty, or has a value; as in a change of one record"
)]

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use olivine_domain::Target;
use olivine_domain::certificates::Certificate;
use olivine_domain::devices::Identifier;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::tags::Tags;
use olivine_domain::text::Description;
use olivine_domain::time::Timestamp;

use super::report::Problem;
use super::rows::Row;
use crate::device_certificates::check_new;

/// What a line says; `None` where it says nothing.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) identifier: Identifier,
    /// PRN or name.
    pub(super) product: Option<String>,
    /// PRN or name; empty for none.
    pub(super) cohort: Option<String>,
    pub(super) description: Option<Option<Description>>,
    pub(super) tags: Option<Tags>,
    pub(super) target: Option<Option<Target>>,
    pub(super) quarantined: Option<bool>,
    pub(super) certificate: Option<Certificate>,
}

impl Line {
    /// Reads the cells of a line.
    pub(super) fn read(row: &Row, now: Timestamp) -> Result<Self, Problem> {
        let certificate = given(row, "certificate");
        Ok(Self {
            number: row.line,
            identifier: value(row, "identifier", row.cell("identifier").unwrap_or_default())?,
            product: given(row, "product").map(str::to_owned),
            cohort: row.cell("cohort").map(str::to_owned),
            description: optional(row, "description")?,
            tags: row.cell("tags").map(|cell| tags(row, cell)).transpose()?,
            target: optional(row, "target")?,
            quarantined: row.cell("quarantined").map(|cell| truth(row, cell)).transpose()?,
            certificate: certificate.map(|text| self::certificate(row, text, now)).transpose()?,
        })
    }
}

/// A cell that is not empty.
fn given<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    row.cell(column).filter(|cell| !cell.is_empty())
}

fn problem(row: &Row, column: &'static str, message: impl Display) -> Problem {
    Problem { line: row.line, column: Some(column), message: message.to_string() }
}

fn value<T: FromStr<Err: Display>>(row: &Row, column: &'static str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| problem(row, column, error))
}

/// A value that an empty cell takes away.
fn optional<T: FromStr<Err: Display>>(row: &Row, column: &'static str) -> Result<Option<Option<T>>, Problem> {
    let Some(cell) = row.cell(column) else { return Ok(None) };
    if cell.is_empty() { Ok(Some(None)) } else { Ok(Some(Some(value(row, column, cell)?))) }
}

fn tags(row: &Row, cell: &str) -> Result<Tags, Problem> {
    let words = cell.split(|c: char| c == ';' || c.is_whitespace()).filter(|word| !word.is_empty());
    Tags::new(words).map_err(|error| problem(row, "tags", error))
}

fn truth(row: &Row, cell: &str) -> Result<bool, Problem> {
    match cell.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "" | "false" | "no" | "0" => Ok(false),
        _ => Err(problem(row, "quarantined", "it is neither true nor false (or empty, for false)")),
    }
}

fn certificate(row: &Row, text: &str, now: Timestamp) -> Result<Certificate, Problem> {
    let certificate = Certificate::from_text(text).map_err(|error| problem(row, "certificate", error))?;
    check_new(&certificate, now).map_err(|message| problem(row, "certificate", message))?;
    Ok(certificate)
}

/// What earlier lines had, by the first half of its hash: what must not come twice.
#[derive(Debug, Default)]
pub(super) struct Seen {
    identifiers: HashMap<[u8; 16], u64>,
    certificates: HashMap<[u8; 16], u64>,
}

impl Seen {
    /// Notes a line; refuses it where an earlier one is about the same device, or has the same certificate.
    pub(super) fn note(&mut self, line: &Line) -> Result<(), Problem> {
        let again = |column, earlier: u64, what: &str| {
            let message =
                format!("lines {earlier} and {} have the same {what}: remove one of them", line.number);
            Err(Problem { line: line.number, column: Some(column), message })
        };
        let hash = Sha256Digest::of(line.identifier.as_str().as_bytes());
        if let Some(earlier) = first(&mut self.identifiers, &hash, line.number) {
            return again("identifier", earlier, "identifier");
        }
        let Some(certificate) = &line.certificate else { return Ok(()) };
        match first(&mut self.certificates, &certificate.facts().fingerprint, line.number) {
            Some(earlier) => again("certificate", earlier, "certificate"),
            None => Ok(()),
        }
    }
}

/// The earlier line that had this, if one had.
fn first(seen: &mut HashMap<[u8; 16], u64>, hash: &Sha256Digest, line: u64) -> Option<u64> {
    let mut half = [0; 16];
    half.copy_from_slice(&hash.as_bytes()[..16]);
    let first = *seen.entry(half).or_insert(line);
    (first != line).then_some(first)
}
