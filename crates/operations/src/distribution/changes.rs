//! What the update check caches and must read again after a change. A change is announced in the transaction that makes it. This process
//! applies it right after the commit; other processes read the log of announcements when they are told of it, and every 0.4 s in any case.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use olivine_domain::binaries::Binary;
use olivine_domain::cohorts::Cohort;
use olivine_domain::device_credentials::CredentialKey;
use olivine_domain::devices::Device;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::announcements::{self, Announcement};
use olivine_records::{Write, bundles};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::watchdog::{Patience, watched};
use crate::{Context, Error};

/// Something that the update check may remember, and that is now different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    /// A device: its fields, its claims, or that it was deleted.
    Device(Id<Device>),
    /// So many of an organization's devices, or of their credentials, that naming each one would cost more than reading them again.
    Devices(Id<Organization>),
    /// A device's credential was registered or removed.
    Credential(CredentialKey),
    /// An organization has an authority that it had not before: it may end what others claim.
    Authorities(Id<Organization>),
    /// A cohort's releases and their links.
    ReleaseGraph(Id<Cohort>),
    /// How many devices a cohort has, or how many of them claimed its latest release.
    PhaseCounts(Id<Cohort>),
    /// A product's target.
    Product(Id<Product>),
    /// What an organization decides for all: its settings and its overrides.
    Organization(Id<Organization>),
    /// What can be served of an organization's bundles: a binary was destroyed, a signature or a key changed.
    Manifests(Id<Organization>),
    /// A storage backend: its credentials and settings, or which devices are near to it.
    Storage(Id<StorageBackend>),
}

impl Change {
    /// That a certificate was registered or removed.
    pub(crate) fn certificate(fingerprint: &Sha256Digest) -> Self {
        Self::Credential(fingerprint.into())
    }

    /// How it is written in the log: its kind, and which one.
    fn announced(self) -> (&'static str, Uuid) {
        match self {
            Self::Device(id) => ("device", id.uuid()),
            Self::Devices(id) => ("devices", id.uuid()),
            // The name is from the time when certificates were the only credentials; the version before knows it.
            Self::Credential(key) => ("certificate", key.uuid()),
            Self::Authorities(id) => ("authorities", id.uuid()),
            // These two names are from earlier versions, which know no others.
            Self::ReleaseGraph(id) => ("channel", id.uuid()),
            Self::PhaseCounts(id) => ("crowd", id.uuid()),
            Self::Product(id) => ("product", id.uuid()),
            Self::Organization(id) => ("organization", id.uuid()),
            Self::Manifests(id) => ("manifests", id.uuid()),
            Self::Storage(id) => ("storage", id.uuid()),
        }
    }

    /// `None` for a kind that only another version knows.
    fn read(kind: &str, subject: Uuid) -> Option<Self> {
        Some(match kind {
            "device" => Self::Device(Id::new(subject)),
            "devices" => Self::Devices(Id::new(subject)),
            "certificate" => Self::Credential(CredentialKey::announced(subject)),
            "authorities" => Self::Authorities(Id::new(subject)),
            "channel" => Self::ReleaseGraph(Id::new(subject)),
            "crowd" => Self::PhaseCounts(Id::new(subject)),
            "product" => Self::Product(Id::new(subject)),
            "organization" => Self::Organization(Id::new(subject)),
            "manifests" => Self::Manifests(Id::new(subject)),
            "storage" => Self::Storage(Id::new(subject)),
            _ => return None,
        })
    }

    /// Removes it from the caches of this process only: the cached value proved to be stale, although nothing was changed here.
    pub(super) fn forget(self, ctx: &Context) {
        ctx.memory().forget(self);
    }
}

/// Changes that are announced in a transaction; to be applied once it is committed.
#[derive(Debug)]
#[must_use = "what was announced must be applied after the commit"]
pub(crate) struct Announced(Vec<(Announcement, Change)>);

/// What a transaction changes of all that may be remembered.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    named: Vec<(Id<Organization>, Change)>,
    /// How many devices and credentials of each organization are named.
    devices: BTreeMap<Id<Organization>, usize>,
    /// Binaries of which something changed that bundles serve.
    binaries: BTreeSet<(Id<Organization>, Id<Binary>)>,
}

/// So many devices and credentials of an organization are named one by one.
const MOST_NAMED: usize = 500;

impl Changes {
    /// Adds a change of the organization.
    pub(crate) fn add(&mut self, organization: Id<Organization>, change: Change) {
        let named = (organization, change);
        if self.is_mass(organization) && is_of_device(change) || self.named.contains(&named) {
            return;
        }
        if is_of_device(change) {
            *self.devices.entry(organization).or_default() += 1;
        }
        self.named.push(named);
    }

    fn is_mass(&self, organization: Id<Organization>) -> bool {
        self.devices.get(&organization).is_some_and(|devices| *devices > MOST_NAMED)
    }

    /// Adds that a binary is different.
    pub(crate) fn add_binary(&mut self, binary: &Binary) {
        self.add_binary_of(binary.organization, binary.id);
    }

    /// The same, by its key.
    pub(crate) fn add_binary_of(&mut self, organization: Id<Organization>, binary: Id<Binary>) {
        self.binaries.insert((organization, binary));
    }

    /// What is to be announced: each change, or that all of an organization's devices are to be read again; and what can be served of an
    /// organization's bundles, where a bundle has one of the binaries.
    async fn finish(mut self, w: &Write) -> Result<Vec<Change>, Error> {
        for (organization, binary) in std::mem::take(&mut self.binaries) {
            let all = Change::Manifests(organization);
            if !self.named.contains(&(organization, all))
                && bundles::has_binary(w, organization, binary).await?
            {
                self.named.push((organization, all));
            }
        }
        Ok(self.named())
    }

    fn named(&self) -> Vec<Change> {
        let mass = self.devices.keys().copied().filter(|organization| self.is_mass(*organization));
        let named = self.named.iter().filter(|(of, change)| !(is_of_device(*change) && self.is_mass(*of)));
        named.map(|(_, change)| *change).chain(mass.map(Change::Devices)).collect()
    }
}

/// Whether there may be very many changes of the kind in one transaction.
const fn is_of_device(change: Change) -> bool {
    matches!(change, Change::Device(_) | Change::Credential(_))
}

/// Announces what a transaction changed, in it. For the unit of work only.
pub(crate) async fn announce(ctx: &Context, w: &Write, changes: Changes) -> Result<Announced, Error> {
    let now = ctx.now();
    let mut announced = Vec::new();
    for change in changes.finish(w).await? {
        let (kind, subject) = change.announced();
        let number = announcements::add(w, kind, subject, now).await?;
        announced.push((Announcement { number, kind: kind.to_owned(), subject }, change));
    }
    Ok(Announced(announced))
}

impl Announced {
    /// Puts the changes into force in this process. To be called right after the commit, before anybody is answered.
    pub(crate) fn apply(self, ctx: &Context) {
        if !self.0.is_empty() {
            ctx.outbox().changed();
        }
        for (announcement, change) in self.0 {
            ctx.memory().log.made_here(announcement);
            ctx.memory().forget(change);
        }
    }
}

/// How often other processes' changes are looked for; a quarantine is in force everywhere within one second.
const EVERY: Duration = Duration::from_millis(400);
/// How long to wait after a look, so that many changes in a row cost few queries.
const PAUSE: Duration = Duration::from_millis(20);
/// After how long without a look it can't be known what was missed: announcements are kept for an hour.
const TOO_LONG: Duration = Duration::from_mins(30);
/// How many changes are applied one by one; after more of them, everything is forgotten.
const MOST: u64 = 5_000;
/// How long one look may take; twice as long after one that took longer, in case the database is merely slow.
const LOOK_WITHIN: Patience = Patience { first: Duration::from_secs(2), then: Duration::from_secs(4) };

/// Follows what other processes change until `stop`. A look that hangs is given up, and begun again on another connection.
pub(super) async fn follow(ctx: &Context, stop: &CancellationToken) {
    let log = &ctx.memory().log;
    let mut failed = false;
    while stop.run_until_cancelled(log.news(EVERY)).await.is_some() {
        let looked = watched(ctx, "changes", LOOK_WITHIN.after(failed), look(ctx)).await;
        failed = looked.is_err();
        if let Err(error) = looked {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "changes that other processes made can't be read; trying again");
        }
        stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
    }
}

/// Begins to follow the log; before anything is remembered.
pub(super) async fn begin(ctx: &Context) -> Result<(), Error> {
    let began = Instant::now();
    let position = announcements::position(ctx.db()).await?;
    ctx.memory().log.looked(began, position);
    ctx.memory().forget_all();
    Ok(())
}

/// Looks once for what other processes changed.
pub(super) async fn look(ctx: &Context) -> Result<(), Error> {
    let (memory, began) = (ctx.memory(), Instant::now());
    let Some(before) = memory.log.position() else { return begin(ctx).await };
    let news = announcements::news_since(ctx.db(), &before, MOST).await?;
    if !news.position.continues(&before) {
        tracing::warn!(
            "the database is not the one that it was, or went back to an earlier state: everything is read again"
        );
        // Connections that still lead to the database of before must not be read from.
        ctx.db().distrust_connections();
        return forget_all(ctx, "other_log").await;
    }
    if !news.is_all {
        return forget_all(ctx, "many_changes").await;
    }
    if news.position.since(&before) > TOO_LONG {
        return forget_all(ctx, "long_silence").await;
    }
    for announcement in news.announcements {
        if !memory.log.was_made_here(&announcement) {
            match Change::read(&announcement.kind, announcement.subject) {
                Some(change) => memory.forget(change),
                None => memory.forget_all(),
            }
        }
    }
    if memory.log.looked(began, news.position) {
        // Phases are counted from the records again after a time in which changes may have been missed.
        memory.forget_crowds();
    }
    Ok(())
}

/// Begins anew, on a connection that is known to lead to the database as it is now.
async fn forget_all(ctx: &Context, reason: &'static str) -> Result<(), Error> {
    metrics::counter!("olivine_memory_cleared_total", "reason" => reason).increment(1);
    begin(ctx).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Change> {
        let one = Uuid::from_u128(7);
        vec![
            Change::Device(Id::new(one)),
            Change::Devices(Id::new(one)),
            Change::Credential(CredentialKey::announced(one)),
            Change::Authorities(Id::new(one)),
            Change::ReleaseGraph(Id::new(one)),
            Change::PhaseCounts(Id::new(one)),
            Change::Product(Id::new(one)),
            Change::Organization(Id::new(one)),
            Change::Manifests(Id::new(one)),
            Change::Storage(Id::new(one)),
        ]
    }

    #[test]
    fn each_change_is_read_as_it_was_announced() {
        for change in all() {
            let (kind, subject) = change.announced();
            assert_eq!(Change::read(kind, subject), Some(change));
        }
        assert_eq!(Change::read("of a later version", Uuid::nil()), None);
    }

    #[test]
    fn a_mass_change_is_announced_once() {
        let organization = Id::new(Uuid::from_u128(1));
        let device = |number: usize| Change::Device(Id::new(Uuid::from_u128(number as u128)));
        let mut few = Changes::default();
        (0..MOST_NAMED).for_each(|number| few.add(organization, device(number)));
        assert_eq!(few.named().len(), MOST_NAMED);
        let mut many = Changes::default();
        let other = Id::new(Uuid::from_u128(2));
        many.add(other, device(0));
        (0..2 * MOST_NAMED).for_each(|number| many.add(organization, device(number)));
        assert_eq!(many.named(), [device(0), Change::Devices(organization)]);
    }
}
