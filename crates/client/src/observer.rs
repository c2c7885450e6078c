//! Progress, for a program that wants to show it. Reporting must never wait for the observer.

use std::sync::Arc;
use std::time::Duration;

use crate::Error;

/// Something that happened.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A step begins that works through this many bytes; 0 where the number is not known.
    Began(Step, u64),
    /// So many bytes more.
    Advanced(u64),
    /// So many bytes did not arrive after all and will be sent again.
    Undone(u64),
    /// So many bytes need not be sent or fetched: they are there from an earlier attempt.
    AlreadyThere(u64),
    /// The content that is there failed its verification; the upload begins anew.
    Reset,
    /// A request failed in a way that may pass; it is tried again after this time.
    Retrying(&'a Error, Duration),
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Hashing a local file.
    Hashing,
    /// Sending a content.
    Uploading,
    /// The server reads a content back and hashes it.
    Verifying,
    /// Fetching a content.
    Downloading,
    /// Checking what was fetched.
    Checking,
}

/// Whom to tell.
pub type Observer = Arc<dyn Fn(Notice<'_>) + Send + Sync>;

/// Tells nobody.
pub fn silent() -> Observer {
    Arc::new(|_| ())
}
