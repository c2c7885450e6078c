//! Claims a place in a numeric phase. Claims are counted under the release's lock, so there are never more claims than places, even if many
//! devices ask many processes at the same time.

use std::sync::Arc;

use olivine_domain::events::Subject;
use olivine_domain::permissions::{Actor, Origin, Tenancy};
use olivine_domain::prn::Id;
use olivine_domain::releases::{Phase, Release};
use olivine_records::release_claims::{self, Claimed};
use olivine_records::{cohorts, devices, releases};

use super::changes::Change;
use super::facts::DeviceFacts;
use crate::events::{ClaimedRelease, EventData};
use crate::{Context, Error, deadlocks};

/// What came of claiming.
pub(super) enum Claim {
    /// The device has a place, now or from before.
    Made(Arc<DeviceFacts>),
    /// There is none left, or the release is not what it was: decide anew.
    Refused,
}

/// Claims a place of `expected`, as it was when the decision was made.
pub(super) async fn claim(
    ctx: &Context,
    device: &DeviceFacts,
    expected: &Release,
    origin: &Origin,
) -> Result<Claim, Error> {
    deadlocks::retry(ctx, || write(ctx, device, expected, origin)).await
}

async fn write(
    ctx: &Context,
    device: &DeviceFacts,
    expected: &Release,
    origin: &Origin,
) -> Result<Claim, Error> {
    let (organization, release, cohort) = (device.belongs.organization, expected.id, expected.cohort);
    let mut w = ctx.work().await?;
    // The device is locked before the release, in the same order as a deletion of the device locks both.
    devices::lock(&w, &Tenancy::of_server(organization), device.id)
        .await
        .map_err(Error::missing(device.id))?;
    // Held until the claim is counted: nobody changes the release or claims it at the same moment.
    let current = match releases::lock(&w, &Tenancy::of_server(organization), release).await {
        Err(olivine_records::Error::NotFound { .. }) => None,
        other => Some(other?),
    };
    let Some(current) = current.filter(|current| is_still(current, expected)) else {
        drop(w);
        Change::ReleaseGraph(cohort).forget(ctx);
        return Ok(Claim::Refused);
    };
    let devices = cohorts::get(&w, &Tenancy::of_server(organization), cohort)
        .await
        .map_err(Error::missing(cohort))?
        .devices;
    let limit = match current.phase {
        Phase::Numeric(value) => value.limit(devices),
        Phase::Tags(_) => Some(0),
    };
    let now = ctx.now();
    match release_claims::claim(&w, organization, release, device.id, limit, now).await? {
        Claimed::Now => {}
        Claimed::Before => return Ok(Claim::Made(with_claim(device, release))),
        Claimed::Refused => {
            drop(w);
            Change::PhaseCounts(cohort).forget(ctx);
            return Ok(Claim::Refused);
        }
    }
    w.moves().of_release(organization, release).claimed += 1;
    let actor = Actor::device(organization, device.id, origin.clone());
    let release_prn = release.prn(organization);
    let claimed = ClaimedRelease { release_prn, claims: current.claims + 1, limit };
    let data = EventData::DeviceClaimedRelease(claimed);
    w.event_of(device.of_events(), &actor, Subject::of(device.id), data);
    w.changed(organization, Change::PhaseCounts(cohort));
    w.commit().await?;
    Ok(Claim::Made(with_claim(device, release)))
}

/// Whether the decision was made of what the release still is. Claims leave a release's revision as it is.
fn is_still(current: &Release, expected: &Release) -> bool {
    current.archived_at.is_none()
        && current.revision == expected.revision
        && current.next == expected.next
        && current.phase == expected.phase
}

fn with_claim(device: &DeviceFacts, release: Id<Release>) -> Arc<DeviceFacts> {
    let mut claims = device.claims.to_vec();
    if !claims.contains(&release) {
        claims.push(release);
    }
    Arc::new(device.with(Arc::clone(&device.reported), device.placed, claims.into()))
}
