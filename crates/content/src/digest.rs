//! The progress of hashing a stored content, and cancelling it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::TryStreamExt;
use olivine_domain::Sha256Digest;
use olivine_domain::hash::Sha256Hasher;

use crate::downloads::ContentReader;
use crate::error::Error;

/// A content as it was read back from storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digested {
    /// Its SHA-256.
    pub sha256: Sha256Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// The state of one hashing, shared by the task that hashes and the task that shows its progress.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<State>);

#[derive(Debug, Default)]
struct State {
    bytes: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes are hashed so far.
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Asks the hashing to stop; it ends with [`Error::Cancelled`] within one chunk.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }

    /// Counts `bytes` more; fails if it was asked to stop. For backends.
    pub fn advance(&self, bytes: u64) -> Result<(), Error> {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// Hashes what `reader` yields: for backends that have no faster way.
pub async fn digest_by_reading(mut reader: ContentReader, progress: &Progress) -> Result<Digested, Error> {
    let mut hasher = Sha256Hasher::new();
    let mut size = 0;
    progress.advance(0)?;
    while let Some(chunk) = reader.try_next().await? {
        hasher.update(&chunk);
        size += chunk.len() as u64;
        progress.advance(chunk.len() as u64)?;
    }
    Ok(Digested { sha256: hasher.finish(), size })
}
