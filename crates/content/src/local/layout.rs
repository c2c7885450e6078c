//! The layout of the root folder, and functions that make folders durable.
//!
//! `.olivine-storage-id` identifies the folder, `tmp/` has files that are being written, `trash/` files that are being removed, and
//! `content/<organization>/<content>/<generation>/` parts and, once the content is complete, its `segments`. Paths come from UUIDs and
//! numbers only.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::Folder;
use crate::error::Error;
use olivine_domain::contents::ContentKey;

/// How often something that another process may undo is tried again.
pub(super) const ATTEMPTS: usize = 64;

/// The paths in one root folder.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: Arc<Path>,
}

impl Layout {
    /// The paths in the folder `root`; nothing is made.
    pub(super) fn at(root: &Path) -> Self {
        Self { root: root.into() }
    }

    /// The folder `root`, with its three folders made if they are not there.
    pub(super) fn prepare(root: &Path) -> Result<Self, Error> {
        let layout = Self { root: root.into() };
        let is_new = !root.try_exists()?;
        for folder in [layout.tmp(), layout.trash(), layout.content()] {
            make_folders(&folder)?;
        }
        sync_folder(root)?;
        if let Some(parent) = root.parent().filter(|parent| is_new && !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        Ok(layout)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(super) fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    pub(super) fn content(&self) -> PathBuf {
        self.root.join("content")
    }

    fn organization(&self, key: &ContentKey) -> PathBuf {
        self.content().join(key.organization.to_string())
    }

    fn generations(&self, key: &ContentKey) -> PathBuf {
        self.organization(key).join(key.content.to_string())
    }

    /// The folder of one content.
    pub(super) fn generation(&self, key: &ContentKey) -> PathBuf {
        self.generations(key).join(key.generation.get().to_string())
    }

    /// Holds the folder of one content; `meaning` if there is none.
    pub(super) fn open(&self, key: &ContentKey, meaning: Error) -> Result<Folder, Error> {
        Folder::open(&self.generation(key)).map_err(|error| self.error(error, meaning))
    }

    /// What a file that is not in `folder`, the folder of `key`, means: `damage`, unless the content is being deleted.
    pub(super) fn absent(&self, key: &ContentKey, folder: &Folder, damage: Error, deleted: Error) -> Error {
        match folder.is_at(&self.generation(key)) {
            Ok(true) => damage,
            Ok(false) => self.missing(deleted),
            Err(error) => error.into(),
        }
    }

    /// Where the folder of one content goes to be removed: always the same place, so that a removal that broke off is finished by
    /// the next attempt.
    pub(super) fn trashed(&self, key: &ContentKey) -> PathBuf {
        self.trash().join(format!("{}.{}.{}", key.organization, key.content, key.generation.get()))
    }

    /// The folders above a content's, nearest first, up to the one that always exists.
    pub(super) fn parents(&self, key: &ContentKey) -> [PathBuf; 3] {
        [self.generations(key), self.organization(key), self.content()]
    }

    /// What a file or folder that is not there means: `meaning`, unless the whole storage is gone (a volume that is not mounted),
    /// from which nobody must conclude that a content does not exist.
    pub(super) fn missing(&self, meaning: Error) -> Error {
        match fs::metadata(self.content()) {
            Ok(_) => meaning,
            Err(error) => error.into(),
        }
    }

    /// An io error, where a path that is not there means `meaning`.
    pub(super) fn error(&self, error: io::Error, meaning: Error) -> Error {
        if error.kind() == io::ErrorKind::NotFound { self.missing(meaning) } else { error.into() }
    }
}

/// Makes `folder` and those above it, readable by this user only. A parent that is removed meanwhile because it was empty is made
/// again.
pub(super) fn make_folders(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    let mut attempts = 1..ATTEMPTS;
    loop {
        match builder.create(folder) {
            Err(error) if was_removed(&error) && attempts.next().is_some() => {}
            done => return done,
        }
    }
}

/// Whether making a folder failed because one was removed at the wrong moment: a parent that was just there, or the folder itself
/// between finding it there and looking what it is.
fn was_removed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists)
}

/// Makes the names in `folder` durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A removal, where nothing to be removed is a success.
pub(super) fn removed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Runs file work on a thread where it may wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    finished(tokio::task::spawn_blocking(work)).await
}

/// Waits for file work that was started.
pub(super) async fn finished<T>(work: tokio::task::JoinHandle<Result<T, Error>>) -> Result<T, Error> {
    work.await.unwrap_or_else(|error| Err(Error::unavailable(error)))
}
