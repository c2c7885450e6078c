//! Distribution by example and by property: version requirements, graphs and their edits, resolution.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod edits;
mod examples;
mod graphs;
mod oracle;
mod properties;
mod rollback;
mod worked_cases;
