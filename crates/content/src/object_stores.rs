//! The storage backends in the cloud: one implementation over three dialects of object stores.
//!
//! A content is one object, whose key is the content's. Whatever is not complete yet has a name that begins with that key and
//! `.part-`, or is an upload in parts that the store keeps apart. Nothing here may hold more than a few chunks of a content in
//! memory, or put a URL into an error.

mod azure;
mod bucket;
mod building;
mod client;
mod complete;
mod cors;
mod digest;
mod gcs;
mod http;
mod identity;
mod import;
mod list;
mod parts;
mod probe;
mod read;
mod receive;
mod remove;
mod s3;
mod told;
mod uploads;
mod writer;
mod xml;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use olivine_domain::organizations::Organization;
use olivine_domain::storage_backends::StorageUrl;
use olivine_domain::{Id, Sha256Digest, Timestamp};

use self::bucket::{Dialect, ObjectStores};
use crate::audit::{ContentStat, ProbeFailed, StoredContent};
use crate::backend::Backend;
use crate::cors::CorsMissing;
use crate::digest::{Digested, Progress};
use crate::downloads::{ContentReader, Download, SignedUrl};
use crate::error::Error;
use crate::identity::StorageIdentity;
use crate::open::settings::{OpenError, Storage};
use crate::uploads::{
    Body, CompletedPart, PartPlan, PartTarget, ReceiveError, ReceivePart, ReceivedPart, UploadSession,
    UploadedPart,
};
use olivine_domain::contents::ContentKey;

/// Opens the object store that `storage` describes.
pub(crate) fn open(storage: &Storage) -> Result<Arc<dyn Backend>, OpenError> {
    let client = client::StoreClient::new(storage.network)?;
    let store = match &storage.url {
        StorageUrl::File(_) => return Err(OpenError::File),
        StorageUrl::S3(bucket) => s3::open(storage, bucket, client)?,
        StorageUrl::Gcs(bucket) => gcs::open(storage, bucket, client)?,
        StorageUrl::Azure(bucket) => azure::open(storage, bucket, client)?,
    };
    Ok(Arc::new(store))
}

#[async_trait]
impl Backend for ObjectStores {
    async fn begin(&self, key: &ContentKey) -> Result<UploadSession, Error> {
        self.begin_upload(key).await
    }

    async fn abandon(&self, key: &ContentKey, session: &UploadSession) -> Result<(), Error> {
        match self.dialect {
            // There, all uploads of one key are one.
            Dialect::Azure => Ok(()),
            Dialect::S3 | Dialect::Gcs => self.abort(&self.path(key), session.as_str()).await,
        }
    }

    async fn part_target(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        part: &PartPlan,
        expires_at: Timestamp,
    ) -> Result<PartTarget, Error> {
        self.target(key, session, part, expires_at).await
    }

    async fn receive_part(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        part: &ReceivePart,
        body: Body<'_>,
    ) -> Result<ReceivedPart, ReceiveError> {
        self.receive(key, session, part, body).await
    }

    async fn uploaded_parts(
        &self,
        key: &ContentKey,
        session: &UploadSession,
    ) -> Result<Vec<UploadedPart>, Error> {
        self.all_parts(key, session).await
    }

    async fn complete(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        parts: &[CompletedPart],
    ) -> Result<(), Error> {
        self.complete_upload(key, session, parts).await
    }

    async fn read(&self, key: &ContentKey, range: Option<Range<u64>>) -> Result<ContentReader, Error> {
        self.open_reader(key, range).await
    }

    async fn stat(&self, key: &ContentKey) -> Result<ContentStat, Error> {
        let found = self.meta_of(&self.path(key)).await?;
        Ok(ContentStat { size: found.size, modified: list::modified(&found) })
    }

    async fn holds(&self, key: &ContentKey) -> Result<bool, Error> {
        self.has_anything(key).await
    }

    async fn delete(&self, key: &ContentKey) -> Result<(), Error> {
        self.remove(key).await
    }

    async fn download_target(&self, key: &ContentKey, download: &Download) -> Result<SignedUrl, Error> {
        self.download(key, download).await
    }

    async fn identity(&self) -> Result<Option<StorageIdentity>, Error> {
        self.find_identity().await
    }

    async fn claim_identity(&self, proposed: StorageIdentity) -> Result<StorageIdentity, Error> {
        self.claim(proposed).await
    }

    async fn check(&self) -> Result<(), Error> {
        self.write_and_read_back().await
    }

    async fn digest(&self, key: &ContentKey, progress: &Progress) -> Result<Digested, Error> {
        self.hash(key, progress).await
    }

    async fn import(
        &self,
        key: &ContentKey,
        size: u64,
        sha256: Sha256Digest,
        body: Body<'_>,
    ) -> Result<(), ReceiveError> {
        self.import_content(key, size, sha256, body).await
    }

    fn list(&self, organization: Option<Id<Organization>>) -> BoxStream<'_, Result<StoredContent, Error>> {
        self.list_contents(organization)
    }

    async fn probe(&self) -> Result<(), ProbeFailed> {
        self.try_everything().await
    }

    async fn upload_origin(&self) -> Option<String> {
        self.origin_of_parts().await
    }

    async fn check_cors(&self, origin: &str) -> Option<Result<(), CorsMissing>> {
        Some(self.ask_like_a_browser(origin).await)
    }
}
