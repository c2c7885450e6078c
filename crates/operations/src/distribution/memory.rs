//! The caches of a process, because of which a cached and unchanged device costs no query. All of it can be read again at any time.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::alike::Alike;
use super::cache::{Cache, CacheEpoch};
use super::changes::Change;
use super::check_ins::CheckIns;
use super::facts::{CredentialFacts, DeviceFacts, OrganizationFacts, PhaseCounts, Standing};
use super::log::AnnouncementLog;
use super::lookups::LookupBatch;
use super::manifests::{self, Deliverable};
use crate::releases::view::{View, view};
use crate::storages::{self, Opened};
use crate::{Context, Error};
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::device_credentials::{CredentialKey, DeviceCredential};
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::target::Target;
use olivine_records::{
    bundle_overrides, bundles, cohorts, devices, organizations, products, release_claims, releases, stops,
};

/// All that is remembered.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) log: AnnouncementLog,
    pub(super) check_ins: CheckIns,
    pub(super) refusals: super::refusals::Refusals,
    pub(super) lookups: LookupBatch,
    /// Where strangers are noted.
    pub(super) home: OnceLock<Id<Organization>>,
    /// What devices have alike.
    pub(super) alike: Alike,
    credentials: Cache<CredentialKey, CredentialFacts>,
    devices: Cache<Id<Device>, Arc<DeviceFacts>>,
    graphs: Cache<Id<Cohort>, Arc<ReleaseGraph>>,
    phase_counts: Cache<Id<Cohort>, PhaseCounts>,
    organizations: Cache<Id<Organization>, Arc<OrganizationFacts>>,
    /// The targets of products. By product, so that a new product is read when it is first asked for.
    targets: Cache<Id<Product>, Option<Arc<Target>>>,
    manifests: Cache<(Id<Bundle>, Option<String>), Deliverable>,
    /// As devices are shown them, with what follows from other records.
    releases: Cache<Id<Release>, Arc<View>>,
    bundles: Cache<Id<Bundle>, Arc<Bundle>>,
    storages: Cache<Id<StorageBackend>, Arc<Opened>>,
}

/// Moments of what devices are recognized by.
pub(super) struct Moments {
    credentials: CacheEpoch,
    devices: CacheEpoch,
}

/// How many graphs, and manifests, are remembered at most; each may be large, but there are few.
const MOST_OTHERS: usize = 10_000;

impl Memory {
    /// Other processes may have changed something.
    pub(crate) fn look_soon(&self) {
        self.log.ring();
    }

    /// Room for `most` devices. Changes of other processes may be missed after `stale_after` without a look at them.
    pub(crate) fn new(most: usize, stale_after: Duration) -> Self {
        Self {
            log: AnnouncementLog::new(stale_after),
            check_ins: CheckIns::default(),
            refusals: super::refusals::Refusals::default(),
            lookups: LookupBatch::default(),
            home: OnceLock::new(),
            alike: Alike::default(),
            credentials: Cache::new(most),
            devices: Cache::new(most),
            graphs: Cache::new(MOST_OTHERS),
            phase_counts: Cache::new(MOST_OTHERS),
            organizations: Cache::new(MOST_OTHERS),
            targets: Cache::new(MOST_OTHERS),
            manifests: Cache::new(MOST_OTHERS),
            releases: Cache::new(MOST_OTHERS),
            bundles: Cache::new(MOST_OTHERS),
            storages: Cache::new(MOST_OTHERS),
        }
    }

    /// Forgets what a change made out of date.
    pub(super) fn forget(&self, change: Change) {
        match change {
            Change::Device(id) => self.devices.forget(&id),
            Change::Devices(organization) => {
                self.devices.forget_where(|device| device.belongs.organization == organization);
                self.credentials.forget_where(|known| known.organization == organization);
            }
            Change::Credential(key) => self.credentials.forget(&key),
            Change::Authorities(organization) => self.credentials.forget_where(|known| {
                known.organization != organization && known.standing != Standing::Proven
            }),
            Change::ReleaseGraph(id) => {
                self.graphs.forget(&id);
                self.phase_counts.forget(&id);
                self.releases.forget_all();
            }
            Change::PhaseCounts(id) => {
                self.phase_counts.forget(&id);
                self.releases.forget_all();
            }
            Change::Product(id) => self.targets.forget(&id),
            Change::Organization(id) => {
                self.organizations.forget(&id);
                // Servers of the version before announce a product's target so.
                self.targets.forget_all();
            }
            Change::Manifests(_) => {
                self.manifests.forget_all();
                self.releases.forget_all();
                self.bundles.forget_all();
            }
            Change::Storage(id) => {
                self.storages.forget(&id);
                self.manifests.forget_all();
            }
        }
    }

    /// Forgets how far numeric phases are.
    pub(super) fn forget_crowds(&self) {
        self.phase_counts.forget_all();
    }

    /// Forgets all.
    pub(super) fn forget_all(&self) {
        self.credentials.forget_all();
        self.devices.forget_all();
        self.graphs.forget_all();
        self.phase_counts.forget_all();
        self.organizations.forget_all();
        self.targets.forget_all();
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

    /// Who is known by this credential, and what is remembered of the device, if that was found on the way. The device
    /// is remembered then in any case.
    pub(super) async fn credential(
        &self,
        ctx: &Context,
        credential: &DeviceCredential,
    ) -> Result<Option<(CredentialFacts, Option<Arc<DeviceFacts>>)>, Error> {
        if let Some(known) = self.credentials.get(&credential.key()) {
            let Some(device) = known.device else { return Ok(Some((known, None))) };
            if let Some(facts) = self.devices.get(&device) {
                return Ok(Some((known, Some(facts))));
            }
            // Its device is asked for next: a fleet that was changed as a whole, or is larger than the memory, comes back together too.
        }
        let found = self.lookups.credential(ctx, credential).await?;
        Ok(found.map(|found| (found, None)))
    }

    /// From where on it is noticed what is forgotten.
    pub(super) fn moment(&self) -> Moments {
        Moments { credentials: self.credentials.moment(), devices: self.devices.moment() }
    }

    /// Remembers what was read after a moment, unless it was forgotten since.
    pub(super) fn keep_credential(&self, since: &Moments, key: CredentialKey, found: CredentialFacts) {
        self.credentials.keep(&since.credentials, &key, found);
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
            let Some(device) = devices::find(ctx.db(), &Tenancy::of_server(organization), id).await? else {
                return Ok(None);
            };
            let claims = release_claims::list_for_device(ctx.db(), organization, id).await?;
            Ok(Some(Arc::new(DeviceFacts::new(&self.alike, device, claims))))
        };
        let found = self.devices.get_or_read(&id, read).await?;
        Ok(found.filter(|device| device.belongs.organization == organization))
    }

    /// A cohort's releases.
    pub(super) async fn graph(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        cohort: Id<Cohort>,
    ) -> Result<Arc<ReleaseGraph>, Error> {
        let read = async || {
            let releases = releases::list_graph(ctx.db(), organization, cohort).await?;
            let graph = ReleaseGraph::new(releases).map_err(Error::internal)?;
            Ok(Some(Arc::new(graph)))
        };
        let found = self.graphs.get_or_read(&cohort, read).await?;
        found.ok_or_else(|| Error::not_found(cohort))
    }

    /// The numbers that a cohort's latest release is measured by.
    pub(super) async fn phase_counts(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        cohort: Id<Cohort>,
        sink: Id<Release>,
    ) -> Result<PhaseCounts, Error> {
        let read = async || {
            let devices = cohorts::find(ctx.db(), &Tenancy::of_server(organization), cohort)
                .await?
                .map_or(0, |found| found.devices);
            let release = releases::find(ctx.db(), &Tenancy::of_server(organization), sink).await?;
            Ok(Some(PhaseCounts { devices, claims: release.map_or(0, |release| release.claims) }))
        };
        let found = self.phase_counts.get_or_read(&cohort, read).await?;
        Ok(found.unwrap_or(PhaseCounts { devices: 0, claims: 0 }))
    }

    /// What an organization decides for all.
    pub(super) async fn organization(
        &self,
        ctx: &Context,
        id: Id<Organization>,
    ) -> Result<Arc<OrganizationFacts>, Error> {
        let read = async || {
            let organization = organizations::get(ctx.db(), id).await.map_err(Error::missing(id))?;
            let stops = stops::list(ctx.db(), id).await?;
            let overrides = bundle_overrides::list_current(ctx.db(), id, ctx.now()).await?;
            Ok(Some(Arc::new(OrganizationFacts::new(&organization, stops, overrides))))
        };
        self.organizations.get_or_read(&id, read).await?.ok_or_else(|| Error::not_found(id))
    }

    /// The target of a product's devices that have none of their own.
    pub(super) async fn product_target(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        id: Id<Product>,
    ) -> Result<Option<Arc<Target>>, Error> {
        let read = async || {
            let product = products::find(ctx.db(), &Tenancy::of_server(organization), id).await?;
            Ok(product.map(|product| product.target.map(Arc::new)))
        };
        Ok(self.targets.get_or_read(&id, read).await?.flatten())
    }

    /// A release as devices are shown it.
    pub(super) async fn release(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
        id: Id<Release>,
    ) -> Result<Option<Arc<View>>, Error> {
        let read = async || match releases::find(ctx.db(), &Tenancy::of_server(organization), id).await? {
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
    ) -> Result<Deliverable, Error> {
        let key = (bundle, target.map(|target| target.key().to_owned()));
        let read = async || Ok(Some(manifests::read(ctx, organization, bundle, target).await?));
        let found = self.manifests.get_or_read(&key, read).await?;
        found.ok_or_else(|| Error::not_found(bundle))
    }
}
