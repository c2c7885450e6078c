//! Trying everything that a storage will be asked for, before it is relied on: what fails names the permission that is missing.

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::Method;
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::{Sha256Digest, Timestamp};
use std::time::Duration;

use super::bucket::{Dialect, ObjectStores};
use super::http::Answer;
use super::uploads::probe_key;
use crate::audit::{PROBES, ProbeFailed, StoredContent};
use crate::backend::Backend as _;
use crate::downloads::Download;
use crate::error::{Error, Refusal};
use crate::filename::Filename;
use crate::uploads::{PartPlan, UploadSession};
use olivine_domain::contents::ContentKey;

/// What is written; longer than the range of it that is read.
const BYTES: &[u8] = b"olivine writes this to see whether it can";
/// Far away: signatures end when the cloud says at the latest.
const FAR: Duration = Duration::from_hours(100 * 365 * 24);

/// What a probe left behind that was ended in its midst is cleared away after so long, when no probe goes on any more.
const LEFT_BEHIND_AFTER: Duration = Duration::from_hours(1);

/// Something that is tried, and the permission that it needs on S3, Google Cloud Storage and Azure.
struct Step(&'static str, [&'static str; 3]);

const BEGIN: Step = Step(
    "beginning an upload",
    ["s3:PutObject", "storage.multipartUploads.create", "write (w) and create (c) on blobs"],
);
const SEND: Step = Step(
    "sending a part through a signed URL",
    ["s3:PutObject", "storage.objects.create", "write (w) and create (c) on blobs"],
);
const LIST_PARTS: Step = Step(
    "listing the parts of an upload",
    ["s3:ListMultipartUploadParts", "storage.multipartUploads.listParts", "read (r) and list (l) on blobs"],
);
const COMPLETE: Step =
    Step("completing an upload", ["s3:PutObject", "storage.objects.create", "write (w) on blobs"]);
const READ: Step = Step("reading", ["s3:GetObject", "storage.objects.get", "read (r) on blobs"]);
const DOWNLOAD: Step =
    Step("downloading through a signed URL", ["s3:GetObject", "storage.objects.get", "read (r) on blobs"]);
const LIST: Step = Step("listing", ["s3:ListBucket", "storage.objects.list", "list (l) on the container"]);
const LIST_UPLOADS: Step = Step(
    "listing open uploads",
    ["s3:ListBucketMultipartUploads", "storage.multipartUploads.list", "list (l) on the container"],
);
const ABORT: Step = Step(
    "dropping an upload",
    ["s3:AbortMultipartUpload", "storage.multipartUploads.abort", "delete (d) on blobs"],
);
const DELETE: Step = Step("deleting", ["s3:DeleteObject", "storage.objects.delete", "delete (d) on blobs"]);

impl ObjectStores {
    /// Uploads, reads, lists and deletes something small, and removes it again whatever happens.
    pub(super) async fn try_everything(&self) -> Result<(), ProbeFailed> {
        let key = probe_key().map_err(|error| self.failed(&BEGIN, &error))?;
        let session = self.begin_upload(&key).await.map_err(|error| self.failed(&BEGIN, &error))?;
        let tried = self.try_upload(&key, &session).await;
        let removed = self.try_removal(&key, &session).await;
        let now = tried.and_then(|now| removed.map(|()| now))?;
        self.clear_leftovers(now).await;
        Ok(())
    }

    /// Deletes what earlier probes left behind. What fails is found again by the next one.
    async fn clear_leftovers(&self, now: Timestamp) {
        let listed: Result<Vec<StoredContent>, _> = self.list_contents(Some(PROBES)).try_collect().await;
        let old = listed.into_iter().flatten().filter(|found| found.modified.plus(LEFT_BEHIND_AFTER) < now);
        for key in old.filter_map(|found| found.key) {
            if self.delete(&key).await.is_err() {
                return;
            }
        }
    }

    /// Says what time it is by the storage's clock.
    async fn try_upload(&self, key: &ContentKey, session: &UploadSession) -> Result<Timestamp, ProbeFailed> {
        let part =
            PartPlan { index: PartIndex::FIRST, size: BYTES.len() as u64, sha256: Sha256Digest::of(BYTES) };
        let listed = self.names(&self.name(key)).await;
        listed.map_err(|error| self.failed(&LIST, &error))?;
        let sent = self.send_part(key, session, &part).await;
        sent.map_err(|error| self.failed(&SEND, &error))?;
        self.sent_parts(key, session).await.map_err(|error| self.failed(&LIST_PARTS, &error))?;
        let completed = self.make(key, session, &[part]).await;
        completed.map_err(|error| self.failed(&COMPLETE, &error))?;
        let read = self.read_some(key).await;
        read.map_err(|error| self.failed(&READ, &error))?;
        let downloaded = self.download_some(key).await;
        downloaded.map_err(|error| self.failed(&DOWNLOAD, &error))?;
        let mut listed = self.list_contents(Some(PROBES)).boxed();
        while let Some(found) = listed.try_next().await.map_err(|error| self.failed(&LIST, &error))? {
            if found.key == Some(*key) {
                return Ok(found.modified);
            }
        }
        Err(self.failed(&LIST, &Error::NotFound))
    }

    async fn send_part(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        part: &PartPlan,
    ) -> Result<(), Error> {
        let target = self.target(key, session, part, Timestamp::EPOCH.plus(FAR)).await?;
        let url = target.url.parse().map_err(Error::unavailable)?;
        succeeded(&self.once(Method::PUT, url, &target.headers, Bytes::from_static(BYTES)).await?)
    }

    async fn read_some(&self, key: &ContentKey) -> Result<(), Error> {
        let reader = self.open_reader(key, Some(8..14)).await?;
        let read: Vec<Bytes> = reader.try_collect().await?;
        intact(&read.concat(), &BYTES[8..14])
    }

    async fn download_some(&self, key: &ContentKey) -> Result<(), Error> {
        let download =
            Download { filename: Filename::sanitized("probe"), expires_at: Timestamp::EPOCH.plus(FAR) };
        let url = self.download(key, &download).await?.url.parse().map_err(Error::unavailable)?;
        let answer = self.once(Method::GET, url, &[], Bytes::new()).await?;
        succeeded(&answer)?;
        intact(&answer.body, BYTES)
    }

    /// Removes what was tried; a permission that is missing for one step does not keep the others from being done.
    async fn try_removal(&self, key: &ContentKey, session: &UploadSession) -> Result<(), ProbeFailed> {
        let path = self.path(key);
        let aborted = match self.dialect {
            Dialect::Azure => Ok(()),
            _ => self.abort(&path, session.as_str()).await,
        };
        let listed = self.uploads(&self.name(key)).await;
        let removed = match self.remove_parts(key).await {
            Ok(()) => self.remove_object(&path).await,
            // The object may be removable although nothing can be listed.
            Err(error) => self.remove_object(&path).await.and(Err(error)),
        };
        aborted.map_err(|error| self.failed(&ABORT, &error))?;
        removed.map_err(|error| self.failed(&DELETE, &error))?;
        listed.map(drop).map_err(|error| self.failed(&LIST_UPLOADS, &error))
    }

    fn failed(&self, Step(step, permissions): &Step, error: &Error) -> ProbeFailed {
        let [s3, gcs, azure] = permissions;
        let permission = match self.dialect {
            Dialect::S3 => s3,
            Dialect::Gcs => gcs,
            Dialect::Azure => azure,
        };
        let source = std::error::Error::source(error).map(ToString::to_string);
        let told = source.unwrap_or_else(|| error.to_string());
        match error {
            Error::Refused { reason, .. } if *reason != Refusal::Permission => {
                ProbeFailed { step, permission: None, told: format!("{told}: {reason}") }
            }
            _ => ProbeFailed { step, permission: Some(permission), told },
        }
    }
}

fn succeeded(answer: &Answer) -> Result<(), Error> {
    if answer.status.is_success() { Ok(()) } else { Err(answer.failure()) }
}

fn intact(read: &[u8], written: &[u8]) -> Result<(), Error> {
    if read == written {
        Ok(())
    } else {
        Err(Error::Corrupt { what: "what is written is not what is read back" })
    }
}
