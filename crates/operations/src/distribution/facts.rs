//! What is remembered of devices, and of what their organizations decide for them.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use olivine_domain::Timestamp;
use olivine_domain::bundle_overrides::{Audience, BundleOverride, is_active, precedence};
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::{Device, Reported};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use olivine_domain::resolution::{ActiveOverride, Offer};
use olivine_domain::stops::{Stop, Stops};
use olivine_domain::tags::Tags;
use olivine_domain::target::Target;
use olivine_records::devices::Recognized;

use super::alike::Alike;
use super::last_answer::LastAnswer;
use crate::events;
use crate::links::LinkPolicy;

/// Who is known by a credential.
#[derive(Clone, Copy, Debug)]
pub(super) struct CredentialFacts {
    pub(super) organization: Id<Organization>,
    /// `None` where it was removed.
    pub(super) device: Option<Id<Device>>,
    pub(super) standing: Standing,
}

/// Whether the organization has proven that it may say which device a credential belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was proven.
    Proven,
    /// Nobody proved it, and no other organization's authority signed it.
    Settled,
    /// Nobody proved it. A chain that the device sends may lead to another organization's authority.
    Claimed,
    /// Nobody proved it, and another organization's authority bears the name of its issuer.
    Contested,
}

impl Standing {
    /// What the record of a certificate says.
    pub(super) const fn of(recognized: &Recognized) -> Self {
        let known = &recognized.certificate;
        match (known.proof, known.yields_to_authorities, recognized.is_contested) {
            (Some(_), ..) => Self::Proven,
            (None, true, true) => Self::Contested,
            (None, true, false) => Self::Claimed,
            (None, false, _) => Self::Settled,
        }
    }
}

/// What a check takes of a device.
#[derive(Debug)]
pub(super) struct DeviceFacts {
    pub(super) id: Id<Device>,
    pub(super) belongs: Arc<Belonging>,
    pub(super) tags: Tags,
    /// Its own target; boxed because few have one.
    pub(super) target: Option<Box<Target>>,
    pub(super) quarantined: bool,
    pub(super) reported: Arc<Reported>,
    /// The release of its cohort that fleet numbers count it on.
    pub(super) placed: Placed,
    pub(super) claims: Box<[Id<Release>]>,
    /// The override's bundle that it was given last; boxed because few have one.
    pub(super) offer: Option<Box<Offer>>,
    /// The beginning of time if it never was; a million of these are kept, so each byte counts.
    pub(super) last_connected_at: Timestamp,
    /// What it was told last, if that is remembered.
    pub(super) last_answer: LastAnswer,
}

/// The organization, product and cohort of a device. Many devices share one value.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Belonging {
    pub(super) organization: Id<Organization>,
    pub(super) product: Id<Product>,
    pub(super) cohort: Option<Id<Cohort>>,
}

impl DeviceFacts {
    /// Where the device's events belong.
    pub(super) fn of_events(&self) -> events::belonging::Belonging {
        events::belonging::Belonging::Known(Some(self.belongs.product), self.belongs.cohort)
    }
}

/// The release that a device is counted on, if any: the last four bytes of its id, which are random. A million of these are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed(Option<NonZeroU32>);

impl From<Option<Id<Release>>> for Placed {
    fn from(release: Option<Id<Release>>) -> Self {
        let low = |id: Id<Release>| u32::try_from(id.uuid().as_u128() & u128::from(u32::MAX)).unwrap_or(1);
        Self(release.and_then(|id| NonZeroU32::new(low(id).max(1))))
    }
}

/// The numbers that a numeric phase is measured by.
#[derive(Clone, Copy, Debug)]
pub(super) struct PhaseCounts {
    pub(super) devices: u64,
    pub(super) claims: u64,
}

/// The settings of an organization that apply to all of its devices.
#[derive(Debug)]
pub(super) struct OrganizationFacts {
    pub(super) is_strict: bool,
    pub(super) links: LinkPolicy,
    stops: Stops,
    overrides: Overrides,
}

/// The overrides that are not over, by whom they are for.
#[derive(Debug, Default)]
struct Overrides {
    devices: HashMap<Id<Device>, Vec<Arc<BundleOverride>>>,
    cohorts: HashMap<Id<Cohort>, Vec<Arc<BundleOverride>>>,
    tags: HashMap<String, Vec<Arc<BundleOverride>>>,
}

/// Before any device.
const NEVER: Timestamp = Timestamp::EPOCH;

impl DeviceFacts {
    /// What a check takes of a device's record.
    pub(super) fn new(alike: &Alike, device: Device, claims: Vec<Id<Release>>) -> Self {
        Self {
            id: device.id,
            belongs: alike.belonging(&device),
            tags: alike.tags(device.tags),
            target: device.target.map(Box::new),
            quarantined: device.quarantined,
            reported: alike.reported(device.reported),
            placed: device.release.into(),
            claims: claims.into(),
            offer: device.offer.map(Box::new),
            last_connected_at: device.last_connected_at.unwrap_or(NEVER),
            last_answer: LastAnswer::default(),
        }
    }

    /// The same after a report or a claim.
    pub(super) fn with(&self, reported: Arc<Reported>, placed: Placed, claims: Box<[Id<Release>]>) -> Self {
        Self {
            id: self.id,
            belongs: Arc::clone(&self.belongs),
            tags: self.tags.clone(),
            target: self.target.clone(),
            quarantined: self.quarantined,
            reported,
            placed,
            claims,
            offer: self.offer.clone(),
            last_connected_at: self.last_connected_at,
            last_answer: self.last_answer.clone(),
        }
    }

    /// The same after another offer.
    pub(super) fn with_offer(&self, offer: Option<Offer>) -> Self {
        let same = self.with(Arc::clone(&self.reported), self.placed, self.claims.clone());
        Self { offer: offer.map(Box::new), ..same }
    }
}

impl OrganizationFacts {
    /// What a check takes of an organization's record, its stops, and its overrides that are not over.
    pub(super) fn new(organization: &Organization, stops: Vec<Stop>, overrides: Vec<BundleOverride>) -> Self {
        Self {
            is_strict: organization.strict_certificate_expiry,
            links: LinkPolicy::of(organization),
            stops: stops.into_iter().collect(),
            overrides: Overrides::new(overrides),
        }
    }

    /// The emergency stop that a device is under.
    pub(super) fn stop(&self, device: &DeviceFacts) -> Option<&Stop> {
        self.stops.of_device(device.belongs.product, device.belongs.cohort)
    }

    /// The overrides that are active for a device, the one that started last first.
    pub(super) fn active_overrides(&self, device: &DeviceFacts, now: Timestamp) -> Vec<ActiveOverride> {
        let overrides = &self.overrides;
        let by_tag = device.tags.iter().filter_map(|tag| overrides.tags.get(tag));
        let by_cohort = device.belongs.cohort.and_then(|cohort| overrides.cohorts.get(&cohort));
        let all = overrides.devices.get(&device.id).into_iter().chain(by_cohort).chain(by_tag).flatten();
        let mut active: Vec<_> =
            all.filter(|one| is_active(one.starts_at, one.ends_at, now)).map(Arc::as_ref).collect();
        active.sort_by(|a, b| precedence((a.starts_at, a.id), (b.starts_at, b.id)));
        let shown =
            |one: &BundleOverride| ActiveOverride { id: one.id, bundle: one.bundle, name: one.name.clone() };
        active.into_iter().map(shown).collect()
    }
}

impl Overrides {
    fn new(all: Vec<BundleOverride>) -> Self {
        let mut index = Self::default();
        for one in all {
            let one = Arc::new(one);
            match &one.audience {
                Audience::Devices(devices) => {
                    for device in devices {
                        index.devices.entry(*device).or_default().push(one.clone());
                    }
                }
                Audience::Cohort(cohort) => index.cohorts.entry(*cohort).or_default().push(one.clone()),
                Audience::Tags(tags) => {
                    for tag in tags.iter() {
                        index.tags.entry(tag.to_owned()).or_default().push(one.clone());
                    }
                }
            }
        }
        index
    }
}
