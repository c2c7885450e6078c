//! An upload's way to a content: one object, made by the store itself of what it has.

use object_store::path::Path;
use object_store::{CopyOptions, PutOptions, PutPayload};
use olivine_domain::binary_parts::PartIndex;

use super::bucket::{Dialect, ObjectStores};
use super::told::{meaning, trouble};
use crate::error::Error;
use crate::uploads::{CompletedPart, UploadSession};
use olivine_domain::contents::ContentKey;

impl ObjectStores {
    /// Makes one content of `parts`.
    pub(super) async fn complete_upload(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        parts: &[CompletedPart],
    ) -> Result<(), Error> {
        let total = total(parts)?;
        if self.is_complete(key, total).await? {
            return self.drop_upload(key, session).await;
        }
        match self.make(key, session, parts).await {
            Ok(()) => self.drop_upload(key, session).await,
            // Somebody else may have completed it meanwhile, and then the upload is over, and its parts are no longer listed.
            Err(Error::SessionGone | Error::MissingPart { .. }) if self.is_complete(key, total).await? => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the content is there; [`Error::AlreadyComplete`] if another one is.
    async fn is_complete(&self, key: &ContentKey, total: u64) -> Result<bool, Error> {
        match self.size_of(&self.path(key)).await {
            Ok(size) if size == total => Ok(true),
            Ok(_) => Err(Error::AlreadyComplete),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Has the store make the object.
    pub(super) async fn make(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        parts: &[CompletedPart],
    ) -> Result<(), Error> {
        let sent = self.sent_parts(key, session).await?;
        let path = self.path(key);
        if let [CompletedPart { size: 0, .. }] = parts {
            // Not every store takes empty parts.
            let put = self.objects.put_opts(&path, PutPayload::default(), PutOptions::default()).await;
            return put.map(drop).map_err(|error| trouble(&error));
        }
        let mut ids = Vec::with_capacity(parts.len());
        for plan in parts {
            match sent.iter().find(|sent| sent.is(plan)) {
                Some(found) => ids.push(found.id.clone()),
                None if parts.len() == 1 => return self.make_of_staged(key, plan).await,
                None => return Err(Error::MissingPart { index: plan.index }),
            }
        }
        let completed = self.multipart.complete_multipart(&path, &session.as_str().to_owned(), ids).await;
        completed.map(drop).map_err(|error| match meaning(&error) {
            Error::NotFound => Error::SessionGone,
            other => other,
        })
    }

    /// Makes a content of the only part, which came through the server.
    async fn make_of_staged(&self, key: &ContentKey, part: &CompletedPart) -> Result<(), Error> {
        let staged = self.staged(key, part.index, &part.sha256);
        match self.size_of(&staged).await {
            Ok(size) if size == part.size => self.copy(&staged, &self.path(key)).await,
            Ok(_) | Err(Error::NotFound) => Err(Error::MissingPart { index: part.index }),
            Err(error) => Err(error),
        }
    }

    /// Has the store copy an object of its own; [`Error::SessionGone`] if it was removed meanwhile.
    pub(super) async fn copy(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.objects.copy_opts(from, to, CopyOptions::default()).await.map_err(|error| {
            match meaning(&error) {
                Error::NotFound => Error::SessionGone,
                other => other,
            }
        })
    }

    /// Removes what is left of an upload whose content is complete.
    async fn drop_upload(&self, key: &ContentKey, session: &UploadSession) -> Result<(), Error> {
        if self.dialect != Dialect::Azure {
            self.abort(&self.path(key), session.as_str()).await?;
        }
        self.remove_parts(key).await
    }
}

/// The size of a content of these parts, which run from index 1 without a gap.
fn total(parts: &[CompletedPart]) -> Result<u64, Error> {
    let mut total = 0_u64;
    for position in 0..parts.len().max(1) {
        let index = PartIndex::new(position as u64 + 1)
            .map_err(|_| Error::Corrupt { what: "a content has at most 10000 parts" })?;
        let part = parts.get(position).filter(|part| part.index == index);
        total = total.saturating_add(part.ok_or(Error::MissingPart { index })?.size);
    }
    Ok(total)
}
