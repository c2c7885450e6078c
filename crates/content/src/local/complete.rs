//! Turns an upload into a complete content: no byte is copied, only a list of the parts is written.

use std::{fs, io};

use super::folder::Folder;
use super::layout::{ATTEMPTS, Layout, make_folders, sync_folder};
use super::segments::{self, Segments, part_name, uploaded_part};
use super::temp::TempFile;
use crate::error::Error;
use crate::uploads::{CompletedPart, UploadedPart};
use olivine_domain::contents::ContentKey;

/// Makes the folder that parts are placed in. Nothing else makes it.
pub(super) fn begin(layout: &Layout, key: &ContentKey) -> Result<(), Error> {
    // Not on the empty folder that a volume is mounted on.
    fs::metadata(layout.content())?;
    for _ in 0..ATTEMPTS {
        match make_durable_folder(layout, key) {
            // The folder was deleted meanwhile, so this upload begins after that deletion.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            made => return Ok(made?),
        }
    }
    Err(Error::unavailable("it is deleted as fast as it is begun"))
}

fn make_durable_folder(layout: &Layout, key: &ContentKey) -> io::Result<()> {
    make_folders(&layout.generation(key))?;
    layout.parents(key).iter().try_for_each(|folder| sync_folder(folder))
}

/// The parts in the folder of an upload that is not over.
pub(super) fn uploaded_parts(layout: &Layout, key: &ContentKey) -> Result<Vec<UploadedPart>, Error> {
    let folder = layout.open(key, Error::SessionGone)?;
    let names = folder.names()?;
    if names.iter().any(|name| name == segments::FILE) {
        return Err(Error::SessionGone);
    }
    let mut parts = Vec::new();
    for name in names {
        match folder.size(&name) {
            Ok(size) => parts.extend(uploaded_part(&name, size)),
            // Deleted or completed meanwhile.
            Err(error) => return Err(layout.error(error, Error::SessionGone)),
        }
    }
    parts.sort_unstable();
    Ok(parts)
}

/// Makes one content of `parts`.
pub(super) fn complete(layout: &Layout, key: &ContentKey, parts: &[CompletedPart]) -> Result<(), Error> {
    let wanted = Segments::of(parts)?;
    let folder = layout.open(key, Error::SessionGone)?;
    if Segments::find(&folder)?.is_none() {
        check_parts(layout, key, &folder, &wanted)?;
        place_segments(layout, &folder, &wanted)?;
    }
    // Read again: of two that complete at once, the first one counts.
    match Segments::find(&folder)? {
        Some(segments) if segments == wanted => {
            remove_unlisted(&folder, &segments).map_err(|error| layout.error(error, Error::SessionGone))
        }
        Some(_) => Err(Error::AlreadyComplete),
        None => Err(layout.missing(Error::SessionGone)),
    }
}

fn check_parts(layout: &Layout, key: &ContentKey, folder: &Folder, segments: &Segments) -> Result<(), Error> {
    for part in segments.parts() {
        let name = part_name(part.index, &part.sha256);
        let size = folder.size(&name).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                layout.absent(key, folder, Error::MissingPart { index: part.index }, Error::SessionGone)
            }
            _ => error.into(),
        })?;
        if size != part.size {
            return Err(Error::Corrupt { what: "a part has another size than was acknowledged" });
        }
    }
    Ok(())
}

fn place_segments(layout: &Layout, folder: &Folder, segments: &Segments) -> Result<(), Error> {
    let temp = TempFile::create(&layout.tmp())?;
    temp.write_all(segments.encode().as_bytes())?;
    match temp.place_new(folder, segments::FILE) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        placed => placed.map_err(|error| layout.error(error, Error::SessionGone))?,
    }
    Ok(())
}

/// Removes what does not belong to a complete content: older attempts at its parts.
fn remove_unlisted(folder: &Folder, segments: &Segments) -> io::Result<()> {
    // The list must be durable before anything is removed, even if another process wrote it.
    folder.sync()?;
    for name in folder.names()? {
        if name != segments::FILE && !segments.contains(&name) {
            folder.remove(&name)?;
        }
    }
    Ok(())
}
