//! Files to upload: of a given size, with bytes that can't be compressed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::programs;

/// A file with its hash. Dropping it removes the file.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) path: PathBuf,
    pub(crate) hash: String,
}

impl Sample {
    pub(crate) fn make(folder: &Path, name: &str, size: u64) -> anyhow::Result<Self> {
        let path = folder.join(name);
        let mut file = File::create(&path).context("making a file to upload")?;
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut block = vec![0_u8; 1 << 20];
        let mut left = size;
        while left > 0 {
            for word in block.as_chunks_mut::<8>().0 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                *word = random.to_le_bytes();
            }
            let length = usize::try_from(left).unwrap_or(block.len()).min(block.len());
            file.write_all(&block[..length])?;
            left -= length as u64;
        }
        // Otherwise the system would write it to disk during a measurement.
        file.sync_all()?;
        let (hash, _) = programs::openssl_digest(&path)?;
        Ok(Self { path, hash })
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // The folder that contains the file is removed anyway.
        let _ = std::fs::remove_file(&self.path);
    }
}
