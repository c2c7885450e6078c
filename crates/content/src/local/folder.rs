//! The folder of one content, held open, so that all that is done to it is done to the same one.
//!
//! A path is not sufficient: between two steps the folder may be deleted, and another one begun with the same key. Once a deletion is done,
//! nothing can be put into a folder that is still held; every attempt is `NotFound`.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, linkat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

use super::layout::removed;

/// A folder that is held open.
#[derive(Debug)]
pub(super) struct Folder(File);

impl Folder {
    /// Holds the folder at `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        fs::OpenOptions::new().read(true).open(path).map(Self)
    }

    /// Whether it is still the folder at `path`. It is not after a deletion has moved it.
    pub(super) fn is_at(&self, path: &Path) -> io::Result<bool> {
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        match fs::metadata(path) {
            Ok(metadata) => Ok(identity(metadata) == identity(self.0.metadata()?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes the names in it durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    /// Opens the file `name` for reading; `InvalidData` if it is no plain file, and so nothing that the server wrote. A link might lead to
    /// any file that the server can read.
    pub(super) fn file(&self, name: &str) -> io::Result<File> {
        // Opening a pipe would wait until somebody writes into it.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = match openat(&self.0, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::LOOP) => return Err(no_plain_file()),
            Err(error) => return Err(error.into()),
        };
        if file.metadata()?.is_file() { Ok(file) } else { Err(no_plain_file()) }
    }

    /// The text of the file `name`.
    pub(super) fn text(&self, name: &str) -> io::Result<String> {
        let mut text = String::new();
        self.file(name)?.read_to_string(&mut text)?;
        Ok(text)
    }

    /// The size of the file `name` in bytes.
    pub(super) fn size(&self, name: &str) -> io::Result<u64> {
        let status = statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        u64::try_from(status.st_size).map_err(io::Error::other)
    }

    /// The names of all files.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            if entry.file_type() != FileType::Directory {
                // All names that are ours are plain.
                names.extend(entry.file_name().to_str().ok().map(str::to_owned));
            }
        }
        Ok(names)
    }

    /// Moves the file at `path` to `name` here, replacing what has that name.
    pub(super) fn take(&self, path: &Path, name: &str) -> io::Result<()> {
        Ok(renameat(CWD, path, &self.0, name)?)
    }

    /// Gives the file at `path` a second name here; `AlreadyExists` if something has it.
    pub(super) fn link(&self, path: &Path, name: &str) -> io::Result<()> {
        Ok(linkat(CWD, path, &self.0, name, AtFlags::empty())?)
    }

    /// Removes the file `name` if it is there.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        removed(unlinkat(&self.0, name, AtFlags::empty()).map_err(io::Error::from))
    }
}

/// Something is in the place of a file that is none.
pub(super) fn no_plain_file() -> io::Error {
    let problem =
        "it is no plain file, so it is not what the server wrote; restore this content from elsewhere";
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
