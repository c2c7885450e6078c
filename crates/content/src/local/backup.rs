//! A second place for the files of a content, for backups. Must never change anything in the first one.

use std::fs::{self, File};
use std::io::{
    self,
    ErrorKind::{InvalidData, NotFound},
};
use std::path::Path;

use super::folder::{Folder, no_plain_file};
use super::layout::{Layout, make_folders};
use super::segments::{self, Segments, part_name};
use crate::error::Error;
use olivine_domain::contents::ContentKey;

/// What a backup has of one content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// How many files that are.
    pub files: u64,
    /// Their size together.
    pub bytes: u64,
    /// The size of its parts, which is that of the content.
    pub content_bytes: u64,
    /// Whether it is complete: the list of its parts is there, and each of them has the size that the list says.
    pub is_complete: bool,
}

/// What a content is by its record, which is older than what is found of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Its upload is not over. Where it was completed meanwhile, the backup must not say so: the restored upload could not go on.
    Upload,
    /// All of it is there.
    Content,
}

/// Puts what there is of a content in the folder `root` into the folder `into`, at the same place: as a second name for the same bytes
/// where the file system can, for they never change, else as a copy. What is not there, or is replaced meanwhile, is left out.
pub fn back_up(root: &Path, into: &Path, key: &ContentKey, recorded: Recorded) -> Result<BackedUp, Error> {
    let (from, to) = (Layout::at(root).generation(key), Layout::at(into).generation(key));
    let mut done = BackedUp::default();
    let entries = match fs::read_dir(&from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(done),
        entries => entries?,
    };
    make_folders(&to)?;
    for entry in entries {
        let entry = entry?;
        if recorded == Recorded::Upload && entry.file_name() == segments::FILE {
            continue;
        }
        let bytes = match link_or_copy(&entry.path(), &to.join(entry.file_name())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            bytes => bytes?,
        };
        done.files += 1;
        done.bytes += bytes;
        if entry.file_name().to_string_lossy().starts_with("part-") {
            done.content_bytes += bytes;
        }
    }
    done.is_complete = is_complete(&to)?;
    Ok(done)
}

/// Whether the folder of a content has all that its list of parts names.
fn is_complete(folder: &Path) -> Result<bool, Error> {
    let folder = Folder::open(folder)?;
    let segments = match Segments::find(&folder) {
        Ok(Some(segments)) => segments,
        Ok(None) | Err(Error::Corrupt { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    for part in segments.parts() {
        match folder.file(&part_name(part.index, &part.sha256)).and_then(|file| file.metadata()) {
            Ok(file) if file.len() == part.size => {}
            Ok(_) => return Ok(false),
            Err(error) if matches!(error.kind(), NotFound | InvalidData) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Makes the folder of a content that has nothing yet, for its upload to go on.
pub fn back_up_empty(into: &Path, key: &ContentKey) -> Result<(), Error> {
    Ok(make_folders(&Layout::at(into).generation(key))?)
}

pub(super) fn link_or_copy(from: &Path, to: &Path) -> io::Result<u64> {
    if !fs::symlink_metadata(from)?.is_file() {
        return Err(no_plain_file());
    }
    match fs::hard_link(from, to) {
        Ok(()) => Ok(fs::metadata(to)?.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        Err(_) => {
            let (bytes, modified) = (fs::copy(from, to)?, fs::metadata(from)?.modified()?);
            // An audit takes a content that was written after its verification for one that was replaced.
            File::options().write(true).open(to)?.set_modified(modified)?;
            Ok(bytes)
        }
    }
}

/// Makes durable all that was written to the file system that `folder` is on.
pub fn make_durable(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}
