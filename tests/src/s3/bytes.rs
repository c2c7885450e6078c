//! Writes the bytes of objects and parts to files, reads them from files, and counts them.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use futures_util::StreamExt;
use s3s::dto::StreamingBlob;
use s3s::{S3Result, s3_error};
use tokio::io::AsyncWriteExt;

use super::Knobs;
use super::operations::Store;
use super::state::{Object, Piece};

/// The number of bytes that are read from a file at once.
const READ: usize = 256 * 1024;
/// The bytes per second of a slow server; after each of these blocks it checks whether it is still slow.
const SLOW: usize = 1024;
const LOOKS: u32 = 10;

impl Store {
    /// Writes a body to a file, and verifies the checksum that was sent with it.
    pub(super) async fn write(
        &self,
        body: Option<StreamingBlob>,
        checksum: Option<&str>,
    ) -> S3Result<Arc<Piece>> {
        let path = random_file(&self.state.folder);
        // The file is removed again if the client closes the connection.
        let mut piece = Piece { path, size: 0, sha256: [0; 32] };
        let mut file = tokio::fs::File::create(&piece.path).await.map_err(|e| s3_error!(e, InternalError))?;
        let mut hasher = Context::new(&SHA256);
        if let Some(mut body) = body {
            while let Some(chunk) = body.next().await {
                let chunk = chunk.map_err(|_| s3_error!(IncompleteBody))?;
                self.knobs.received.fetch_add(chunk.len() as u64, Ordering::SeqCst);
                hasher.update(&chunk);
                piece.size += chunk.len() as u64;
                for _ in 0..chunk.len() * LOOKS as usize / SLOW {
                    if self.knobs.is_slow() {
                        tokio::time::sleep(Duration::from_secs(1) / LOOKS).await;
                    }
                }
                file.write_all(&chunk).await.map_err(|e| s3_error!(e, InternalError))?;
            }
        }
        file.flush().await.map_err(|e| s3_error!(e, InternalError))?;
        piece.sha256 = hasher.finish().as_ref().try_into().expect("SHA-256 has 32 bytes");
        if checksum.is_some_and(|checksum| checksum != piece.checksum()) {
            return Err(s3_error!(BadDigest, "the SHA256 you specified did not match what was received"));
        }
        Ok(Arc::new(piece))
    }

    /// The bytes of a range, as a stream that a thread fills.
    pub(super) fn stream(&self, object: &Object, range: std::ops::Range<u64>) -> StreamingBlob {
        let (send, mut receive) = tokio::sync::mpsc::channel(4);
        let (pieces, knobs) = (object.pieces.clone(), self.knobs.clone());
        tokio::task::spawn_blocking(move || {
            let mut at = 0;
            for piece in pieces {
                let (start, end) = (range.start.max(at), range.end.min(at + piece.size));
                let result = if start < end {
                    send_range(&piece, start - at..end - at, &send, &knobs)
                } else {
                    Ok(())
                };
                if let Err(error) = result {
                    let _ = send.blocking_send(Err(error));
                    return;
                }
                at += piece.size;
            }
        });
        StreamingBlob::wrap(futures_util::stream::poll_fn(move |context| receive.poll_recv(context)))
    }
}

fn send_range(
    piece: &Piece,
    range: std::ops::Range<u64>,
    send: &tokio::sync::mpsc::Sender<std::io::Result<Bytes>>,
    knobs: &Knobs,
) -> std::io::Result<()> {
    let mut file = std::fs::File::open(&piece.path)?;
    file.seek(SeekFrom::Start(range.start))?;
    let mut left = range.end - range.start;
    while left > 0 {
        let most = if knobs.is_slow() { SLOW } else { READ };
        let mut buffer = vec![0; most.min(usize::try_from(left).unwrap_or(most))];
        file.read_exact(&mut buffer)?;
        left -= buffer.len() as u64;
        knobs.sent.fetch_add(buffer.len() as u64, Ordering::SeqCst);
        if send.blocking_send(Ok(buffer.into())).is_err() {
            return Ok(());
        }
        for _ in 0..LOOKS {
            if knobs.is_slow() {
                std::thread::sleep(Duration::from_secs(1) / LOOKS);
            }
        }
    }
    Ok(())
}

/// A new path in the server's folder.
fn random_file(folder: &Path) -> PathBuf {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("randomness");
    folder.join(hex::encode(bytes))
}
