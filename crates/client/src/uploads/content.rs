//! Sending the content: in one request where it is small, else in parts.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use olivine_api::binaries::Binary;
use olivine_api::binary_parts::{BinaryPart, BinaryPartPut};
use olivine_api::errors::ErrorCode;
use olivine_domain::binary_parts::{MAX_BINARY_SIZE, PartIndex, PartState};
use olivine_domain::hash::Sha256Digest;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

use super::plan::{Plan, Stray};
use super::{Error, Upload};
use crate::requests::Request;
use crate::{Notice, Query, Step, files};

/// An upload that is over sooner is checked by the server quickly enough. One that takes longer is stopped early if the whole
/// file turns out to be another one; until then the processor is left to the parts.
const CHECK_AFTER: Duration = Duration::from_secs(5);

impl Upload<'_> {
    /// Brings all bytes to the server. Which of them are there already is found out first.
    pub(super) async fn send_content(&self, binary: &Binary) -> Result<(), Error> {
        if self.size > MAX_BINARY_SIZE {
            return Err(Error::TooLarge { file: self.file.clone(), size: self.size });
        }
        if self.size > self.options.direct_limit {
            return self.send_parts_checking(binary).await;
        }
        self.check_hash(binary).await?;
        if binary.bytes_uploaded == 0 && self.send_whole().await? {
            return Ok(());
        }
        self.send_parts().await
    }

    /// Sends all in one request. False if it must go in parts: the server takes less at once, or the connection broke, so that
    /// nobody knows why and what arrived; parts find both out.
    async fn send_whole(&self) -> Result<bool, Error> {
        self.client.notify(Notice::Began(Step::Uploading, self.size));
        let url = self.client.url(&format!("binaries/{}/content", self.prn));
        let request = self.client.api().put(url).header(CONTENT_TYPE, "application/octet-stream");
        match self.client.send_file(request, &self.file, &(0..self.size)).await {
            Ok(()) => Ok(true),
            Err(error) if error.status() == Some(413) || error.is_transient() => Ok(false),
            Err(error) => Err(self.explain(error)),
        }
    }

    async fn send_parts_checking(&self, binary: &Binary) -> Result<(), Error> {
        if self.options.hashes.is_some() {
            self.check_hash(binary).await?;
            return self.send_parts().await;
        }
        let check = async {
            tokio::time::sleep(CHECK_AFTER).await;
            let actual = files::hash(&self.file, 0..self.size, None).await?;
            self.compare(binary, actual)
        };
        tokio::select! {
            sent = self.send_parts() => sent,
            Err(wrong) = check => Err(wrong),
        }
    }

    async fn send_parts(&self) -> Result<(), Error> {
        let existing = self.client.parts(&self.prn, &Query::default()).all().await?;
        let sizes: Vec<_> = existing.iter().map(|part| (part.index, part.size)).collect();
        let plan = Plan::new(self.size, self.options.part_size, &sizes)
            .map_err(|Stray(index)| Error::StrayPart { index, file: self.file.clone(), size: self.size })?;
        let existing: HashMap<u16, BinaryPart> =
            existing.into_iter().map(|part| (part.index, part)).collect();
        self.client.notify(Notice::Began(Step::Uploading, self.size));
        stream::iter(plan.parts())
            .map(|(index, range)| self.send_part(plan, index, range, existing.get(&index.get())))
            .buffer_unordered(self.options.parallel.max(1))
            .try_collect()
            .await
    }

    async fn send_part(
        &self,
        plan: Plan,
        index: PartIndex,
        range: Range<u64>,
        existing: Option<&BinaryPart>,
    ) -> Result<(), Error> {
        let hash = self.part_hash(plan, index, range.clone()).await?;
        let size = range.end - range.start;
        let is_there = |part: &&BinaryPart| {
            part.state == PartState::Valid.as_str() && part.size == size && part.hash.parse() == Ok(hash)
        };
        if existing.as_ref().is_some_and(is_there) {
            self.client.notify(Notice::AlreadyThere(size));
            return Ok(());
        }
        let put = BinaryPartPut { size, hash: hash.to_string(), expected_binary_size: Some(self.size) };
        let url = self.client.url(&format!("binaries/{}/parts/{index}", self.prn));
        let request = Request::new(Method::PUT, url).json(&put);
        let sent = self.client.retrying(|| self.client.try_part(&request, &self.file, &range)).await;
        sent.map_err(|error| self.explain(error))
    }

    async fn part_hash(
        &self,
        plan: Plan,
        index: PartIndex,
        range: Range<u64>,
    ) -> Result<Sha256Digest, Error> {
        let known = self.options.hashes.as_ref().filter(|hashes| hashes.part_size == plan.part_size());
        match known.and_then(|hashes| hashes.parts.get(usize::from(index.get()) - 1)) {
            Some(hash) => Ok(*hash),
            None => Ok(files::hash(&self.file, range, None).await?),
        }
    }

    /// Bytes that were hashed a moment ago and arrived as others: somebody writes to the file.
    fn explain(&self, error: crate::Error) -> Error {
        if error.is(ErrorCode::HashMismatch) || error.is(ErrorCode::SizeMismatch) {
            Error::Changed { file: self.file.clone(), source: error }
        } else {
            error.into()
        }
    }
}
