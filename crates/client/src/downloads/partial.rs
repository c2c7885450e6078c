//! The file that a download grows in: beside its target, named after the content so that another content never continues it,
//! locked against a second process.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use olivine_domain::hash::{Sha256Digest, Sha256Hasher};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::error::Error;
use crate::Error as ClientError;

/// How many pieces may wait for the disk.
const QUEUE: usize = 16;

/// What arrived so far.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    /// Opens what an earlier attempt left, or begins anew.
    pub(super) fn open(target: &Path, hash: &Sha256Digest) -> Result<Self, Error> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let path = target.with_file_name(format!("{name}.{}.part", &hash.to_hex()[..16]));
        let file = open_own(&path).map_err(failed("write", &path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(Error::Busy { path }),
            // Some network file systems have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { path, file }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn length(&self) -> Result<u64, ClientError> {
        self.file.metadata().map(|metadata| metadata.len()).map_err(failed("read", &self.path))
    }

    /// A writer that appends and hashes, in a thread of its own, after what `hasher` has seen.
    pub(super) fn append(&self, at: u64, hasher: Sha256Hasher) -> Result<Appender, ClientError> {
        let mut file = self.file.try_clone().map_err(failed("write", &self.path))?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let writing = spawn_blocking(move || {
            file.set_len(at)?;
            file.seek(SeekFrom::Start(at))?;
            write_all(&mut file, receiver, hasher)
        });
        Ok(Appender { path: self.path.clone(), sender, writing })
    }

    /// Gives it its final name, durably.
    pub(super) async fn publish(self, target: &Path) -> Result<(), Error> {
        let target = target.to_owned();
        let Self { path, file } = self;
        let place = target.clone();
        let publishing = spawn_blocking(move || {
            file.sync_all()?;
            std::fs::rename(&path, &place)?;
            sync_directory(&place)
        });
        let result = publishing.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        Ok(result.map_err(failed("write", &target))?)
    }

    /// Removes what is of no use.
    pub(super) fn discard(self) {
        // If it stays, the next attempt finds that it is wrong and removes it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Where pieces go as they arrive.
pub(super) struct Appender {
    path: PathBuf,
    sender: mpsc::Sender<Bytes>,
    writing: JoinHandle<io::Result<Sha256Hasher>>,
}

impl Appender {
    /// Adds a piece. False if the disk took an earlier one badly: [`Appender::finish`] says how.
    pub(super) async fn add(&self, piece: Bytes) -> bool {
        self.sender.send(piece).await.is_ok()
    }

    /// Waits until all is written.
    pub(super) async fn finish(self) -> Result<Sha256Hasher, ClientError> {
        drop(self.sender);
        let result = self.writing.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        result.map_err(failed("write", &self.path))
    }
}

fn write_all(
    file: &mut File,
    mut pieces: mpsc::Receiver<Bytes>,
    mut hasher: Sha256Hasher,
) -> io::Result<Sha256Hasher> {
    while let Some(piece) = pieces.blocking_recv() {
        hasher.update(&piece);
        file.write_all(&piece)?;
    }
    Ok(hasher)
}

/// Opens the file, which is made where it is missing. In a folder that others can write to, somebody may have put a link of this name
/// there, to have another file overwritten: nothing is written through links.
fn open_own(path: &Path) -> io::Result<File> {
    match OpenOptions::new().read(true).write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        result => return result,
    }
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    if is_plain(&std::fs::symlink_metadata(path)?, &file.metadata()?) {
        return Ok(file);
    }
    let problem = "it is a link, or has further names, so writing to it might change another file: remove it";
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

/// Whether the name is that of the file that was opened, and its only one.
#[cfg(unix)]
fn is_plain(named: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let is_same = (named.dev(), named.ino()) == (opened.dev(), opened.ino());
    named.is_file() && is_same && opened.nlink() == 1
}

#[cfg(not(unix))]
fn is_plain(named: &Metadata, _: &Metadata) -> bool {
    named.is_file()
}

fn sync_directory(file: &Path) -> io::Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Where directories can't be opened, renames are durable by themselves.
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ClientError {
    let path = path.to_owned();
    move |source| ClientError::File { action, path, source }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_place_of_the_partial_file_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, victim) = (folder.path().join("fw.bin"), folder.path().join("victim"));
        std::fs::write(&victim, "precious").unwrap();
        let hash = Sha256Digest::of(b"x");
        let part = folder.path().join(format!("fw.bin.{}.part", &hash.to_hex()[..16]));
        let plants: [fn(&Path, &Path) -> io::Result<()>; 2] =
            [|from, to| std::os::unix::fs::symlink(from, to), |from, to| std::fs::hard_link(from, to)];
        for plant in plants {
            plant(&victim, &part).unwrap();
            let error = Partial::open(&target, &hash).unwrap_err();
            assert!(format!("{error:?}").contains("remove it"), "{error:?}");
            std::fs::remove_file(&part).unwrap();
        }
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &part).unwrap();
        Partial::open(&target, &hash).unwrap_err();
        assert!(!folder.path().join("nowhere").exists());
        std::fs::remove_file(&part).unwrap();
        Partial::open(&target, &hash).unwrap();
        Partial::open(&target, &hash).unwrap();
        assert_eq!(std::fs::read_to_string(victim).unwrap(), "precious");
    }
}
