//! Looks through an organization's contents for those that are in the wrong storage: in its archive storage, and among the contents of
//! archived versions. It orders a move for each of them; the move itself decides again.

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::contents::archive_storage::{ChosenStorages, Destination, destination};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::contents::UsedContent;
use olivine_records::{artifact_versions, artifacts, contents};

use super::chosen_storages;
use crate::jobs::orders::MoveContent;
use crate::{Context, Error};

/// So many contents are read at once, and ordered to be moved in one transaction.
const CONTENTS: u64 = 500;
/// The contents of so many versions are read at once.
const VERSIONS: u64 = 20;

/// What a look is about.
struct Look<'a> {
    ctx: &'a Context,
    organization: Id<Organization>,
    chosen: ChosenStorages,
    archive: Id<StorageBackend>,
}

/// Whose versions are looked at.
#[derive(Clone, Copy)]
enum VersionsOf {
    /// Those that are archived themselves.
    Archive,
    /// All of an archived artifact.
    Artifact(Id<Artifact>),
}

/// Orders that the contents of an organization that are not where they belong are moved.
pub(crate) async fn order_moves(ctx: &Context, organization: &Organization) -> Result<(), Error> {
    let chosen = chosen_storages(ctx, ctx.db(), organization).await?;
    let Some(archive) = chosen.archive else { return Ok(()) };
    let look = Look { ctx, organization: organization.id, chosen, archive };
    look.at_archive_storage().await?;
    look.at_versions(VersionsOf::Archive).await?;
    let mut after = None;
    loop {
        let found = artifacts::list_archived(ctx.db(), look.organization, after, CONTENTS).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = Some(*last);
        for artifact in found {
            look.at_versions(VersionsOf::Artifact(artifact)).await?;
        }
    }
}

impl Look<'_> {
    /// Contents in the archive storage that can be served go back.
    async fn at_archive_storage(&self) -> Result<(), Error> {
        let (db, now) = (self.ctx.db(), self.ctx.now());
        let mut after = None;
        loop {
            let found =
                contents::list_used_in_storage(db, self.organization, self.archive, now, after, CONTENTS)
                    .await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = Some(last.id);
            let moving = found.into_iter().filter(|used| matches!(self.decide(used), Destination::Back(_)));
            self.order(moving.collect()).await?;
        }
    }

    /// Contents of archived versions that are also in other storages go to the archive storage.
    async fn at_versions(&self, of: VersionsOf) -> Result<(), Error> {
        let (db, now) = (self.ctx.db(), self.ctx.now());
        let mut after = None;
        loop {
            let versions = self.next_versions(of, after).await?;
            let Some(last) = versions.last() else { return Ok(()) };
            after = Some(*last);
            let found =
                contents::list_used_outside(db, self.organization, self.archive, &versions, now).await?;
            let moving = found.into_iter().filter(|used| self.decide(used) != Destination::Stays);
            self.order(moving.collect()).await?;
        }
    }

    async fn next_versions(
        &self,
        of: VersionsOf,
        after: Option<Id<ArtifactVersion>>,
    ) -> Result<Vec<Id<ArtifactVersion>>, Error> {
        let (db, organization) = (self.ctx.db(), self.organization);
        Ok(match of {
            VersionsOf::Archive => {
                artifact_versions::list_archived(db, organization, after, VERSIONS).await?
            }
            VersionsOf::Artifact(artifact) => {
                artifact_versions::list_of_artifact(db, organization, artifact, after, VERSIONS).await?
            }
        })
    }

    fn decide(&self, used: &UsedContent) -> Destination {
        destination(used.storage, used.uses, self.chosen)
    }

    async fn order(&self, moving: Vec<UsedContent>) -> Result<(), Error> {
        if moving.is_empty() {
            return Ok(());
        }
        let mut w = self.ctx.work().await?;
        for used in moving {
            let job = MoveContent { content: used.id, generation: used.generation };
            w.order(Some(self.organization), &job);
        }
        w.commit().await
    }
}
