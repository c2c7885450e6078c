//! Removing a content and whatever was uploaded for it, so that no late writer can bring any of it back.

use futures_util::{StreamExt, TryStreamExt, stream};
use http::StatusCode;
use object_store::list::PaginatedListOptions;
use object_store::path::Path;
use object_store::{PutOptions, PutPayload};

use super::bucket::{Dialect, ObjectStores};
use super::told::{meaning, trouble};
use super::xml::{self, Upload, UploadsPage};
use crate::error::Error;
use olivine_domain::contents::ContentKey;

/// How many removals are on their way at once.
const AT_ONCE: usize = 8;

impl ObjectStores {
    /// Removes everything of a content: first what could still become one.
    pub(super) async fn remove(&self, key: &ContentKey) -> Result<(), Error> {
        for upload in self.uploads_of(key).await? {
            self.abort(&Path::from(upload.key.as_str()), &upload.id).await?;
        }
        self.remove_parts(key).await?;
        if self.dialect == Dialect::Azure {
            // Blocks that no list of blocks names go only with a write; else they would stay, and cost, for a week.
            let empty = PutPayload::default();
            let written = self.objects.put_opts(&self.path(key), empty, PutOptions::default()).await;
            written.map_err(|error| trouble(&error))?;
        }
        self.remove_object(&self.path(key)).await
    }

    /// Whether the content is there, or anything that could still become one.
    pub(super) async fn has_anything(&self, key: &ContentKey) -> Result<bool, Error> {
        match self.size_of(&self.path(key)).await {
            Ok(_) => return Ok(true),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
        let parts = self.names(&format!("{}.part-", self.name(key))).await?;
        Ok(!parts.is_empty() || !self.uploads_of(key).await?.is_empty())
    }

    /// Removes the parts that came through the server, and the marker of an open upload.
    pub(super) async fn remove_parts(&self, key: &ContentKey) -> Result<(), Error> {
        let names = self.names(&format!("{}.part-", self.name(key))).await?;
        stream::iter(names)
            .map(|(name, _)| async move { self.remove_object(&Path::from(name)).await })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Removes one object; a success if there is none.
    pub(super) async fn remove_object(&self, path: &Path) -> Result<(), Error> {
        let mut removed = self.objects.delete_stream(stream::iter([Ok(path.clone())]).boxed());
        match removed.try_next().await.map_err(|error| meaning(&error)) {
            Ok(_) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Ends an upload in parts; a success if there is none.
    pub(super) async fn abort(&self, path: &Path, id: &str) -> Result<(), Error> {
        match self.multipart.abort_multipart(path, &id.to_owned()).await.map_err(|error| meaning(&error)) {
            Ok(()) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The names that begin with `prefix`, with their sizes.
    pub(super) async fn names(&self, prefix: &str) -> Result<Vec<(String, u64)>, Error> {
        let mut names = Vec::new();
        let mut page_token = None;
        loop {
            let options = PaginatedListOptions { page_token, ..Default::default() };
            let page = self.lists.list_paginated(Some(prefix), options).await;
            let page = page.map_err(|error| trouble(&error))?;
            names.extend(page.result.objects.into_iter().map(|found| (found.location.into(), found.size)));
            page_token = page.page_token;
            if page_token.is_none() {
                return Ok(names);
            }
        }
    }

    /// The uploads in parts that are open for a content or a part of it.
    async fn uploads_of(&self, key: &ContentKey) -> Result<Vec<Upload>, Error> {
        let name = self.name(key);
        let mut uploads = self.uploads(&name).await?;
        // Not those of generation 12 when 1 is removed.
        uploads.retain(|upload| {
            upload.key.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with(".part-"))
        });
        Ok(uploads)
    }

    /// The uploads in parts that are open for names that begin with `prefix`; none where the store does not tell.
    pub(super) async fn uploads(&self, prefix: &str) -> Result<Vec<Upload>, Error> {
        let mut uploads = Vec::new();
        if self.dialect == Dialect::Azure {
            return Ok(uploads);
        }
        let mut markers = Vec::new();
        loop {
            let mut query = vec![("prefix", prefix.to_owned()), ("uploads", String::new())];
            query.append(&mut markers);
            let answer = self.get(&Path::default(), &query).await?;
            match answer.status {
                StatusCode::OK => {}
                StatusCode::NOT_IMPLEMENTED | StatusCode::METHOD_NOT_ALLOWED => {
                    tracing::debug!(url = %self.url, "this store does not list open uploads");
                    return Ok(uploads);
                }
                _ => return Err(answer.failure()),
            }
            let page: UploadsPage = xml::parse(&answer.text())?;
            uploads.extend(page.uploads);
            let Some(next) = page.next_key_marker.filter(|_| page.is_truncated) else { return Ok(uploads) };
            markers.push(("key-marker", next));
            markers.extend(page.next_upload_id_marker.map(|marker| ("upload-id-marker", marker)));
        }
    }
}
