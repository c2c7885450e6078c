//! The folder's identity: a file that is made once, as a whole, and is durable before anybody is told of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::backup::{BackedUp, link_or_copy};
use super::folder::Folder;
use super::layout::{Layout, make_folders};
use super::temp::TempFile;
use crate::error::Error;
use crate::identity::{IDENTITY_NAME, StorageIdentity};

/// Which folder this is; `None` if nobody gave it an identity yet.
pub(super) fn find(layout: &Layout) -> Result<Option<StorageIdentity>, Error> {
    // Nothing is there either while a volume is not mounted.
    fs::metadata(layout.content())?;
    match fs::read(path(layout.root())) {
        Ok(bytes) => StorageIdentity::decode(&bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives the folder this identity, unless it has one; returns the one that it has now. Of several processes that do so at once, one wins.
pub(super) fn claim(layout: &Layout, proposed: StorageIdentity) -> Result<StorageIdentity, Error> {
    let temp = TempFile::create(&layout.tmp())?;
    temp.write_all(proposed.encode().as_bytes())?;
    let folder = Folder::open(layout.root())?;
    match temp.place_new(&folder, IDENTITY_NAME) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => folder.sync()?,
    }
    find(layout)?.ok_or_else(|| Error::unavailable("the identity that was just written is gone"))
}

/// Puts the identity of the folder `root` into the folder `into`, for a backup; nothing where it has none.
pub fn back_up_identity(root: &Path, into: &Path) -> Result<BackedUp, Error> {
    if !path(root).try_exists()? {
        return Ok(BackedUp::default());
    }
    make_folders(into)?;
    let bytes = link_or_copy(&path(root), &path(into))?;
    Ok(BackedUp { files: 1, bytes, ..BackedUp::default() })
}

fn path(root: &Path) -> PathBuf {
    root.join(IDENTITY_NAME)
}
