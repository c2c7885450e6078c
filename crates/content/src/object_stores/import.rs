//! Taking a whole content from a stream: into the object itself, which is not there until its bytes are known to be right.

use olivine_domain::Sha256Digest;
use olivine_domain::binary_parts::PartIndex;

use super::bucket::{CHUNK, ObjectStores};
use super::receive::write_all;
use super::writer::Writer;
use crate::error::Error;
use crate::uploads::{Body, ReceiveError, ReceivePart};
use olivine_domain::contents::ContentKey;

/// As many parts as every cloud takes.
const MOST_PARTS: u64 = 10_000;
/// The largest chunk of which one can be sent while another is collected.
const LARGEST_CHUNK: u64 = 32 * 1024 * 1024;
/// Chunks are whole multiples of this.
const STEP: u64 = 1024 * 1024;

impl ObjectStores {
    /// Stores a content.
    pub(super) async fn import_content(
        &self,
        key: &ContentKey,
        size: u64,
        sha256: Sha256Digest,
        mut body: Body<'_>,
    ) -> Result<(), ReceiveError> {
        let path = self.path(key);
        match self.size_of(&path).await {
            Ok(there) if there == size => return Ok(()),
            Ok(_) => return Err(Error::AlreadyComplete.into()),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
        let part = ReceivePart {
            index: PartIndex::FIRST,
            expected_size: Some(size),
            expected_sha256: Some(sha256),
            max_size: size,
        };
        let mut writer = Writer::new(self, path, chunk_for(size)?);
        if let Err(error) = write_all(&mut writer, &part, &mut body).await {
            writer.abort().await;
            return Err(error);
        }
        Ok(writer.finish().await?)
    }
}

/// The size of the chunks of which a content of `size` bytes is made.
fn chunk_for(size: u64) -> Result<u64, Error> {
    let chunk = size.div_ceil(MOST_PARTS).next_multiple_of(STEP).max(CHUNK);
    if chunk > LARGEST_CHUNK {
        return Err(Error::unavailable("a content of more than 312 GiB can't be copied to an object store"));
    }
    Ok(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_chunks_are_enough() {
        const GIB: u64 = 1 << 30;
        for size in [0, 1, CHUNK, 78 * GIB, 79 * GIB, 200 * GIB, 312 * GIB] {
            let chunk = chunk_for(size).unwrap();
            assert!((CHUNK..=LARGEST_CHUNK).contains(&chunk) && size.div_ceil(chunk) <= MOST_PARTS, "{size}");
        }
        assert!(chunk_for(5000 * GIB).is_err());
    }
}
