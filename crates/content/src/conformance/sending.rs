//! Sends the bytes of parts in the cases, as a client of the backend does.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::backend::Backend;
use crate::uploads::{Body, PartPlan, PartTarget, ReceivePart, UploadSession};
use olivine_domain::contents::ContentKey;

/// A client that sends the bytes of a part to where the backend says.
#[async_trait]
pub trait Sender: Sync {
    /// Sends `bytes` as `part`; an error says how they were refused.
    async fn send(&self, sent: Sent<'_>) -> Result<(), String>;
}

/// What a client sends, and where.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The backend that named the target.
    pub backend: &'a dyn Backend,
    /// The content.
    pub key: &'a ContentKey,
    /// Its upload.
    pub session: &'a UploadSession,
    /// The part.
    pub part: &'a PartPlan,
    /// Where the bytes go.
    pub target: &'a PartTarget,
    /// The bytes.
    pub bytes: &'a Bytes,
}

/// The sender for a backend whose targets are served by this server: does what the server does with such a request.
#[derive(Clone, Copy, Debug)]
pub struct InProcess;

#[async_trait]
impl Sender for InProcess {
    async fn send(&self, sent: Sent<'_>) -> Result<(), String> {
        let part = ReceivePart::planned(sent.part);
        let received = sent.backend.receive_part(sent.key, sent.session, &part, body(sent.bytes)).await;
        let received = received.map_err(|error| error.to_string())?;
        assert_eq!((received.size, received.sha256), (sent.part.size, sent.part.sha256));
        Ok(())
    }
}

/// The body of a request that sends `bytes` in pieces of at most 64 KiB.
pub fn body(bytes: &Bytes) -> Body<'static> {
    let bytes = bytes.clone();
    let starts = (0..bytes.len()).step_by(64 * 1024);
    stream::iter(starts.map(move |start| Ok(bytes.slice(start..bytes.len().min(start + 64 * 1024))))).boxed()
}

/// Bytes without a pattern that a mistake could hide in, the same for the same `seed`.
pub fn bytes(seed: u64, length: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(length).collect()
}
