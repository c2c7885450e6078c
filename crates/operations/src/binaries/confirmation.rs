//! Destroying a binary that devices are to get: the caller has to say that they know.

use olivine_domain::binaries::Binary;
use olivine_domain::pages::Limit;
use olivine_domain::prn::Id;
use olivine_records::{Write, bundle_overrides, releases};

use crate::error::ConfirmationRequired;
use crate::lists::ListQuery;
use crate::{Context, Error};

/// Refuses unless the binary itself is named, or neither a release nor an override that is not over brings it to devices.
pub(super) async fn check(
    ctx: &Context,
    w: &Write,
    binary: &Binary,
    confirm: Option<Id<Binary>>,
) -> Result<(), Error> {
    if confirm == Some(binary.id) {
        return Ok(());
    }
    let (organization, id) = (binary.organization, binary.id);
    let query = ListQuery { limit: Limit::MOST, ..ListQuery::default() };
    let releases = releases::list_with_binary(w, organization, id, &query).await?.items;
    let overrides = bundle_overrides::list_current_with_binary(w, organization, id, ctx.now()).await?;
    if releases.is_empty() && overrides.is_empty() {
        return Ok(());
    }
    let releases = releases.iter().map(|one| (one.id.prn(organization).to_string(), one.name.to_string()));
    let overrides = overrides
        .iter()
        .take(Limit::MOST.get())
        .map(|one| (one.id.prn(organization).to_string(), one.name.to_string()));
    Err(Error::ConfirmationRequired(Box::new(ConfirmationRequired {
        confirm: id.prn(organization).to_string(),
        releases: releases.collect(),
        bundle_overrides: overrides.collect(),
    })))
}
