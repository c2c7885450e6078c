//! Storage backends against stores that run here: each keeps the promises of all, and fails as it should.
#![expect(clippy::unwrap_used, reason = "tests, also outside of their functions")]

mod azure;
mod client;
mod gcs;
mod s3;
