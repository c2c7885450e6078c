//! One case: a backend, a content of its own, and what all cases do with them.

use bytes::Bytes;
use futures_util::TryStreamExt;
use olivine_domain::binary_parts::{MIN_SIZE, PartIndex};
use olivine_domain::{Sha256Digest, Timestamp};

use super::sending::{Sender, Sent};
use crate::backend::Backend;
use crate::error::Error;
use crate::uploads::{Body, CompletedPart, PartPlan, ReceiveError, ReceivePart, ReceivedPart, UploadSession};
use olivine_domain::contents::ContentKey;

/// The least size of a part that is not the last, as storages have it.
pub(super) const PART: usize = 5 * 1024 * 1024;
const _: () = assert!(PART as u64 == MIN_SIZE);

/// One case: its backend, and a key of its own.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) backend: &'a dyn Backend,
    pub(super) sender: &'a dyn Sender,
    pub(super) key: ContentKey,
}

impl Case<'_> {
    pub(super) async fn begin(&self) -> UploadSession {
        self.backend.begin(&self.key).await.expect("beginning an upload")
    }

    pub(super) async fn receive(
        &self,
        session: &UploadSession,
        part: &ReceivePart,
        body: Body<'_>,
    ) -> Result<ReceivedPart, ReceiveError> {
        self.backend.receive_part(&self.key, session, part, body).await
    }

    /// Uploads `bytes` as the part `index`, which must succeed.
    pub(super) async fn upload(&self, session: &UploadSession, index: u64, bytes: &Bytes) -> CompletedPart {
        let part = plan(index, bytes);
        let target = self.backend.part_target(&self.key, session, &part, far()).await.expect("a target");
        let Self { backend, sender, ref key } = *self;
        let (part_sent, target) = (&part, &target);
        sender
            .send(Sent { backend, key, session, part: part_sent, target, bytes })
            .await
            .expect("uploading a part");
        part
    }

    pub(super) async fn complete(
        &self,
        session: &UploadSession,
        parts: &[CompletedPart],
    ) -> Result<(), Error> {
        self.backend.complete(&self.key, session, parts).await
    }

    /// Begins, uploads and completes a content of `parts`.
    pub(super) async fn store(&self, parts: &[Bytes]) -> UploadSession {
        let session = self.begin().await;
        let mut completed = Vec::new();
        for (index, bytes) in (1..).zip(parts) {
            completed.push(self.upload(&session, index, bytes).await);
        }
        self.complete(&session, &completed).await.expect("completing");
        session
    }

    pub(super) async fn read_all(&self) -> Result<Vec<u8>, Error> {
        read_range(self.backend, &self.key, None).await
    }

    pub(super) async fn assert_holds(&self, expected: &[u8]) {
        let read = self.read_all().await.expect("reading");
        assert!(
            read == expected,
            "{} bytes were read that are not the {} uploaded",
            read.len(),
            expected.len()
        );
        assert_eq!(self.backend.size(&self.key).await.expect("size"), expected.len() as u64);
    }

    pub(super) async fn assert_gone(&self) {
        assert!(matches!(self.backend.size(&self.key).await, Err(Error::NotFound)));
        assert!(matches!(self.read_all().await, Err(Error::NotFound)));
    }
}

pub(super) async fn read_range(
    backend: &dyn Backend,
    key: &ContentKey,
    range: Option<std::ops::Range<u64>>,
) -> Result<Vec<u8>, Error> {
    let reader = backend.read(key, range).await?;
    reader.try_fold(Vec::new(), |all, chunk| async move { Ok([all.as_slice(), &chunk].concat()) }).await
}

pub(super) fn plan(index: u64, bytes: &Bytes) -> PartPlan {
    let index = PartIndex::new(index).expect("cases use small indexes");
    PartPlan { index, size: bytes.len() as u64, sha256: Sha256Digest::of(bytes) }
}

/// Later than any signature lives.
pub(super) fn far() -> Timestamp {
    Timestamp::from_micros(4_000_000_000_000_000).expect("a moment in 2096")
}

pub(super) fn moment() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).expect("a moment in 2027")
}
