//! Exports of events: from when to when one goes. It ends at a fixed moment, so that it does end while events are written.

use std::time::Duration;

use crate::events::Event;
use crate::search::{Clause, Operator, Searchable as _, Value};
use crate::time::Timestamp;

/// The longest time whose events one export has: a year, also a leap year.
pub const LONGEST_SPAN: Duration = Duration::from_hours(366 * 24);

/// The time whose events are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportSpan {
    since: Timestamp,
    until: Timestamp,
}

/// Not a time whose events can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidExportSpan {
    /// It ends before it begins.
    #[error("since must be before until")]
    Reversed,
    /// It is longer than a year.
    #[error(
        "one export has at most a year (366 days): give a later since or an earlier until, and export the rest by itself"
    )]
    TooLong,
}

impl ExportSpan {
    /// From `since` (by default a year before the end) to before `until` (by default `now`).
    pub fn new(
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, InvalidExportSpan> {
        let until = until.unwrap_or(now);
        let since = since.unwrap_or_else(|| until.minus(LONGEST_SPAN));
        if since >= until {
            Err(InvalidExportSpan::Reversed)
        } else if until.since(since) > LONGEST_SPAN {
            Err(InvalidExportSpan::TooLong)
        } else {
            Ok(Self { since, until })
        }
    }

    /// What events of this time meet.
    pub fn clauses(self) -> [Clause; 2] {
        let field = Event::FIELDS.iter().find(|field| field.name == "inserted_at");
        let field = field.expect("each list is searched by its order");
        let clause = |operator, moment| Clause { field, operator, value: Value::DateTime(moment) };
        [clause(Operator::MoreOrEqual, self.since), clause(Operator::Less, self.until)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_has_at_most_a_year_and_an_end() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let now = at("2026-11-28T12:00:00Z");
        let span =
            |since: Option<&str>, until: Option<&str>| ExportSpan::new(since.map(at), until.map(at), now);
        let [from, to] = span(None, None).unwrap().clauses();
        assert_eq!(from.to_string(), "inserted_at>='2025-11-27T12:00:00.000000Z'");
        assert_eq!(to.to_string(), "inserted_at<'2026-11-28T12:00:00.000000Z'");
        assert!(span(Some("2024-01-01T00:00:00Z"), Some("2025-01-01T00:00:00Z")).is_ok(), "a leap year");
        assert_eq!(span(Some("2025-01-01T00:00:00Z"), None), Err(InvalidExportSpan::TooLong));
        assert_eq!(span(Some("2026-12-01T00:00:00Z"), None), Err(InvalidExportSpan::Reversed));
    }
}
