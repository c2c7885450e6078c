//! Artifact versions: create, read, change, delete.

use olivine_domain::artifact_versions::ArtifactVersion;
pub use olivine_domain::artifact_versions::{Change, New};
use olivine_domain::artifacts::Artifact;
use olivine_domain::events::Subject;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_records::{Constraint, artifact_versions, artifacts};

use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::{Context, archiving, events};

/// Creates an artifact version.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::ArtifactVersionCreate>,
    id: NewId,
    new: New,
) -> Result<ArtifactVersion, Error> {
    let version = new.record(id.take(ctx), by.organization, ctx.now());
    let mut w = ctx.work().await?;
    archiving::to_use::<Artifact>(&w, &by.organization, version.artifact).await?;
    if let Err(error) = artifact_versions::insert(&w, &version).await {
        drop(w);
        return already_there(ctx, &version, id, error).await;
    }
    let data = EventData::ArtifactVersionCreated(Whole(&version));
    w.event(by, Subject::of(version.id), data);
    w.commit().await?;
    Ok(version)
}

/// Tells the same version from the answer to a repeated request.
async fn already_there(
    ctx: &Context,
    new: &ArtifactVersion,
    id: NewId,
    error: olivine_records::Error,
) -> Result<ArtifactVersion, Error> {
    match error {
        olivine_records::Error::Duplicate(Constraint::PrimaryKey) if id.is_replayable() => {
            artifact_versions::get(ctx.db(), new.organization, new.id).await.map_err(Error::missing(new.id))
        }
        olivine_records::Error::Duplicate(Constraint::ArtifactVersion) => {
            let other =
                artifact_versions::find_by_version(ctx.db(), new.organization, new.artifact, &new.version)
                    .await?;
            match other {
                Some(other) if id.is_replayable() && other.id == new.id => Ok(other),
                other => Err(Error::Taken {
                    what: Taken::Version,
                    message: format!(
                        "this artifact has a version '{}' already{}: use it",
                        new.version,
                        archiving::if_archived(other.as_ref())
                    ),
                    by: other.map(|other| other.id.prn(other.organization).to_string()),
                }),
            }
        }
        other => Err(other.into()),
    }
}

/// Lists artifact versions.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::ArtifactVersionRead>,
    query: &ListQuery,
) -> Result<Page<ArtifactVersion>, Error> {
    Ok(artifact_versions::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// Reads one artifact version.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::ArtifactVersionRead>,
    id: Id<ArtifactVersion>,
) -> Result<ArtifactVersion, Error> {
    artifact_versions::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}

/// The artifacts of these versions, for `expand[]=artifact`: one query, whatever their number.
pub async fn artifacts_of(
    ctx: &Context,
    by: &Actor,
    versions: impl IntoIterator<Item = &ArtifactVersion>,
) -> Result<Vec<Artifact>, Error> {
    by.authorize::<scope::ArtifactRead>()?;
    let mut ids: Vec<_> = versions.into_iter().map(|version| version.artifact).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(artifacts::get_many(ctx.db(), by.organization, &ids).await?)
}

/// Changes an artifact version.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::ArtifactVersionUpdate>,
    id: Id<ArtifactVersion>,
    expected: Expected,
    change: Change,
) -> Result<ArtifactVersion, Error> {
    let mut w = ctx.work().await?;
    let old = artifact_versions::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(old) };
    artifact_versions::update(&w, &old, &new).await?;
    let data = EventData::ArtifactVersionUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(new)
}

/// Archives an artifact version. It gets no new binaries, and no new bundles are made of it. Doing it again changes nothing.
pub async fn archive(
    ctx: &Context,
    by: &Authorized<scope::ArtifactVersionUpdate>,
    id: Id<ArtifactVersion>,
) -> Result<ArtifactVersion, Error> {
    archiving::archive(ctx, by, &by.organization, id).await
}

/// Takes an artifact version back from the archive. Doing it again changes nothing.
pub async fn unarchive(
    ctx: &Context,
    by: &Authorized<scope::ArtifactVersionUpdate>,
    id: Id<ArtifactVersion>,
) -> Result<ArtifactVersion, Error> {
    archiving::unarchive(ctx, by, &by.organization, id).await
}

/// Deletes an artifact version that has no binaries.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::ArtifactVersionDelete>,
    id: Id<ArtifactVersion>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let version = artifact_versions::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    match artifact_versions::delete(&w, by.organization, id).await {
        Err(olivine_records::Error::StillReferenced { .. }) => {
            let message =
                "this artifact version has binaries (destroyed ones keep their record): it must stay";
            return Err(Error::InUse(message.to_owned()));
        }
        other => other?,
    }
    let data = EventData::ArtifactVersionDeleted(Whole(&version));
    w.event(by, Subject::of(id), data);
    w.commit().await
}
