//! The records around an answer, for devices that ask for them with `expand[]`. Releases and bundles, which agents ask for, are
//! remembered; the others are one more query each. A record that was deleted since the answer was found is `None`.

use std::sync::Arc;

use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_records::{bundle_overrides, cohorts};

use super::identify::KnownDevice;
use crate::releases::View;
use crate::{Context, Error};

/// The release that an update comes from.
pub async fn release(
    ctx: &Context,
    known: &KnownDevice,
    id: Id<Release>,
) -> Result<Option<Arc<View>>, Error> {
    ctx.memory().release(ctx, known.organization, id).await
}

/// The override that an update comes from. Of the devices that it names, a device learns only of itself.
pub async fn bundle_override(
    ctx: &Context,
    known: &KnownDevice,
    id: Id<BundleOverride>,
) -> Result<Option<BundleOverride>, Error> {
    let mut found = bundle_overrides::find(ctx.db(), known.organization, id).await?;
    if let Some(BundleOverride { audience: Audience::Devices(devices), .. }) = &mut found {
        devices.retain(|device| *device == known.device);
    }
    Ok(found)
}

/// What is to be installed.
pub async fn bundle(
    ctx: &Context,
    known: &KnownDevice,
    id: Id<Bundle>,
) -> Result<Option<Arc<Bundle>>, Error> {
    ctx.memory().bundle(ctx, known.organization, id).await
}

/// The device's cohort.
pub async fn cohort(ctx: &Context, known: &KnownDevice, id: Id<Cohort>) -> Result<Option<Cohort>, Error> {
    Ok(cohorts::find(ctx.db(), known.organization, id).await?)
}
