//! Storage backends with stores that run on this machine: each passes the conformance tests of all backends, and fails as it should.
#![expect(clippy::unwrap_used, reason = "tests, also outside of their functions")]

mod azure;
mod client;
mod gcs;
mod s3;
