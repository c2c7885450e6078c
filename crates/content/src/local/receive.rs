//! Taking the bytes of a part: hashed and written on a blocking thread while the next ones arrive, durable before acknowledged.
//!
//! No thread is held while a client is slow, at most two batches are in memory, and bytes that are refused leave no file.

use std::future::ready;

use bytes::Bytes;
use futures_util::FutureExt;
use olivine_domain::hash::Sha256Hasher;
use tokio::task::spawn_blocking;

use super::layout::{Layout, blocking, finished};
use super::segments::{Segments, part_name};
use super::temp::TempFile;
use crate::error::Error;
use crate::intake::Intake;
use crate::uploads::{Body, ReceiveError, ReceivePart, ReceivedPart};
use olivine_domain::contents::ContentKey;

/// A batch is written once it has so many bytes…
const BATCH_BYTES: usize = 512 * 1024;
/// …or so many pieces: a client that sends tiny ones must not make us keep a long list.
const BATCH_PIECES: usize = 256;

/// Receives one part of `key`.
pub(super) async fn receive(
    layout: &Layout,
    key: &ContentKey,
    part: &ReceivePart,
    mut body: Body<'_>,
) -> Result<ReceivedPart, ReceiveError> {
    let (layout, key) = (layout.clone(), *key);
    let (file, layout) = blocking(move || Ok((PartFile::create(&layout, &key)?, layout))).await?;
    let mut intake = Intake::new(part);
    let mut writing = ready(Ok(file)).boxed();
    let file = loop {
        let batch = next_batch(&mut intake, &mut body).await;
        // Also after an error, so that the file is gone when the caller hears of it.
        let file = writing.await?;
        let batch = batch?;
        if batch.is_empty() {
            break file;
        }
        writing = finished(spawn_blocking(move || file.write(&batch))).boxed();
    };
    intake.check_size()?;
    let part = *part;
    spawn_blocking(move || file.place(&layout, &key, &part)).await.map_err(Error::unavailable)?
}

/// The next bytes, as many as are worth a write; empty at the end.
async fn next_batch(intake: &mut Intake, body: &mut Body<'_>) -> Result<Vec<Bytes>, ReceiveError> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while bytes < BATCH_BYTES && batch.len() < BATCH_PIECES {
        let Some(piece) = intake.next(body).await? else { break };
        bytes += piece.len();
        if !piece.is_empty() {
            batch.push(piece);
        }
    }
    Ok(batch)
}

/// The bytes of a part, on their way to the disk.
struct PartFile {
    temp: TempFile,
    hasher: Sha256Hasher,
    size: u64,
}

impl PartFile {
    /// An empty part of an upload that still takes parts.
    fn create(layout: &Layout, key: &ContentKey) -> Result<Self, Error> {
        let folder = layout.open(key, Error::SessionGone)?;
        if Segments::find(&folder)?.is_some() {
            return Err(Error::SessionGone);
        }
        Ok(Self { temp: TempFile::create(&layout.tmp())?, hasher: Sha256Hasher::new(), size: 0 })
    }

    fn write(mut self, batch: &[Bytes]) -> Result<Self, Error> {
        let start = self.size;
        for piece in batch {
            self.hasher.update(piece);
            self.temp.write_all(piece)?;
            self.size += piece.len() as u64;
        }
        self.temp.start_writeback(start..self.size);
        Ok(self)
    }

    /// Checks the hash, and makes the part durable under its name.
    fn place(
        self,
        layout: &Layout,
        key: &ContentKey,
        part: &ReceivePart,
    ) -> Result<ReceivedPart, ReceiveError> {
        let received = ReceivedPart { size: self.size, sha256: self.hasher.finish() };
        if let Some(expected) = part.expected_sha256.filter(|expected| *expected != received.sha256) {
            return Err(ReceiveError::WrongHash { expected, received: received.sha256 });
        }
        let folder = layout.open(key, Error::SessionGone)?;
        let name = part_name(part.index, &received.sha256);
        // The folder is only ever made by `begin`: after a deletion there is no place to be moved to.
        let gone = |error| layout.error(error, Error::SessionGone);
        self.temp.place(&folder, &name).and_then(|()| folder.sync()).map_err(gone)?;
        // Completing removes parts that are not listed, but it may have looked before this one came.
        if let Some(segments) = Segments::find(&folder)? {
            if !segments.contains(&name) {
                folder.remove(&name).map_err(Error::from)?;
            }
            return Err(Error::SessionGone.into());
        }
        Ok(received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    /// `/dev/full` answers every write with "no space left on device", on any machine and without privileges.
    #[test]
    fn a_full_disk_is_told_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        File::create(&path).unwrap();
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let part = PartFile { temp: TempFile::of(full, path.clone()), hasher: Sha256Hasher::new(), size: 0 };
        let Err(error) = part.write(&[Bytes::from_static(b"bytes")]) else { panic!("written") };
        assert!(matches!(error, Error::StorageFull { .. }), "{error:?}");
        assert!(!path.exists());
    }
}
