//! The trait that every storage backend implements.
//!
//! A backend must never let one key's bytes change once they are complete. `conformance.rs` is this contract as tests.

use std::fmt;
use std::ops::Range;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use olivine_domain::contents::ContentKey;
use olivine_domain::organizations::Organization;
use olivine_domain::{Id, Sha256Digest, Timestamp};

use crate::audit::{ContentStat, ProbeFailed, StoredContent};
use crate::cors::CorsMissing;
use crate::digest::{Digested, Progress, digest_by_reading};
use crate::downloads::{ContentReader, Download, SignedUrl};
use crate::error::Error;
use crate::identity::StorageIdentity;
use crate::uploads::{
    Body, CompletedPart, PartPlan, PartTarget, ReceiveError, ReceivePart, ReceivedPart, UploadSession,
    UploadedPart,
};

/// A place that holds contents.
///
/// Every function may be called again after a crash at any moment, and from several processes at once.
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync {
    /// Opens an upload for `key` and returns the session to keep in the record.
    ///
    /// Errors: [`Error::StorageFull`], [`Error::Unavailable`].
    async fn begin(&self, key: &ContentKey) -> Result<UploadSession, Error>;

    /// Aborts an upload that no record refers to, because another one was opened for `key` at the same time. The other one is not changed,
    /// even if both have the same name.
    ///
    /// Errors: [`Error::Unavailable`].
    async fn abandon(&self, key: &ContentKey, session: &UploadSession) -> Result<(), Error>;

    /// Says where and how a client sends the bytes of one part, until `expires_at`.
    ///
    /// Errors: [`Error::Unavailable`] where storage has to be asked. Whether the session still exists is found out when the
    /// bytes arrive.
    async fn part_target(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        part: &PartPlan,
        expires_at: Timestamp,
    ) -> Result<PartTarget, Error>;

    /// Takes the bytes of one part through the server, checks them, and returns once they are durable.
    ///
    /// Bytes that are refused are not kept. The same index may be sent again; which attempt counts is said by
    /// [`Backend::complete`].
    async fn receive_part(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        part: &ReceivePart,
        body: Body<'_>,
    ) -> Result<ReceivedPart, ReceiveError>;

    /// The parts that are in storage, in order of index; one index may appear with several attempts.
    ///
    /// Errors: [`Error::SessionGone`] once completed or deleted.
    async fn uploaded_parts(
        &self,
        key: &ContentKey,
        session: &UploadSession,
    ) -> Result<Vec<UploadedPart>, Error>;

    /// Makes one content of `parts`, which run from index 1 without a gap, and drops all others. May take seconds. Repeating it
    /// with the same parts is a success.
    ///
    /// Errors: [`Error::MissingPart`] for a part that is not in storage or not in its place in the list;
    /// [`Error::AlreadyComplete`] if it was completed from other parts; [`Error::SessionGone`] if it was deleted.
    async fn complete(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        parts: &[CompletedPart],
    ) -> Result<(), Error>;

    /// Reads a complete content, or the bytes of `range` of it (from 0, end excluded).
    ///
    /// Errors: [`Error::NotFound`], [`Error::OutOfRange`], [`Error::Corrupt`].
    async fn read(&self, key: &ContentKey, range: Option<Range<u64>>) -> Result<ContentReader, Error>;

    /// The size of a complete content, and when it was last written. Does not read it.
    ///
    /// Errors: [`Error::NotFound`] if it is not complete.
    async fn stat(&self, key: &ContentKey) -> Result<ContentStat, Error>;

    /// The size in bytes of a complete content.
    ///
    /// Errors: as [`Backend::stat`].
    async fn size(&self, key: &ContentKey) -> Result<u64, Error> {
        Ok(self.stat(key).await?.size)
    }

    /// Whether storage has anything of a content: the complete content, or what was uploaded for it.
    ///
    /// Errors: [`Error::Unavailable`].
    async fn holds(&self, key: &ContentKey) -> Result<bool, Error>;

    /// Removes a content and whatever was uploaded for it; a success if there is nothing, so it does not tell whether there was something:
    /// ask [`Backend::holds`] before. From its return on, late writers get [`Error::SessionGone`].
    ///
    /// Errors: [`Error::Unavailable`]: try again until it succeeds.
    async fn delete(&self, key: &ContentKey) -> Result<(), Error>;

    /// Where a client downloads a complete content, for a limited time. Does not look whether it exists.
    ///
    /// Errors: [`Error::Unavailable`] where storage has to be asked.
    async fn download_target(&self, key: &ContentKey, download: &Download) -> Result<SignedUrl, Error>;

    /// Which storage this is; `None` if nobody gave it an identity yet.
    ///
    /// Errors: [`Error::Unavailable`]; [`Error::Corrupt`] if the identity can't be read.
    async fn identity(&self) -> Result<Option<StorageIdentity>, Error>;

    /// Gives the storage this identity unless it has one, and returns the one that it has now. Never replaces one.
    ///
    /// Errors: as [`Backend::identity`]; [`Error::StorageFull`].
    async fn claim_identity(&self, proposed: StorageIdentity) -> Result<StorageIdentity, Error>;

    /// Whether storage can be written and read right now.
    ///
    /// Errors: [`Error::StorageFull`], [`Error::Unavailable`].
    async fn check(&self) -> Result<(), Error>;

    /// Reads a complete content back from storage and hashes it. `progress` tells how far it is and can stop it; dropping the
    /// future stops it too.
    ///
    /// Errors: as [`Backend::read`]; [`Error::Cancelled`].
    async fn digest(&self, key: &ContentKey, progress: &Progress) -> Result<Digested, Error> {
        digest_by_reading(self.read(key, None).await?, progress).await
    }

    /// Stores a whole content from a stream, of any size. Only a content of this size and hash ever becomes visible; a success
    /// if one of this size is there already.
    ///
    /// Errors: what [`Backend::receive_part`] refuses; [`Error::AlreadyComplete`] if a content of another size is there.
    async fn import(
        &self,
        key: &ContentKey,
        size: u64,
        sha256: Sha256Digest,
        body: Body<'_>,
    ) -> Result<(), ReceiveError>;

    /// Everything that lies in this storage, also what is not complete and what is not ours; of one organization, if one is
    /// named.
    ///
    /// Errors: [`Error::Unavailable`], after which nothing more comes.
    fn list(&self, organization: Option<Id<Organization>>) -> BoxStream<'_, Result<StoredContent, Error>>;

    /// Tries everything that this storage will be asked for, and leaves nothing behind.
    ///
    /// Errors: what was tried in vain, and the permission that is missing.
    async fn probe(&self) -> Result<(), ProbeFailed>;

    /// The origin of the URLs that parts are sent to; `None` where they are sent to the server itself, and where it can't be found out.
    async fn upload_origin(&self) -> Option<String> {
        None
    }

    /// Whether a browser would send parts from a page of `origin`; `None` where browsers send them to the server itself.
    async fn check_cors(&self, origin: &str) -> Option<Result<(), CorsMissing>> {
        let _ = origin;
        None
    }
}
