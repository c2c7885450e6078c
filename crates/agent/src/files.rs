//! Files that are either complete or absent, also after a power loss.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// A name beside `path` for what is not yet whole.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.olivine-new"))
}

/// Writes a small file: it has the old content or the new one, durably.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = beside(path);
    let mut file = create(&new, 0o600)?;
    file.write_all(content)?;
    take_place(&file, &new, path)
}

/// Creates an empty file, instead of what is there. In a folder that others can write to, that may be a link to another file: it is
/// removed, never followed.
pub(crate) fn create(path: &Path, mode: u32) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    // The umask may have it otherwise.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(file)
}

/// Gives a file that is written its name, durably.
pub(crate) fn take_place(file: &File, new: &Path, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    fs::rename(new, path)?;
    File::open(folder(path))?.sync_all()
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
