//! Just-in-time provisioning: a device that nobody knows is made of what a welcome authority signed.
//!
//! Must never turn who holds a fresh certificate into a device that exists: whoever can have something signed by the authority would
//! then be any device.

use olivine_domain::ca_certificates::{CaCertificate, CannotProvision, Jitp, choose_provisioner};
use olivine_domain::certificates::Certificate;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::{Device, Identifier, Reported};
use olivine_domain::events::{EventType, Subject};
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::permissions::{Actor, Origin};
use olivine_domain::prn::Id;
use olivine_domain::text::InvalidText;
use olivine_domain::time::Timestamp;
use olivine_records::{Constraint, Reader, Write, ca_certificates, device_certificates, devices};

use crate::devices::moves::Moves;
use crate::distribution::changes::{Change, note};
use crate::error::Error;
use crate::{Context, deadlocks, events};

/// Why no device was made.
#[derive(Debug, thiserror::Error)]
pub enum NotProvisioned {
    /// No CA certificate with settings for provisioning signed it. Names the organization of another one that did, if there is one.
    #[error("no CA certificate that provisions signed it")]
    Unknown(Option<Id<Organization>>),
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

/// Why no device is made of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProvisioningRefusal {
    /// None of the authorities that signed it can provision it now.
    #[error(
        "the CA certificate {}: register its successor with jitp settings, or register the device's certificate",
        in_words(.0)
    )]
    NoAuthority(Vec<(String, CannotProvision)>),
    /// The certificate is over.
    #[error("the certificate has expired on {0}: give the device a new one")]
    Expired(Timestamp),
    /// The certificate has not begun.
    #[error("the certificate is valid from {0} on: check the clock of who made it")]
    NotYetValid(Timestamp),
    /// It names no device.
    #[error("the certificate has no common name, which would be the device's identifier")]
    NoName,
    /// What it names can't be an identifier.
    #[error("the certificate's common name can't be an identifier: {0}")]
    BadName(#[from] InvalidText),
    /// There is such a device, and it is not known by this certificate.
    #[error(
        "there is a device with the identifier '{0}' already: register this certificate for it if it is that device's"
    )]
    DeviceExists(Identifier),
    /// The certificate was removed, or is another device's.
    #[error(
        "the certificate was registered before, and removed: register it anew if the device is to come back"
    )]
    Removed,
}

/// How many authorities a refusal names.
const MOST_NAMED: usize = 3;

fn in_words(lacking: &[(String, CannotProvision)]) -> String {
    let words: Vec<_> = lacking.iter().map(|(prn, lack)| format!("{prn} {lack}")).collect();
    words.join(", the CA certificate ")
}

/// Makes a device of a certificate that nobody knows, if a registered CA certificate signed it that provisions now. Two connections that do
/// so at once make one device.
pub async fn provision(
    ctx: &Context,
    certificate: &Certificate,
    origin: &Origin,
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    // One more try, after somebody else did the same at the same moment.
    match attempt_again(ctx, certificate, origin).await {
        Err(NotProvisioned::Failed(Error::Conflict(_))) => attempt_again(ctx, certificate, origin).await,
        other => other,
    }
}

/// Tries, and again after a deadlock.
async fn attempt_again(
    ctx: &Context,
    certificate: &Certificate,
    origin: &Origin,
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    let attempted = deadlocks::retry(ctx, || async {
        match attempt(ctx, certificate, origin).await {
            Err(NotProvisioned::Failed(error)) => Err(error),
            decided => Ok(decided),
        }
    });
    attempted.await?
}

async fn attempt(
    ctx: &Context,
    certificate: &Certificate,
    origin: &Origin,
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    let mut signers = named_as_issuer(ctx.db(), certificate).await?;
    signers.retain(|ca| certificate.is_signed_by(&ca.certificate));
    // Without a transaction first: most of those that are to be refused need none.
    decide(&signers, certificate, ctx.now())?;
    let w = ctx.db().write().await?;
    if let Some(known) = already_known(&w, &signers, certificate).await? {
        return Ok(known);
    }
    // As they are now: they may have been changed or deleted since.
    let signed: Vec<_> = signers.iter().map(|ca| ca.id).collect();
    let mut signers = named_as_issuer(&w, certificate).await?;
    signers.retain(|ca| signed.contains(&ca.id));
    let (ca, jitp, identifier) = decide(&signers, certificate, ctx.now())?;
    if devices::find_by_identifier(&w, ca.organization, &identifier).await?.is_some() {
        // Another connection may have been faster since the first look: a device comes together with its certificate.
        let known = already_known(&w, &signers, certificate).await?;
        let exists =
            || NotProvisioned::Refused(ca.organization, ProvisioningRefusal::DeviceExists(identifier));
        return known.ok_or_else(exists);
    }
    let device = new_device(ctx, ca, jitp.clone(), identifier);
    let registered = DeviceCertificate {
        id: ctx.new_id(),
        organization: ca.organization,
        device: device.id,
        ca_certificate: Some(ca.id),
        certificate: certificate.clone(),
        inserted_at: device.inserted_at,
    };
    devices::insert(&w, &device).await.map_err(at_once)?;
    device_certificates::insert(&w, &registered).await.map_err(at_once)?;
    record(ctx, &w, &device, &registered, ca, origin).await?;
    let mut moves = Moves::default();
    moves.join(&device);
    let mut changes = moves.count(ctx, &w, ca.organization).await?;
    changes.push(Change::certificate(&certificate.facts().fingerprint));
    let noted = note(ctx, &w, &changes).await?;
    w.commit().await?;
    noted.apply(ctx);
    Ok((device, registered))
}

async fn named_as_issuer(
    reader: &impl Reader,
    certificate: &Certificate,
) -> Result<Vec<CaCertificate>, olivine_records::Error> {
    let issuer = &certificate.facts().issuer_hash;
    ca_certificates::list_by_subject_of_any_organization(reader, issuer).await
}

/// What can be said of the certificates alone: which authority provisions the device, how, and under which identifier.
fn decide<'a>(
    signers: &'a [CaCertificate],
    certificate: &Certificate,
    now: Timestamp,
) -> Result<(&'a CaCertificate, &'a Jitp, Identifier), NotProvisioned> {
    let (ca, jitp) = choose(signers, now)?;
    let identifier = check(certificate, now);
    Ok((ca, jitp, identifier.map_err(|refusal| NotProvisioned::Refused(ca.organization, refusal))?))
}

/// Chooses among the authorities that signed a certificate. A renewed one has the name and the key of the one before, so there may be
/// several.
fn choose(signers: &[CaCertificate], now: Timestamp) -> Result<(&CaCertificate, &Jitp), NotProvisioned> {
    let lacking = match choose_provisioner(signers, now) {
        Ok(chosen) => return Ok(chosen),
        Err(lacking) => lacking,
    };
    let Some((newest, _)) = lacking.iter().find(|(ca, _)| ca.jitp.is_some()) else {
        return Err(NotProvisioned::Unknown(lacking.first().map(|(ca, _)| ca.organization)));
    };
    // Nothing of other organizations is said.
    let organization = newest.organization;
    let own = lacking.iter().filter(|(ca, _)| ca.organization == organization).take(MOST_NAMED);
    let named = own.map(|(ca, lack)| (ca.id.prn(organization).to_string(), *lack)).collect();
    Err(NotProvisioned::Refused(organization, ProvisioningRefusal::NoAuthority(named)))
}

/// Whether the certificate itself will do; returns the new device's identifier.
fn check(certificate: &Certificate, now: Timestamp) -> Result<Identifier, ProvisioningRefusal> {
    let facts = certificate.facts();
    if now > facts.not_after {
        return Err(ProvisioningRefusal::Expired(facts.not_after));
    }
    if now < facts.not_before {
        return Err(ProvisioningRefusal::NotYetValid(facts.not_before));
    }
    let name = facts.common_name.as_deref().ok_or(ProvisioningRefusal::NoName)?;
    Ok(name.parse()?)
}

/// The device that is known by this certificate, if another connection was faster.
async fn already_known(
    w: &Write,
    signers: &[CaCertificate],
    certificate: &Certificate,
) -> Result<Option<(Device, DeviceCertificate)>, NotProvisioned> {
    let fingerprint = certificate.facts().fingerprint;
    let known = device_certificates::find_by_fingerprint_of_any_organization(w, &fingerprint).await?;
    let Some(known) = known else { return Ok(None) };
    let organization = known.organization;
    let is_signers = signers.iter().any(|ca| ca.organization == organization);
    let device = known.device.filter(|_| !known.is_removed && is_signers);
    let refused = || NotProvisioned::Refused(organization, ProvisioningRefusal::Removed);
    let device = device.ok_or_else(refused)?;
    let registered = device_certificates::get(w, organization, known.id).await?;
    Ok(Some((devices::get(w, organization, device).await?, registered)))
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
        offer: None,
        last_connected_at: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    }
}

async fn record(
    ctx: &Context,
    w: &Write,
    device: &Device,
    registered: &DeviceCertificate,
    ca: &CaCertificate,
    origin: &Origin,
) -> Result<(), Error> {
    let itself = Actor::device(device.organization, device.id, origin.clone());
    let mut data = crate::devices::facts(device);
    data["ca_certificate"] = ca.id.to_string().into();
    data["ca_fingerprint"] = ca.certificate.facts().fingerprint.to_hex().into();
    data["fingerprint"] = registered.certificate.facts().fingerprint.to_hex().into();
    events::record(ctx, w, &itself, EventType::DeviceProvisioned, Subject::of(device.id), data).await
}
