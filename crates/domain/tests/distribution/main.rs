//! Distribution by example and by property: version requirements, channels and their edits, resolution.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod channels;
mod edits;
mod examples;
mod oracle;
mod properties;
mod rollback;
mod worked_cases;
