//! What every storage backend must do, as tests over the trait: each backend's own tests call [`run`]. A server must never call it.
//!
//! It is no feature, because with one, tests and executables would be compiled apart, and all crates above with them.
//!
//! A case must not depend on how a backend stores anything, only on what [`Backend`] promises.

mod keeping;
mod reading;
mod uploading;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt, stream};
use olivine_domain::binaries::Generation;
use olivine_domain::binary_parts::{MIN_SIZE, PartIndex};
use olivine_domain::organizations::Organization;
use olivine_domain::{Id, Sha256Digest, Timestamp};
use uuid::Uuid;

use crate::backend::{Backend, ContentKey};
use crate::error::Error;
use crate::uploads::{
    Body, CompletedPart, PartPlan, PartTarget, ReceiveError, ReceivePart, ReceivedPart, UploadSession,
};

/// Runs every case against `backend`, one after the other, on contents of `organization`, of which there must be none yet. Takes
/// some 11 MiB of storage at a time.
///
/// # Panics
/// Where the backend does not keep its promise.
pub async fn run(backend: &dyn Backend, sender: &dyn Sender, organization: Id<Organization>) {
    for (number, case) in (1..).zip(CASES) {
        let key = ContentKey {
            organization,
            binary: Id::new(Uuid::from_u128(organization.uuid().as_u128() ^ number)),
            generation: Generation::new(1),
        };
        case(Case { backend, sender, key }).await;
        backend.delete(&key).await.expect("cleaning up");
    }
}

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

type CaseFunction = for<'a> fn(Case<'a>) -> BoxFuture<'a, ()>;

const CASES: [CaseFunction; 24] = [
    |case| Box::pin(uploading::three_parts_in_any_order_become_one_content(case)),
    |case| Box::pin(uploading::an_empty_content_is_a_content(case)),
    |case| Box::pin(uploading::refused_bytes_leave_nothing(case)),
    |case| Box::pin(uploading::unplanned_bytes_are_taken_up_to_the_limit(case)),
    |case| Box::pin(uploading::the_attempt_that_completion_names_counts(case)),
    |case| Box::pin(uploading::two_writers_at_one_index_never_mix(case)),
    |case| Box::pin(uploading::a_writer_that_outlives_its_upload_is_refused(case)),
    |case| Box::pin(uploading::a_complete_content_takes_no_more_parts(case)),
    |case| Box::pin(uploading::completion_needs_every_part(case)),
    |case| Box::pin(uploading::completing_again_and_at_once_is_a_success(case)),
    |case| Box::pin(uploading::beginning_again_does_no_harm(case)),
    |case| Box::pin(uploading::deleting_again_or_nothing_is_a_success(case)),
    |case| Box::pin(uploading::generations_are_apart(case)),
    |case| Box::pin(reading::nothing_is_there_before_completion(case)),
    |case| Box::pin(reading::every_range_reads_its_bytes(case)),
    |case| Box::pin(reading::hashing_can_be_watched_and_stopped(case)),
    |case| Box::pin(reading::urls_end_when_they_were_asked_to(case)),
    |case| Box::pin(keeping::an_import_is_there_once_all_of_it_is_right(case)),
    |case| Box::pin(keeping::an_import_of_many_chunks_is_whole(case)),
    |case| Box::pin(keeping::lists_tell_contents_from_leftovers(case)),
    |case| Box::pin(keeping::what_is_held_is_told_until_it_is_deleted(case)),
    |case| Box::pin(keeping::a_storage_has_one_identity(case)),
    |case| Box::pin(keeping::deletions_leave_nothing_in_the_list(case)),
    |case| Box::pin(keeping::a_probe_leaves_nothing(case)),
];

/// The least size of a part that is not the last, as storages have it.
const PART: usize = 5 * 1024 * 1024;
const _: () = assert!(PART as u64 == MIN_SIZE);

/// One case: its backend, and a key of its own.
#[derive(Clone, Copy)]
struct Case<'a> {
    backend: &'a dyn Backend,
    sender: &'a dyn Sender,
    key: ContentKey,
}

impl Case<'_> {
    async fn begin(&self) -> UploadSession {
        self.backend.begin(&self.key).await.expect("beginning an upload")
    }

    async fn receive(
        &self,
        session: &UploadSession,
        part: &ReceivePart,
        body: Body<'_>,
    ) -> Result<ReceivedPart, ReceiveError> {
        self.backend.receive_part(&self.key, session, part, body).await
    }

    /// Uploads `bytes` as the part `index`, which must succeed.
    async fn upload(&self, session: &UploadSession, index: u64, bytes: &Bytes) -> CompletedPart {
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

    async fn complete(&self, session: &UploadSession, parts: &[CompletedPart]) -> Result<(), Error> {
        self.backend.complete(&self.key, session, parts).await
    }

    /// Begins, uploads and completes a content of `parts`.
    async fn store(&self, parts: &[Bytes]) -> UploadSession {
        let session = self.begin().await;
        let mut completed = Vec::new();
        for (index, bytes) in (1..).zip(parts) {
            completed.push(self.upload(&session, index, bytes).await);
        }
        self.complete(&session, &completed).await.expect("completing");
        session
    }

    async fn read_all(&self) -> Result<Vec<u8>, Error> {
        read_range(self.backend, &self.key, None).await
    }

    async fn assert_holds(&self, expected: &[u8]) {
        let read = self.read_all().await.expect("reading");
        assert!(
            read == expected,
            "{} bytes were read that are not the {} uploaded",
            read.len(),
            expected.len()
        );
        assert_eq!(self.backend.size(&self.key).await.expect("size"), expected.len() as u64);
    }

    async fn assert_gone(&self) {
        assert!(matches!(self.backend.size(&self.key).await, Err(Error::NotFound)));
        assert!(matches!(self.read_all().await, Err(Error::NotFound)));
    }
}

async fn read_range(
    backend: &dyn Backend,
    key: &ContentKey,
    range: Option<std::ops::Range<u64>>,
) -> Result<Vec<u8>, Error> {
    let reader = backend.read(key, range).await?;
    reader.try_fold(Vec::new(), |all, chunk| async move { Ok([all.as_slice(), &chunk].concat()) }).await
}

fn plan(index: u64, bytes: &Bytes) -> PartPlan {
    let index = PartIndex::new(index).expect("cases use small indexes");
    PartPlan { index, size: bytes.len() as u64, sha256: Sha256Digest::of(bytes) }
}

/// Later than any signature lives.
fn far() -> Timestamp {
    Timestamp::from_micros(4_000_000_000_000_000).expect("a moment in 2096")
}

fn moment() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).expect("a moment in 2027")
}
