//! Content that flows through the server: direct uploads, and the server's own signed URLs for parts and downloads.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use olivine_content::tokens::ShortMode;
use olivine_content::{
    Body, ContentKey, ContentReader, Filename, PartPlan, ReceiveError, ReceivePart, ReceivedPart, SignedUrl,
    UploadSession,
};
use olivine_domain::binaries::{Action, Binary, Generation, decide};
use olivine_domain::binary_parts::{BinaryPart, PartIndex, PartState, check_fits};
use olivine_domain::events::{EventType, Subject};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::permissions::{Actor, Authorized, Origin, scope};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::tags::Tags;
use olivine_records::binaries::BinaryHead;
use olivine_records::binary_parts::{PromisedPart, Upload};
use olivine_records::download_counts::{self, DownloadKind};
use olivine_records::{Write, binaries, binary_parts, binary_replicas, organizations};
use serde_json::{Value, json};

use crate::binaries::{View, content_key, key_of, store, view};
use crate::links::{self, Located};
use crate::storages::Opened;
use crate::{Context, Error, binary_parts::ensure_session, events};

/// The content that an upload URL's part belongs to.
pub fn upload_target(ctx: &Context, token: &str) -> Result<ContentKey, Error> {
    Ok(ctx.tokens().verify_upload(token, ctx.now())?.key)
}

/// Takes the bytes of the part that an upload URL was made for, and returns once they are durable and on record.
pub async fn receive_part(
    ctx: &Context,
    token: &str,
    origin: Origin,
    length: Option<u64>,
    body: Body<'_>,
) -> Result<ReceivedPart, Error> {
    let grant = ctx.tokens().verify_upload(token, ctx.now())?;
    let (key, plan) = (grant.key, grant.part);
    let actor = Actor { origin, ..Actor::system(key.organization) };
    let (storage, session) = awaited(ctx, &key, &plan).await?;
    let received = match length {
        Some(length) if length != plan.size => {
            Err(ReceiveError::TooShort { expected: plan.size, received: length })
        }
        _ => storage.backend.receive_part(&key, &session, &ReceivePart::planned(&plan), body).await,
    };
    match received {
        Ok(received) => {
            settle(ctx, &actor, key.binary, key.generation, &plan, PartState::Valid).await?;
            Ok(received)
        }
        Err(error) => {
            if let Some(state) = blame(&error) {
                settle(ctx, &actor, key.binary, key.generation, &plan, state).await?;
            }
            Err(refused(error))
        }
    }
}

/// The storage and the session of an upload whose part is still awaited as planned.
async fn awaited(
    ctx: &Context,
    key: &ContentKey,
    plan: &PartPlan,
) -> Result<(Arc<Opened>, UploadSession), Error> {
    let binary = current(ctx, key).await?;
    decide(binary.state, false, Action::Upload)?;
    let part = binary_parts::find(ctx.db(), Upload::of_head(&binary), plan.index).await?;
    part.filter(|part| is_planned(part, plan)).ok_or(SUPERSEDED)?;
    let session = binary.upload_session.map(UploadSession::new).ok_or(Error::ContentGone)?;
    Ok((ctx.storage(binary.storage).await?, session))
}

const SUPERSEDED: Error = Error::Conflict(
    "this part was announced again with other bytes: upload those, to the URL that came with them",
);

fn is_planned(part: &BinaryPart, plan: &PartPlan) -> bool {
    part.size == plan.size && part.hash == plan.sha256
}

/// Which state tells that the bytes were wrong; `None` where it was not the bytes' fault.
const fn blame(error: &ReceiveError) -> Option<PartState> {
    match error {
        ReceiveError::TooLong { .. } | ReceiveError::TooShort { .. } | ReceiveError::OverLimit { .. } => {
            Some(PartState::InvalidSize)
        }
        ReceiveError::WrongHash { .. } => Some(PartState::InvalidHash),
        ReceiveError::Interrupted { .. } | ReceiveError::Storage(_) => None,
    }
}

fn refused(error: ReceiveError) -> Error {
    match error {
        ReceiveError::TooLong { expected } => Error::SizeMismatch { expected, actual: "more".to_owned() },
        ReceiveError::TooShort { expected, received } => {
            Error::SizeMismatch { expected, actual: format!("{received} bytes") }
        }
        ReceiveError::OverLimit { limit } => Error::TooLarge { limit },
        ReceiveError::WrongHash { expected, received } => Error::HashMismatch { expected, actual: received },
        ReceiveError::Interrupted { source, .. } => Error::Interrupted(source),
        ReceiveError::Storage(error) => error.into(),
    }
}

/// Puts on record what became of a part, if it is still the one that was planned.
async fn settle(
    ctx: &Context,
    by: &Actor,
    id: Id<Binary>,
    generation: Generation,
    plan: &PartPlan,
    state: PartState,
) -> Result<(), Error> {
    let w = ctx.db().write().await?;
    let binary = binaries::lock(&w, by.organization, id).await.map_err(|_| Error::ContentGone)?;
    if binary.generation != generation {
        return Err(Error::ContentGone);
    }
    decide(binary.state, binary.ever_signed, Action::Upload)?;
    let part = binary_parts::find(&w, Upload::of(&binary), plan.index).await?;
    let part = part.filter(|part| is_planned(part, plan)).ok_or(SUPERSEDED)?;
    // Bytes that were acknowledged once stay: a second, broken attempt at the same part can't take them away.
    if part.state == state || part.state == PartState::Valid {
        return Ok(());
    }
    put_state(ctx, &w, by, binary, BinaryPart { state, ..part }).await?;
    Ok(w.commit().await?)
}

/// Writes what became of a part, and what the binary now holds; returns the binary as it is then.
pub(crate) async fn put_state(
    ctx: &Context,
    w: &Write,
    by: &Actor,
    binary: Binary,
    part: BinaryPart,
) -> Result<Binary, Error> {
    let promised =
        PromisedPart { upload: Upload::of(&binary), index: part.index, size: part.size, hash: part.hash };
    binary_parts::set_state(w, &promised, part.state, ctx.now()).await?;
    let (kind, binary) = if part.state == PartState::Valid {
        let new = Binary { bytes_uploaded: binary.bytes_uploaded + part.size, ..binary.clone() };
        (EventType::BinaryPartUploaded, store(ctx, w, &binary, new).await?)
    } else {
        (EventType::BinaryPartRefused, binary)
    };
    events::record(ctx, w, by, kind, Subject::of(part.id), facts(&part)).await?;
    Ok(binary)
}

fn facts(part: &BinaryPart) -> Value {
    json!({
        "binary": part.binary.to_string(),
        "index": part.index.get(),
        "size": part.size,
        "hash": part.hash.to_string(),
        "state": part.state.as_str(),
    })
}

/// Takes a whole content in one request. It becomes the only part; the binary stays `uploadable` until completion is asked for.
pub async fn upload(
    ctx: &Context,
    by: &Authorized<scope::BinaryUpload>,
    id: Id<Binary>,
    length: Option<u64>,
    body: Body<'_>,
) -> Result<View, Error> {
    let session = ensure_session(ctx, by, id).await?;
    let binary = binaries::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    check_announced(ctx, &binary, length).await?;
    let part = ReceivePart {
        index: PartIndex::FIRST,
        expected_size: binary.declared_size().or(length),
        expected_sha256: Some(binary.hash),
        max_size: ctx.settings().direct_upload_limit,
    };
    let key = content_key(&binary);
    let storage = ctx.storage(binary.storage).await?;
    let received = storage.backend.receive_part(&key, &session, &part, body).await.map_err(refused)?;
    let binary = keep_alone(ctx, by, &binary, received).await?;
    view(ctx, binary).await
}

/// Refuses what is announced to be too large, or of another size, before its bytes are sent.
async fn check_announced(ctx: &Context, binary: &Binary, length: Option<u64>) -> Result<(), Error> {
    let limit = ctx.settings().direct_upload_limit;
    let Some(length) = length.or(binary.size) else { return Ok(()) };
    if length > limit {
        return Err(Error::TooLarge { limit });
    }
    if let Some(expected) = binary.declared_size().filter(|declared| *declared != length) {
        return Err(Error::SizeMismatch { expected, actual: format!("{length} bytes") });
    }
    check_fits(length, binary.declared_size(), None)?;
    let organization = organizations::get(ctx.db(), binary.organization).await?;
    Ok(organization.check_room(length.saturating_sub(binary.reserved_bytes()))?)
}

/// Puts a directly uploaded content on record, in place of all parts.
async fn keep_alone(
    ctx: &Context,
    by: &Actor,
    seen: &Binary,
    received: ReceivedPart,
) -> Result<Binary, Error> {
    let w = ctx.db().write().await?;
    let binary = binaries::lock(&w, by.organization, seen.id).await.map_err(Error::missing(seen.id))?;
    if binary.generation != seen.generation {
        return Err(Error::ContentGone);
    }
    decide(binary.state, binary.ever_signed, Action::Upload)?;
    let now = ctx.now();
    let part = BinaryPart {
        id: ctx.new_id(),
        organization: binary.organization,
        binary: binary.id,
        generation: binary.generation,
        index: PartIndex::FIRST,
        size: received.size,
        hash: received.sha256,
        state: PartState::Valid,
        inserted_at: now,
        updated_at: now,
    };
    binary_parts::delete_all(&w, Upload::of(&binary)).await?;
    binary_parts::upsert(&w, &part).await?;
    let new = store(ctx, &w, &binary, Binary { bytes_uploaded: received.size, ..binary.clone() }).await?;
    let data = json!({"size": received.size, "hash": received.sha256.to_string()});
    events::record(ctx, &w, by, EventType::BinaryContentUploaded, Subject::of(new.id), data).await?;
    w.commit().await?;
    Ok(new)
}

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

/// The binary whose content `key` names, if that content is the one that counts.
async fn current(ctx: &Context, key: &ContentKey) -> Result<BinaryHead, Error> {
    let head = binaries::find_head_of_any_organization(ctx.db(), key.binary).await?;
    head.filter(|head| key_of(Upload::of_head(head)) == *key).ok_or(Error::ContentGone)
}

/// The same, if its content may be given out. Who holds a URL is not told why not.
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
                Ok(opened) => opened.backend.read(&self.key, Some(range.clone())).await.map_err(damaged),
                Err(error) => Err(error),
            };
            match opened {
                Ok(reader) => return Ok(reader),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, %storage, "a copy can't be read");
                    if matches!(error, Error::ContentDamaged(_)) {
                        self.note_damage(ctx, *storage).await;
                    }
                    failure.get_or_insert(error);
                }
            }
        }
        Err(failure.unwrap_or(Error::ContentGone))
    }

    /// Puts on record that a content that should be in a storage is damaged there, once for each binary and process. The download does not
    /// depend on it.
    async fn note_damage(&self, ctx: &Context, storage: Id<StorageBackend>) {
        if !ctx.is_new_damage(self.binary) {
            return;
        }
        let data = json!({
            "storage_backend": storage.to_string(),
            "generation": self.key.generation.get(),
            "noticed": "when it was downloaded",
        });
        let actor = Actor::system(self.key.organization);
        let noted = async {
            let w = ctx.db().write().await?;
            let kind = EventType::BinaryContentMissing;
            events::record(ctx, &w, &actor, kind, Subject::of(self.binary), data).await?;
            Ok::<_, Error>(w.commit().await?)
        };
        if let Err(error) = noted.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the event of a damaged content can't be written"
            );
        }
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
        let w = ctx.db().write().await?;
        let data = json!({"via": "download_url"});
        events::record(ctx, &w, &actor, EventType::BinaryDownloadFinished, Subject::of(self.binary), data)
            .await?;
        let day = ctx.now().day();
        download_counts::add(&w, organization, self.binary, &day, DownloadKind::Finished, 1).await?;
        Ok(w.commit().await?)
    }
}

/// What is wrong with a content that was verified once is not the caller's fault, and nothing that passes by itself.
fn damaged(error: olivine_content::Error) -> Error {
    match error {
        olivine_content::Error::Corrupt { .. } => Error::ContentDamaged(error),
        other => other.into(),
    }
}
