//! Local files: their hashes and their bytes, read in threads that may block, never held as a whole.

pub(crate) mod failed;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use olivine_domain::hash::{Sha256Digest, Sha256Hasher};
use tokio::task::spawn_blocking;

use self::failed::Failed;
use crate::{Error, Notice, Observer};

/// How much of a file is on its way at a time.
const CHUNK: u64 = 512 * 1024;
/// How much is read at once for hashing: fits the processor's cache.
const BLOCK: usize = 128 * 1024;

/// The hashes of a file: of the whole, and of the parts that it is sent in.
#[derive(Clone, Debug)]
pub struct FileHashes {
    /// Bytes.
    pub size: u64,
    /// Of the whole file.
    pub whole: Sha256Digest,
    /// The size of each part but the last.
    pub part_size: u64,
    /// Of each part, in order.
    pub parts: Vec<Sha256Digest>,
}

/// The size of a regular file.
pub fn size(path: &Path) -> Result<u64, Error> {
    let failed = |source| Error::File { action: "read", path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_file() {
        // Opening it now tells a missing permission before anything is sent.
        File::open(path).map_err(failed)?;
        Ok(metadata.len())
    } else {
        Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")))
    }
}

/// Computes the hash of a file and, on another core, those of its parts: in the time of one.
pub async fn hash_whole_and_parts(
    path: &Path,
    part_size: u64,
    observer: &Observer,
) -> Result<FileHashes, Error> {
    let size = size(path)?;
    observer(Notice::Began(crate::Step::Hashing, size));
    let parts = async {
        let mut hashes = Vec::new();
        for range in ranges(size, part_size) {
            hashes.push(hash(path, range, None).await?);
        }
        Ok(hashes)
    };
    let (whole, parts) = futures_util::try_join!(hash(path, 0..size, Some(observer.clone())), parts)?;
    Ok(FileHashes { size, whole, part_size, parts })
}

/// The ranges that a content of `size` bytes is cut into; a single empty one if it is empty.
pub(crate) fn ranges(size: u64, part_size: u64) -> impl Iterator<Item = Range<u64>> {
    let count = size.div_ceil(part_size).max(1);
    (0..count).map(move |index| index * part_size..((index + 1) * part_size).min(size))
}

/// Computes the hash of a range of a file. Stops when it is dropped.
pub(crate) async fn hash(
    path: &Path,
    range: Range<u64>,
    observer: Option<Observer>,
) -> Result<Sha256Digest, Error> {
    let stop = StopOnDrop(Arc::new(AtomicBool::new(false)));
    let (stopped, owned) = (stop.0.clone(), path.to_owned());
    let hashing = spawn_blocking(move || hash_blocking(&owned, range, &stopped, observer.as_ref()));
    let result = hashing.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    drop(stop);
    result.map_err(|source| Error::File { action: "read", path: path.to_owned(), source })
}

/// A hasher that has seen the first bytes of a file.
pub(crate) async fn hasher_after(path: &Path, length: u64) -> Result<Sha256Hasher, Error> {
    let owned = path.to_owned();
    let hashing = spawn_blocking(move || {
        let mut hasher = Sha256Hasher::new();
        let mut start = File::open(&owned)?.take(length);
        each_block(&mut start, |block| hasher.update(block))?;
        Ok(hasher)
    });
    let result = hashing.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    result.map_err(|source| Error::File { action: "read", path: path.to_owned(), source })
}

/// Reads a whole file, block by block.
pub(crate) fn read_blocks(path: &Path, each: impl FnMut(&[u8])) -> io::Result<()> {
    each_block(&mut File::open(path)?, each)
}

fn each_block(reader: &mut impl Read, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        match reader.read(&mut block)? {
            0 => return Ok(()),
            length => each(&block[..length]),
        }
    }
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn hash_blocking(
    path: &Path,
    range: Range<u64>,
    stopped: &AtomicBool,
    observer: Option<&Observer>,
) -> io::Result<Sha256Digest> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(range.start))?;
    let mut left = range.end - range.start;
    let mut hasher = Sha256Hasher::new();
    let mut block = vec![0; BLOCK];
    while left > 0 && !stopped.load(Ordering::Relaxed) {
        let length = left.min(BLOCK as u64);
        let block = &mut block[..usize::try_from(length).expect("not more than a block")];
        file.read_exact(block).map_err(shrunk)?;
        hasher.update(block);
        left -= length;
        if let Some(observer) = observer {
            observer(Notice::Advanced(length));
        }
    }
    Ok(hasher.finish())
}

fn shrunk(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "it became shorter while it was read"),
        _ => error,
    }
}

/// A range of a file, chunk by chunk.
pub(crate) fn chunks(path: PathBuf, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold((None, range), move |(file, left)| {
        let path = path.clone();
        async move {
            if left.is_empty() {
                return Ok(None);
            }
            let end = left.end.min(left.start + CHUNK);
            let read = spawn_blocking(move || read_chunk(file, &path, left.start..end)).await;
            let (file, chunk) = read.map_err(io::Error::other)?.map_err(io::Error::other)?;
            Ok(Some((chunk, (Some(file), end..left.end))))
        }
    })
}

fn read_chunk(file: Option<File>, path: &Path, range: Range<u64>) -> Result<(File, Bytes), Failed> {
    let failed =
        |error: io::Error| Failed { path: path.to_owned(), kind: error.kind(), reason: error.to_string() };
    let file = file.map_or_else(|| open_at(path, range.start), Ok).map_err(failed)?;
    let length = range.end - range.start;
    let mut chunk = Vec::with_capacity(usize::try_from(length).expect("not more than a chunk"));
    // Into the spare capacity, without zeroing it first.
    (&file).take(length).read_to_end(&mut chunk).map_err(failed)?;
    if chunk.len() as u64 == length {
        Ok((file, chunk.into()))
    } else {
        Err(failed(shrunk(io::ErrorKind::UnexpectedEof.into())))
    }
}

fn open_at(path: &Path, start: u64) -> io::Result<File> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    Ok(file)
}
