//! Just-in-time provisioning: creates an unknown device from a certificate that a registered CA signed.
//!
//! Must never take a new certificate for an existing device: otherwise anybody for whom the CA signs a certificate could become any
//! device.

pub(crate) mod refusal;
mod renewals;
mod signers;

use olivine_domain::archiving::{Archived, usable};
use olivine_domain::ca_certificates::{CaCertificate, Jitp, choose_provisioner};
use olivine_domain::certificates::{Certificate, IdentifierSource};
use olivine_domain::device_certificates::{DeviceCertificate, Proof};
use olivine_domain::devices::{Device, Identifier, Reported};
use olivine_domain::events::Subject;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::permissions::{Actor, Origin, Tenancy};
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use olivine_records::{Constraint, Reader, cohorts, device_certificates, devices, products};

pub use self::refusal::ProvisioningRefusal;
pub(crate) use self::signers::{Signers, find_signers};
use crate::device_certificates::take_over;
use crate::distribution::certificates::Shown;
use crate::distribution::changes::Change;
use crate::error::Error;
use crate::events::{EventData, Fingerprint, Provisioned, Whole};
use crate::work::Work;
use crate::{Context, deadlocks};

/// Why no device was made.
#[derive(Debug, thiserror::Error)]
pub enum NotProvisioned {
    /// No CA certificate with provisioning settings signed it.
    #[error("no CA certificate that provisions signed it")]
    Unknown {
        /// The organization of a CA certificate that signed it, or that bears the name of its issuer.
        organization: Option<Id<Organization>>,
        /// What stood in the way of finding out who signed it.
        doubts: Vec<String>,
        /// The same, for that organization only.
        notes: Vec<String>,
    },
    /// It is not to be; the CA certificates that signed it are this organization's.
    #[error("{1}")]
    Refused(Id<Organization>, ProvisioningRefusal),
    /// It could not be.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<olivine_records::Error> for NotProvisioned {
    fn from(error: olivine_records::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// How many authorities a refusal names.
const MOST_NAMED: usize = 3;

/// Finds the device of a certificate that nobody knows: its authority takes it as a renewal, or a device is made of it, if a registered CA certificate signed it that provisions now. Two connections that do
/// so at once make one device.
pub(crate) async fn provision(
    ctx: &Context,
    shown: &Shown<'_>,
    origin: &Origin,
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    // One more try, after somebody else did the same at the same moment.
    match attempt_again(ctx, shown, origin).await {
        Err(NotProvisioned::Failed(Error::Conflict(_))) => attempt_again(ctx, shown, origin).await,
        other => other,
    }
}

/// Tries, and again after a deadlock.
async fn attempt_again(
    ctx: &Context,
    shown: &Shown<'_>,
    origin: &Origin,
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    let attempted = deadlocks::retry(ctx, || async {
        match attempt(ctx, shown, origin).await {
            Err(NotProvisioned::Failed(error)) => Err(error),
            decided => Ok(decided),
        }
    });
    attempted.await?
}

async fn attempt(
    ctx: &Context,
    shown: &Shown<'_>,
    origin: &Origin,
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    let signers = find_signers(ctx.db(), shown, ctx.now()).await?;
    match renewals::renew(ctx, shown, &signers, origin).await {
        Ok(Some(renewed)) => return Ok(renewed),
        Ok(None) => {}
        Err(NotProvisioned::Refused(organization, refusal)) => {
            // The device is there. Only another organization could make one, if its authority signed this, too.
            let is_elsewhere =
                choose(&signers, ctx.now()).is_ok_and(|(ca, _)| ca.organization != organization);
            if !is_elsewhere {
                return Err(NotProvisioned::Refused(organization, refusal));
            }
        }
        Err(failed) => return Err(failed),
    }
    make(ctx, shown, signers, origin).await
}

/// Makes a device.
async fn make(
    ctx: &Context,
    shown: &Shown<'_>,
    signers: Signers,
    origin: &Origin,
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    let certificate = shown.certificate;
    // Without a transaction first: most of those that are to be refused need none.
    let (ca, ..) = decide(&signers, certificate, ctx.now())?;
    complete_marks(ctx, ca.organization).await?;
    let mut w = ctx.work().await?;
    // As they are now: they may have been changed or deleted since.
    let signers = signers.again(&w).await?;
    let (ca, jitp, identifier) = decide(&signers, certificate, ctx.now())?;
    if let Some(known) = already_known(&w, ca, certificate).await? {
        return claim(ctx, w, known).await;
    }
    if devices::find_by_identifier(&w, &Tenancy::of_server(ca.organization), &identifier).await?.is_some() {
        // Another connection may have been faster since the first look: a device comes together with its certificate.
        if let Some(known) = already_known(&w, ca, certificate).await? {
            return claim(ctx, w, known).await;
        }
        let exists = ProvisioningRefusal::DeviceExists(identifier);
        return Err(NotProvisioned::Refused(ca.organization, exists));
    }
    let device = new_device(ctx, ca, jitp.clone(), identifier);
    check_place(&w, &device).await?;
    let registered = DeviceCertificate {
        id: ctx.new_id(),
        organization: ca.organization,
        device: device.id,
        ca_certificate: Some(ca.id),
        proof: Some(Proof::Authority),
        certificate: certificate.clone(),
        inserted_at: device.inserted_at,
    };
    devices::insert(&w, &device).await.map_err(at_once)?;
    device_certificates::insert(&w, &registered).await.map_err(at_once)?;
    record(&mut w, &device, &registered, ca, origin);
    take_over(&mut w, &Actor::device(device.organization, device.id, origin.clone()), &[&registered]).await?;
    w.moves().join(&device);
    w.changed(ca.organization, Change::certificate(&certificate.facts().fingerprint));
    w.commit().await?;
    Ok((device, registered))
}

/// Refuses to make a device of an archived product, or in an archived cohort.
async fn check_place(w: &Work, device: &Device) -> Result<(), NotProvisioned> {
    let archived = |archived: Archived| {
        NotProvisioned::Refused(device.organization, ProvisioningRefusal::Archived(archived))
    };
    let product = products::get_to_use(w, &Tenancy::of_server(device.organization), device.product)
        .await
        .map_err(at_once)?;
    usable(&product).map_err(archived)?;
    if let Some(cohort) = device.cohort {
        let cohort = cohorts::get_to_use(w, &Tenancy::of_server(device.organization), cohort)
            .await
            .map_err(at_once)?;
        usable(&cohort).map_err(archived)?;
    }
    Ok(())
}

/// Marks of servers of an earlier version have no hashes yet. Usually there are none.
async fn complete_marks(ctx: &Context, organization: Id<Organization>) -> Result<(), NotProvisioned> {
    while device_certificates::has_incomplete_marks(ctx.db(), organization).await? {
        let w = ctx.work().await?;
        device_certificates::complete_marks(&w, organization).await?;
        w.commit().await?;
    }
    Ok(())
}

/// What can be said of the certificates alone: which authority provisions the device, how, and under which identifier.
fn decide<'a>(
    signers: &'a Signers,
    certificate: &Certificate,
    now: Timestamp,
) -> Result<(&'a CaCertificate, &'a Jitp, Identifier), NotProvisioned> {
    let (ca, jitp) = choose(signers, now)?;
    let identifier = check(certificate, jitp.identifier, now);
    Ok((ca, jitp, identifier.map_err(|refusal| NotProvisioned::Refused(ca.organization, refusal))?))
}

/// Chooses among the authorities that signed a certificate. A renewed one has the name and the key of the one before, so there may be
/// several.
fn choose(signers: &Signers, now: Timestamp) -> Result<(&CaCertificate, &Jitp), NotProvisioned> {
    let lacking = match choose_provisioner(&signers.found, now) {
        Ok(chosen) => return Ok(chosen),
        Err(lacking) => lacking,
    };
    let Some((newest, _)) = lacking.iter().find(|(ca, _)| ca.jitp.is_some()) else {
        let signer = lacking.first().map(|(ca, _)| ca.organization);
        let (doubts, notes) = (signers.doubts.clone(), signers.notes.clone());
        return Err(NotProvisioned::Unknown { organization: signer.or(signers.namesake), doubts, notes });
    };
    // Nothing of other organizations is said.
    let organization = newest.organization;
    let own = lacking.iter().filter(|(ca, _)| ca.organization == organization).take(MOST_NAMED);
    let named = own.map(|(ca, lack)| (ca.id.prn(organization).to_string(), lack.clone())).collect();
    Err(NotProvisioned::Refused(organization, ProvisioningRefusal::NoAuthority(named)))
}

/// Whether the certificate itself is suitable; returns its device's identifier.
fn check(
    certificate: &Certificate,
    source: IdentifierSource,
    now: Timestamp,
) -> Result<Identifier, ProvisioningRefusal> {
    let facts = certificate.facts();
    if now > facts.not_after {
        return Err(ProvisioningRefusal::Expired(facts.not_after));
    }
    if now < facts.not_before {
        return Err(ProvisioningRefusal::NotYetValid(facts.not_before));
    }
    certificate.check_device()?;
    Ok(certificate.identifier(source)?.parse()?)
}

/// Which name of a certificate is its device's identifier.
fn identifier_source(ca: &CaCertificate) -> IdentifierSource {
    ca.jitp.as_ref().map(|jitp| jitp.identifier).unwrap_or_default()
}

/// What the authority's organization has of this certificate: another connection was faster, or the organization claims it without a proof.
async fn already_known(
    reader: &impl Reader,
    ca: &CaCertificate,
    certificate: &Certificate,
) -> Result<Option<(Device, DeviceCertificate)>, NotProvisioned> {
    let organization = ca.organization;
    let removed = || NotProvisioned::Refused(organization, ProvisioningRefusal::Removed);
    let known =
        device_certificates::find_known(reader, organization, &certificate.facts().fingerprint).await?;
    let Some(known) = known else {
        let marks = certificate.marks();
        let is_marked = device_certificates::find_mark(reader, organization, &marks).await?;
        return if is_marked { Err(removed()) } else { Ok(None) };
    };
    let device = known.device.filter(|_| !known.is_removed).ok_or_else(removed)?;
    let registered = device_certificates::get(reader, &Tenancy::of_server(organization), known.id).await?;
    Ok(Some((devices::get(reader, &Tenancy::of_server(organization), device).await?, registered)))
}

/// The organization whose authority signed a certificate that it has already: now it is proven.
async fn claim(
    ctx: &Context,
    mut w: Work,
    (device, registered): (Device, DeviceCertificate),
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    if registered.proof.is_some() {
        return Ok((device, registered));
    }
    let registered = DeviceCertificate { proof: Some(Proof::Authority), ..registered };
    device_certificates::prove(&w, device.organization, registered.id, Proof::Authority, ctx.now()).await?;
    take_over(&mut w, &Actor::system(device.organization), &[&registered]).await?;
    w.changed(device.organization, Change::certificate(&registered.certificate.facts().fingerprint));
    w.commit().await?;
    Ok((device, registered))
}

/// What another connection made at the same moment is found by another look.
fn at_once(error: olivine_records::Error) -> Error {
    match error {
        olivine_records::Error::Duplicate(Constraint::DeviceIdentifier | Constraint::DeviceFingerprint)
        | olivine_records::Error::ParentMissing => {
            Error::Conflict("the device, or what it belongs to, was changed at the same moment: try again")
        }
        other => other.into(),
    }
}

fn new_device(ctx: &Context, ca: &CaCertificate, jitp: Jitp, identifier: Identifier) -> Device {
    let now = ctx.now();
    Device {
        id: ctx.new_id(),
        organization: ca.organization,
        product: jitp.product,
        cohort: jitp.cohort,
        identifier,
        description: jitp.description,
        tags: jitp.tags,
        target: jitp.target,
        quarantined: false,
        reported: Reported::default(),
        release: None,
        outcome: None,
        offer: None,
        last_connected_at: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    }
}

fn record(
    w: &mut Work,
    device: &Device,
    registered: &DeviceCertificate,
    ca: &CaCertificate,
    origin: &Origin,
) {
    let itself = Actor::device(device.organization, device.id, origin.clone());
    let provisioned = Provisioned {
        ca_certificate_prn: ca.id.prn(ca.organization),
        ca_fingerprint: Fingerprint(ca.certificate.facts().fingerprint),
        fingerprint: Fingerprint(registered.certificate.facts().fingerprint),
    };
    let data = EventData::DeviceProvisioned((Whole(device), provisioned));
    w.event(&itself, Subject::of(device.id), data);
}
