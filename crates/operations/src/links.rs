//! Download URLs: which replica of a content a client is sent to, through which CDN, and in what form.

use olivine_content::tokens::ShortMode;
use olivine_content::{Download, Filename, SignedUrl};
use olivine_domain::Timestamp;
use olivine_domain::contents::ContentKey;
use olivine_domain::contents::replicas::Replica;
use olivine_domain::organizations::{DownloadUrlStyle, Organization};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::{Copy, StorageBackend, nearest, nearest_first};
use olivine_domain::tags::Tags;

use crate::storages::Opened;
use crate::{Context, Error};

/// How an organization wants its download URLs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkPolicy {
    /// In what form.
    pub(crate) style: DownloadUrlStyle,
    /// For how many seconds they are good, if the organization decided that.
    pub(crate) seconds: Option<u32>,
}

impl LinkPolicy {
    /// What an organization decided.
    pub(crate) const fn of(organization: &Organization) -> Self {
        Self { style: organization.download_url_style, seconds: organization.download_url_seconds }
    }

    /// When a URL that is made now ends.
    pub(crate) fn expires_at(self, ctx: &Context) -> Timestamp {
        let ttl = self.seconds.map_or(ctx.settings().download_url_ttl, |seconds| {
            std::time::Duration::from_secs(seconds.into())
        });
        ctx.now().plus(ttl)
    }
}

/// A content and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) key: ContentKey,
    pub(crate) filename: Filename,
    /// Its complete copies, the first place included.
    pub(crate) copies: Vec<Copy<Id<StorageBackend>>>,
}

/// Where the copies of a content are: its first place, and what is complete of the others.
pub(crate) async fn copies(
    ctx: &Context,
    first: Id<StorageBackend>,
    key: &ContentKey,
    replicas: &[Replica],
) -> Result<Vec<Copy<Id<StorageBackend>>>, Error> {
    let complete = replicas.iter().filter(|replica| replica.is_complete_copy_of(*key));
    let others = complete.map(|replica| replica.storage).filter(|storage| *storage != first);
    let (mut copies, mut failure) = (Vec::new(), None);
    for storage in std::iter::once(first).chain(others) {
        match ctx.storage_as_recorded(storage).await {
            Ok(opened) => {
                copies.push(Copy { key: storage, near: opened.near.clone(), position: opened.position });
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, %storage, "a copy is passed over");
                failure.get_or_insert(error);
            }
        }
    }
    match failure {
        Some(failure) if copies.is_empty() => Err(failure),
        _ => Ok(copies),
    }
}

/// The copies in the order in which they are tried: the one that a URL names as near, if it is there, then by tags and position.
pub(crate) fn in_order(
    copies: &[Copy<Id<StorageBackend>>],
    near: Option<&str>,
    tags: &Tags,
) -> Vec<Id<StorageBackend>> {
    let mut storages: Vec<_> = nearest_first(copies, tags).into_iter().map(|copy| copy.key).collect();
    // A stable sort: the others stay in their order.
    storages.sort_by_key(|storage| near.is_none_or(|near| near != hint(*storage)));
    storages
}

/// A URL for a client with these tags. Where the nearest storage can't sign one, another copy serves.
pub(crate) async fn link(
    ctx: &Context,
    located: &Located,
    tags: &Tags,
    style: DownloadUrlStyle,
    expires_at: Timestamp,
) -> Result<SignedUrl, Error> {
    let mode = match style {
        DownloadUrlStyle::Direct => {
            return direct(ctx, located, in_order(&located.copies, None, tags), expires_at).await;
        }
        DownloadUrlStyle::Short => ShortMode::Redirect,
        DownloadUrlStyle::Streamed => ShortMode::Stream,
    };
    let ContentKey { content, generation, .. } = located.key;
    let token = ctx.tokens().short_token(content, generation, expires_at, mode);
    let mut url = format!("{}/d/{token}", ctx.storages().folders.base_url);
    let near = nearest(&located.copies, tags).map(|copy| copy.key);
    if near != nearest(&located.copies, &Tags::default()).map(|copy| copy.key) {
        url.extend(near.map(|storage| format!("/{}", hint(storage))));
    }
    Ok(SignedUrl { url, expires_at })
}

/// A storage's name in a short URL. It gives no permission; it only says which replica is near.
pub(crate) fn hint(storage: Id<StorageBackend>) -> String {
    format!("{:08x}", storage.uuid().as_u128() & u128::from(u32::MAX))
}

/// A URL of a storage, or of the CDN in front of it: of the first of these storages that can sign one.
pub(crate) async fn direct(
    ctx: &Context,
    located: &Located,
    storages: Vec<Id<StorageBackend>>,
    expires_at: Timestamp,
) -> Result<SignedUrl, Error> {
    let mut failure = Error::ContentGone;
    for storage in storages {
        match sign(ctx, storage, located, expires_at).await {
            Ok(url) => return Ok(url),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, %storage, "no URL can be signed");
                failure = error;
            }
        }
    }
    Err(failure)
}

async fn sign(
    ctx: &Context,
    storage: Id<StorageBackend>,
    located: &Located,
    expires_at: Timestamp,
) -> Result<SignedUrl, Error> {
    let opened: std::sync::Arc<Opened> = ctx.storage_as_recorded(storage).await?;
    if let Some(cdn) = &opened.cdn {
        return Ok(cdn.sign(&located.key.to_string(), expires_at, ctx.now())?);
    }
    let download = Download { filename: located.filename.clone(), expires_at };
    Ok(opened.backend.download_target(&located.key, &download).await?)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_copy_that_is_named_as_near_comes_first_and_the_others_are_tried_after_it() {
        let storage = |number: u128| Id::<StorageBackend>::new(Uuid::from_u128(number));
        let copy = |number, position| Copy { key: storage(number), near: Tags::default(), position };
        let copies = [copy(1, 2), copy(2, 1), copy(3, 3)];
        let order = |near: Option<&str>| in_order(&copies, near, &Tags::default());
        assert_eq!(order(None), [2, 1, 3].map(storage));
        assert_eq!(order(Some(&hint(storage(3)))), [3, 2, 1].map(storage));
        // A URL that was made before the copy was taken away.
        assert_eq!(order(Some(&hint(storage(4)))), [2, 1, 3].map(storage));
    }
}
