//! Finds records by a PRN, a hash, a name and the like. A kind is searched only if the caller has its read scope, and only within the
//! caller's reach: what a list does not show is not found here.

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::{self as binary_rules, Binary};
use olivine_domain::bundle_overrides::BundleOverride;
use olivine_domain::bundles::{self as bundle_rules, Bundle};
use olivine_domain::ca_certificates::{self as authority_rules, CaCertificate};
use olivine_domain::cohorts::Cohort;
use olivine_domain::device_certificates::{self as certificate_rules, DeviceCertificate};
use olivine_domain::devices::Device;
use olivine_domain::lookups::MOST_OF_A_KIND;
pub use olivine_domain::lookups::{LookupText, MatchedBy};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Limit;
use olivine_domain::permissions::{Actor, Authorized, OrganizationScope, Tenancy, scope};
use olivine_domain::prn::{Id, Prn, Resource};
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use olivine_domain::search::FieldTable;
use olivine_domain::signing_keys::{self as key_rules, SigningKey};
use olivine_records::{
    CallerReads, ListQuery, artifact_versions, artifacts, binaries, bundle_overrides, bundles,
    ca_certificates, cohorts, device_certificates, devices, lookups, products, releases, signing_keys,
};

use crate::lists::having;
use crate::{Context, Error};

/// A record that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The word of its kind, as in PRNs.
    pub kind: &'static str,
    /// Its PRN.
    pub prn: String,
    /// What people call it.
    pub name: Option<String>,
    /// The PRN of the record that it is a part of.
    pub within: Option<String>,
    /// What of it was looked up.
    pub matched: MatchedBy,
    /// Whether it is archived.
    pub is_archived: bool,
}

/// What a hit shows of a record.
struct Shown<R> {
    id: Id<R>,
    name: Option<String>,
    within: Option<String>,
    is_archived: bool,
}

/// A kind of record that is found.
trait Found: Resource + Sized {
    fn shown(&self, organization: Id<Organization>) -> Shown<Self>;
}

macro_rules! found {
    ($($type:ty: |$one:ident| $name:expr, within $within:expr, archived $archived:expr;)+) => {$(
        impl Found for $type {
            fn shown(&self, organization: Id<Organization>) -> Shown<Self> {
                let $one = self;
                let within = $within.map(|parent| parent.prn(organization).to_string());
                Shown { id: self.id, name: $name, within, is_archived: $archived }
            }
        }
    )+};
}

/// Of what is a part of nothing.
const NOTHING: Option<Id<Organization>> = None;

found! {
    Artifact: |one| Some(one.name.to_string()), within NOTHING, archived one.archived_at.is_some();
    Bundle: |one| one.name.as_ref().map(ToString::to_string), within NOTHING, archived one.archived_at.is_some();
    Product: |one| Some(one.name.to_string()), within NOTHING, archived one.archived_at.is_some();
    BundleOverride: |one| Some(one.name.to_string()), within NOTHING, archived false;
    SigningKey: |one| Some(one.name.to_string()), within NOTHING, archived false;
    CaCertificate: |one| Some(one.certificate.facts().subject.clone()), within NOTHING, archived false;
    ArtifactVersion: |one| Some(one.version.to_string()), within Some(one.artifact), archived one.archived_at.is_some();
    Binary: |one| Some(one.target.to_string()), within Some(one.artifact_version), archived false;
    Cohort: |one| Some(one.name.to_string()), within Some(one.product), archived one.archived_at.is_some();
    Release: |one| Some(one.name.to_string()), within Some(one.cohort), archived one.archived_at.is_some();
    Device: |one| Some(one.identifier.to_string()), within Some(one.product), archived false;
    DeviceCertificate: |one| Some(one.certificate.facts().fingerprint.to_hex()), within Some(one.device), archived false;
}

/// A lookup that goes on.
struct Lookup<'a> {
    by: &'a Actor,
    reads: CallerReads<'a>,
    text: &'a LookupText,
    hits: Vec<Hit>,
}

/// Finds up to five records of each kind.
pub async fn find(ctx: &Context, by: &Actor, text: &LookupText) -> Result<Vec<Hit>, Error> {
    let mut lookup = Lookup { by, reads: ctx.reads_for(by), text, hits: Vec::new() };
    if text.is_prn() {
        lookup.by_prn().await?;
        return Ok(lookup.hits);
    }
    if text.digest().is_some() {
        lookup.by_digest().await?;
    }
    lookup.by_name_of_firmware().await?;
    lookup.by_name_of_fleet().await?;
    Ok(lookup.hits)
}

impl Lookup<'_> {
    /// The caller's proof of a read scope; `None` where they lack it.
    fn may<S: OrganizationScope>(&self) -> Option<Authorized<S>> {
        self.by.authorize::<S>().ok()
    }

    fn add<R: Found>(&mut self, found: impl IntoIterator<Item = R>, matched: MatchedBy) {
        let organization = self.by.organization;
        let hits = found.into_iter().map(|one| {
            let Shown { id, name, within, is_archived } = one.shown(organization);
            let kind = R::TYPE.unwrap_or("organization");
            Hit { kind, prn: id.prn(organization).to_string(), name, within, matched, is_archived }
        });
        for hit in hits {
            // A release may be found by its name and by its version.
            if !self.hits.iter().any(|other| other.prn == hit.prn) {
                self.hits.push(hit);
            }
        }
    }

    /// The key of the record, if the text is a PRN of this kind and organization.
    fn named<R: Resource>(&self) -> Option<Id<R>> {
        let prn = self.text.as_str().parse::<Prn<R>>().ok()?;
        (prn.organization == self.by.organization).then_some(prn.id)
    }

    async fn by_prn(&mut self) -> Result<(), Error> {
        macro_rules! look {
            ($scope:ident, $records:ident, $type:ty, whole) => {
                if let (Some(id), Some(by)) = (self.named::<$type>(), self.may::<scope::$scope>()) {
                    let found = $records::find(&self.reads, by.organization, id).await?;
                    self.add(found, MatchedBy::Prn);
                }
            };
            ($scope:ident, $records:ident, $type:ty) => {
                if let (Some(id), Some(by)) = (self.named::<$type>(), self.may::<scope::$scope>()) {
                    let found = $records::find(&self.reads, &by.tenancy(), id).await?;
                    self.add(found, MatchedBy::Prn);
                }
            };
        }
        look!(ArtifactRead, artifacts, Artifact, whole);
        look!(ArtifactVersionRead, artifact_versions, ArtifactVersion, whole);
        look!(BinaryRead, binaries, Binary, whole);
        look!(BundleRead, bundles, Bundle, whole);
        look!(SigningKeyRead, signing_keys, SigningKey, whole);
        look!(ProductRead, products, Product);
        look!(CohortRead, cohorts, Cohort);
        look!(ReleaseRead, releases, Release);
        look!(BundleOverrideRead, bundle_overrides, BundleOverride);
        look!(DeviceRead, devices, Device);
        look!(DeviceCertificateRead, device_certificates, DeviceCertificate);
        look!(CaCertificateRead, ca_certificates, CaCertificate);
        Ok(())
    }

    async fn by_digest(&mut self) -> Result<(), Error> {
        let Some(hex) = self.text.digest().map(|digest| digest.to_hex()) else { return Ok(()) };
        if let Some(by) = self.may::<scope::BinaryRead>() {
            let query = one(binary_rules::SEARCH, "hash", &hex)?;
            let page = binaries::list(&self.reads, by.organization, &query).await?;
            self.add(page.items, MatchedBy::Hash);
        }
        if let Some(by) = self.may::<scope::BundleRead>() {
            let query = one(bundle_rules::SEARCH, "hash", &hex)?;
            let page = bundles::list(&self.reads, by.organization, &query).await?;
            self.add(page.items, MatchedBy::Hash);
        }
        if let Some(by) = self.may::<scope::SigningKeyRead>() {
            let query = one(key_rules::SEARCH, "keyid", &hex)?;
            let page = signing_keys::list(&self.reads, by.organization, &query).await?;
            self.add(page.items, MatchedBy::KeyId);
        }
        if let Some(by) = self.may::<scope::CaCertificateRead>() {
            let query = one(authority_rules::SEARCH, "fingerprint", &hex)?;
            let page = ca_certificates::list(&self.reads, &by.tenancy(), &query).await?;
            self.add(page.items, MatchedBy::Fingerprint);
        }
        if let Some(by) = self.may::<scope::DeviceCertificateRead>() {
            let query = one(certificate_rules::SEARCH, "fingerprint", &hex)?;
            let page = device_certificates::list(&self.reads, &by.tenancy(), &query).await?;
            self.add(page.items, MatchedBy::Fingerprint);
        }
        Ok(())
    }

    async fn by_name_of_firmware(&mut self) -> Result<(), Error> {
        if let Some(by) = self.may::<scope::ArtifactRead>() {
            let found = lookups::artifacts_named(&self.reads, by.organization, self.text).await?;
            self.add(found, MatchedBy::Name);
        }
        if let Some(by) = self.may::<scope::ArtifactVersionRead>() {
            let found = lookups::artifact_versions_of_version(&self.reads, by.organization, self.text);
            let found = found.await?;
            self.add(found, MatchedBy::Version);
        }
        if let Some(by) = self.may::<scope::BundleRead>() {
            let found = lookups::bundles_named(&self.reads, by.organization, self.text).await?;
            self.add(found, MatchedBy::Name);
        }
        Ok(())
    }

    async fn by_name_of_fleet(&mut self) -> Result<(), Error> {
        if let Some(by) = self.may::<scope::ProductRead>() {
            let found = lookups::products_named(&self.reads, &by.tenancy(), self.text).await?;
            self.add(found, MatchedBy::Name);
        }
        if let Some(by) = self.may::<scope::CohortRead>() {
            let found = lookups::cohorts_named(&self.reads, &by.tenancy(), self.text).await?;
            self.add(found, MatchedBy::Name);
        }
        if let Some(by) = self.may::<scope::ReleaseRead>() {
            self.add_releases(&by.tenancy()).await?;
        }
        if let Some(by) = self.may::<scope::DeviceRead>() {
            let found = lookups::devices_identified(&self.reads, &by.tenancy(), self.text).await?;
            self.add(found, MatchedBy::Identifier);
        }
        Ok(())
    }

    /// Five by name or version together.
    async fn add_releases(&mut self, tenancy: &Tenancy) -> Result<(), Error> {
        let named = lookups::releases_named(&self.reads, tenancy, self.text).await?;
        let left = usize::try_from(MOST_OF_A_KIND).unwrap_or(usize::MAX).saturating_sub(named.len());
        let mut of_version = lookups::releases_of_version(&self.reads, tenancy, self.text).await?;
        of_version.retain(|release| !named.iter().any(|other| other.id == release.id));
        of_version.truncate(left);
        self.add(named, MatchedBy::Name);
        self.add(of_version, MatchedBy::Version);
        Ok(())
    }
}

/// The newest five records of which a field has this value.
fn one(table: FieldTable, name: &'static str, value: &str) -> Result<ListQuery, Error> {
    let clauses = vec![having(table, name, value)?];
    let limit = Limit::new(MOST_OF_A_KIND).map_err(Error::internal)?;
    Ok(ListQuery { clauses, limit, ..ListQuery::default() })
}
