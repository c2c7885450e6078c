//! Reading a content: the bytes of its parts one after the other.
//!
//! What is in the page cache is read at once; what is not is read by a blocking thread, one chunk ahead of the client. No thread
//! is held while a client is slow.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Weak};
use std::time::SystemTime;
use std::{io, vec};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use olivine_domain::Timestamp;
use olivine_domain::hash::Sha256Hasher;
use tokio::task::{JoinHandle, spawn_blocking};

use super::buffers::Buffers;
use super::folder::Folder;
use super::layout::{Layout, finished};
use super::segments::{Segments, part_name};
use super::verified::{CHANGED, Following, Verified};
use crate::audit::ContentStat;
use crate::digest::{Digested, Progress};
use crate::downloads::{ContentReader, within};
use crate::error::Error;
use crate::uploads::CompletedPart;
use olivine_domain::contents::ContentKey;

/// The most bytes of a chunk: large enough that a system call costs nothing, small enough to stay in a core's cache.
const CHUNK: usize = 256 * 1024;

const TOO_SHORT: Error = Error::Corrupt { what: "a part is shorter than was acknowledged" };

/// The size of a complete content, and when the last of its parts was written. The size is that of the files themselves: where it is not
/// that of the list of parts, the content is damaged.
pub(super) fn stat(layout: &Layout, key: &ContentKey) -> Result<ContentStat, Error> {
    const DAMAGED: Error = Error::Corrupt { what: "its parts have other sizes than were acknowledged" };
    let (folder, segments) = find(layout, key)?;
    let (mut modified, mut size, mut is_as_listed) = (SystemTime::UNIX_EPOCH, 0, true);
    for part in segments.parts() {
        let file = folder.file(&part_name(part.index, &part.sha256)).and_then(|file| file.metadata());
        let found = match file {
            Ok(file) => {
                modified = modified.max(file.modified()?);
                file.len()
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => 0,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match layout.absent(key, &folder, DAMAGED, Error::NotFound) {
                    Error::Corrupt { .. } => 0,
                    other => return Err(other),
                }
            }
            Err(error) => return Err(error.into()),
        };
        is_as_listed &= found == part.size;
        size += found;
    }
    if !is_as_listed && size == segments.total() {
        return Err(DAMAGED);
    }
    let modified = Timestamp::EPOCH.plus(modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    Ok(ContentStat { size, modified })
}

/// The folder of a complete content, and the list of its parts.
fn find(layout: &Layout, key: &ContentKey) -> Result<(Folder, Segments), Error> {
    let folder = layout.open(key, Error::NotFound)?;
    let segments = Segments::find(&folder)?.ok_or(Error::NotFound)?;
    Ok((folder, segments))
}

/// What to do where a part, of which only some bytes are to be read, is not known to be as acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// Read nothing.
    Leave,
    /// Hash it first, which may take long.
    Hash,
}

/// A reader of `range`. The last byte of a part is served only if the part has the bytes that were acknowledged; `None` if the part has to
/// be hashed first.
pub(super) fn read(
    layout: &Layout,
    key: &ContentKey,
    range: Option<Range<u64>>,
    verified: &Arc<Verified>,
    unknown: Unknown,
) -> Result<Option<ContentReader>, Error> {
    let (folder, segments) = find(layout, key)?;
    let total = segments.total();
    let range = within(range, total)?;
    for part in segments.cut_by(&range) {
        let file = open_file(layout, key, &folder, part)?;
        if verified.follow(&file, part.sha256)?.is_none() {
            continue;
        }
        match unknown {
            Unknown::Leave => return Ok(None),
            Unknown::Hash => verified.check(&file, part.sha256)?,
        }
    }
    let cursor = Cursor::at((layout, key), folder, segments, &range, Some(Arc::clone(verified)))?;
    let chunks = stream::try_unfold(Reading::Idle(cursor), next_chunk).boxed();
    Ok(Some(ContentReader::checked(total, range, chunks)))
}

/// Hashes the whole content, unless it is cancelled or `caller` is gone.
pub(super) fn digest(
    layout: &Layout,
    key: &ContentKey,
    progress: &Progress,
    caller: &Weak<()>,
) -> Result<Digested, Error> {
    let (folder, segments) = find(layout, key)?;
    let size = segments.total();
    let mut cursor = Cursor::at((layout, key), folder, segments, &(0..size), None)?;
    let mut hasher = Sha256Hasher::new();
    progress.advance(0)?;
    while let Some(chunk) = cursor.read()? {
        hasher.update(&chunk);
        progress.advance(chunk.len() as u64)?;
        if caller.strong_count() == 0 {
            return Err(Error::Cancelled);
        }
    }
    Ok(Digested { sha256: hasher.finish(), size })
}

fn open_file(
    layout: &Layout,
    key: &ContentKey,
    folder: &Folder,
    part: &CompletedPart,
) -> Result<File, Error> {
    let file = folder.file(&part_name(part.index, &part.sha256)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            layout.absent(key, folder, Error::Corrupt { what: "a part is gone" }, Error::NotFound)
        }
        io::ErrorKind::InvalidData => Error::Corrupt { what: "a part is no plain file" },
        _ => error.into(),
    })?;
    // Before the answer begins: a download that breaks off says nothing of the reason.
    if file.metadata()?.len() < part.size { Err(TOO_SHORT) } else { Ok(file) }
}

/// A stream of chunks between two of them.
enum Reading {
    /// Nothing is being read.
    Idle(Cursor),
    /// The next chunk is being read from disk.
    Ahead(JoinHandle<Result<Read, Error>>),
}

/// What a blocking thread has read.
struct Read {
    cursor: Cursor,
    chunk: Option<Bytes>,
    /// Whether it had to wait for the disk, and so will the next one.
    waited: bool,
}

async fn next_chunk(reading: Reading) -> Result<Option<(Bytes, Reading)>, Error> {
    // A consumer that never waits must leave room for other tasks.
    tokio::task::coop::consume_budget().await;
    let read = match reading {
        Reading::Idle(mut cursor) => match cursor.read_cached() {
            Some(chunk) => return Ok(Some((chunk, Reading::Idle(cursor)))),
            None if cursor.is_at_end() => return Ok(None),
            None => spawn_blocking(|| cursor.read_on()),
        },
        Reading::Ahead(read) => read,
    };
    let Read { cursor, chunk, waited } = finished(read).await?;
    let reading = if waited && !cursor.is_at_end() {
        Reading::Ahead(spawn_blocking(|| cursor.read_on()))
    } else {
        Reading::Idle(cursor)
    };
    Ok(chunk.map(|chunk| (chunk, reading)))
}

/// A place in a content.
struct Cursor {
    layout: Layout,
    key: ContentKey,
    folder: Folder,
    open: Option<OpenPart>,
    /// The parts after the open one.
    parts: vec::IntoIter<CompletedPart>,
    /// How many bytes of those parts lie before the range.
    skip: u64,
    /// How many bytes are still to be read.
    left: u64,
    buffers: Buffers,
    /// Which parts need not be hashed; `None` where the reader hashes all of it anyway.
    verified: Option<Arc<Verified>>,
    /// Whether the open part has other bytes than were acknowledged.
    is_damaged: bool,
}

/// The part that is being read.
struct OpenPart {
    file: File,
    /// The next byte's place in the part.
    offset: u64,
    size: u64,
    /// The hash so far, where all of it is read and it is not known to be as acknowledged.
    following: Option<Box<Following>>,
}

impl OpenPart {
    /// Advances past bytes that were read; returns whether they may be served.
    fn advance(&mut self, bytes: &[u8]) -> bool {
        self.offset += bytes.len() as u64;
        let Some(following) = &mut self.following else { return true };
        following.update(bytes);
        self.offset < self.size || self.following.take().is_none_or(|following| following.finish())
    }
}

impl Cursor {
    fn at(
        (layout, key): (&Layout, &ContentKey),
        folder: Folder,
        segments: Segments,
        range: &Range<u64>,
        verified: Option<Arc<Verified>>,
    ) -> Result<Self, Error> {
        let left = range.end - range.start;
        let mut cursor = Self {
            layout: layout.clone(),
            key: *key,
            folder,
            open: None,
            parts: segments.into_parts().into_iter(),
            skip: range.start,
            left,
            buffers: Buffers::new(usize::try_from(left).unwrap_or(CHUNK).min(CHUNK)),
            verified,
            is_damaged: false,
        };
        cursor.open_part()?;
        Ok(cursor)
    }

    const fn is_at_end(&self) -> bool {
        self.left == 0
    }

    /// Opens the next part that has bytes to be read, if there is one.
    fn open_part(&mut self) -> Result<(), Error> {
        if self.is_damaged {
            return Err(CHANGED);
        }
        let done = self.open.as_ref().is_none_or(|part| part.offset == part.size);
        if self.is_at_end() || !done {
            return Ok(());
        }
        for part in self.parts.by_ref() {
            if self.skip < part.size {
                let file = open_file(&self.layout, &self.key, &self.folder, &part)?;
                let offset = std::mem::take(&mut self.skip);
                let mut following = None;
                if let Some(verified) = &self.verified {
                    if offset == 0 && self.left >= part.size {
                        following = verified.follow(&file, part.sha256)?.map(Box::new);
                    } else {
                        // Known by now, unless it was changed since the reader began.
                        verified.check(&file, part.sha256)?;
                    }
                }
                self.open = Some(OpenPart { file, offset, size: part.size, following });
                return Ok(());
            }
            self.skip -= part.size;
        }
        Err(Error::Corrupt { what: "its parts are fewer than its size" })
    }

    /// The next chunk, waiting for the disk if need be; `None` at the end.
    fn read(&mut self) -> Result<Option<Bytes>, Error> {
        self.open_part()?;
        let read = self.read_with(|file, buffer, offset| {
            loop {
                match file.read_at(buffer, offset) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) => return Err(TOO_SHORT),
                    read => return Ok(read?),
                }
            }
        });
        if self.is_damaged { Err(CHANGED) } else { read.transpose() }
    }

    /// The next chunk if it is in memory; `None` also at the end of a part.
    fn read_cached(&mut self) -> Option<Bytes> {
        self.read_with(|file, buffer, offset| {
            read_cached(file, buffer, offset).filter(|read| *read > 0).ok_or(())
        })?
        .ok()
    }

    /// Fills the next chunk by `fill(file, buffer, offset)`; `None` if nothing is left of the open part, or if it is damaged.
    fn read_with<E>(
        &mut self,
        fill: impl FnOnce(&File, &mut [u8], u64) -> Result<usize, E>,
    ) -> Option<Result<Bytes, E>> {
        let part = self.open.as_mut()?;
        let wanted = self.left.min(part.size - part.offset);
        if wanted == 0 {
            return None;
        }
        let mut buffer = self.buffers.take();
        let space = buffer.as_mut();
        let length = usize::try_from(wanted).unwrap_or(CHUNK).min(space.len());
        let filled = match fill(&part.file, &mut space[..length], part.offset) {
            Ok(filled) => filled,
            Err(error) => return Some(Err(error)),
        };
        if !part.advance(&space[..filled]) {
            self.is_damaged = true;
            return None;
        }
        self.left -= filled as u64;
        Some(Ok(buffer.into_bytes(filled)))
    }

    /// The next chunk, on a blocking thread.
    fn read_on(mut self) -> Result<Read, Error> {
        self.open_part()?;
        match self.read_cached() {
            Some(chunk) => Ok(Read { chunk: Some(chunk), cursor: self, waited: false }),
            None => Ok(Read { chunk: self.read()?, cursor: self, waited: true }),
        }
    }
}

/// Reads what is in the page cache; `None` if nothing is or the file system can't tell.
#[cfg(target_os = "linux")]
fn read_cached(file: &File, buffer: &mut [u8], offset: u64) -> Option<usize> {
    use rustix::io::{IoSliceMut, ReadWriteFlags, preadv2};
    preadv2(file, &mut [IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT).ok()
}

/// Other systems have no such call.
#[cfg(not(target_os = "linux"))]
fn read_cached(_: &File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}
