//! Artifacts: create, read, change, delete.

use olivine_domain::artifacts::Artifact;
pub use olivine_domain::artifacts::{Change, New};
use olivine_domain::events::Subject;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::text::Name;
use olivine_records::{Constraint, artifacts};

use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::{Context, archiving, events};

/// Creates an artifact.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::ArtifactCreate>,
    id: NewId,
    new: New,
) -> Result<Artifact, Error> {
    let artifact = new.record(id.take(ctx), by.organization, ctx.now());
    let mut w = ctx.work().await?;
    if let Err(error) = artifacts::insert(&w, &artifact).await {
        drop(w);
        return already_there(ctx, &artifact, id, error).await;
    }
    let data = EventData::ArtifactCreated(Whole(&artifact));
    w.event(by, Subject::of(artifact.id), data);
    w.commit().await?;
    Ok(artifact)
}

/// Tells an artifact of the same name from the answer to a repeated request.
async fn already_there(
    ctx: &Context,
    new: &Artifact,
    id: NewId,
    error: olivine_records::Error,
) -> Result<Artifact, Error> {
    match error {
        olivine_records::Error::Duplicate(Constraint::PrimaryKey) if id.is_replayable() => {
            artifacts::get(ctx.db(), new.organization, new.id).await.map_err(Error::missing(new.id))
        }
        olivine_records::Error::Duplicate(Constraint::ArtifactName) => {
            let other = artifacts::find_by_name(ctx.db(), new.organization, &new.name).await?;
            match other {
                Some(other) if id.is_replayable() && other.id == new.id => Ok(other),
                other => Err(name_taken(&new.name, other)),
            }
        }
        other => Err(other.into()),
    }
}

fn name_taken(name: &Name, other: Option<Artifact>) -> Error {
    let is_archived = archiving::if_archived(other.as_ref());
    Error::Taken {
        what: Taken::Name,
        message: format!(
            "there is an artifact named '{name}' already{is_archived}: use it, or choose another name"
        ),
        by: other.map(|other| other.id.prn(other.organization).to_string()),
    }
}

/// Lists artifacts.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::ArtifactRead>,
    query: &ListQuery,
) -> Result<Page<Artifact>, Error> {
    Ok(artifacts::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// Reads one artifact.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::ArtifactRead>,
    id: Id<Artifact>,
) -> Result<Artifact, Error> {
    artifacts::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}

/// Changes an artifact.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::ArtifactUpdate>,
    id: Id<Artifact>,
    expected: Expected,
    change: Change,
) -> Result<Artifact, Error> {
    let mut w = ctx.work().await?;
    let old = artifacts::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(old) };
    match artifacts::update(&w, &old, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::ArtifactName)) => {
            drop(w);
            let other = artifacts::find_by_name(ctx.db(), by.organization, &new.name).await?;
            return Err(name_taken(&new.name, other));
        }
        other => other?,
    }
    let data = EventData::ArtifactUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(new)
}

/// Archives an artifact. Its versions get no new binaries, and no new bundles are made of them. Doing it again changes nothing.
pub async fn archive(
    ctx: &Context,
    by: &Authorized<scope::ArtifactUpdate>,
    id: Id<Artifact>,
) -> Result<Artifact, Error> {
    archiving::archive(ctx, by, &by.organization, id).await
}

/// Takes an artifact back from the archive. Doing it again changes nothing.
pub async fn unarchive(
    ctx: &Context,
    by: &Authorized<scope::ArtifactUpdate>,
    id: Id<Artifact>,
) -> Result<Artifact, Error> {
    archiving::unarchive(ctx, by, &by.organization, id).await
}

/// Deletes an artifact that has no versions.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::ArtifactDelete>,
    id: Id<Artifact>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let artifact = artifacts::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    match artifacts::delete(&w, by.organization, id).await {
        Err(olivine_records::Error::StillReferenced { .. }) => {
            return Err(Error::InUse("this artifact has versions: delete them first".to_owned()));
        }
        other => other?,
    }
    let data = EventData::ArtifactDeleted(Whole(&artifact));
    w.event(by, Subject::of(id), data);
    w.commit().await
}
