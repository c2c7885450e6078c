//! The storage backend for one server: a local folder.
//!
//! Clients are sent to the server's own signed URLs. Several processes may share the folder. Nothing here may trust a path or a
//! name that came from outside; there are none in the interface.

mod backup;
mod buffers;
mod complete;
mod folder;
mod identity;
mod layout;
mod list;
mod read;
mod receive;
mod remove;
mod segments;
mod temp;
mod verified;

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::organizations::Organization;
use olivine_domain::{Id, Sha256Digest, Timestamp};

pub use self::backup::{BackedUp, Recorded, back_up, back_up_empty, make_durable};
pub use self::identity::back_up_identity;
use self::layout::{Layout, blocking};
use self::read::Unknown;
pub use self::remove::Swept;
use self::temp::TempFile;
use self::verified::Verified;
use crate::audit::{ContentStat, ProbeFailed, StoredContent};
use crate::backend::Backend;
use crate::digest::{Digested, Progress};
use crate::downloads::{ContentReader, Download, SignedUrl};
use crate::error::Error;
use crate::identity::StorageIdentity;
use crate::tokens::TokenKey;
use crate::uploads::{
    Body, CompletedPart, PartPlan, PartTarget, ReceiveError, ReceivePart, ReceivedPart, UploadSession,
    UploadedPart,
};
use olivine_domain::contents::ContentKey;

/// What `check` writes and reads back.
const PROBE: &[u8] = b"olivine";

/// Contents in a local folder.
#[derive(Clone)]
pub struct Local {
    layout: Layout,
    base_url: Arc<str>,
    tokens: TokenKey,
    verified: Arc<Verified>,
}

impl Local {
    /// Opens the folder `root`, making it if need be, and removes what dead processes left behind in it.
    ///
    /// `base_url` is where clients reach this server, such as `https://updates.example.com`; the content URLs are
    /// `<base_url>/content/<token>`, signed with `tokens`.
    ///
    /// Errors: [`Error::StorageFull`], [`Error::Unavailable`].
    pub async fn open(root: &Path, base_url: &str, tokens: TokenKey) -> Result<Self, Error> {
        let root = root.to_owned();
        let layout = blocking(move || Layout::prepare(&root)).await?;
        let local = Self {
            layout,
            base_url: base_url.trim_end_matches('/').into(),
            tokens,
            verified: Arc::default(),
        };
        local.sweep().await?;
        Ok(local)
    }

    /// Removes what processes that died since left behind. What live ones are doing, in this process or another, goes on.
    ///
    /// Errors: [`Error::Unavailable`].
    pub async fn sweep(&self) -> Result<Swept, Error> {
        self.run(remove::sweep).await
    }

    fn url(&self, token: &str) -> String {
        format!("{}/content/{token}", self.base_url)
    }

    async fn try_read(
        &self,
        key: &ContentKey,
        range: Option<Range<u64>>,
        unknown: Unknown,
    ) -> Result<Option<ContentReader>, Error> {
        let (key, verified) = (*key, Arc::clone(&self.verified));
        self.run(move |layout| read::read(layout, &key, range, &verified, unknown)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Layout) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let layout = self.layout.clone();
        blocking(move || work(&layout)).await
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("layout", &self.layout).finish_non_exhaustive()
    }
}

#[async_trait]
impl Backend for Local {
    async fn begin(&self, key: &ContentKey) -> Result<UploadSession, Error> {
        let key = *key;
        self.run(move |layout| complete::begin(layout, &key)).await?;
        // The folder is the session; its name is the key.
        Ok(UploadSession::new("local"))
    }

    /// All uploads of one key are one.
    async fn abandon(&self, _: &ContentKey, _: &UploadSession) -> Result<(), Error> {
        Ok(())
    }

    async fn part_target(
        &self,
        key: &ContentKey,
        _: &UploadSession,
        part: &PartPlan,
        expires_at: Timestamp,
    ) -> Result<PartTarget, Error> {
        let url = self.url(&self.tokens.upload_token(key, part, expires_at));
        Ok(PartTarget { method: "PUT", url, headers: Vec::new(), expires_at })
    }

    async fn receive_part(
        &self,
        key: &ContentKey,
        _: &UploadSession,
        part: &ReceivePart,
        body: Body<'_>,
    ) -> Result<ReceivedPart, ReceiveError> {
        receive::receive(&self.layout, key, part, body).await
    }

    async fn uploaded_parts(&self, key: &ContentKey, _: &UploadSession) -> Result<Vec<UploadedPart>, Error> {
        let key = *key;
        self.run(move |layout| complete::uploaded_parts(layout, &key)).await
    }

    async fn complete(
        &self,
        key: &ContentKey,
        _: &UploadSession,
        parts: &[CompletedPart],
    ) -> Result<(), Error> {
        let (key, parts) = (*key, parts.to_vec());
        self.run(move |layout| complete::complete(layout, &key, &parts)).await
    }

    async fn read(&self, key: &ContentKey, range: Option<Range<u64>>) -> Result<ContentReader, Error> {
        if let Some(reader) = self.try_read(key, range.clone(), Unknown::Leave).await? {
            return Ok(reader);
        }
        let _one_at_a_time = self.verified.turn().await;
        let reader = self.try_read(key, range, Unknown::Hash).await?;
        reader.ok_or_else(|| Error::unavailable("a part was hashed and is not known"))
    }

    async fn stat(&self, key: &ContentKey) -> Result<ContentStat, Error> {
        let key = *key;
        self.run(move |layout| read::stat(layout, &key)).await
    }

    async fn holds(&self, key: &ContentKey) -> Result<bool, Error> {
        let key = *key;
        self.run(move |layout| remove::holds(layout, &key)).await
    }

    async fn delete(&self, key: &ContentKey) -> Result<(), Error> {
        let key = *key;
        self.run(move |layout| remove::delete(layout, &key)).await
    }

    async fn download_target(&self, key: &ContentKey, download: &Download) -> Result<SignedUrl, Error> {
        let url = self.url(&self.tokens.download_token(key, download));
        Ok(SignedUrl { url, expires_at: download.expires_at })
    }

    async fn identity(&self) -> Result<Option<StorageIdentity>, Error> {
        self.run(identity::find).await
    }

    async fn claim_identity(&self, proposed: StorageIdentity) -> Result<StorageIdentity, Error> {
        self.run(move |layout| identity::claim(layout, proposed)).await
    }

    async fn check(&self) -> Result<(), Error> {
        self.run(|layout| {
            fs::metadata(layout.content())?;
            let temp = TempFile::create(&layout.tmp())?;
            temp.write_all(PROBE)?;
            let intact = temp.read_back()? == PROBE;
            if intact {
                Ok(())
            } else {
                Err(Error::Corrupt { what: "what is written is not what is read back" })
            }
        })
        .await
    }

    async fn digest(&self, key: &ContentKey, progress: &Progress) -> Result<Digested, Error> {
        // When this future is dropped, the thread notices it and stops.
        let caller = Arc::new(());
        let (key, progress, waiting) = (*key, progress.clone(), Arc::downgrade(&caller));
        self.run(move |layout| read::digest(layout, &key, &progress, &waiting)).await
    }

    async fn import(
        &self,
        key: &ContentKey,
        size: u64,
        sha256: Sha256Digest,
        body: Body<'_>,
    ) -> Result<(), ReceiveError> {
        match self.size(key).await {
            Ok(there) if there == size => return Ok(()),
            Ok(_) => return Err(Error::AlreadyComplete.into()),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
        let session = self.begin(key).await?;
        let part = PartPlan { index: PartIndex::FIRST, size, sha256 };
        self.receive_part(key, &session, &ReceivePart::planned(&part), body).await?;
        Ok(self.complete(key, &session, &[part]).await?)
    }

    fn list(&self, organization: Option<Id<Organization>>) -> BoxStream<'_, Result<StoredContent, Error>> {
        let found = self.run(move |layout| list::list(layout, organization));
        stream::once(found).map_ok(|found| stream::iter(found.into_iter().map(Ok))).try_flatten().boxed()
    }

    async fn probe(&self) -> Result<(), ProbeFailed> {
        self.check().await.map_err(|error| {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let told = source.unwrap_or_else(|| error.to_string());
            ProbeFailed { step: "writing and reading a file", permission: None, told }
        })
    }
}

#[cfg(test)]
mod tests;
