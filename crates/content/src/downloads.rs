//! The values of a download: a reader of stored bytes, and signed URLs for clients.

use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use olivine_domain::hash::Sha256Hasher;
use olivine_domain::{Sha256Digest, Timestamp};

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
    /// The URL. Anybody who has it can download, so it must not be logged.
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
    /// Whether the bytes are compared with what was verified already.
    is_checked: bool,
}

impl ContentReader {
    /// A reader of the bytes in `range` of a content of `total` bytes, which `chunks` yields. For backends.
    pub fn new(total: u64, range: Range<u64>, chunks: BoxStream<'static, Result<Bytes, Error>>) -> Self {
        Self { total, range, chunks, is_checked: false }
    }

    /// The same, of a backend that itself compares the bytes with those that were verified, and ends with an error where they differ.
    pub(crate) fn checked(
        total: u64,
        range: Range<u64>,
        chunks: BoxStream<'static, Result<Bytes, Error>>,
    ) -> Self {
        Self { is_checked: true, ..Self::new(total, range, chunks) }
    }

    /// A reader that ends with [`Error::Corrupt`] before the last bytes, where they are not those of `sha256`. Of a content that is not
    /// read as a whole this can't be told, unless the backend can.
    #[must_use]
    pub fn expecting(self, sha256: Sha256Digest) -> Self {
        if self.is_checked || self.range != (0..self.total) {
            return self;
        }
        let Self { total, range, chunks, .. } = self;
        let start = Expecting { chunks, hasher: Sha256Hasher::new(), left: total, sha256 };
        let chunks = stream::try_unfold(start, |mut reading| async move {
            let Some(chunk) = reading.chunks.try_next().await? else { return Ok(None) };
            reading.hasher.update(&chunk);
            reading.left = reading.left.saturating_sub(chunk.len() as u64);
            if reading.left == 0 && reading.hasher.clone().finish() != reading.sha256 {
                return Err(Error::Corrupt { what: "its bytes have changed since they were verified" });
            }
            Ok(Some((chunk, reading)))
        });
        Self::checked(total, range, chunks.boxed())
    }

    /// The same reader; `note` is called with the error that ends it, before the error is returned.
    #[must_use]
    pub fn on_error<F>(self, note: impl FnOnce(&Error) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Self { total, range, chunks, is_checked } = self;
        let chunks = stream::try_unfold((chunks, Some(note)), |(mut chunks, mut note)| async move {
            match chunks.try_next().await {
                Err(error) => {
                    if let Some(note) = note.take() {
                        note(&error).await;
                    }
                    Err(error)
                }
                Ok(chunk) => Ok(chunk.map(|chunk| (chunk, (chunks, note)))),
            }
        });
        Self { total, range, chunks: chunks.boxed(), is_checked }
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

/// A content that is hashed while it is read.
struct Expecting {
    chunks: BoxStream<'static, Result<Bytes, Error>>,
    hasher: Sha256Hasher,
    left: u64,
    sha256: Sha256Digest,
}

/// The asked range, or the whole; refused if it does not lie within `total` bytes. For backends.
pub fn within(range: Option<Range<u64>>, total: u64) -> Result<Range<u64>, Error> {
    let range = range.unwrap_or(0..total);
    if range.start <= range.end && range.end <= total { Ok(range) } else { Err(Error::OutOfRange { total }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(chunks: &[&'static [u8]], range: Range<u64>) -> ContentReader {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk))).collect();
        ContentReader::new(6, range, stream::iter(chunks).boxed())
    }

    async fn given(reader: ContentReader) -> (Vec<u8>, bool) {
        let (mut bytes, mut reader) = (Vec::new(), reader);
        while let Some(chunk) = reader.next().await {
            match chunk {
                Ok(chunk) => bytes.extend(chunk),
                Err(_) => return (bytes, false),
            }
        }
        (bytes, true)
    }

    #[tokio::test]
    async fn the_last_bytes_are_not_given_out_where_the_whole_is_not_what_was_verified() {
        let sha256 = Sha256Digest::of(b"abcdef");
        let whole = || reader(&[b"abc", b"def"], 0..6);
        assert_eq!(given(whole().expecting(sha256)).await, (b"abcdef".to_vec(), true));
        let changed = || reader(&[b"abX", b"def"], 0..6);
        let (sender, noted) = std::sync::mpsc::channel();
        let watched = changed().expecting(sha256).on_error(move |error| {
            sender.send(error.to_string()).unwrap();
            std::future::ready(())
        });
        assert_eq!(given(watched).await, (b"abX".to_vec(), false));
        assert_eq!(noted.into_iter().count(), 1, "it is noted once");
        let a_part = reader(&[b"X"], 2..3).expecting(sha256);
        assert_eq!(given(a_part).await, (b"X".to_vec(), true), "what is not read whole can't be told");
    }
}
