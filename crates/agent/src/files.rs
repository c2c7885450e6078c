//! Files that are whole or not there, whatever happens to the power.

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

/// Creates an empty file, instead of what is there.
pub(crate) fn create(path: &Path, mode: u32) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    // The umask, or a file that an earlier attempt left, may have it otherwise.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(file)
}

/// Gives a file that is written its name, durably.
pub(crate) fn take_place(file: &File, new: &Path, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    fs::rename(new, path)?;
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
