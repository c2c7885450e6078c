//! Downloads: what the server's own URLs lead to, and reading it.

use std::ops::Range;
use std::time::Duration;

use olivine_content::tokens::ShortMode;
use olivine_content::{ContentReader, Filename, SignedUrl};
use olivine_domain::contents::{Content, ContentKey, ContentKind};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::permissions::Origin;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::tags::Tags;
use olivine_records::{contents, replicas};

use super::{damage, kinds};
use crate::links::{self, Located};
use crate::{Context, Error};

/// A content that a download URL leads to.
#[derive(Debug)]
pub struct Served {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, which is its entity tag.
    pub hash: Sha256Digest,
    /// The name to save it under.
    pub filename: Filename,
    kind: ContentKind,
    key: ContentKey,
    /// Where it can be read, in the order in which that is tried.
    storages: Vec<Id<StorageBackend>>,
}

/// The content of this name, if it is the one that counts and may be given out. The holder of the URL does not learn why not.
async fn downloadable(ctx: &Context, key: &ContentKey) -> Result<Content, Error> {
    let content = contents::find_of_any_organization(ctx.db(), key.content).await?;
    content.filter(|content| content.key() == *key && content.is_verified()).ok_or(Error::ContentGone)
}

/// Finds out what a download URL leads to, and whether it may still be served.
pub async fn locate(ctx: &Context, token: &str) -> Result<Served, Error> {
    let grant = ctx.tokens().verify_download(token, ctx.now())?;
    let content = downloadable(ctx, &grant.key).await?;
    Served::of(&content, grant.download.filename, vec![content.storage])
}

/// What a short URL leads to.
#[derive(Debug)]
pub enum Followed {
    /// A URL of the storage, or of the CDN in front of it.
    Elsewhere(SignedUrl),
    /// The content, which the server gives out itself.
    Here(Served),
}

/// The shortest time for which the target of a redirect works, so that a redirect that is followed at the last moment still works.
const LEAST: Duration = Duration::from_mins(1);

/// Finds out where a short URL leads; `near` names the replica that is near to the device that got the URL.
pub async fn follow(ctx: &Context, token: &str, near: Option<&str>) -> Result<Followed, Error> {
    let grant = ctx.tokens().verify_short(token, ctx.now())?;
    let content = contents::find_of_any_organization(ctx.db(), grant.content).await?;
    let is_meant = |content: &Content| content.generation == grant.generation && content.is_verified();
    let content = content.filter(is_meant).ok_or(Error::ContentGone)?;
    let key = content.key();
    let filename = kinds::filename(ctx, &content).await?;
    let replicas = replicas::list_for(ctx.db(), content.organization, &[content.id]).await?;
    let copies = links::copies(ctx, content.storage, &key, &replicas).await?;
    let storages = links::in_order(&copies, near, &Tags::default());
    if grant.mode == ShortMode::Stream {
        return Ok(Followed::Here(Served::of(&content, filename, storages)?));
    }
    let located = Located { key, filename, copies };
    let expires_at = grant.expires_at.max(ctx.now().plus(LEAST));
    Ok(Followed::Elsewhere(links::direct(ctx, &located, storages, expires_at).await?))
}

impl Served {
    fn of(content: &Content, filename: Filename, storages: Vec<Id<StorageBackend>>) -> Result<Self, Error> {
        let (kind, key, hash) = (content.kind, content.key(), content.hash);
        let size = content.size.ok_or(Error::ContentGone)?;
        Ok(Self { size, hash, filename, kind, key, storages })
    }

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
                        damage::note(ctx, self.kind, self.key, *storage, "when it was downloaded").await;
                    }
                    failure.get_or_insert(error);
                }
            }
        }
        Err(failure.unwrap_or(Error::ContentGone))
    }

    /// The reader, which ends before its last bytes where they are not those that were verified; the damage is put on record then.
    fn watched(&self, ctx: &Context, storage: Id<StorageBackend>, reader: ContentReader) -> ContentReader {
        let (ctx, kind, key) = (ctx.clone(), self.kind, self.key);
        reader.expecting(self.hash).on_error(move |error| {
            let is_damage = matches!(error, olivine_content::Error::Corrupt { .. });
            async move {
                if is_damage {
                    damage::note(&ctx, kind, key, storage, "while it was downloaded").await;
                }
            }
        })
    }

    /// The meaning of a storage's failure to serve the content. If a content that was verified is wrong now, the caller has not caused it,
    /// and it does not pass by itself. "Not found" is damage as well, unless the content was deleted, or moved elsewhere, since this
    /// download began.
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
        let content = match downloadable(ctx, &self.key).await {
            Err(Error::ContentGone) => return Ok(false),
            content => content?,
        };
        let replicas = replicas::list_for(ctx.db(), content.organization, &[content.id]).await?;
        let copies = links::copies(ctx, content.storage, &self.key, &replicas).await?;
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

    /// Records that the last byte was served.
    pub async fn finished(&self, ctx: &Context, origin: Origin) -> Result<(), Error> {
        let mut w = ctx.work().await?;
        kinds::note_download(ctx, &mut w, self.kind, self.key, origin).await?;
        w.commit().await
    }
}
