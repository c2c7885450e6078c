//! The steps of a binary's lifecycle that callers ask for: complete, verify, reset, destroy.
//!
//! Each is one transaction on the locked record: the domain decides, then change, event and follow-up job commit together. Only jobs change
//! the storage, so after a crash at any moment there is still a job that the next runner carries out.

use olivine_domain::binaries::{Action, Binary, BinaryState, Effect, decide};
use olivine_domain::binary_parts::{PartFacts, check_complete};
use olivine_domain::events::Subject;
use olivine_domain::metadata::CustomMetadata;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::text::Description;
use olivine_records::{binaries, binary_parts, binary_signatures};

use super::steps::{delete_content_of, drop_parts, start_verification};
use super::store::store;
use super::view::{View, view};
use crate::events::{EventData, UploadCompleted};
use crate::jobs::orders::VerifyBinary;
use crate::lists::{Expected, check_expected};
use crate::work::Work;
use crate::{Context, Error, arrivals, events};

/// Changes: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// The state to go to.
    pub state: Option<BinaryState>,
    /// What people say of it.
    pub description: Option<Option<Description>>,
    /// The user's own data.
    pub custom_metadata: Option<Option<CustomMetadata>>,
    /// The PRN of the binary, repeated: the caller confirms that it is to be destroyed although devices get it.
    pub confirm: Option<Id<Binary>>,
}

/// Changes a binary, and takes it to the state that is asked for.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::BinaryUpdate>,
    id: Id<Binary>,
    expected: Expected,
    change: Update,
) -> Result<View, Error> {
    if change.state == Some(BinaryState::Destroyed) {
        by.authorize::<scope::BinaryDestroy>()?;
    }
    if change.state == Some(BinaryState::Hashable) {
        arrivals::note(ctx, by, id).await?;
    }
    let mut w = ctx.work().await?;
    let old = binaries::lock(&w, by.organization, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let described = describe(ctx, &mut w, by, old, &change).await?;
    let binary = match change.state {
        Some(asked) => step(ctx, &mut w, by, described, asked, change.confirm).await?,
        None => described,
    };
    w.commit().await?;
    view(ctx, binary).await
}

/// Changes what people say of a binary.
async fn describe(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    old: Binary,
    change: &Update,
) -> Result<Binary, Error> {
    let mut new = old.clone();
    if let Some(description) = &change.description {
        new.description.clone_from(description);
    }
    if let Some(metadata) = &change.custom_metadata {
        new.custom_metadata.clone_from(metadata);
    }
    if new == old {
        return Ok(old);
    }
    let new = store(ctx, w, &old, new).await?;
    let data = EventData::BinaryUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(old.id), data);
    Ok(new)
}

/// Takes a locked binary to the state that is asked for.
async fn step(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    binary: Binary,
    asked: BinaryState,
    confirm: Option<Id<Binary>>,
) -> Result<Binary, Error> {
    match decide(binary.state, binary.ever_signed, Action::Ask(asked))? {
        Effect::Complete => complete(ctx, w, by, binary).await,
        Effect::StartVerification => {
            let binary = start_verification(ctx, w, by, binary).await?;
            order_verification(w, &binary);
            Ok(binary)
        }
        Effect::Reset => reset(ctx, w, by, binary).await,
        Effect::Destroy => {
            super::confirmation::check(ctx, w, &binary, confirm).await?;
            destroy(ctx, w, by, binary).await
        }
        _ => Ok(binary),
    }
}

/// Uploading is finished: checks that the parts make up a whole, and orders verification, which begins by completing the upload in
/// storage.
async fn complete(ctx: &Context, w: &mut Work, by: &Actor, binary: Binary) -> Result<Binary, Error> {
    let parts = binary_parts::list_all(w, binary.content_key()).await?;
    let facts: Vec<_> = parts
        .iter()
        .map(|part| PartFacts { index: part.index, size: part.size, state: part.state })
        .collect();
    let size = check_complete(&facts, binary.declared_size())?;
    let new = Binary { state: BinaryState::Hashable, size: Some(size), ..binary.clone() };
    let new = store(ctx, w, &binary, new).await?;
    let completed = UploadCompleted { parts: parts.len() };
    let data = EventData::BinaryUploadCompleted((events::Change { from: &binary, to: &new }, completed));
    w.event(by, Subject::of(new.id), data);
    order_verification(w, &new);
    Ok(new)
}

/// Orders the verification of this generation, unless it is ordered already.
fn order_verification(w: &mut Work, binary: &Binary) {
    let job = VerifyBinary { binary: binary.id, generation: binary.generation };
    w.order(Some(binary.organization), &job);
}

async fn reset(ctx: &Context, w: &mut Work, by: &Actor, binary: Binary) -> Result<Binary, Error> {
    binary_signatures::delete_all(w, binary.organization, binary.id).await?;
    let new = drop_parts(ctx, w, binary.clone()).await?;
    let data = EventData::BinaryReset(events::Change { from: &binary, to: &new });
    w.event(by, Subject::of(new.id), data);
    Ok(new)
}

async fn destroy(ctx: &Context, w: &mut Work, by: &Actor, binary: Binary) -> Result<Binary, Error> {
    delete_content_of(ctx, w, &binary, true).await?;
    let new =
        Binary { state: BinaryState::Destroyed, bytes_uploaded: 0, upload_session: None, ..binary.clone() };
    let new = store(ctx, w, &binary, new).await?;
    let data = EventData::BinaryDestroyed(events::Change { from: &binary, to: &new });
    w.event(by, Subject::of(new.id), data);
    Ok(new)
}
