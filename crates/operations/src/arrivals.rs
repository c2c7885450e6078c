//! Parts that clients send directly to a storage: only the storage knows which of them have arrived.

use olivine_content::{UploadSession, UploadedPart};
use olivine_domain::binaries::{Action, Binary, BinaryState, decide};
use olivine_domain::binary_parts::{BinaryPart, PartState};
use olivine_domain::events::Subject;
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_records::binaries::BinaryHead;
use olivine_records::binary_parts::PromisedPart;
use olivine_records::{binaries, binary_parts};

use crate::binaries::store::store;
use crate::binaries::view::head;
use crate::events::{EventData, Whole};
use crate::work::Work;
use crate::{Context, Error};

/// Records which parts have arrived. Asks the storage only if there can be new parts. Only for callers that may change the binary:
/// callers that only read use [`show`], which gives the same answer.
pub(crate) async fn note(ctx: &Context, by: &Actor, id: Id<Binary>) -> Result<(), Error> {
    let head = head(ctx, by.organization, id).await?;
    let stored = stored(ctx, &head).await?;
    if !stored.is_empty() {
        record(ctx, by, &head, &stored).await?;
    }
    Ok(())
}

/// Shows the parts as they will be on record once the upload is said to be complete, and writes nothing. So clients that resume an upload
/// see what has arrived.
pub(crate) async fn show(ctx: &Context, head: &BinaryHead, parts: &mut [BinaryPart]) -> Result<(), Error> {
    if parts.iter().all(|part| part.state == PartState::Valid) {
        return Ok(());
    }
    let stored = stored(ctx, head).await?;
    for part in parts.iter_mut().filter(|part| part.state != PartState::Valid) {
        let attempts = stored.iter().filter(|stored| stored.index == part.index);
        part.state = judge(part, attempts).unwrap_or(part.state);
    }
    Ok(())
}

/// What the storage has of an upload that waits for parts which the server does not see arriving.
async fn stored(ctx: &Context, head: &BinaryHead) -> Result<Vec<UploadedPart>, Error> {
    let Some(session) = awaiting(ctx, head).await? else { return Ok(Vec::new()) };
    let storage = ctx.storage(head.storage).await?;
    match storage.backend.uploaded_parts(&head.content_key(), &session).await {
        // Another request completed or deleted it at the same moment, and has recorded the parts.
        Err(olivine_content::Error::SessionGone) => Ok(Vec::new()),
        other => Ok(other?),
    }
}

/// The session of an upload that waits for parts which the server does not see arriving.
async fn awaiting(ctx: &Context, head: &BinaryHead) -> Result<Option<UploadSession>, Error> {
    let Some(session) = &head.upload_session else { return Ok(None) };
    if head.state != BinaryState::Uploadable
        || !ctx.storage_as_recorded(head.storage).await?.takes_parts_itself
    {
        return Ok(None);
    }
    let parts = binary_parts::list_all(ctx.db(), head.content_key()).await?;
    let awaits = parts.iter().any(|part| part.state != PartState::Valid);
    Ok(awaits.then(|| UploadSession::new(session.as_str())))
}

/// Compares what is stored with what was announced, in one transaction.
async fn record(ctx: &Context, by: &Actor, seen: &BinaryHead, stored: &[UploadedPart]) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let Some(mut binary) = binaries::find_locked(&w, seen.organization, seen.id).await? else {
        return Ok(());
    };
    let is_open = decide(binary.state, binary.ever_signed, Action::Upload).is_ok();
    if binary.generation != seen.generation || !is_open {
        return Ok(());
    }
    for part in binary_parts::list_all(&w, binary.content_key()).await? {
        let attempts = stored.iter().filter(|stored| stored.index == part.index);
        let Some(state) = judge(&part, attempts).filter(|state| *state != part.state) else { continue };
        if part.state != PartState::Valid {
            binary = put_state(ctx, &mut w, by, binary, BinaryPart { state, ..part }).await?;
        }
    }
    w.commit().await
}

/// Writes what became of a part, and what the binary now holds; returns the binary as it is then.
pub(crate) async fn put_state(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    binary: Binary,
    part: BinaryPart,
) -> Result<Binary, Error> {
    let promised =
        PromisedPart { upload: binary.content_key(), index: part.index, size: part.size, hash: part.hash };
    binary_parts::set_state(w, &promised, part.state, ctx.now()).await?;
    let (data, binary) = if part.state == PartState::Valid {
        let new = Binary { bytes_uploaded: binary.bytes_uploaded + part.size, ..binary.clone() };
        (EventData::BinaryPartUploaded(Whole(&part)), store(ctx, w, &binary, new).await?)
    } else {
        (EventData::BinaryPartRefused(Whole(&part)), binary)
    };
    w.event(by, Subject::of(part.id), data);
    Ok(binary)
}

/// What the stored attempts at a part make of it; `None` where there is none, or only one at an older announcement.
fn judge<'a>(part: &BinaryPart, attempts: impl Iterator<Item = &'a UploadedPart>) -> Option<PartState> {
    let mut found = None;
    for stored in attempts {
        let is_same_hash = stored.sha256.map(|sha256| sha256 == part.hash);
        match (stored.size == part.size, is_same_hash) {
            (true, None | Some(true)) => return Some(PartState::Valid),
            // With a hash the storage has checked it, so these are the bytes of another announcement.
            (_, Some(false)) => {}
            (false, _) => found = Some(PartState::InvalidSize),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use olivine_domain::binary_parts::PartIndex;
    use olivine_domain::contents::Generation;
    use olivine_domain::{Sha256Digest, Timestamp};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_part_is_what_storage_says_of_it() {
        let id = Uuid::from_u128(1);
        let (right, other) = (Sha256Digest::of(b"right"), Sha256Digest::of(b"other"));
        let part = BinaryPart {
            id: Id::new(id),
            organization: Id::new(id),
            content: Id::new(id),
            generation: Generation::FIRST,
            index: PartIndex::FIRST,
            size: 5,
            hash: right,
            state: PartState::Uploadable,
            inserted_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        };
        let stored = |size, sha256| UploadedPart { index: PartIndex::FIRST, size, sha256 };
        for (attempts, expected) in [
            (vec![], None),
            (vec![stored(5, Some(right))], Some(PartState::Valid)),
            (vec![stored(5, None)], Some(PartState::Valid)),
            (vec![stored(5, Some(other))], None),
            (vec![stored(4, None)], Some(PartState::InvalidSize)),
            (vec![stored(4, Some(other)), stored(5, Some(right))], Some(PartState::Valid)),
        ] {
            assert_eq!(judge(&part, attempts.iter()), expected, "{attempts:?}");
        }
    }
}
