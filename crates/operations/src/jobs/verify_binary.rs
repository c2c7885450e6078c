//! Verification: completes the upload in storage, reads the content back, hashes it, and compares it with the record.

use std::time::Duration;

use olivine_content::{Backend, CompletedPart, Digested, Progress, UploadSession};
use olivine_domain::binaries::{
    Action, Binary, BinaryState, Effect, VerificationError, VerificationErrorCode, check_content, decide,
};
use olivine_domain::contents::Generation;
use olivine_domain::events::Subject;
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_records::binaries::{self, BinaryHead};
use olivine_records::binary_parts;

use super::job::{Claimed, Job, Outcome, without_organization};
use super::orders::VerifyBinary;
use crate::binaries::steps::start_verification;
use crate::binaries::store::store;
use crate::events::{EventData, VerificationFailed};
use crate::{Context, Error, copies, events};

/// How often storage may fail before the verification ends with an error on the record.
const ATTEMPTS: u32 = 8;

/// How often to look whether the verification is still wanted.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Job for VerifyBinary {
    const KIND: &'static str = "verify_binary";

    fn subject(&self) -> String {
        format!("{}:{}", self.binary, self.generation)
    }

    async fn run(self, ctx: &Context, claimed: Claimed<'_>) -> Result<Outcome, Error> {
        run(ctx, claimed, self.binary, self.generation).await
    }
}

/// Verifies one generation of a binary; does nothing if it is not the current one any more.
async fn run(
    ctx: &Context,
    claimed: Claimed<'_>,
    id: Id<Binary>,
    generation: Generation,
) -> Result<Outcome, Error> {
    let Some(organization) = claimed.organization() else { return Ok(without_organization()) };
    let actor = Actor::system(organization);
    let Some(binary) = begin(ctx, &actor, id, generation).await? else { return Ok(Outcome::Done) };
    let storage = ctx.storage(binary.storage).await?;
    let found = match read_back(ctx, &*storage.backend, &binary).await {
        Err(error) if is_for_good(&error, claimed.attempts()) => {
            tracing::error!(error = &error as &dyn std::error::Error, binary = %id, "storage failed for good");
            Err(VerificationError {
                code: VerificationErrorCode::StorageFailed,
                expected: None,
                actual: Some(error.to_string()),
                at: ctx.now(),
            })
        }
        other => match other? {
            Some(digested) => check_content(&binary, digested.size, digested.sha256, ctx.now()),
            None => return abandon(ctx, &binary).await,
        },
    };
    conclude(ctx, &actor, claimed, &binary, found).await
}

fn is_for_good(error: &olivine_content::Error, attempts: u32) -> bool {
    use olivine_content::Error as Content;
    match error {
        Content::Unavailable { .. } | Content::Refused { .. } | Content::StorageFull { .. } => {
            attempts >= ATTEMPTS
        }
        Content::Cancelled | Content::SessionGone => false,
        Content::NotFound
        | Content::MissingPart { .. }
        | Content::AlreadyComplete
        | Content::OutOfRange { .. }
        | Content::Corrupt { .. } => true,
    }
}

/// Takes the binary to `hashing`; `None` if this generation is not to be verified any more.
async fn begin(
    ctx: &Context,
    actor: &Actor,
    id: Id<Binary>,
    generation: Generation,
) -> Result<Option<Binary>, Error> {
    let mut w = ctx.work().await?;
    let binary = binaries::find_locked(&w, actor.organization, id).await?;
    let binary = binary.filter(|binary| binary.generation == generation);
    let Some(binary) = binary else { return Ok(None) };
    match binary.state {
        BinaryState::Hashing => Ok(Some(binary)),
        BinaryState::Hashable => {
            let binary = start_verification(ctx, &mut w, actor, binary).await?;
            w.commit().await?;
            Ok(Some(binary))
        }
        _ => Ok(None),
    }
}

/// Completes the upload and hashes what storage gives back; `None` if the verification was cancelled.
async fn read_back(
    ctx: &Context,
    storage: &dyn Backend,
    binary: &Binary,
) -> Result<Option<Digested>, olivine_content::Error> {
    let key = binary.content_key();
    let parts = binary_parts::list_all(ctx.db(), binary.content_key()).await;
    let parts = parts.map_err(olivine_content::Error::unavailable)?;
    let parts: Vec<_> = parts
        .into_iter()
        .map(|part| CompletedPart { index: part.index, size: part.size, sha256: part.hash })
        .collect();
    let session = UploadSession::new(binary.upload_session.clone().unwrap_or_default());
    match storage.complete(&key, &session, &parts).await {
        // The binary was reset or destroyed in between, or else its content is lost; the next read of the record shows which.
        Err(olivine_content::Error::SessionGone) if !is_current(ctx, binary).await => return Ok(None),
        Err(olivine_content::Error::SessionGone) => return Err(olivine_content::Error::NotFound),
        other => other?,
    }
    let progress = Progress::new();
    tokio::select! {
        digested = storage.digest(&key, &progress) => match digested {
            Err(olivine_content::Error::NotFound) if !is_current(ctx, binary).await => Ok(None),
            other => other.map(Some),
        },
        () = called_off(ctx, binary) => {
            progress.cancel();
            Ok(None)
        }
    }
}

/// Returns when the binary was reset, deleted or destroyed.
async fn called_off(ctx: &Context, binary: &Binary) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if !is_current(ctx, binary).await {
            return;
        }
    }
}

/// Whether this generation is still the one to verify. If the database does not answer, the answer is yes.
async fn is_current(ctx: &Context, binary: &Binary) -> bool {
    match binaries::find_head_of_any_organization(ctx.db(), binary.id).await {
        Ok(head) => head
            .is_some_and(|head| head.generation == binary.generation && head.state == BinaryState::Hashing),
        Err(_) => true,
    }
}

/// The upload may have been completed in storage after the order to delete it was carried out. But a content that is still its
/// binary's stays: another runner may have come to an end with it.
async fn abandon(ctx: &Context, binary: &Binary) -> Result<Outcome, Error> {
    let head = binaries::find_head_of_any_organization(ctx.db(), binary.id).await?;
    let keeps =
        |head: BinaryHead| head.generation == binary.generation && head.state != BinaryState::Destroyed;
    if !head.is_some_and(keeps) {
        ctx.storage(binary.storage).await?.backend.delete(&binary.content_key()).await?;
    }
    Ok(Outcome::Done)
}

/// What the event of a verification says.
fn outcome<'a>(from: &'a Binary, to: &'a Binary) -> EventData<'a> {
    let change = events::Change { from, to };
    let Some(error) = &to.verification_error else { return EventData::BinaryVerified(change) };
    let failed = VerificationFailed {
        code: Some(error.code),
        expected: error.expected.clone(),
        actual: error.actual.clone(),
    };
    EventData::BinaryVerificationFailed((change, failed))
}

/// Puts the result on record, together with the job's end.
async fn conclude(
    ctx: &Context,
    actor: &Actor,
    claimed: Claimed<'_>,
    seen: &Binary,
    found: Result<(), VerificationError>,
) -> Result<Outcome, Error> {
    let mut w = ctx.work().await?;
    let current = binaries::find_locked(&w, actor.organization, seen.id).await?;
    let Some(binary) = current.filter(|binary| binary.generation == seen.generation) else {
        drop(w);
        return abandon(ctx, seen).await;
    };
    let action = if found.is_ok() { Action::VerificationPassed } else { Action::VerificationFailed };
    let state = match decide(binary.state, binary.ever_signed, action) {
        Ok(Effect::Verified) => BinaryState::Signable,
        Ok(Effect::VerificationFailed) => BinaryState::Hashable,
        // Another runner was faster, or it was destroyed.
        _ => return Ok(Outcome::Done),
    };
    let new = Binary { state, verification_error: found.err(), ..binary.clone() };
    let new = store(ctx, &w, &binary, new).await?;
    if state == BinaryState::Signable {
        copies::order(ctx, &mut w, &new.content()).await?;
    }
    w.event(actor, Subject::of(new.id), outcome(&binary, &new));
    if !claimed.finish(ctx, &w).await? {
        // The lease was lost: the runner that has it now comes to the same result.
        return Ok(Outcome::Recorded);
    }
    w.commit().await?;
    Ok(Outcome::Recorded)
}
