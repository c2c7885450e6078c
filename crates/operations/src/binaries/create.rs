//! Creating a binary: the promise of a content.

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::binary_parts::MAX_BINARY_SIZE;
use olivine_domain::contents::Generation;
use olivine_domain::events::Subject;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::metadata::CustomMetadata;
use olivine_domain::organizations::Revision;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::target::Target;
use olivine_domain::text::Description;
use olivine_records::{Constraint, Write, binaries, organizations, storage_backends};

use super::store::signed;
use super::view::{View, view};
use crate::Context;
use crate::archiving::version_to_use;
use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::NewId;

/// A new binary.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key.
    pub id: NewId,
    /// The artifact version that it is the content of.
    pub artifact_version: Id<ArtifactVersion>,
    /// The hardware that it is for: unique in the artifact version.
    pub target: Target,
    /// The SHA-256 that the content will have.
    pub hash: Sha256Digest,
    /// The size that the content will have, in bytes.
    pub size: Option<u64>,
    /// What people say of it.
    pub description: Option<Description>,
    /// The user's own data.
    pub custom_metadata: Option<CustomMetadata>,
}

/// Creates a binary, and takes its declared size from the quota.
pub async fn create(ctx: &Context, by: &Authorized<scope::BinaryCreate>, new: Create) -> Result<View, Error> {
    if new.size.is_some_and(|size| size > MAX_BINARY_SIZE) {
        let problem = format!("at most {MAX_BINARY_SIZE} bytes are possible");
        return Err(Error::Invalid { field: "size", problem });
    }
    let id = new.id;
    let mut w = ctx.work().await?;
    let storage = storage_for(ctx, &w, by).await?;
    let binary = new_record(ctx, by, new, storage);
    let version = binary.artifact_version;
    version_to_use(&w, by.organization, version).await?;
    if let Err(error) = binaries::insert(&w, &binary).await {
        drop(w);
        return already_there(ctx, &binary, id, error).await;
    }
    if let Some(size) = binary.size {
        organizations::reserve(&w, by.organization, signed(size)).await?;
    }
    let data = EventData::BinaryCreated(Whole(&binary));
    w.event(by, Subject::of(binary.id), data);
    w.commit().await?;
    view(ctx, binary).await
}

/// Where the contents of an organization's new binaries go.
async fn storage_for(ctx: &Context, w: &Write, by: &Actor) -> Result<Id<StorageBackend>, Error> {
    let Some(chosen) = organizations::get(w, by.organization).await?.storage else {
        return Ok(ctx.storages().own);
    };
    if storage_backends::keep(w, chosen).await? {
        Ok(chosen)
    } else {
        Err(Error::Conflict("the organization's storage backend was removed at the same moment: try again"))
    }
}

fn new_record(ctx: &Context, by: &Actor, new: Create, storage: Id<StorageBackend>) -> Binary {
    let now = ctx.now();
    Binary {
        id: new.id.take(ctx),
        organization: by.organization,
        artifact_version: new.artifact_version,
        target: new.target,
        hash: new.hash,
        size: new.size,
        size_declared: new.size.is_some(),
        state: BinaryState::Uploadable,
        description: new.description,
        custom_metadata: new.custom_metadata,
        bytes_uploaded: 0,
        generation: Generation::FIRST,
        storage,
        upload_session: None,
        ever_signed: false,
        verification_error: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    }
}

/// Tells another binary for the same target from the answer to a repeated request.
async fn already_there(
    ctx: &Context,
    new: &Binary,
    id: NewId,
    error: olivine_records::Error,
) -> Result<View, Error> {
    match error {
        olivine_records::Error::Duplicate(Constraint::PrimaryKey) if id.is_replayable() => {
            let first =
                binaries::get(ctx.db(), new.organization, new.id).await.map_err(Error::missing(new.id))?;
            view(ctx, first).await
        }
        olivine_records::Error::Duplicate(Constraint::BinaryTarget) => {
            let other =
                binaries::find_live_by_target(ctx.db(), new.organization, new.artifact_version, &new.target)
                    .await?;
            match other {
                Some(other) if id.is_replayable() && other.id == new.id => view(ctx, other).await,
                other => Err(target_taken(&new.target, other)),
            }
        }
        other => Err(other.into()),
    }
}

fn target_taken(target: &Target, other: Option<Binary>) -> Error {
    let prn = other.map(|other| other.id.prn(other.organization).to_string());
    let named = prn.as_deref().unwrap_or("another one");
    let message = format!(
        "this artifact version has a binary for the target '{target}' already: {named}. Continue with it, or destroy or delete \
         it first"
    );
    Error::Taken { what: Taken::Target, message, by: prn }
}
