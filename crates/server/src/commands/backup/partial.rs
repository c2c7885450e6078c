//! A folder that is being filled, beside the place that it will have. It has a lock that dies with its process, so that what a killed
//! process left behind is told from what a live one is filling, and is removed by the next.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use olivine_content::local;

use crate::startup::create_private_dir;

/// The file that is locked for as long as the folder is being filled.
const LOCK: &str = ".in-progress";
/// What such a folder's name has between the final name and a number.
const MARK: &str = ".partial-";
const ATTEMPTS: u32 = 64;

/// A folder that is being filled; removed when dropped.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    to: PathBuf,
    _lock: File,
}

impl Partial {
    /// Makes the folder that is to become `to`, and removes those beside it that killed processes left behind.
    pub(super) fn beside(to: &Path) -> anyhow::Result<Self> {
        let to = std::path::absolute(to)?;
        let name = to.file_name().with_context(|| format!("{} is no name for a folder", to.display()))?;
        let parent = to.parent().context("a folder that has a name is in another one")?;
        create_private_dir(parent)?;
        remove_dead(parent).with_context(|| format!("removing what is left over in {}", parent.display()))?;
        for number in 0..ATTEMPTS {
            // In a container, each process may have the same number.
            let number = if number == 0 { String::new() } else { format!("-{number}") };
            let name = format!(".{}{MARK}{}{number}", name.to_string_lossy(), std::process::id());
            let path = parent.join(name);
            if let Some(lock) = make(&path).with_context(|| format!("making {}", path.display()))? {
                return Ok(Self { path, to, _lock: lock });
            }
        }
        bail!("no free name for a folder beside {}", to.display())
    }

    /// Where it is while it is being filled.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its final name, once all that is in it is durable.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        local::make_durable(&self.path)?;
        fs::remove_file(self.path.join(LOCK)).context("removing the lock")?;
        fs::rename(&self.path, &self.to).with_context(|| format!("naming {}", self.to.display()))?;
        Ok(local::make_durable(&self.to)?)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Not there any more once it has its final name. What can't be removed is in the way of nobody but the disk.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Makes the folder and locks it; `None` where there is one of that name, or it was taken for dead meanwhile.
fn make(path: &Path) -> io::Result<Option<File>> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        made => made?,
    }
    let lock = match OpenOptions::new().write(true).create_new(true).open(path.join(LOCK)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        lock => lock?,
    };
    lock.lock()?;
    Ok((lock.metadata()?.nlink() > 0).then_some(lock))
}

/// Removes the folders in `parent` that no live process is filling.
fn remove_dead(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with('.') && name.contains(MARK));
        let lock = OpenOptions::new().write(true).open(entry.path().join(LOCK));
        // Without a lock it may be anybody's.
        let (true, Ok(lock)) = (is_ours, lock) else { continue };
        if lock.try_lock().is_ok() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_behind_is_removed_and_what_a_live_one_fills_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let live = Partial::beside(&folder.path().join("live")).unwrap();
        let dead = folder.path().join(".dead.partial-7");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(dead.join("olivine.db"), "half").unwrap();
        let foreign = folder.path().join(".notes.partial-7");
        fs::create_dir(&foreign).unwrap();
        let next = Partial::beside(&folder.path().join("live")).unwrap();
        assert_ne!(next.path(), live.path());
        assert!(live.path().exists() && foreign.exists() && !dead.exists());
        let to = folder.path().join("live");
        next.finish().unwrap();
        assert_eq!(fs::read_dir(&to).unwrap().count(), 0, "the lock does not stay");
        let path = live.path().to_owned();
        drop(live);
        assert!(!path.exists());
    }
}
