//! Lists everything in the folder, for the audit.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use olivine_domain::organizations::Organization;
use olivine_domain::{Id, Timestamp};

use super::folder::Folder;
use super::layout::Layout;
use super::segments::Segments;
use crate::audit::{StoredContent, StoredKind, parse_key};
use crate::error::Error;

/// Every content, complete or not, of all organizations or one; without it also what is no content at all.
pub(super) fn list(
    layout: &Layout,
    organization: Option<Id<Organization>>,
) -> Result<Vec<StoredContent>, Error> {
    // Nothing is there either while a volume is not mounted.
    fs::metadata(layout.content())?;
    let mut found = Vec::new();
    let wanted = organization.map(|organization| organization.to_string());
    for organization in names(&layout.content())? {
        if wanted.as_ref().is_some_and(|wanted| *wanted != organization) {
            continue;
        }
        let folder = layout.content().join(&organization);
        for id in names(&folder)? {
            for generation in names(&folder.join(&id))? {
                let name = format!("{organization}/{id}/{generation}");
                found.extend(content(&folder.join(&id).join(&generation), name)?);
            }
        }
    }
    if wanted.is_none() {
        for (above, folder) in [("tmp", layout.tmp()), ("trash", layout.trash())] {
            for name in names(&folder)? {
                found.extend(leftover(&folder.join(&name), format!("../{above}/{name}"))?);
            }
        }
    }
    Ok(found)
}

/// One generation's folder; `None` if it is gone.
fn content(path: &Path, name: String) -> Result<Option<StoredContent>, Error> {
    let Some(key) = parse_key(&name) else { return leftover(path, name) };
    let Some(folder) = present(Folder::open(path))? else { return Ok(None) };
    let segments = Segments::find(&folder)?;
    let Some(stored) = leftover(path, name)? else { return Ok(None) };
    Ok(Some(match segments {
        Some(segments) => {
            StoredContent { key: Some(key), kind: StoredKind::Content, size: segments.total(), ..stored }
        }
        None => StoredContent { key: Some(key), ..stored },
    }))
}

/// Something that is not a complete content, with the size of the files in it.
fn leftover(path: &Path, name: String) -> Result<Option<StoredContent>, Error> {
    let Some(metadata) = present(fs::metadata(path))? else { return Ok(None) };
    let since = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut size = 0;
    if metadata.is_dir() {
        for file in names(path)? {
            size += present(fs::metadata(path.join(file)))?.map_or(0, |metadata| metadata.len());
        }
    } else {
        size = metadata.len();
    }
    let modified = Timestamp::EPOCH.plus(since);
    Ok(Some(StoredContent { name, key: None, kind: StoredKind::Leftover, size, modified }))
}

/// The names in a folder in order; none if it is gone or not a folder.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// What may be removed at any moment.
fn present<T>(found: io::Result<T>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
