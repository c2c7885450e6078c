//! Beginning an upload, and the URLs that clients are given.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use object_store::path::Path;
use object_store::{ObjectMeta, PutPayload};
use olivine_domain::{Id, Timestamp};

use super::azure::{block_id, encoded};
use super::bucket::{Dialect, ObjectStores};
use super::http::{Extras, life};
use super::told::{meaning, trouble};
use crate::audit::PROBES;
use crate::downloads::{Download, SignedUrl};
use crate::error::Error;
use crate::uploads::{PartPlan, PartTarget, UploadSession};
use olivine_domain::contents::ContentKey;

/// The header by which S3 checks a part.
const CHECKSUM: &str = "x-amz-checksum-sha256";

impl ObjectStores {
    /// Opens an upload in parts.
    pub(super) async fn begin_upload(&self, key: &ContentKey) -> Result<UploadSession, Error> {
        if self.dialect == Dialect::Azure {
            let marker = self.marker(key);
            self.objects
                .put_opts(&marker, PutPayload::default(), object_store::PutOptions::default())
                .await
                .map_err(|error| trouble(&error))?;
            return Ok(UploadSession::new("azure"));
        }
        let id = self.multipart.create_multipart(&self.path(key)).await;
        id.map(UploadSession::new).map_err(|error| trouble(&error))
    }

    /// What says that an upload is open, where storage has no uploads that could be looked up.
    pub(super) fn marker(&self, key: &ContentKey) -> Path {
        Path::from(format!("{}.part-open", self.name(key)))
    }

    /// Where a client sends one part.
    pub(super) async fn target(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        part: &PartPlan,
        expires_at: Timestamp,
    ) -> Result<PartTarget, Error> {
        let (life, expires_at) = life(expires_at);
        let checksum = BASE64_STANDARD.encode(part.sha256.as_bytes());
        let upload =
            || [("partNumber", part.index.get().to_string()), ("uploadId", session.as_str().to_owned())];
        let (path, extras) = match self.dialect {
            Dialect::S3 if self.checksums => {
                (self.path(key), Extras { query: upload().into(), headers: vec![(CHECKSUM, checksum)] })
            }
            Dialect::S3 | Dialect::Gcs => (self.path(key), Extras::query(upload())),
            // There are no empty blocks.
            Dialect::Azure if part.size == 0 => {
                let headers = vec![("x-ms-blob-type", "BlockBlob".to_owned())];
                (self.staged(key, part.index, &part.sha256), Extras { query: Vec::new(), headers })
            }
            Dialect::Azure => {
                let block = encoded(&block_id(part.index, &part.sha256));
                (self.path(key), Extras::query([("comp", "block".to_owned()), ("blockid", block)]))
            }
        };
        let url = self.sign(Method::PUT, &path, life, &extras).await?.into();
        let headers = extras.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(PartTarget { method: "PUT", url, headers, expires_at })
    }

    /// Where a client downloads a content.
    pub(super) async fn download(&self, key: &ContentKey, download: &Download) -> Result<SignedUrl, Error> {
        let (life, expires_at) = life(download.expires_at);
        let extras = match self.dialect {
            Dialect::S3 | Dialect::Gcs => Extras::query([
                ("response-content-disposition", download.filename.content_disposition()),
                ("response-content-type", "application/octet-stream".to_owned()),
            ]),
            // A signature there would have to name them, and ours does not.
            Dialect::Azure => Extras::default(),
        };
        let url = self.sign(Method::GET, &self.path(key), life, &extras).await?.into();
        Ok(SignedUrl { url, expires_at })
    }

    /// Writes something small, reads it back and removes it.
    pub(super) async fn write_and_read_back(&self) -> Result<(), Error> {
        let path = Path::from(format!("{}.olivine-probe-{}", self.prefix(), random()?));
        let probe: &[u8] = b"olivine";
        let put = self.objects.put_opts(&path, probe.into(), object_store::PutOptions::default()).await;
        put.map_err(|error| trouble(&error))?;
        let read = async {
            let options = object_store::GetOptions::default();
            self.objects.get_opts(&path, options).await?.bytes().await
        };
        let read = read.await.map_err(|error| trouble(&error));
        let removed = self.remove_object(&path).await;
        if read? != probe {
            return Err(Error::Corrupt { what: "what is written is not what is read back" });
        }
        removed
    }

    /// The size of a complete object.
    pub(super) async fn size_of(&self, path: &Path) -> Result<u64, Error> {
        Ok(self.meta_of(path).await?.size)
    }

    /// What the store tells of a complete object.
    pub(super) async fn meta_of(&self, path: &Path) -> Result<ObjectMeta, Error> {
        let head = object_store::GetOptions { head: true, ..Default::default() };
        match self.objects.get_opts(path, head).await {
            Ok(found) => Ok(found.meta),
            // The answer to such a request has no body, so it does not say whether the object or the bucket is missing.
            Err(object_store::Error::NotFound { .. }) => {
                let found = self.objects.get_opts(path, object_store::GetOptions::default()).await;
                found.map(|found| found.meta).map_err(|error| meaning(&error))
            }
            Err(error) => Err(meaning(&error)),
        }
    }
}

/// A name that nothing else has.
pub(super) fn random() -> Result<String, Error> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::unavailable("no randomness"))?;
    Ok(hex::encode(bytes))
}

/// A key for a probe, that no content and no other probe has.
pub(super) fn probe_key() -> Result<ContentKey, Error> {
    let content = uuid::Uuid::parse_str(&random()?).map_err(|_| Error::unavailable("no randomness"))?;
    let generation = olivine_domain::contents::Generation::FIRST;
    Ok(ContentKey { organization: PROBES, content: Id::new(content), generation })
}
