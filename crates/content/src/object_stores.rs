//! The storage backends in the cloud: one implementation over three dialects of object stores.
//!
//! A content is one object, whose key is the content's. Whatever is not complete yet has a name that begins with that key and
//! `.part-`, or is an upload in parts that the store keeps apart. Nothing here may hold more than a few chunks of a content in
//! memory, or put a URL into an error.

mod azure;
mod client;
mod complete;
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

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::list::PaginatedListStore;
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{ObjectStore, RetryConfig};
use olivine_domain::organizations::Organization;
use olivine_domain::storage_backends::{Bucket, StorageUrl};
use olivine_domain::{Id, Sha256Digest, Timestamp};
use olivine_egress::Refused;

use crate::audit::{ContentStat, ProbeFailed, StoredContent};
use crate::backend::{Backend, ContentKey};
use crate::digest::{Digested, Progress};
use crate::downloads::{ContentReader, Download, SignedUrl};
use crate::error::Error;
use crate::identity::StorageIdentity;
use crate::open::{OpenError, Storage};
use crate::uploads::{
    Body, CompletedPart, PartPlan, PartTarget, ReceiveError, ReceivePart, ReceivedPart, UploadSession,
    UploadedPart,
};

/// The size of the pieces in which what goes through the server is written and read: well above the least size of a part.
const CHUNK: u64 = 8 * 1024 * 1024;

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

/// What differs between the clouds beyond what `object_store` hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// Uploads in parts have an id; parts are checked against their SHA-256.
    S3,
    /// As S3, but parts can't be checked.
    Gcs,
    /// A part is a block with a name of our choice; there is no upload that could be looked up.
    Azure,
}

/// One bucket, or what lies below a prefix in it.
#[derive(Clone)]
struct ObjectStores {
    url: StorageUrl,
    dialect: Dialect,
    checksums: bool,
    objects: Arc<dyn ObjectStore>,
    lists: Arc<dyn PaginatedListStore>,
    multipart: Arc<dyn MultipartStore>,
    signer: Arc<dyn Signer>,
    client: client::StoreClient,
}

impl ObjectStores {
    fn new<S>(storage: &Storage, dialect: Dialect, store: S, client: client::StoreClient) -> Self
    where
        S: ObjectStore + PaginatedListStore + MultipartStore + Signer + Clone,
    {
        Self {
            url: storage.url.clone(),
            dialect,
            checksums: storage.checksums,
            objects: Arc::new(store.clone()),
            lists: Arc::new(store.clone()),
            multipart: Arc::new(store.clone()),
            signer: Arc::new(store),
            client,
        }
    }

    /// What all names in the bucket begin with: nothing, or the prefix and a slash.
    fn prefix(&self) -> String {
        match self.url.bucket() {
            Some(Bucket { prefix, .. }) if !prefix.is_empty() => format!("{prefix}/"),
            _ => String::new(),
        }
    }

    /// The name of a complete content.
    fn name(&self, key: &ContentKey) -> String {
        format!("{}{key}", self.prefix())
    }

    /// The object of a complete content.
    fn path(&self, key: &ContentKey) -> Path {
        Path::from(self.name(key))
    }
}

impl fmt::Debug for ObjectStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStores").field("url", &self.url.to_string()).finish_non_exhaustive()
    }
}

/// How often and how long a request is repeated: a store that does not answer is known as such within some 30 seconds.
fn retries() -> RetryConfig {
    use std::time::Duration;
    RetryConfig {
        backoff: object_store::BackoffConfig {
            init_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(3),
            base: 2.0,
        },
        max_retries: 4,
        retry_timeout: Duration::from_secs(10),
    }
}

/// The endpoint that was said, checked; `None` where the cloud's own is meant.
fn endpoint(storage: &Storage, from_environment: Option<String>) -> Result<Option<String>, OpenError> {
    let Some(text) = storage.endpoint.clone().or(from_environment) else { return Ok(None) };
    let url = crate::open::endpoint(&text)?;
    storage.network.check(&url).map_err(|refused| match refused {
        Refused::NotHttp => OpenError::Endpoint,
        Refused::NotPublic(address) => OpenError::NotPublic(address.to_string()),
    })?;
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

/// What a builder of `object_store` found wrong.
fn misconfigured(error: &object_store::Error) -> OpenError {
    OpenError::Configuration(told::words(error))
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
}
