//! Records that a device was offered an override's bundle, if its reports name no bundle: written once for each bundle, not at each poll.
//! The rules are those of [`Offer`].

use std::sync::Arc;

use olivine_domain::bundles::Bundle;
use olivine_domain::devices::{Device, Reported};
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::resolution::{Offer, Report, applied_override, reported_bundle};
use olivine_records::{Write, devices};

use super::changes::Change;
use super::facts::DeviceFacts;
use crate::{Context, Error, deadlocks};

/// Remembers that a device is about to be given a bundle. Returns the device as it is then.
pub(super) async fn remember(
    ctx: &Context,
    device: Arc<DeviceFacts>,
    bundle: Id<Bundle>,
    report: &Report,
) -> Result<Arc<DeviceFacts>, Error> {
    let offer = deadlocks::retry(ctx, || write(ctx, &device, bundle, report)).await?;
    Ok(Arc::new(device.with_offer(offer)))
}

async fn write(
    ctx: &Context,
    device: &DeviceFacts,
    bundle: Id<Bundle>,
    report: &Report,
) -> Result<Option<Offer>, Error> {
    let mut w = ctx.work().await?;
    let locked = devices::lock(&w, &Tenancy::of_server(device.belongs.organization), device.id)
        .await
        .map_err(Error::missing(device.id))?;
    // Another poll of the same device may have been here first.
    let Some(offer) = Offer::needed(locked.offer.as_ref(), bundle, report) else { return Ok(locked.offer) };
    devices::set_offer(&w, device.belongs.organization, device.id, Some(&offer)).await?;
    w.changed(device.belongs.organization, Change::Device(device.id));
    w.commit().await?;
    Ok(Some(offer))
}

/// What decides whether an offer outlasts a new report.
pub(super) struct Bundles {
    /// What the report says that the device runs.
    reported: Option<Id<Bundle>>,
    /// That of the override that applies to the device.
    forced: Option<Id<Bundle>>,
}

impl Bundles {
    /// To be read before the report's transaction, which must not wait for another connection.
    pub(super) async fn read(
        ctx: &Context,
        device: &DeviceFacts,
        graph: Option<&ReleaseGraph>,
        report: &Report,
    ) -> Result<Self, Error> {
        let organization = ctx.memory().organization(ctx, device.belongs.organization).await?;
        let active = organization.active_overrides(device, ctx.now());
        Ok(Self {
            reported: reported_bundle(graph, report),
            forced: applied_override(&active, graph, report).map(|forced| forced.bundle),
        })
    }

    /// What is left of a device's offer after a new report, in the report's own transaction.
    pub(super) async fn follow_report(
        &self,
        w: &Write,
        old: &Device,
        new: &Reported,
    ) -> Result<Option<Offer>, Error> {
        let Some(offer) = old.offer.clone() else { return Ok(None) };
        let versions = (old.reported.version.as_ref(), new.version.as_ref());
        let left = offer.clone().after_report(versions, self.reported, self.forced);
        if left.as_ref() != Some(&offer) {
            devices::set_offer(w, old.organization, old.id, left.as_ref()).await?;
        }
        Ok(left)
    }
}
