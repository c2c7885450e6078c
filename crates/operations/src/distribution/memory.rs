//! What a process remembers, so that a device that is known and unchanged costs no query. All of it can be read again at any time.

use std::sync::{Arc, OnceLock};

use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::channel::Channel;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::target::Target;
use olivine_records::{
    bundle_overrides, bundles, cohorts, devices, organizations, products, release_claims, releases,
};
use uuid::Uuid;

use super::changes::{Heard, half};
use super::check_ins::CheckIns;
use super::facts::{Credential, Crowd, DeviceFacts, OrganizationFacts};
use super::kept::{Kept, Moment};
use super::manifests::{self, Template, Undeliverable};
use super::newcomers::Newcomers;
use crate::releases::{View, view};
use crate::storages::{self, Opened};
use crate::{Context, Error};

/// All that is remembered.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(super) heard: Heard,
    pub(super) check_ins: CheckIns,
    pub(super) refusals: super::refusals::Refusals,
    pub(super) newcomers: Newcomers,
    /// Where strangers are noted.
    pub(super) home: OnceLock<Id<Organization>>,
    certificates: Kept<Uuid, Credential>,
    devices: Kept<Id<Device>, Arc<DeviceFacts>>,
    channels: Kept<Id<Cohort>, Arc<Channel>>,
    crowds: Kept<Id<Cohort>, Crowd>,
    organizations: Kept<Id<Organization>, Arc<OrganizationFacts>>,
    manifests: Kept<(Id<Bundle>, Option<String>), Manifest>,
    /// As devices are shown them, with what follows from other records.
    releases: Kept<Id<Release>, Arc<View>>,
    bundles: Kept<Id<Bundle>, Arc<Bundle>>,
    storages: Kept<Id<StorageBackend>, Arc<Opened>>,
}

/// A bundle for a target, or why there is none.
pub(super) type Manifest = Result<Arc<Template>, Arc<Undeliverable>>;

/// Moments of what devices are recognized by.
pub(super) struct Moments {
    certificates: Moment,
    devices: Moment,
}

/// How many channels, and manifests, are remembered at most; each may be large, but there are few.
const MOST_OTHERS: usize = 10_000;

impl Memory {
    /// Other processes may have changed something.
    pub(crate) fn look_soon(&self) {
        self.heard.ring();
    }

    /// Room for `most` devices.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            heard: Heard::default(),
            check_ins: CheckIns::default(),
            refusals: super::refusals::Refusals::default(),
            newcomers: Newcomers::default(),
            home: OnceLock::new(),
            certificates: Kept::new(most),
            devices: Kept::new(most),
            channels: Kept::new(MOST_OTHERS),
            crowds: Kept::new(MOST_OTHERS),
            organizations: Kept::new(MOST_OTHERS),
            manifests: Kept::new(MOST_OTHERS),
            releases: Kept::new(MOST_OTHERS),
            bundles: Kept::new(MOST_OTHERS),
            storages: Kept::new(MOST_OTHERS),
        }
    }

    /// Forgets what an announcement names.
    pub(super) fn forget(&self, kind: &str, subject: Uuid) {
        match kind {
            "device" => self.devices.forget(&Id::new(subject)),
            "certificate" => self.certificates.forget(&subject),
            "channel" => {
                self.channels.forget(&Id::new(subject));
                self.crowds.forget(&Id::new(subject));
                self.releases.forget_all();
            }
            "crowd" => {
                self.crowds.forget(&Id::new(subject));
                self.releases.forget_all();
            }
            "organization" => self.organizations.forget(&Id::new(subject)),
            "manifests" => {
                self.manifests.forget_all();
                self.releases.forget_all();
                self.bundles.forget_all();
            }
            "storage" => {
                self.storages.forget(&Id::new(subject));
                self.manifests.forget_all();
            }
            // A later version's word: whatever it means, nothing old is left.
            _ => self.forget_all(),
        }
    }

    /// Forgets all.
    pub(super) fn forget_all(&self) {
        self.certificates.forget_all();
        self.devices.forget_all();
        self.channels.forget_all();
        self.crowds.forget_all();
        self.organizations.forget_all();
        self.manifests.forget_all();
        self.releases.forget_all();
        self.bundles.forget_all();
        self.storages.forget_all();
    }

    /// An opened storage.
    pub(crate) async fn storage(&self, ctx: &Context, id: Id<StorageBackend>) -> Result<Arc<Opened>, Error> {
        let found = self.storages.get_or_read(&id, async || storages::read(ctx, id).await.map(Some)).await?;
        found.ok_or_else(|| Error::not_found(id))
    }

    /// Who is known by the certificate of this fingerprint. The device is remembered then, too.
    pub(super) async fn credential(
        &self,
        ctx: &Context,
        fingerprint: &Sha256Digest,
    ) -> Result<Option<Credential>, Error> {
        match self.certificates.get(&half(fingerprint)) {
            Some(known) if known.device.is_none_or(|device| self.devices.get(&device).is_some()) => {
                Ok(Some(known))
            }
            // Its device is asked for next: a fleet that was changed as a whole, or is larger than the memory, comes back together too.
            _ => self.newcomers.credential(ctx, fingerprint).await,
        }
    }

    /// From where on it is noticed what is forgotten.
    pub(super) fn moment(&self) -> Moments {
        Moments { certificates: self.certificates.moment(), devices: self.devices.moment() }
    }

    /// Remembers what was read after a moment, unless it was forgotten since.
    pub(super) fn keep_credential(&self, since: &Moments, fingerprint: &Sha256Digest, found: Credential) {
        self.certificates.keep(&since.certificates, &half(fingerprint), found);
    }

    /// The same of a device.
    pub(super) fn keep_device(&self, since: &Moments, found: DeviceFacts) {
        self.devices.keep(&since.devices, &found.id.clone(), Arc::new(found));
    }

    /// A device.
    pub(super) async fn device(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        id: Id<Device>,
    ) -> Result<Option<Arc<DeviceFacts>>, Error> {
        let read = async || {
            let Some(device) = devices::find(ctx.db(), organization, id).await? else { return Ok(None) };
            let claims = release_claims::list_for_device(ctx.db(), organization, id).await?;
            Ok(Some(Arc::new(DeviceFacts::new(device, claims))))
        };
        let found = self.devices.get_or_read(&id, read).await?;
        Ok(found.filter(|device| device.organization == organization))
    }

    /// A cohort's releases.
    pub(super) async fn channel(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        cohort: Id<Cohort>,
    ) -> Result<Arc<Channel>, Error> {
        let read = async || {
            let releases = releases::list_channel(ctx.db(), organization, cohort).await?;
            let channel = Channel::new(releases).map_err(Error::internal)?;
            Ok(Some(Arc::new(channel)))
        };
        let found = self.channels.get_or_read(&cohort, read).await?;
        found.ok_or_else(|| Error::not_found(cohort))
    }

    /// The numbers that a cohort's latest release is measured by.
    pub(super) async fn crowd(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        cohort: Id<Cohort>,
        sink: Id<Release>,
    ) -> Result<Crowd, Error> {
        let read = async || {
            let devices =
                cohorts::find(ctx.db(), organization, cohort).await?.map_or(0, |found| found.devices);
            let release = releases::find(ctx.db(), organization, sink).await?;
            Ok(Some(Crowd { devices, claims: release.map_or(0, |release| release.claims) }))
        };
        let found = self.crowds.get_or_read(&cohort, read).await?;
        Ok(found.unwrap_or(Crowd { devices: 0, claims: 0 }))
    }

    /// What an organization decides for all.
    pub(super) async fn organization(
        &self,
        ctx: &Context,
        id: Id<Organization>,
    ) -> Result<Arc<OrganizationFacts>, Error> {
        let read = async || {
            let organization = organizations::get(ctx.db(), id).await.map_err(Error::missing(id))?;
            let overrides = bundle_overrides::list_current(ctx.db(), id, ctx.now()).await?;
            let targets = products::list_targets(ctx.db(), id).await?;
            Ok(Some(Arc::new(OrganizationFacts::new(&organization, targets, overrides))))
        };
        self.organizations.get_or_read(&id, read).await?.ok_or_else(|| Error::not_found(id))
    }

    /// A release as devices are shown it.
    pub(super) async fn release(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        id: Id<Release>,
    ) -> Result<Option<Arc<View>>, Error> {
        let read = async || match releases::find(ctx.db(), organization, id).await? {
            Some(release) => Ok(Some(Arc::new(view(ctx, release).await?))),
            None => Ok(None),
        };
        self.releases.get_or_read(&id, read).await
    }

    /// A bundle as devices are shown it.
    pub(super) async fn bundle(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        id: Id<Bundle>,
    ) -> Result<Option<Arc<Bundle>>, Error> {
        let read = async || Ok(bundles::find(ctx.db(), organization, id).await?.map(Arc::new));
        self.bundles.get_or_read(&id, read).await
    }

    /// What a device of this target gets of a bundle.
    pub(super) async fn manifest(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        bundle: Id<Bundle>,
        target: Option<&Target>,
    ) -> Result<Manifest, Error> {
        let key = (bundle, target.map(|target| target.key().to_owned()));
        let read = async || Ok(Some(manifests::read(ctx, organization, bundle, target).await?));
        let found = self.manifests.get_or_read(&key, read).await?;
        found.ok_or_else(|| Error::not_found(bundle))
    }
}
