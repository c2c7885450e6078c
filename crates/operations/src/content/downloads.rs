//! Downloads: what the server's own URLs lead to, and reading it.

use std::ops::Range;
use std::time::Duration;

use olivine_content::tokens::ShortMode;
use olivine_content::{ContentKey, ContentReader, Filename, SignedUrl};
use olivine_domain::binaries::{Action, Binary, decide};
use olivine_domain::events::Subject;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::permissions::{Actor, Origin};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::tags::Tags;
use olivine_records::binaries::BinaryHead;
use olivine_records::binary_parts::Upload;
use olivine_records::download_counts::{self, DownloadKind};
use olivine_records::{binaries, binary_replicas};

use super::{current, damage};
use crate::binaries::content_key::key_of;
use crate::events::{DownloadFinished, EventData};
use crate::links::{self, Located};
use crate::{Context, Error};

/// A content that a download URL leads to.
#[derive(Debug)]
pub struct Served {
    /// The binary.
    pub binary: Id<Binary>,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, which is its entity tag.
    pub hash: Sha256Digest,
    /// The name to save it under.
    pub filename: Filename,
    key: ContentKey,
    /// Where it can be read, in the order in which that is tried.
    storages: Vec<Id<StorageBackend>>,
}

/// The binary whose content `key` names, if that content is the one that counts and may be given out. Who holds a URL is not told why not.
async fn downloadable(ctx: &Context, key: &ContentKey) -> Result<BinaryHead, Error> {
    let head = current(ctx, key).await?;
    decide(head.state, false, Action::Download).map_err(|_| Error::ContentGone)?;
    Ok(head)
}

/// Finds out what a download URL leads to, and whether it may still be served.
pub async fn locate(ctx: &Context, token: &str) -> Result<Served, Error> {
    let grant = ctx.tokens().verify_download(token, ctx.now())?;
    let head = downloadable(ctx, &grant.key).await?;
    let size = head.size.ok_or(Error::ContentGone)?;
    let filename = grant.download.filename;
    let BinaryHead { id: binary, hash, storage, .. } = head;
    Ok(Served { binary, size, hash, filename, key: grant.key, storages: vec![storage] })
}

/// What a short URL leads to.
#[derive(Debug)]
pub enum Followed {
    /// A URL of the storage, or of the CDN in front of it.
    Elsewhere(SignedUrl),
    /// The content, which the server gives out itself.
    Here(Served),
}

/// The least time for which a redirect is good, so that one that is followed at the last moment still leads somewhere.
const LEAST: Duration = Duration::from_mins(1);

/// Finds out where a short URL leads; `near` names the copy that is near to who got it.
pub async fn follow(ctx: &Context, token: &str, near: Option<&str>) -> Result<Followed, Error> {
    let grant = ctx.tokens().verify_short(token, ctx.now())?;
    let head = binaries::find_head_of_any_organization(ctx.db(), grant.binary).await?;
    let head = head.filter(|head| head.generation == grant.generation).ok_or(Error::ContentGone)?;
    decide(head.state, false, Action::Download).map_err(|_| Error::ContentGone)?;
    let key = key_of(Upload::of_head(&head));
    let size = head.size.ok_or(Error::ContentGone)?;
    let filename = Filename::sanitized(&format!("{}-{}-{}.bin", head.artifact, head.version, head.target));
    let replicas = binary_replicas::list_for(ctx.db(), head.organization, &[head.id]).await?;
    let copies = links::copies(ctx, head.storage, &key, &replicas).await?;
    let storages = links::in_order(&copies, near, &Tags::default());
    if grant.mode == ShortMode::Stream {
        return Ok(Followed::Here(Served {
            binary: head.id,
            size,
            hash: head.hash,
            filename,
            key,
            storages,
        }));
    }
    let located = Located { key, filename, copies };
    let expires_at = grant.expires_at.max(ctx.now().plus(LEAST));
    Ok(Followed::Elsewhere(links::direct(ctx, &located, storages, expires_at).await?))
}

impl Served {
    /// Which content it is.
    pub const fn content(&self) -> ContentKey {
        self.key
    }

    /// Reads the bytes of `range` (from 0, end excluded).
    pub async fn read(&self, ctx: &Context, range: Range<u64>) -> Result<ContentReader, Error> {
        let mut failure = None;
        for storage in &self.storages {
            let opened = match ctx.storage(*storage).await {
                Ok(opened) => match opened.backend.read(&self.key, Some(range.clone())).await {
                    Ok(reader) => Ok(reader),
                    Err(error) => Err(self.meaning(ctx, *storage, error).await?),
                },
                Err(error) => Err(error),
            };
            match opened {
                Ok(reader) => return Ok(self.watched(ctx, *storage, reader)),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, %storage, "a copy can't be read");
                    if matches!(error, Error::ContentDamaged(_)) {
                        damage::note(ctx, self.key, *storage, "when it was downloaded").await;
                    }
                    failure.get_or_insert(error);
                }
            }
        }
        Err(failure.unwrap_or(Error::ContentGone))
    }

    /// The reader, which ends before its last bytes where they are not those that were verified; the damage is put on record then.
    fn watched(&self, ctx: &Context, storage: Id<StorageBackend>, reader: ContentReader) -> ContentReader {
        let (ctx, key) = (ctx.clone(), self.key);
        reader.expecting(self.hash).on_error(move |error| {
            let is_damage = matches!(error, olivine_content::Error::Corrupt { .. });
            async move {
                if is_damage {
                    damage::note(&ctx, key, storage, "while it was downloaded").await;
                }
            }
        })
    }

    /// What a storage's failure to give the content out means. What is wrong with a content that was verified once is not the caller's
    /// fault, and nothing that passes by itself. "Not found" is damage as well, unless the content was deleted, or moved elsewhere,
    /// since this download began.
    async fn meaning(
        &self,
        ctx: &Context,
        storage: Id<StorageBackend>,
        error: olivine_content::Error,
    ) -> Result<Error, Error> {
        use olivine_content::Error as Content;
        let is_damage = match error {
            Content::Corrupt { .. } => true,
            Content::NotFound => self.belongs_in(ctx, storage).await?,
            _ => false,
        };
        Ok(if is_damage { Error::ContentDamaged(error) } else { error.into() })
    }

    /// Whether the records say, now, that the content is in this storage.
    async fn belongs_in(&self, ctx: &Context, storage: Id<StorageBackend>) -> Result<bool, Error> {
        let head = match downloadable(ctx, &self.key).await {
            Err(Error::ContentGone) => return Ok(false),
            head => head?,
        };
        let replicas = binary_replicas::list_for(ctx.db(), head.organization, &[head.id]).await?;
        let copies = links::copies(ctx, head.storage, &self.key, &replicas).await?;
        Ok(copies.iter().any(|copy| copy.key == storage))
    }

    /// Whether it may still be served: asked again during long downloads.
    pub async fn is_current(&self, ctx: &Context) -> Result<bool, Error> {
        match downloadable(ctx, &self.key).await {
            Ok(_) => Ok(true),
            Err(Error::ContentGone) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Puts on record that the last byte was served.
    pub async fn finished(&self, ctx: &Context, origin: Origin) -> Result<(), Error> {
        let organization = self.key.organization;
        let actor = Actor { origin, ..Actor::system(organization) };
        let mut w = ctx.work().await?;
        let data = EventData::BinaryDownloadFinished(DownloadFinished { via: "download_url" });
        w.event(&actor, Subject::of(self.binary), data);
        let day = ctx.now().day();
        download_counts::add(&w, organization, self.binary, &day, DownloadKind::Finished, 1).await?;
        w.commit().await
    }
}
