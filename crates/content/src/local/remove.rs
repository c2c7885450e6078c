//! Removing contents, and what dead processes left behind.

use std::{fs, io};

use super::layout::{ATTEMPTS, Layout, removed, sync_folder};
use super::temp;
use crate::error::Error;
use olivine_domain::contents::ContentKey;

/// Whether anything of a content is there, or was and is being removed.
pub(super) fn holds(layout: &Layout, key: &ContentKey) -> Result<bool, Error> {
    fs::metadata(layout.content())?;
    Ok(layout.generation(key).try_exists()? || layout.trashed(key).try_exists()?)
}

/// Moves a content's folder out of the way in one step, so that no late part can get in, and then removes it.
pub(super) fn delete(layout: &Layout, key: &ContentKey) -> Result<(), Error> {
    // Nothing is there either while a volume is not mounted, but that does not mean it is deleted.
    fs::metadata(layout.content())?;
    let trashed = layout.trashed(key);
    // A folder can't be moved onto one that is not empty: what an earlier attempt did not finish, or another deletion just moved.
    unless_refilled(|| {
        removed(fs::remove_dir_all(&trashed))?;
        removed(fs::rename(layout.generation(key), &trashed))
    })?;
    sync_and_prune(layout, key)?;
    Ok(unless_refilled(|| removed(fs::remove_dir_all(&trashed)))?)
}

/// Does `removal`, again if another process puts something into the folder meanwhile.
fn unless_refilled(removal: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let mut attempts = 1..ATTEMPTS;
    loop {
        match removal() {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && attempts.next().is_some() => {}
            done => return done,
        }
    }
}

/// Makes durable that a content's folder is gone, and removes those above it that are empty now. One that something is put into
/// meanwhile stays: a folder is only removed if it is empty.
fn sync_and_prune(layout: &Layout, key: &ContentKey) -> Result<(), Error> {
    let [generations, organization, contents] = layout.parents(key);
    for (folder, above) in [(&generations, &organization), (&organization, &contents)] {
        removed(sync_folder(folder))?;
        match removed(fs::remove_dir(folder)) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => return Ok(()),
            done => done?,
        }
        removed(sync_folder(above))?;
    }
    Ok(())
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Temporary files of dead processes.
    pub temp_files: usize,
    /// Contents whose removal had broken off.
    pub contents: usize,
}

/// Removes what dead processes left behind; live ones, in this process or another, are not disturbed.
pub(super) fn sweep(layout: &Layout) -> Result<Swept, Error> {
    let temp_files = temp::remove_dead(&layout.tmp())?;
    let mut contents = 0;
    for entry in fs::read_dir(layout.trash())? {
        let path = entry?.path();
        unless_refilled(|| {
            removed(if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) })
        })?;
        contents += 1;
    }
    Ok(Swept { temp_files, contents })
}
