//! The events after which contents may have to move into or out of the archive storage of their organization. If an event is missing here,
//! the periodic job finds the contents some minutes later.

use std::collections::BTreeSet;

use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_records::jobs::NewJob;
use olivine_records::{Write, organizations};

use crate::events::EventData;
use crate::jobs::job::new_job;
use crate::jobs::orders::ArchiveContents;
use crate::{Context, Error};

/// Whether contents may belong elsewhere after this.
pub(super) const fn may_move_contents(data: &EventData<'_>) -> bool {
    use EventData as E;
    matches!(
        data,
        E::ArtifactArchived(_)
            | E::ArtifactUnarchived(_)
            | E::ArtifactVersionArchived(_)
            | E::ArtifactVersionUnarchived(_)
            | E::ReleaseCreated(_)
            | E::ReleaseUpdated(_)
            | E::ReleaseDeleted(_)
            | E::ReleaseArchived(_)
            | E::ReleaseUnarchived(_)
            | E::BundleOverrideCreated(_)
            | E::BundleOverrideUpdated(_)
            | E::BundleOverrideDeleted(_)
            | E::OrganizationUpdated(_)
    )
}

/// A look through the contents of each of these organizations that has an archive storage.
pub(super) async fn looks(
    ctx: &Context,
    w: &Write,
    organizations: BTreeSet<Id<Organization>>,
) -> Result<Vec<NewJob>, Error> {
    let mut jobs = Vec::new();
    for id in organizations {
        if organizations::get(w, id).await?.archive_storage.is_some() {
            jobs.push(new_job(ctx, Some(id), &ArchiveContents { organization: Some(id) }));
        }
    }
    Ok(jobs)
}
