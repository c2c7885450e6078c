//! A disk whose power fails when a test says so, and which then loses all that was not synced: what a file holds, and which names there are.
//!
//! It knows the folders of the devices that a test attached, and what the agent does to files in them (`crate::files`). Whatever was fetched
//! counts as durable.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// By the device's folder.
static DISKS: Mutex<Option<HashMap<PathBuf, Disk>>> = Mutex::new(None);

#[derive(Debug, Default)]
struct Disk {
    /// How many steps the power lasts; for ever if nothing is said.
    left: Option<u32>,
    /// What is lost with the power, oldest first.
    unsynced: Vec<Unsynced>,
    backups: u32,
}

#[derive(Debug)]
enum Unsynced {
    /// The content of a file, which may have another name by now.
    Content(PathBuf, File),
    /// A name that was not there before.
    Name(PathBuf),
    /// A name that is gone, or has another file; what it was is kept.
    Gone { path: PathBuf, backup: PathBuf },
    /// A file has another name.
    Renamed { from: PathBuf, to: PathBuf, backup: Option<PathBuf> },
}

/// From now on the device in this folder has a disk that can lose its power, after so many steps.
pub(crate) fn attach(folder: &Path, left: Option<u32>) {
    fs::create_dir_all(folder.join(".backups")).unwrap();
    let disk = Disk { left, ..Disk::default() };
    disks().get_or_insert_default().insert(folder.to_owned(), disk);
}

/// The device has an ordinary disk again. With `Cut::Power`, what was not synced is lost.
pub(crate) fn detach(folder: &Path, cut: Cut) -> bool {
    let disk = disks().get_or_insert_default().remove(folder).expect("it was attached");
    if cut == Cut::Power {
        disk.unsynced.into_iter().rev().for_each(Unsynced::undo);
    }
    fs::remove_dir_all(folder.join(".backups")).unwrap();
    disk.left == Some(0)
}

/// How an agent ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Only the agent is killed.
    Process,
    /// The power is lost.
    Power,
}

impl Unsynced {
    fn undo(self) {
        match self {
            Self::Content(_, file) => file.set_len(0).unwrap(),
            Self::Name(path) => drop(fs::remove_file(path)),
            Self::Gone { path, backup } => drop(fs::rename(backup, path)),
            Self::Renamed { from, to, backup } => {
                fs::rename(&to, from).unwrap();
                if let Some(backup) = backup {
                    fs::rename(backup, to).unwrap();
                }
            }
        }
    }

    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Content(..) => None,
            Self::Name(path) | Self::Gone { path, .. } | Self::Renamed { to: path, .. } => path.parent(),
        }
    }
}

fn disks() -> MutexGuard<'static, Option<HashMap<PathBuf, Disk>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One step of the agent, on the disk that the path is on.
fn step(path: &Path, then: impl FnOnce(&Path, &mut Disk)) -> io::Result<()> {
    let mut disks = disks();
    let found = disks.get_or_insert_default().iter_mut().find(|(folder, _)| path.starts_with(folder));
    let Some((folder, disk)) = found else { return Ok(()) };
    if let Some(left) = &mut disk.left {
        *left = left.checked_sub(1).ok_or_else(|| io::Error::other("the power is gone"))?;
        if *left == 0 {
            return Err(io::Error::other("the power is gone"));
        }
    }
    let folder = folder.clone();
    then(&folder, disk);
    Ok(())
}

impl Disk {
    /// What has a name is kept under another one.
    fn back_up(&mut self, folder: &Path, path: &Path) -> Option<PathBuf> {
        self.backups += 1;
        let backup = folder.join(".backups").join(self.backups.to_string());
        fs::hard_link(path, &backup).ok().map(|()| backup)
    }
}

pub(crate) fn created(path: &Path, file: &File) -> io::Result<()> {
    let file = file.try_clone()?;
    step(path, |_, disk| {
        disk.unsynced.push(Unsynced::Name(path.to_owned()));
        disk.unsynced.push(Unsynced::Content(path.to_owned(), file));
    })
}

pub(crate) fn syncing(path: &Path) -> io::Result<()> {
    step(path, |_, disk| {
        disk.unsynced.retain(|lost| !matches!(lost, Unsynced::Content(name, _) if name == path));
    })
}

pub(crate) fn syncing_folder(folder: &Path) -> io::Result<()> {
    step(folder, |_, disk| disk.unsynced.retain(|lost| lost.folder() != Some(folder)))
}

pub(crate) fn renaming(from: &Path, to: &Path) -> io::Result<()> {
    step(from, |folder, disk| {
        let backup = disk.back_up(folder, to);
        let (from, to) = (from.to_owned(), to.to_owned());
        disk.unsynced.push(Unsynced::Renamed { from, to, backup });
    })
}

pub(crate) fn linked(path: &Path) -> io::Result<()> {
    step(path, |_, disk| disk.unsynced.push(Unsynced::Name(path.to_owned())))
}

pub(crate) fn removing(path: &Path) -> io::Result<()> {
    step(path, |folder, disk| {
        if let Some(backup) = disk.back_up(folder, path) {
            disk.unsynced.push(Unsynced::Gone { path: path.to_owned(), backup });
        }
    })
}
