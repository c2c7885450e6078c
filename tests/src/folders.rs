//! Searching folders.

use std::path::{Path, PathBuf};

/// The files below a folder whose names begin with `prefix`, sorted.
pub fn files_under(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(files_under(&entry, prefix));
        } else if entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)) {
            found.push(entry);
        }
    }
    found.sort();
    found
}
