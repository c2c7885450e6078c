//! Bad input, each with the right status, code and a sentence that helps.
//!
//! One file per kind of input; each test ends in a snapshot that reads as a table: the request in words, what it was
//! answered. No answer is ever a 500, and each that is one of the server's own has a request id.

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
