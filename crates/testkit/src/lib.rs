//! A whole server in a test's own process, for what is not about processes, sockets or death: both APIs with all that the executable has
//! between a request and the database, on SQLite and a local folder.
//!
//! Time stands still but for a millisecond with each request, and moves when [`Server::advance`] is called. Jobs are done before the answer
//! of the request that ordered them is given, unless the test holds them. It must never replace a part of the server by something simpler.
#![expect(clippy::missing_panics_doc, reason = "a harness panics: that is how a test fails")]

mod log;
mod output;
mod server;

pub use server::{Server, ServerBuilder, Stream};
