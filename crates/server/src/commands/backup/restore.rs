//! A data folder from a backup: checked before, checked afterwards, and there only when it is whole.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::{Context as _, ensure};

use super::manifest::{Contents, MANIFEST, Manifest};
use super::partial::Partial;
use crate::restored::RESTORED_FILE;
use crate::startup::create_private_dir;

/// Makes the data folder `to` of a backup; returns what there is to say.
pub(in crate::commands) fn restore(from: &Path, to: &Path) -> anyhow::Result<String> {
    let manifest = Manifest::read(from)?;
    manifest.check(from)?;
    ensure!(is_free(to)?, "{} is not empty: name a folder that is, or that does not exist", to.display());
    let partial = Partial::beside(to)?;
    fill(&manifest, from, partial.path())?;
    File::create_new(partial.path().join(RESTORED_FILE)).context("noting that the folder is restored")?;
    partial.finish()?;
    Ok(format!(
        "{}: restored from a backup {manifest}\nEverybody signs in anew. API keys and members that were removed since the backup are back: look \
         through them.\n",
        to.display()
    ))
}

fn is_free(folder: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("looking into {}", folder.display())),
    }
}

fn fill(manifest: &Manifest, from: &Path, to: &Path) -> anyhow::Result<()> {
    for file in &manifest.files {
        copy_file(&from.join(&file.name), &to.join(&file.name))?;
    }
    let mut copied = Contents { files: 0, bytes: 0, ..manifest.contents };
    let contents = from.join("content");
    if contents.exists() {
        copy_folder(&contents, &to.join("content"), &mut copied)?;
    }
    ensure!(
        copied == manifest.contents,
        "{} has {} content files of {} bytes, but {MANIFEST} says {} of {}: it is damaged",
        from.display(),
        copied.files,
        copied.bytes,
        manifest.contents.files,
        manifest.contents.bytes
    );
    manifest.check(to)
}

fn copy_folder(from: &Path, to: &Path, copied: &mut Contents) -> anyhow::Result<()> {
    create_private_dir(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("looking into {}", from.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to, copied)?;
        } else {
            copied.files += 1;
            copied.bytes += copy_file(&from, &to)?;
        }
    }
    Ok(())
}

/// A copy that only its owner can read, like its original.
fn copy_file(from: &Path, to: &Path) -> anyhow::Result<u64> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let copy = || -> io::Result<u64> {
        let mut target = File::options().write(true).create_new(true).mode(0o600).open(to)?;
        let mut source = File::open(from)?;
        let bytes = io::copy(&mut source, &mut target)?;
        // An audit takes a content that was written after its verification for one that was replaced.
        target.set_modified(source.metadata()?.modified()?)?;
        Ok(bytes)
    };
    copy().with_context(|| format!("copying {} to {}", from.display(), to.display()))
}
