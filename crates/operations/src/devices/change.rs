//! Changing devices: also moving them to another cohort or product, and quarantine.

use olivine_domain::Target;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::{Device, Identifier};
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::tags::Tags;
use olivine_domain::text::Description;
use olivine_records::{Constraint, devices, products};

use super::{check_cohort, identifier_taken};
use crate::error::Error;
use crate::events::EventData;
use crate::lists::{Expected, check_expected};
use crate::work::Work;
use crate::{Context, events};

/// Changes: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// Unique in the organization.
    pub identifier: Option<Identifier>,
    /// What type of device it is. A new one without a cohort takes the device out of its cohort.
    pub product: Option<Id<Product>>,
    /// A cohort of its product.
    pub cohort: Option<Option<Id<Cohort>>>,
    /// What people say of it.
    pub description: Option<Option<Description>>,
    /// All of its tags from now on.
    pub tags: Option<Tags>,
    /// Its hardware.
    pub target: Option<Option<Target>>,
    /// Whether it is kept from all updates.
    pub quarantined: Option<bool>,
}

impl Update {
    /// The device as it is after the change.
    pub(crate) fn applied(self, old: &Device) -> Device {
        let mut new = old.clone();
        if let Some(product) = self.product.filter(|product| *product != old.product) {
            (new.product, new.cohort) = (product, None);
        }
        new.cohort = self.cohort.unwrap_or(new.cohort);
        new.identifier = self.identifier.unwrap_or(new.identifier);
        new.description = self.description.unwrap_or(new.description);
        new.tags = self.tags.unwrap_or(new.tags);
        new.target = self.target.unwrap_or(new.target);
        new.quarantined = self.quarantined.unwrap_or(new.quarantined);
        if is_moved(old, &new) {
            // The release that it counts as being on is one of the cohort that it was in.
            new.release = None;
        }
        new
    }
}

/// Whether the device gets its releases from elsewhere than before.
fn is_moved(old: &Device, new: &Device) -> bool {
    (old.product, old.cohort) != (new.product, new.cohort)
}

/// Changes a device.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::DeviceUpdate>,
    id: Id<Device>,
    expected: Expected,
    change: Update,
) -> Result<Device, Error> {
    let mut w = ctx.work().await?;
    let old = devices::lock(&w, by.organization, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let new = change.applied(&old);
    if new == old {
        return Ok(old);
    }
    let new = Device { revision: old.revision.next(), updated_at: ctx.now(), ..new };
    if is_moved(&old, &new) {
        products::get(&w, by.organization, new.product).await.map_err(Error::missing(new.product))?;
        check_cohort(&w, &new).await?;
    }
    match devices::update(&w, &old, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::DeviceIdentifier)) => {
            drop(w);
            let other = devices::find_by_identifier(ctx.db(), by.organization, &new.identifier).await?;
            return Err(identifier_taken(&new.identifier, other));
        }
        other => other?,
    }
    record_change(&mut w, by, &old, &new);
    w.commit().await?;
    Ok(new)
}

/// What goes with a change of a device: its events, of which quarantine has its own, and that it may be counted elsewhere now.
pub(crate) fn record_change(w: &mut Work, by: &Actor, old: &Device, new: &Device) {
    let between = Device { quarantined: old.quarantined, ..new.clone() };
    let change = events::Change { from: old, to: &between };
    if change.is_any() {
        w.event(by, Subject::of(new.id), EventData::DeviceUpdated(change));
    }
    let change = events::Change { from: &between, to: new };
    match (old.quarantined, new.quarantined) {
        (false, true) => w.event(by, Subject::of(new.id), EventData::DeviceQuarantined(change)),
        (true, false) => w.event(by, Subject::of(new.id), EventData::DeviceReleased(change)),
        _ => {}
    }
    w.moves().change(old, new);
}
