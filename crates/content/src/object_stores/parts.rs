//! The parts of an upload that are in storage: those that clients sent to it, and those that came through the server.

use http::StatusCode;
use object_store::multipart::PartId;
use object_store::path::Path;
use olivine_domain::Sha256Digest;
use olivine_domain::binary_parts::PartIndex;
use quick_xml::escape::escape;

use super::azure::parse_block_id;
use super::bucket::{Dialect, ObjectStores};
use super::xml::{self, BlockList, PartsPage};
use crate::error::Error;
use crate::uploads::{PartPlan, UploadSession, UploadedPart};
use olivine_domain::contents::ContentKey;

/// A part that a client sent to storage, and what storage calls it.
#[derive(Debug)]
pub(super) struct SentPart {
    pub(super) part: UploadedPart,
    pub(super) id: PartId,
}

impl SentPart {
    /// Whether it is the part that was planned, as far as storage can tell.
    pub(super) fn is(&self, plan: &PartPlan) -> bool {
        let same_bytes = self.part.sha256.is_none_or(|sha256| sha256 == plan.sha256);
        self.part.index == plan.index && self.part.size == plan.size && same_bytes
    }
}

impl ObjectStores {
    /// All parts of an upload that is not over, in order.
    pub(super) async fn all_parts(
        &self,
        key: &ContentKey,
        session: &UploadSession,
    ) -> Result<Vec<UploadedPart>, Error> {
        let sent = self.sent_parts(key, session).await?;
        let mut parts: Vec<_> = sent.into_iter().map(|sent| sent.part).collect();
        parts.extend(self.staged_parts(key).await?);
        parts.sort_unstable();
        parts.dedup();
        Ok(parts)
    }

    /// Those that clients sent to storage; [`Error::SessionGone`] if the upload is over.
    pub(super) async fn sent_parts(
        &self,
        key: &ContentKey,
        session: &UploadSession,
    ) -> Result<Vec<SentPart>, Error> {
        match self.dialect {
            Dialect::Azure => {
                self.check_open(key, session).await?;
                self.blocks(&self.path(key)).await
            }
            Dialect::S3 | Dialect::Gcs => {
                let mut parts = Vec::new();
                let mut marker = None;
                loop {
                    let page = self.page(key, session, 1000, marker).await?;
                    for part in page.parts {
                        let Ok(index) = PartIndex::new(part.number) else { continue };
                        let sha256 = part.checksum.as_deref().and_then(xml::digest);
                        let id = part_id(&part.e_tag, part.checksum.as_deref());
                        parts.push(SentPart { part: UploadedPart { index, size: part.size, sha256 }, id });
                    }
                    marker = page.next_part_number_marker.filter(|_| page.is_truncated);
                    if marker.is_none() {
                        return Ok(parts);
                    }
                }
            }
        }
    }

    /// Refuses an upload that is over with [`Error::SessionGone`].
    pub(super) async fn check_open(&self, key: &ContentKey, session: &UploadSession) -> Result<(), Error> {
        match self.dialect {
            Dialect::S3 | Dialect::Gcs => self.page(key, session, 1, None).await.map(drop),
            Dialect::Azure => match self.size_of(&self.marker(key)).await {
                Err(Error::NotFound) => Err(Error::SessionGone),
                found => found.map(drop),
            },
        }
    }

    async fn page(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        most: usize,
        marker: Option<String>,
    ) -> Result<PartsPage, Error> {
        let mut query = vec![("max-parts", most.to_string()), ("uploadId", session.as_str().to_owned())];
        query.extend(marker.map(|marker| ("part-number-marker", marker)));
        let answer = self.get(&self.path(key), &query).await?;
        match answer.status {
            StatusCode::OK => xml::parse(&answer.text()),
            StatusCode::NOT_FOUND if !answer.text().contains("NoSuchBucket") => Err(Error::SessionGone),
            _ => Err(answer.failure()),
        }
    }

    /// The blocks of a blob that no list of blocks names yet.
    async fn blocks(&self, path: &Path) -> Result<Vec<SentPart>, Error> {
        let query = [("comp", "blocklist".to_owned()), ("blocklisttype", "all".to_owned())];
        let answer = self.get(path, &query).await?;
        let list: BlockList = match answer.status {
            StatusCode::OK => xml::parse(&answer.text())?,
            StatusCode::NOT_FOUND if !answer.text().contains("ContainerNotFound") => BlockList::default(),
            _ => return Err(answer.failure()),
        };
        let mut parts: Vec<_> = list
            .uncommitted_blocks
            .blocks
            .iter()
            .filter_map(|block| {
                let content_id = block.id()?;
                let (index, sha256) = parse_block_id(&content_id)?;
                let part = UploadedPart { index, size: block.size, sha256: Some(sha256) };
                Some(SentPart { part, id: PartId { content_id } })
            })
            .collect();
        parts.sort_by_key(|sent| sent.part);
        Ok(parts)
    }

    /// Where a part that comes through the server waits until the content is completed.
    pub(super) fn staged(&self, key: &ContentKey, index: PartIndex, sha256: &Sha256Digest) -> Path {
        Path::from(format!("{}.part-{:05}-{}", self.name(key), index.get(), sha256.to_hex()))
    }

    async fn staged_parts(&self, key: &ContentKey) -> Result<Vec<UploadedPart>, Error> {
        let prefix = format!("{}.part-", self.name(key));
        let found = self.names(&prefix).await?;
        Ok(found.iter().filter_map(|(name, size)| staged_part(name.strip_prefix(&prefix)?, *size)).collect())
    }
}

fn staged_part(name: &str, size: u64) -> Option<UploadedPart> {
    let (index, sha256) = name.split_once('-')?;
    let index = PartIndex::new(index.parse().ok()?).ok()?;
    Some(UploadedPart { index, size, sha256: Some(sha256.parse().ok()?) })
}

/// What completes an upload with a part: with a checksum it has to be given as `object_store` itself writes it.
fn part_id(e_tag: &str, checksum: Option<&str>) -> PartId {
    let content_id = match checksum {
        None => e_tag.to_owned(),
        Some(checksum) => format!(
            "<PartMetadata><e_tag>{}</e_tag><checksum_sha256>{}</checksum_sha256></PartMetadata>",
            escape(e_tag),
            escape(checksum)
        ),
    };
    PartId { content_id }
}
