//! Bundle overrides: a bundle forced on chosen devices for some time, whatever their releases say.

use std::cmp::Ordering;

use crate::bundles::Bundle;
use crate::cohorts::Cohort;
use crate::devices::Device;
use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::tags::Tags;
use crate::text::{Description, Name};
use crate::time::Timestamp;

/// The fields by which lists of bundle overrides can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "bundle_prn", kind: FieldKind::Prn },
    Field { name: "cohort_prn", kind: FieldKind::Prn },
    Field { name: "device_prn", kind: FieldKind::Prn },
    Field { name: "starts_at", kind: FieldKind::DateTime },
    Field { name: "ends_at", kind: FieldKind::DateTime },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// Up to as many devices are single ones, which somebody helps. More of them are a rollout, which takes a wider scope.
pub const MOST_SINGLE_DEVICES: usize = 10;

/// The most devices that one override may name; more of them are better chosen by a tag.
pub const MOST_DEVICES: usize = 10_000;

/// A bundle forced on chosen devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleOverride {
    /// Its key.
    pub id: Id<BundleOverride>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// Unique in the organization.
    pub name: Name,
    /// What people say of it.
    pub description: Option<Description>,
    /// What the devices get.
    pub bundle: Id<Bundle>,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when; `None` for until it is changed or deleted.
    pub ends_at: Option<Timestamp>,
    /// On whom.
    pub audience: Audience,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

crate::changes::change! {
    BundleOverride {
        name: Name,
        description: Option<Description>,
        bundle: Id<Bundle>,
        starts_at: Timestamp,
        ends_at: Option<Timestamp>,
        audience: Audience,
    }
}

impl Resource for BundleOverride {
    const TYPE: Option<&'static str> = Some("bundle_override");
    const A_NAME: &'static str = "a bundle override";
}

impl Searchable for BundleOverride {
    const FIELDS: FieldTable = SEARCH;
}

/// The devices that an override is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// These; at least one, at most [`MOST_DEVICES`].
    Devices(Vec<Id<Device>>),
    /// Those that have any of these tags.
    Tags(Tags),
    /// Those of this cohort.
    Cohort(Id<Cohort>),
}

impl Audience {
    /// Whether it is a few devices, named one by one.
    pub fn is_single_devices(&self) -> bool {
        matches!(self, Self::Devices(devices) if devices.len() <= MOST_SINGLE_DEVICES)
    }
}

impl BundleOverride {
    /// Whether its time has come and is not over.
    pub fn is_active_at(&self, now: Timestamp) -> bool {
        is_active(self.starts_at, self.ends_at, now)
    }
}

/// Whether a time has come and is not over: the start belongs to it, the end does not.
pub fn is_active(starts_at: Timestamp, ends_at: Option<Timestamp>, now: Timestamp) -> bool {
    starts_at <= now && ends_at.is_none_or(|end| now < end)
}

/// Which of two goes first where both are active: the one that started last; of two that started at once, the younger.
pub fn precedence(a: (Timestamp, Id<BundleOverride>), b: (Timestamp, Id<BundleOverride>)) -> Ordering {
    b.cmp(&a)
}
