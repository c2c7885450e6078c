//! Hashing a content: some ranges are fetched ahead, in order, while a thread of its own hashes what has come.

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{GetOptions, GetRange};
use olivine_domain::hash::Sha256Hasher;
use tokio::sync::mpsc;

use super::bucket::{CHUNK, ObjectStores};
use super::told::meaning;
use crate::digest::{Digested, Progress};
use crate::error::Error;
use olivine_domain::contents::ContentKey;

/// How many ranges are on their way at once.
const AHEAD: usize = 3;
/// How many that have come may wait for the thread.
const WAITING: usize = 2;
/// What is hashed between two looks at whether it was cancelled.
const STEP: usize = 1024 * 1024;

impl ObjectStores {
    /// Hashes a content.
    pub(super) async fn hash(&self, key: &ContentKey, progress: &Progress) -> Result<Digested, Error> {
        progress.advance(0)?;
        let path = self.path(key);
        let size = self.size_of(&path).await?;
        let (to_thread, pieces) = mpsc::channel(WAITING);
        let watched = progress.clone();
        let thread = tokio::task::spawn_blocking(move || hash_all(pieces, &watched));
        let fetched = self.fetch_all(&path, size, to_thread).await;
        // Cancelled, it stops taking pieces, which is no fault of the storage.
        let hashed = thread.await.map_err(Error::unavailable)?;
        fetched?;
        Ok(Digested { sha256: hashed?, size })
    }

    async fn fetch_all(&self, path: &Path, size: u64, to_thread: mpsc::Sender<Bytes>) -> Result<(), Error> {
        let starts = (0..size.div_ceil(CHUNK)).map(|number| number * CHUNK);
        let mut pieces = stream::iter(starts)
            .map(|start| self.fetch(path, start..size.min(start + CHUNK)))
            .buffered(AHEAD);
        while let Some(piece) = pieces.try_next().await? {
            if to_thread.send(piece).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn fetch(&self, path: &Path, range: std::ops::Range<u64>) -> Result<Bytes, Error> {
        let length = range.end - range.start;
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..Default::default() };
        let fetch = async { self.objects.get_opts(path, options).await?.bytes().await };
        let piece = fetch.await.map_err(|error| meaning(&error))?;
        if piece.len() as u64 == length {
            Ok(piece)
        } else {
            Err(Error::Corrupt { what: "a content has fewer bytes than its size" })
        }
    }
}

fn hash_all(
    mut pieces: mpsc::Receiver<Bytes>,
    progress: &Progress,
) -> Result<olivine_domain::Sha256Digest, Error> {
    let mut hasher = Sha256Hasher::new();
    while let Some(piece) = pieces.blocking_recv() {
        for step in piece.chunks(STEP) {
            hasher.update(step);
            progress.advance(step.len() as u64)?;
        }
    }
    Ok(hasher.finish())
}
