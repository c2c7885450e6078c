//! Binary parts: announcing them, and reading which are there. Their bytes arrive through [`crate::content`] or go straight to
//! storage.

use olivine_content::{Backend, PartPlan, PartTarget, UploadSession};
use olivine_domain::binaries::{Action, Binary, decide};
use olivine_domain::binary_parts::{BinaryPart, PartIndex, PartState, check_fits};
use olivine_domain::contents::ContentKey;
use olivine_domain::events::Subject;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_records::{Write, binaries, binary_parts, organizations};

use crate::binaries::store::store;
use crate::binaries::view::head;
use crate::events::{EventData, Whole};
use crate::lists::ListQuery;
use crate::work::Work;
use crate::{Context, Error, arrivals};

/// A part to create, or to create anew with other bytes.
#[derive(Clone, Copy, Debug)]
pub struct Put {
    /// Its place.
    pub index: PartIndex,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub hash: Sha256Digest,
    /// The size of the whole binary as the uploader believes it to be.
    pub expected_binary_size: Option<u64>,
}

/// A part, and where its bytes go while they are awaited.
#[derive(Debug)]
pub struct Announced {
    /// The part.
    pub part: BinaryPart,
    /// Whether it is new.
    pub created: bool,
    /// Where its bytes go; `None` for one that is there already.
    pub target: Option<PartTarget>,
}

/// Announces a part and says where its bytes go. Announcing what is there already changes nothing.
pub async fn put(
    ctx: &Context,
    by: &Authorized<scope::BinaryUpload>,
    id: Id<Binary>,
    put: Put,
) -> Result<Announced, Error> {
    let session = ensure_session(ctx, by, id).await?;
    let mut w = ctx.work().await?;
    let binary = binaries::lock(&w, by.organization, id).await.map_err(Error::missing(id))?;
    decide(binary.state, binary.ever_signed, Action::Upload)?;
    check_fits(put.size, binary.declared_size(), put.expected_binary_size)?;
    let old = binary_parts::find(&w, binary.content_key(), put.index).await?;
    if let Some(part) = old.as_ref().filter(|old| is_there(old, &put)) {
        return Ok(Announced { part: part.clone(), created: false, target: None });
    }
    check_room(&w, &binary, old.as_ref(), put.size).await?;
    let (key, storage) = (binary.content_key(), binary.storage);
    let part = replace(ctx, &mut w, by, binary, old.as_ref(), &put).await?;
    w.commit().await?;

    let plan = PartPlan { index: put.index, size: put.size, sha256: put.hash };
    let expires_at = ctx.now().plus(ctx.settings().upload_url_ttl);
    let storage = ctx.storage(storage).await?;
    let target = storage.backend.part_target(&key, &session, &plan, expires_at).await?;
    Ok(Announced { part, created: old.is_none(), target: Some(target) })
}

fn is_there(old: &BinaryPart, put: &Put) -> bool {
    old.state == PartState::Valid && old.size == put.size && old.hash == put.hash
}

/// Refuses a part that the quota will not take, before its bytes are sent.
async fn check_room(w: &Write, binary: &Binary, old: Option<&BinaryPart>, size: u64) -> Result<(), Error> {
    let replaced = old.filter(|old| old.state == PartState::Valid).map_or(0, |old| old.size);
    let after = binary.bytes_uploaded - replaced.min(binary.bytes_uploaded) + size;
    let organization = organizations::get(w, binary.organization).await?;
    Ok(organization.check_room(after.saturating_sub(binary.content().reserved_bytes()))?)
}

/// Writes the part as awaited, in place of an older one.
async fn replace(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    binary: Binary,
    old: Option<&BinaryPart>,
    put: &Put,
) -> Result<BinaryPart, Error> {
    let now = ctx.now();
    let part = BinaryPart {
        id: old.map_or_else(|| ctx.new_id(), |old| old.id),
        organization: binary.organization,
        content: binary.content_id(),
        generation: binary.generation,
        index: put.index,
        size: put.size,
        hash: put.hash,
        state: PartState::Uploadable,
        inserted_at: old.map_or(now, |old| old.inserted_at),
        updated_at: now,
    };
    let part = binary_parts::upsert(w, &part).await?;
    let replaced = old.filter(|old| old.state == PartState::Valid).map_or(0, |old| old.size);
    let new = Binary { bytes_uploaded: binary.bytes_uploaded.saturating_sub(replaced), ..binary.clone() };
    store(ctx, w, &binary, new).await?;
    w.event(by, Subject::of(part.id), EventData::BinaryPartCreated(Whole(&part)));
    Ok(part)
}

/// The storage backend's upload session of the current generation; begins it where there is none.
pub(crate) async fn ensure_session(
    ctx: &Context,
    by: &Actor,
    id: Id<Binary>,
) -> Result<UploadSession, Error> {
    let head = head(ctx, by.organization, id).await?;
    decide(head.state, false, Action::Upload)?;
    let key = head.content_key();
    if let Some(session) = head.upload_session {
        return Ok(UploadSession::new(session));
    }
    let storage = ctx.storage(head.storage).await?;
    let session = storage.backend.begin(&key).await?;
    let w = ctx.work().await?;
    let current = binaries::find_locked(&w, by.organization, id).await?;
    let Some(current) = current.filter(|current| current.generation == key.generation) else {
        drop(w);
        // Nobody else knows of this upload: the job that deletes the generation may have run before it was begun.
        storage.backend.delete(&key).await?;
        return Err(Error::Conflict("the binary was reset or deleted at the same moment: read it again"));
    };
    if let Some(first) = &current.upload_session {
        let first = UploadSession::new(first.as_str());
        drop(w);
        if first != session {
            abandon(&*storage.backend, &key, &session).await;
        }
        return Ok(first);
    }
    let new = Binary { upload_session: Some(session.as_str().to_owned()), ..current.clone() };
    store(ctx, &w, &current, new).await?;
    w.commit().await?;
    Ok(session)
}

/// Gives up an upload that was begun while another call was faster. Where that fails, an audit of the storage finds it.
async fn abandon(backend: &dyn Backend, key: &ContentKey, session: &UploadSession) {
    if let Err(error) = backend.abandon(key, session).await {
        tracing::warn!(%key, error = &error as &dyn std::error::Error, "an upload that nobody needs could not be given up");
    }
}

/// Lists the parts of the current generation. A search by state finds what is on record; else each part is shown as the storage has it.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    id: Id<Binary>,
    query: &ListQuery,
) -> Result<Page<BinaryPart>, Error> {
    let head = head(ctx, by.organization, id).await?;
    let mut page = binary_parts::list(&ctx.reads_for(by), head.content_key(), query).await?;
    if !query.clauses.iter().any(|clause| clause.field.name == "state") {
        arrivals::show(ctx, &head, &mut page.items).await?;
    }
    Ok(page)
}

/// Reads one part of the current generation.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    id: Id<Binary>,
    index: PartIndex,
) -> Result<BinaryPart, Error> {
    let head = head(ctx, by.organization, id).await?;
    let found = binary_parts::find(ctx.db(), head.content_key(), index).await?;
    let mut part = found.ok_or_else(|| Error::NotFound { what: "binary part", named: index.to_string() })?;
    arrivals::show(ctx, &head, std::slice::from_mut(&mut part)).await?;
    Ok(part)
}
