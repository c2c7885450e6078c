//! The values of a download: a reader of stored bytes, and signed URLs for clients.

use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream};
use olivine_domain::Timestamp;

use crate::error::Error;
use crate::filename::Filename;

/// What a client is given to download with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// The name that the client is to save it under.
    pub filename: Filename,
    /// When the URL stops being accepted.
    pub expires_at: Timestamp,
}

/// A URL that downloads one content.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl {
    /// The URL; whoever holds it may download, so it belongs in no log.
    pub url: String,
    /// When it stops being accepted.
    pub expires_at: Timestamp,
}

impl fmt::Debug for SignedUrl {
    /// Without the URL, which is a permission.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedUrl").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The bytes of a content, in chunks of at most some hundred KiB, as a stream.
///
/// Yields exactly the bytes of [`ContentReader::range`], or ends with one error.
pub struct ContentReader {
    total: u64,
    range: Range<u64>,
    chunks: BoxStream<'static, Result<Bytes, Error>>,
}

impl ContentReader {
    /// A reader of the bytes in `range` of a content of `total` bytes, which `chunks` yields. For backends.
    pub fn new(total: u64, range: Range<u64>, chunks: BoxStream<'static, Result<Bytes, Error>>) -> Self {
        Self { total, range, chunks }
    }

    /// The size of the whole content in bytes.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Which bytes are read: from 0, end excluded.
    pub const fn range(&self) -> &Range<u64> {
        &self.range
    }
}

impl Stream for ContentReader {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.as_mut().poll_next(context)
    }
}

impl fmt::Debug for ContentReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentReader")
            .field("total", &self.total)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// The asked range, or the whole; refused if it does not lie within `total` bytes. For backends.
pub fn within(range: Option<Range<u64>>, total: u64) -> Result<Range<u64>, Error> {
    let range = range.unwrap_or(0..total);
    if range.start <= range.end && range.end <= total { Ok(range) } else { Err(Error::OutOfRange { total }) }
}
