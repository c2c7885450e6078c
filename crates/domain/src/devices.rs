//! Devices: what updates are for.

use crate::bundles::Bundle;
use crate::cohorts::Cohort;
use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::products::Product;
use crate::releases::Release;
use crate::resolution::offer::Offer;
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::tags::Tags;
use crate::target::Target;
use crate::text::{Description, Name, VersionText};
use crate::time::Timestamp;
use crate::versions::{InvalidVersion, Version};

/// The fields by which lists of devices can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "identifier", kind: FieldKind::Text },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "product_prn", kind: FieldKind::Prn },
    Field { name: "cohort_prn", kind: FieldKind::Prn },
    Field { name: "tag", kind: FieldKind::Text },
    Field { name: "target", kind: FieldKind::Text },
    Field { name: "quarantined", kind: FieldKind::Boolean },
    Field { name: "reported_release_prn", kind: FieldKind::Prn },
    Field { name: "reported_bundle_prn", kind: FieldKind::Prn },
    Field { name: "reported_release_version", kind: FieldKind::Text },
    Field { name: "release_prn", kind: FieldKind::Prn },
    Field { name: "outcome", kind: FieldKind::Enum(&UpdateStatus::NAMES) },
    Field { name: "outcome_release_prn", kind: FieldKind::Prn },
    Field { name: "last_connected_at", kind: FieldKind::DateTime },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// The most values that devices are counted by.
pub const MOST_FACETS: usize = 100;

/// What devices can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    /// The release that they are on.
    Release,
    /// Each of their tags.
    Tag,
    /// Their cohort.
    Cohort,
    /// Their own target, else that of their product.
    Target,
    /// How their last update went.
    Outcome,
    /// The version that they last reported.
    Version,
}

impl Facet {
    /// All facets.
    pub const ALL: [Self; 6] =
        [Self::Release, Self::Tag, Self::Cohort, Self::Target, Self::Outcome, Self::Version];
    /// Their names.
    pub const NAMES: &'static [&'static str] = &["release", "tag", "cohort", "target", "outcome", "version"];

    /// The facet of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().zip(Self::NAMES).find(|(_, known)| **known == name).map(|(facet, _)| facet)
    }
}

/// A name that the device's maker gave it, such as its serial number: 1–128 characters, unique in the organization.
pub type Identifier = Name;

/// A device. It is of one product, and in at most one cohort of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its key.
    pub id: Id<Device>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// What type of device it is.
    pub product: Id<Product>,
    /// The group whose releases it gets.
    pub cohort: Option<Id<Cohort>>,
    /// Unique in the organization.
    pub identifier: Identifier,
    /// What people say of it.
    pub description: Option<Description>,
    /// By which phased releases and overrides choose.
    pub tags: Tags,
    /// Its hardware; its product's where it has none.
    pub target: Option<Target>,
    /// Whether it is kept from all updates.
    pub quarantined: bool,
    /// What it last said it runs.
    pub reported: Reported,
    /// The release of its cohort that this is, as fleet numbers count it.
    pub release: Option<Id<Release>>,
    /// What it last said of an update that came with a release.
    pub outcome: Option<Outcome>,
    /// The override's bundle that it was given last, if it names none itself.
    pub offer: Option<Offer>,
    /// When it last asked for something, to within some seconds.
    pub last_connected_at: Option<Timestamp>,
    /// Grows with each change by people; reports leave it as it is.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

crate::changes::new! {
    Device {
        identifier: Identifier,
        product: Id<Product>,
        cohort: Option<Id<Cohort>>,
        description: Option<Description>,
        tags: Tags,
        target: Option<Target>,
        quarantined: bool,
    }
    at first { reported: Reported::default(), release: None, outcome: None, offer: None, last_connected_at: None }
}

/// Changes of a [`Device`]: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// See [`Device::identifier`].
    pub identifier: Option<Identifier>,
    /// See [`Device::product`]. A new product takes the device out of its cohort, where no other cohort is named.
    pub product: Option<Id<Product>>,
    /// See [`Device::cohort`]: a cohort of its product.
    pub cohort: Option<Option<Id<Cohort>>>,
    /// See [`Device::description`].
    pub description: Option<Option<Description>>,
    /// See [`Device::tags`]: all of its tags from now on.
    pub tags: Option<Tags>,
    /// See [`Device::target`].
    pub target: Option<Option<Target>>,
    /// See [`Device::quarantined`].
    pub quarantined: Option<bool>,
}

/// What kind of change it is: each takes a scope of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Tags, and nothing else.
    Tag,
    /// The cohort, and nothing else.
    Move,
    /// Quarantine, and nothing else.
    Quarantine,
    /// Anything else.
    Other,
}

impl Change {
    /// What kind of change it is, by what is named.
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self { identifier: Some(_), .. }
            | Self { description: Some(_), .. }
            | Self { target: Some(_), .. }
            | Self { product: Some(_), .. } => ChangeKind::Other,
            Self { tags: Some(_), cohort: None, quarantined: None, .. } => ChangeKind::Tag,
            Self { tags: None, cohort: Some(_), quarantined: None, .. } => ChangeKind::Move,
            Self { tags: None, cohort: None, quarantined: Some(_), .. } => ChangeKind::Quarantine,
            _ => ChangeKind::Other,
        }
    }

    /// The device after the change, with its next revision; `None` where it would be as it was.
    pub fn apply(self, old: &Device, now: Timestamp) -> Option<Device> {
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
        if new.is_moved_from(old) {
            // The release that it counts as being on is one of the cohort that it was in.
            new.release = None;
        }
        let revision = old.revision.next();
        (new != *old).then_some(Device { revision, updated_at: now, ..new })
    }
}

impl Device {
    /// Whether the device gets its releases from elsewhere than the `old` one did.
    pub fn is_moved_from(&self, old: &Self) -> bool {
        (self.product, self.cohort) != (old.product, old.cohort)
    }
}

impl Resource for Device {
    const TYPE: Option<&'static str> = Some("device");
    const A_NAME: &'static str = "a device";
}

impl Searchable for Device {
    const FIELDS: FieldTable = SEARCH;
    const IS_SORTABLE: bool = true;
}

/// What a device reports to run, in one report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reported {
    /// The release, where it named one of its organization (which need not exist).
    pub release: Option<Id<Release>>,
    /// The bundle, likewise.
    pub bundle: Option<Id<Bundle>>,
    /// The version, in whatever form it says it.
    pub version: Option<VersionText>,
}

impl Reported {
    /// What is wrong with the version, so that nothing can be told by it.
    pub fn version_problem(&self) -> Option<InvalidVersion> {
        self.version.as_ref().and_then(|version| version.as_str().parse::<Version>().err())
    }
}

/// A device's last report on how an update went. Only updates that came with a release have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it went.
    pub status: UpdateStatus,
    /// The release that the update came with.
    pub release: Id<Release>,
    /// When the device said so.
    pub at: Timestamp,
}

/// How an update went, as the device reported it (`POST /update/status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpdateStatus {
    /// It fetches the content.
    Downloading,
    /// It has the content, and writes it.
    Installing,
    /// It runs it.
    Installed,
    /// It could not install it; it runs what it ran before.
    Failed,
    /// It installed it, and went back.
    RolledBack,
}

impl UpdateStatus {
    /// All of them, in the order in which they come.
    pub const ALL: [Self; 5] =
        [Self::Downloading, Self::Installing, Self::Installed, Self::Failed, Self::RolledBack];

    /// Their names, in the same order.
    pub const NAMES: [&'static str; 5] = ["downloading", "installing", "installed", "failed", "rolled_back"];

    /// The name in the API and in storage.
    pub const fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether the update did not stay on the device.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::RolledBack)
    }
}
