//! One release as it is shown.

use olivine_domain::binaries::Binary;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_records::bundles;

use crate::{Context, Error};

/// A release as it is shown.
#[derive(Clone, Debug)]
pub struct View {
    /// The record.
    pub release: Release,
    /// The binaries of its bundle that can't be served: they were destroyed, or lost their signatures. None of an archived release.
    pub affected_by: Vec<Id<Binary>>,
}

/// Adds what a release is shown with.
pub(crate) async fn view(ctx: &Context, release: Release) -> Result<View, Error> {
    if release.archived_at.is_some() {
        // Nothing serves it.
        return Ok(View { release, affected_by: Vec::new() });
    }
    let found = bundles::unservable_in(ctx.db(), release.organization, &[release.bundle]).await?;
    Ok(View { affected_by: found.into_iter().map(|(_, binary)| binary).collect(), release })
}
