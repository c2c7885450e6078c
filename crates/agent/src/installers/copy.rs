//! Copying a content to a path: the file there is the old one or the new one, whole, at any moment.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use olivine_domain::hash::{Sha256Digest, Sha256Hasher};
use tokio::task::spawn_blocking;

use super::Success;
use crate::files;
use crate::plan::Entry;
use crate::store::Store;

const BLOCK: usize = 128 * 1024;

pub(super) async fn copy(path: PathBuf, mode: u32, entry: &Entry, store: &Store) -> Result<Success, String> {
    let (source, hash, size) = (store.content(&entry.hash), entry.hash, entry.size);
    let place = path.display().to_string();
    let copying = spawn_blocking(move || {
        // After a power loss between the copy and its note in the state: it is there, and is not written again.
        if is_there(&path, size, &hash) { Ok(()) } else { write(&source, &path, mode, &hash) }
    });
    let result = copying.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    result.map_err(|error| format!("can't copy it to {place}: {error}"))?;
    Ok(Success { needs_restart: false })
}

fn is_there(path: &Path, size: u64, hash: &Sha256Digest) -> bool {
    let has_size = fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() == size);
    has_size && digest(path).is_ok_and(|found| found == *hash)
}

fn write(source: &Path, path: &Path, mode: u32, hash: &Sha256Digest) -> io::Result<()> {
    let new = files::beside(path);
    let result = (|| {
        let mut file = files::create(&new, mode)?;
        let mut hasher = Sha256Hasher::new();
        each_block(source, |block| {
            hasher.update(block);
            file.write_all(block)
        })?;
        if hasher.finish() != *hash {
            return Err(changed());
        }
        files::take_place(&file, &new, path)
    })();
    if result.is_err() {
        // If it stays, the next attempt overwrites it.
        let _ = fs::remove_file(&new);
    }
    result
}

/// The hash of a file.
pub(super) fn digest(path: &Path) -> io::Result<Sha256Digest> {
    let mut hasher = Sha256Hasher::new();
    each_block(path, |block| {
        hasher.update(block);
        Ok(())
    })?;
    Ok(hasher.finish())
}

/// What was checked is no longer what is on the disk.
pub(super) fn changed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the content on this device's disk is no longer the one that was checked",
    )
}

fn each_block(path: &Path, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(()),
            length => each(&block[..length])?,
        }
    }
}
