//! Copying a content to a path: the file there is the old one or the new one, whole, at any moment.
//!
//! Staging writes the new file beside it and keeps the old one under a second name, so that committing and taking back are one `rename` each.
//! The second name is a hard link: it costs no room and no time, and at no moment is there no file. Where a file system has no hard links
//! (FAT), it is a copy.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use olivine_domain::hash::{Sha256Digest, Sha256Hasher};
use tokio::task::spawn_blocking;

use super::Piece;
use crate::files;
use crate::installing::{Before, Trace};

const BLOCK: usize = 128 * 1024;

/// What is at the place of an entry. `earlier` are the traces of the entries before it: where one of them has the same place, what is there
/// now is not what will be there.
pub(super) async fn look(path: &Path, piece: Piece<'_>, earlier: &[Trace]) -> Result<Trace, String> {
    let path = std::path::absolute(path).map_err(|error| failed(path, &error))?;
    let is_taken =
        earlier.iter().any(|trace| matches!(trace, Trace::Copy { path: other, .. } if *other == path));
    let content = Content::of(piece);
    let looking = path.clone();
    let before = blocking(&path, move || match fs::symlink_metadata(&looking) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Before::Nothing),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) if !is_taken && content.is_at(&looking) => Ok(Before::Same),
        Ok(_) => Ok(Before::File),
    });
    let before = before.await?;
    Ok(Trace::Copy { path, before })
}

/// The new file is written, and the old one kept.
pub(super) async fn stage(place: Place, mode: u32, piece: Piece<'_>) -> Result<(), String> {
    let (source, content) = (piece.store.content(&piece.entry.hash), Content::of(piece));
    let path = place.path.clone();
    blocking(&path, move || {
        if place.before == Before::Same {
            return Ok(());
        }
        write(&source, &place.new, mode, &content.hash)?;
        if place.before == Before::File {
            keep(&place.path, &place.old)?;
        }
        files::sync_folder(&place.path)
    })
    .await
}

/// The new file takes the place of the old one. Again after a power loss: it may have done so already.
pub(super) async fn commit(place: Place, piece: Piece<'_>) -> Result<(), String> {
    let (path, content) = (place.path.clone(), Content::of(piece));
    blocking(&path, move || {
        if place.before == Before::Same {
            return Ok(());
        }
        if files::is_there(&place.new) {
            files::rename(&place.new, &place.path)?;
        } else if !content.is_at(&place.path) {
            return Err(io::Error::other("the file that was staged is gone"));
        }
        files::sync_folder(&place.path)
    })
    .await
}

/// The old file takes its place again. Also where it was never committed, or was taken back already.
pub(super) async fn revert(place: Place, piece: Piece<'_>) -> Result<(), String> {
    let (path, content) = (place.path.clone(), Content::of(piece));
    blocking(&path, move || {
        match place.before {
            Before::Same => return Ok(()),
            Before::File if files::is_there(&place.old) => files::rename(&place.old, &place.path)?,
            Before::File if content.is_at(&place.path) => {
                return Err(io::Error::other("the file that was there before is no longer kept"));
            }
            Before::Nothing if content.is_at(&place.path) => files::remove(&place.path)?,
            Before::File | Before::Nothing => {}
        }
        files::sync_folder(&place.path)?;
        tidy(&place)
    })
    .await
}

/// What was staged is removed. The file itself is not touched.
pub(super) async fn unstage(place: Place) -> Result<(), String> {
    let path = place.path.clone();
    blocking(&path, move || tidy(&place)).await
}

/// A file, and what staging puts beside it. The names are told apart by the number of the entry, because two entries may have one place.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: PathBuf,
    before: Before,
    new: PathBuf,
    old: PathBuf,
}

impl Place {
    pub(super) fn new(path: &Path, before: Before, entry: usize) -> Self {
        let new = files::named(path, &format!("{entry}.olivine-new"));
        let old = files::named(path, &format!("{entry}.olivine-old"));
        Self { path: path.to_owned(), before, new, old }
    }
}

/// What a file has to hold.
#[derive(Clone, Copy)]
struct Content {
    hash: Sha256Digest,
    size: u64,
}

impl Content {
    const fn of(piece: Piece<'_>) -> Self {
        Self { hash: piece.entry.hash, size: piece.entry.size }
    }

    fn is_at(&self, path: &Path) -> bool {
        let has_size =
            fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() == self.size);
        has_size && digest(path).is_ok_and(|found| found == self.hash)
    }
}

async fn blocking<T: Send + 'static>(
    path: &Path,
    task: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, String> {
    let result = spawn_blocking(task).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    result.map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> String {
    format!("can't copy it to {}: {error}", path.display())
}

fn write(source: &Path, new: &Path, mode: u32, hash: &Sha256Digest) -> io::Result<()> {
    let mut file = files::create(new, mode)?;
    let mut hasher = Sha256Hasher::new();
    each_block(source, |block| {
        hasher.update(block);
        file.write_all(block)
    })?;
    if hasher.finish() != *hash {
        return Err(changed());
    }
    files::sync(&file, new)
}

fn keep(path: &Path, old: &Path) -> io::Result<()> {
    files::remove(old)?;
    match files::link(path, old) {
        Ok(()) => Ok(()),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) => duplicate(path, old),
        Err(error) => Err(error),
    }
}

fn duplicate(path: &Path, old: &Path) -> io::Result<()> {
    let mut file = files::create(old, fs::metadata(path)?.mode() & 0o7777)?;
    each_block(path, |block| file.write_all(block))?;
    files::sync(&file, old)
}

fn tidy(place: &Place) -> io::Result<()> {
    files::remove(&place.new)?;
    files::remove(&place.old)?;
    files::sync_folder(&place.path)
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
