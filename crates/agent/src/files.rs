//! Files that are either complete or absent, also after a power loss. All that the agent does to files, but for what it fetches, goes through
//! here, so that tests can lose the power at each step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

#[cfg(test)]
use crate::tests::disk;

/// A name beside `path` for what is not yet whole.
pub(crate) fn beside(path: &Path) -> PathBuf {
    named(path, "olivine-new")
}

/// A hidden name beside a path.
pub(crate) fn named(path: &Path, end: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{end}"))
}

/// Writes a small file: it has the old content or the new one, durably.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = beside(path);
    let mut file = create(&new, 0o600)?;
    file.write_all(content)?;
    sync(&file, &new)?;
    rename(&new, path)?;
    sync_folder(path)
}

/// Creates an empty file, instead of what is there. In a folder that others can write to, that may be a link to another file: it is
/// removed, never followed.
pub(crate) fn create(path: &Path, mode: u32) -> io::Result<File> {
    remove(path)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    #[cfg(test)]
    disk::created(path, &file)?;
    // The umask may have it otherwise.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(file)
}

/// Makes the content of a file durable. `path` is its name. In tests it is only noted, because they know by themselves what is lost.
#[cfg_attr(test, expect(unused_variables, reason = "tests do not wait for a real disk"))]
#[cfg_attr(not(test), expect(unused_variables, reason = "tests tell files apart by their names"))]
pub(crate) fn sync(file: &File, path: &Path) -> io::Result<()> {
    #[cfg(test)]
    return disk::syncing(path);
    #[cfg(not(test))]
    file.sync_all()
}

/// Makes the name of a file durable, or that it is gone.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = folder(path);
    #[cfg(test)]
    return disk::syncing_folder(folder);
    #[cfg(not(test))]
    File::open(folder)?.sync_all()
}

/// Gives a file another name, in place of what has it. Not durable before the folder is.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(test)]
    disk::renaming(from, to)?;
    fs::rename(from, to)
}

/// Gives a file, or a link as such, a second name. Not durable before the folder is.
pub(crate) fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)?;
    #[cfg(test)]
    disk::linked(to)?;
    Ok(())
}

/// Removes a file where there is one. Not durable before the folder is.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    disk::removing(path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether there is something of this name, be it a link that leads nowhere.
pub(crate) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_place_of_the_new_file_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, victim) = (folder.path().join("fw.bin"), folder.path().join("victim"));
        fs::write(&victim, "precious").unwrap();
        let plants: [fn(&Path, &Path) -> io::Result<()>; 2] =
            [|from, to| std::os::unix::fs::symlink(from, to), |from, to| fs::hard_link(from, to)];
        for plant in plants {
            plant(&victim, &beside(&path)).unwrap();
            replace(&path, b"new").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "new");
            assert!(fs::symlink_metadata(&path).unwrap().is_file());
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }
}
