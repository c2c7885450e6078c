//! A local file that fails while a request is being sent.

use std::io;
use std::path::PathBuf;

/// A file that could not be read while it was being sent.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Failed {
    pub(crate) path: PathBuf,
    pub(crate) kind: io::ErrorKind,
    pub(crate) reason: String,
}
