//! `backup.json`: what is in a backup. Written last, so that a backup that has it is whole.

use std::fmt;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use olivine_domain::hash::Sha256Hasher;
use olivine_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::startup::write_private;

pub(super) const MANIFEST: &str = "backup.json";
pub(super) const DATABASE: &str = "olivine.db";
const FORMAT: u32 = 1;
const BLOCK: usize = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    olivine: String,
    made_at: String,
    pub(super) contents: Contents,
    pub(super) files: Vec<KeptFile>,
}

/// How much content there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contents {
    pub(super) binaries: u64,
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// Contents that are in other storages than the data folder, and so not here.
    pub(super) elsewhere: u64,
}

impl Contents {
    pub(super) const fn add(&mut self, more: Self) {
        self.binaries += more.binaries;
        self.files += more.files;
        self.bytes += more.bytes;
        self.elsewhere += more.elsewhere;
    }
}

/// A file that is not content.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptFile {
    pub(super) name: String,
    bytes: u64,
    sha256: String,
}

impl KeptFile {
    /// The file of that name as it is in `folder`.
    pub(super) fn of(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder.join(name);
        let read = || -> std::io::Result<Self> {
            let mut file = File::open(&path)?;
            let (mut hasher, mut bytes, mut block) = (Sha256Hasher::new(), 0, vec![0; BLOCK]);
            loop {
                match file.read(&mut block)? {
                    0 => break,
                    length => {
                        hasher.update(&block[..length]);
                        bytes += length as u64;
                    }
                }
            }
            Ok(Self { name: name.to_owned(), bytes, sha256: hasher.finish().to_hex() })
        };
        read().with_context(|| format!("reading {}", path.display()))
    }
}

impl Manifest {
    pub(super) fn new(now: Timestamp, contents: Contents, files: Vec<KeptFile>) -> Self {
        let olivine = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, olivine, made_at: now.to_string(), contents, files }
    }

    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        write_private(&folder.join(MANIFEST), &serde_json::to_vec_pretty(self)?)
    }

    /// The manifest of a backup that is whole.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(MANIFEST);
        let text = fs::read(&path).with_context(|| {
            format!("{} is not a complete backup: it has no {MANIFEST} that can be read", folder.display())
        })?;
        let manifest: Self =
            serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))?;
        ensure!(
            manifest.format == FORMAT,
            "the backup was made by Olivine {} in a way that this version does not know",
            manifest.olivine
        );
        Ok(manifest)
    }

    /// Compares the files with what they were.
    pub(super) fn check(&self, folder: &Path) -> anyhow::Result<()> {
        for file in &self.files {
            let plain = Path::new(&file.name).file_name().is_some_and(|name| name == file.name.as_str());
            ensure!(plain, "{MANIFEST} names '{}', which is no file of a backup", file.name);
            ensure!(
                KeptFile::of(folder, &file.name)? == *file,
                "{} is not as it was when the backup was made",
                folder.join(&file.name).display()
            );
        }
        Ok(())
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Contents { binaries, files, bytes, elsewhere } = self.contents;
        let (made_at, olivine) = (&self.made_at, &self.olivine);
        write!(
            f,
            "made at {made_at} by Olivine {olivine}: the records, {bytes} bytes of {binaries} contents in {files} files"
        )?;
        if elsewhere > 0 {
            write!(f, "; {elsewhere} contents are in other storages, and not in it")?;
        }
        Ok(())
    }
}
