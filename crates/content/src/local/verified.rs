//! Remembers which files were hashed and found right, so that a file is not hashed at each download.
//!
//! A file is recognized by its metadata, because a change of its bytes changes the time of its last change too. Bytes that a disk reads
//! wrongly are noticed when a process reads the file for the first time, and by `content audit --hashes`.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Arc, Mutex, PoisonError};

use olivine_domain::Sha256Digest;
use olivine_domain::hash::Sha256Hasher;

use crate::error::Error;

/// Most files that are remembered: some 2 MiB. With more, all are forgotten and hashed again when they are read next.
const MOST: usize = 16_384;
/// How many bytes are read at once where a file is hashed as a whole.
const CHUNK: usize = 256 * 1024;

/// The bytes are not those that were acknowledged.
pub(super) const CHANGED: Error = Error::Corrupt { what: "its bytes have changed since they were verified" };

/// A file's metadata: as long as it is the same, the bytes are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }
}

/// What one process found out about files.
#[derive(Debug, Default)]
pub(super) struct Verified {
    /// Whether a file has the bytes that it should have.
    known: Mutex<HashMap<(Stamp, Sha256Digest), bool>>,
    /// Held while a file is hashed before a range of it is served, because every request for a range of a large file may need such a hash.
    /// Waiting for it occupies no thread.
    hashing: tokio::sync::Mutex<()>,
}

impl Verified {
    fn remember(&self, stamp: Stamp, sha256: Sha256Digest, is_as_promised: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert((stamp, sha256), is_as_promised);
    }

    /// What is to be hashed of a file while all of it is read; `None` if it is known to be as promised.
    ///
    /// Errors: [`Error::Corrupt`] if it is known to be otherwise, so that a copy elsewhere can be read instead.
    pub(super) fn follow(
        self: &Arc<Self>,
        file: &File,
        sha256: Sha256Digest,
    ) -> Result<Option<Following>, Error> {
        let stamp = Stamp::of(&file.metadata()?);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&(stamp, sha256)).copied();
        match known {
            Some(true) => Ok(None),
            Some(false) => Err(CHANGED),
            None => {
                Ok(Some(Following { verified: Arc::clone(self), hasher: Sha256Hasher::new(), stamp, sha256 }))
            }
        }
    }

    /// Waits until nobody else hashes files of which only a part is to be read.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.hashing.lock().await
    }

    /// Hashes a file of which only a part is to be read, unless it is known to be as promised.
    pub(super) fn check(self: &Arc<Self>, file: &File, sha256: Sha256Digest) -> Result<(), Error> {
        let Some(mut following) = self.follow(file, sha256)? else { return Ok(()) };
        let (mut buffer, mut offset) = (vec![0; CHUNK], 0);
        loop {
            match file.read_at(&mut buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
                Ok(0) => return if following.finish() { Ok(()) } else { Err(CHANGED) },
                Ok(read) => {
                    following.update(&buffer[..read]);
                    offset += read as u64;
                }
            }
        }
    }
}

/// A file that is hashed while it is read from its beginning to its end.
#[derive(Debug)]
pub(super) struct Following {
    verified: Arc<Verified>,
    hasher: Sha256Hasher,
    /// Of the file before its first byte was read.
    stamp: Stamp,
    sha256: Sha256Digest,
}

impl Following {
    /// The next bytes of the file.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// Whether the bytes were those that the file's name promises. That is remembered.
    pub(super) fn finish(self) -> bool {
        let is_so = self.hasher.finish() == self.sha256;
        self.verified.remember(self.stamp, self.sha256, is_so);
        is_so
    }
}
