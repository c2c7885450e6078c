//! Changing devices: also moving them to another cohort or product, and quarantine.

use olivine_domain::devices::{Change, ChangeKind, Device};
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Actor, InPart, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_records::{Constraint, devices};

use super::{check_place, identifier_taken};
use crate::error::Error;
use crate::events::EventData;
use crate::events::belonging::Belonging;
use crate::lists::{Expected, check_expected};
use crate::work::Work;
use crate::{Context, events};

/// Where a device may be changed in this way.
fn tenancy_for(by: &Actor, change: &Change) -> Result<Tenancy, Error> {
    Ok(match change.kind() {
        ChangeKind::Tag => by.authorize::<scope::DeviceTag>()?.tenancy(),
        ChangeKind::Move => by.authorize::<scope::DeviceMove>()?.tenancy(),
        ChangeKind::Quarantine => by.authorize::<scope::DeviceQuarantine>()?.tenancy(),
        ChangeKind::Other => by.authorize::<scope::DeviceUpdate>()?.tenancy(),
    })
}

/// Changes a device.
pub async fn update(
    ctx: &Context,
    by: &InPart<scope::DeviceUpdate>,
    id: Id<Device>,
    expected: Expected,
    change: Change,
) -> Result<Device, Error> {
    let tenancy = tenancy_for(by, &change)?;
    let mut w = ctx.work().await?;
    let old = devices::lock(&w, &tenancy, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(old) };
    if new.is_moved_from(&old) {
        check_place(&w, &tenancy, &new).await?;
    }
    match devices::update(&w, &old, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::DeviceIdentifier)) => {
            drop(w);
            let other = devices::find_by_identifier(ctx.db(), &tenancy.to_see(), &new.identifier).await?;
            return Err(identifier_taken(&new.identifier, other));
        }
        other => other?,
    }
    record_change(&mut w, by, &old, &new);
    w.commit().await?;
    Ok(new)
}

/// The consequences of a change of a device: its events (quarantine has its own), and the counts that it belongs to now.
pub(crate) fn record_change(w: &mut Work, by: &Actor, old: &Device, new: &Device) {
    let between = Device { quarantined: old.quarantined, ..new.clone() };
    let change = events::Change { from: old, to: &between };
    if change.is_any() {
        record_update(w, by, old, &between);
    }
    let change = events::Change { from: &between, to: new };
    match (old.quarantined, new.quarantined) {
        (false, true) => w.event(by, Subject::of(new.id), EventData::DeviceQuarantined(change)),
        (true, false) => w.event(by, Subject::of(new.id), EventData::DeviceReleased(change)),
        _ => {}
    }
    w.moves().change(old, new);
}

/// A device that leaves one cohort for another is an event of each, and neither names the other: not everybody sees both. That it becomes
/// another product's, which names both products, is an event of the organization.
fn record_update(w: &mut Work, by: &Actor, old: &Device, new: &Device) {
    let place = |device: &Device| Belonging::Known(Some(device.product), device.cohort);
    let left = Device { cohort: None, ..old.clone() };
    let becomes = Device { product: new.product, ..left.clone() };
    let steps = if old.product != new.product {
        vec![
            (place(old), old, &left),
            (Belonging::Known(None, None), &left, &becomes),
            (place(new), &becomes, new),
        ]
    } else if old.cohort.is_some() && old.cohort != new.cohort {
        vec![(place(old), old, &left), (place(new), &left, new)]
    } else {
        vec![(place(new), old, new)]
    };
    for (belonging, from, to) in steps {
        let change = events::Change { from, to };
        if change.is_any() {
            w.event_of(belonging, by, Subject::of(new.id), EventData::DeviceUpdated(change));
        }
    }
}
