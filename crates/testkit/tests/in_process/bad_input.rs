//! Bad input, each with the right status, code and a sentence that helps. What depends on the wire is in `tests/tests/bad_input`.

mod bodies;
mod callers;
mod conditions;
mod content;
mod elsewhere;
mod lists;
mod names;
mod signatures;
mod spreadsheets;
