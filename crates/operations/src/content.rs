//! Content that flows through the server: direct uploads, and the server's own signed URLs for parts and downloads.

use std::sync::Arc;

use olivine_content::{Body, PartPlan, ReceiveError, ReceivePart, ReceivedPart, UploadSession};
use olivine_domain::binaries::{Action, Binary, decide};
use olivine_domain::binary_parts::{BinaryPart, PartIndex, PartState, check_fits};
use olivine_domain::contents::ContentKey;
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Actor, Authorized, Origin, scope};
use olivine_domain::prn::Id;
use olivine_records::binaries::BinaryHead;
use olivine_records::{binaries, binary_parts, organizations};

use crate::arrivals::put_state;
use crate::binaries::store::store;
use crate::binaries::view::{View, view};
use crate::events::{ContentUploaded, EventData};
use crate::storages::Opened;
use crate::{Context, Error, binary_parts::ensure_session};

pub(crate) mod damage;
mod downloads;
pub(crate) mod kinds;
mod mismatches;

pub use self::downloads::{Followed, Served, follow, locate};
pub use self::mismatches::{HashMismatch, SizeMismatch};

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
            settle(ctx, &actor, &key, &plan, PartState::Valid).await?;
            Ok(received)
        }
        Err(error) => {
            if let Some(state) = blame(&error) {
                settle(ctx, &actor, &key, &plan, state).await?;
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
    let part = binary_parts::find(ctx.db(), binary.content_key(), plan.index).await?;
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
        ReceiveError::TooLong { expected } => {
            Error::refused(SizeMismatch { expected, actual: "more".to_owned() })
        }
        ReceiveError::TooShort { expected, received } => {
            Error::refused(SizeMismatch { expected, actual: format!("{received} bytes") })
        }
        ReceiveError::OverLimit { limit } => Error::TooLarge { limit },
        ReceiveError::WrongHash { expected, received } => {
            Error::refused(HashMismatch { expected, actual: received })
        }
        ReceiveError::Interrupted { source, .. } => Error::Interrupted(source),
        ReceiveError::Storage(error) => error.into(),
    }
}

/// Records what became of a part, if it is still the one that was planned.
async fn settle(
    ctx: &Context,
    by: &Actor,
    key: &ContentKey,
    plan: &PartPlan,
    state: PartState,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let binary = binaries::lock(&w, by.organization, kinds::binary(key.content))
        .await
        .map_err(|_| Error::ContentGone)?;
    if binary.content_key() != *key {
        return Err(Error::ContentGone);
    }
    decide(binary.state, binary.ever_signed, Action::Upload)?;
    let part = binary_parts::find(&w, binary.content_key(), plan.index).await?;
    let part = part.filter(|part| is_planned(part, plan)).ok_or(SUPERSEDED)?;
    // Acknowledged bytes stay: a second, broken attempt at the same part can't remove them.
    if part.state == state || part.state == PartState::Valid {
        return Ok(());
    }
    put_state(ctx, &mut w, by, binary, BinaryPart { state, ..part }).await?;
    w.commit().await
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
    let key = binary.content_key();
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
        return Err(Error::refused(SizeMismatch { expected, actual: format!("{length} bytes") }));
    }
    check_fits(length, binary.declared_size(), None)?;
    let organization = organizations::get(ctx.db(), binary.organization).await?;
    Ok(organization.check_room(length.saturating_sub(binary.content().reserved_bytes()))?)
}

/// Puts a directly uploaded content on record, in place of all parts.
async fn keep_alone(
    ctx: &Context,
    by: &Actor,
    seen: &Binary,
    received: ReceivedPart,
) -> Result<Binary, Error> {
    let mut w = ctx.work().await?;
    let binary = binaries::lock(&w, by.organization, seen.id).await.map_err(Error::missing(seen.id))?;
    if binary.generation != seen.generation {
        return Err(Error::ContentGone);
    }
    decide(binary.state, binary.ever_signed, Action::Upload)?;
    let now = ctx.now();
    let part = BinaryPart {
        id: ctx.new_id(),
        organization: binary.organization,
        content: binary.content_id(),
        generation: binary.generation,
        index: PartIndex::FIRST,
        size: received.size,
        hash: received.sha256,
        state: PartState::Valid,
        inserted_at: now,
        updated_at: now,
    };
    binary_parts::delete_all(&w, binary.content_key()).await?;
    binary_parts::upsert(&w, &part).await?;
    let new = store(ctx, &w, &binary, Binary { bytes_uploaded: received.size, ..binary.clone() }).await?;
    let data = ContentUploaded { size: received.size, hash: received.sha256 };
    w.event(by, Subject::of(new.id), EventData::BinaryContentUploaded(data));
    w.commit().await?;
    Ok(new)
}

/// The binary whose content `key` names, if that content is the one that counts.
async fn current(ctx: &Context, key: &ContentKey) -> Result<BinaryHead, Error> {
    let head = binaries::find_head_of_any_organization(ctx.db(), kinds::binary(key.content)).await?;
    head.filter(|head| head.content_key() == *key).ok_or(Error::ContentGone)
}
