//! Bad input. Each kind gets the correct status and code, and a message that helps.
//!
//! There is one file per kind of input. Each test ends with a snapshot that is a table: the request in words, and its answer. No answer is
//! ever a 500, and each answer of the server itself has a request id.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod bodies;
mod callers;
mod conditions;
mod content;
mod elsewhere;
mod limits;
mod links;
mod names;
mod prns;
mod reading;
mod signatures;
mod space;
mod spreadsheets;
