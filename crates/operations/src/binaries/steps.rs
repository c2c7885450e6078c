//! Steps of a binary's lifecycle that operations and jobs share. Each runs in its caller's transaction.

use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::events::Subject;
use olivine_domain::permissions::Actor;
use olivine_records::binary_parts;

use super::store::store;
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
    binary_parts::delete_all(w, binary.content_key()).await?;
    copies::order_deletions(ctx, w, &binary.content(), keeps_record).await
}
