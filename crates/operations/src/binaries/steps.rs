//! Steps of a binary's lifecycle that operations and jobs share. Each is a part of its caller's transaction.

use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::events::Subject;
use olivine_domain::permissions::Actor;
use olivine_records::binary_parts::Upload;
use olivine_records::{Write, binaries, binary_parts, organizations};

use crate::events::EventData;
use crate::work::Work;
use crate::{Context, Error, copies, events};

/// Takes a binary from `hashable` to `hashing`; reading the content back is the job's work.
pub(crate) async fn start_verification(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    binary: Binary,
) -> Result<Binary, Error> {
    let new = Binary { state: BinaryState::Hashing, verification_error: None, ..binary.clone() };
    let new = store(ctx, w, &binary, new).await?;
    let data = EventData::BinaryVerificationStarted(events::Change { from: &binary, to: &new });
    w.event(by, Subject::of(new.id), data);
    Ok(new)
}

/// Begins a new generation: forgets the parts and orders the deletion of all that was uploaded.
pub(crate) async fn drop_parts(ctx: &Context, w: &mut Work, binary: Binary) -> Result<Binary, Error> {
    delete_content_of(ctx, w, &binary, false).await?;
    let new = Binary {
        state: BinaryState::Uploadable,
        size: binary.declared_size(),
        bytes_uploaded: 0,
        generation: binary.generation.next(),
        upload_session: None,
        verification_error: None,
        ..binary.clone()
    };
    store(ctx, w, &binary, new).await
}

/// Forgets the parts of the current generation and orders the deletion of its content.
pub(crate) async fn delete_content_of(
    ctx: &Context,
    w: &mut Work,
    binary: &Binary,
    keeps_record: bool,
) -> Result<(), Error> {
    binary_parts::delete_all(w, Upload::of(binary)).await?;
    copies::order_deletions(ctx, w, binary, keeps_record).await
}

/// Writes the changed record, and takes from or gives back to the quota what it now holds more or less.
pub(crate) async fn store(ctx: &Context, w: &Write, old: &Binary, new: Binary) -> Result<Binary, Error> {
    let new = Binary { revision: old.revision.next(), updated_at: ctx.now(), ..new };
    let change = signed(new.reserved_bytes()) - signed(old.reserved_bytes());
    if change != 0 {
        organizations::reserve(w, new.organization, change).await?;
    }
    binaries::update(w, old, &new).await?;
    Ok(new)
}

/// Sizes are bounded far below what fits.
pub(super) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
