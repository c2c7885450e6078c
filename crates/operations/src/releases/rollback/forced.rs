//! The bundle override of a rollback: for the devices on the release that no release can bring back.

use olivine_domain::Timestamp;
use olivine_domain::bundle_overrides::{Audience, BundleOverride, MOST_DEVICES};
use olivine_domain::bundles::Bundle;
use olivine_domain::devices::Device;
use olivine_domain::events::Subject;
use olivine_domain::organizations::Revision;
use olivine_domain::permissions::{Actor, Tenancy};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::rollback::override_of;
use olivine_domain::text::{Description, FromRecord as _, Name};
use olivine_records::{Reader, bundle_overrides};

use crate::events::{EventData, Whole};
use crate::work::Work;
use crate::{Error, events};

/// The override as it is, and as it has to be.
pub(super) struct Forced {
    old: Option<BundleOverride>,
    pub(super) new: BundleOverride,
}

impl Forced {
    pub(super) async fn read(
        reader: &impl Reader,
        release: &Release,
        bundle: Id<Bundle>,
        devices: &[Id<Device>],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let id = override_of(release.id);
        let old = bundle_overrides::find(reader, &Tenancy::of_server(release.organization), id).await?;
        let new = match &old {
            Some(old) => extended(old, bundle, devices, now),
            None => BundleOverride {
                id,
                organization: release.organization,
                name: name(reader, release).await?,
                description: Some(description(release)),
                bundle,
                starts_at: now,
                ends_at: None,
                audience: Audience::Devices(devices.to_vec()),
                revision: Revision::FIRST,
                inserted_at: now,
                updated_at: now,
            },
        };
        Ok(Self { old, new })
    }

    /// Whether it is different from what there is.
    pub(super) fn is_change(&self) -> bool {
        self.old.as_ref() != Some(&self.new)
    }

    /// Writes it; says whether it was a change.
    pub(super) async fn write(&self, w: &mut Work, by: &Actor) -> Result<bool, Error> {
        let Self { old, new } = self;
        let data = match old {
            Some(old) if old == new => return Ok(false),
            Some(old) => {
                bundle_overrides::update(w, old, new).await?;
                EventData::BundleOverrideUpdated(events::Change { from: old, to: new })
            }
            None => {
                bundle_overrides::insert(w, new).await?;
                EventData::BundleOverrideCreated(Whole(new))
            }
        };
        w.event(by, Subject::of(new.id), data);
        Ok(true)
    }
}

/// The override with these devices besides those that it has, from now on if it was over.
fn extended(
    old: &BundleOverride,
    bundle: Id<Bundle>,
    devices: &[Id<Device>],
    now: Timestamp,
) -> BundleOverride {
    let mut all = devices.to_vec();
    if let Audience::Devices(known) = &old.audience {
        all.extend(known);
        all.sort_unstable();
        all.dedup();
    }
    if all.len() > MOST_DEVICES {
        // Those that came back need it no longer.
        all = devices.to_vec();
    }
    let starts_at = if old.is_active_at(now) { old.starts_at } else { now };
    let new =
        BundleOverride { bundle, starts_at, ends_at: None, audience: Audience::Devices(all), ..old.clone() };
    if new == *old {
        return new;
    }
    BundleOverride { revision: old.revision.next(), updated_at: now, ..new }
}

/// A name that no other override has.
async fn name(reader: &impl Reader, release: &Release) -> Result<Name, Error> {
    const MOST: usize = 64;
    let start: String = release.name.as_str().chars().take(MOST).collect();
    let short = format!("rollback of {}", start.trim_end());
    let long = format!("{short} ({})", release.id);
    let [short, long] = [short, long]
        .map(|name| Name::from_record(&name).expect("a part of a name with some words around it is one"));
    let is_taken = bundle_overrides::find_by_name(reader, &Tenancy::of_server(release.organization), &short)
        .await?
        .is_some();
    Ok(if is_taken { long } else { short })
}

fn description(release: &Release) -> Description {
    let text = format!(
        "Brings devices that report only a version back from the release '{}'. It applies to a device only while that is on the release.",
        release.name
    );
    text.parse().expect("a sentence with a name is short enough")
}
