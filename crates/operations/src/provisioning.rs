//! Just-in-time provisioning: a device that nobody knows is made of what a welcome authority signed.
//!
//! Must never turn who holds a fresh certificate into a device that exists: whoever can have something signed by the authority would
//! then be any device.

use olivine_domain::ca_certificates::{CaCertificate, Jitp};
use olivine_domain::certificates::Certificate;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::{Device, Identifier, Reported};
use olivine_domain::events::{EventType, Subject};
use olivine_domain::organizations::Revision;
use olivine_domain::permissions::{Actor, Origin};
use olivine_domain::prn::Id;
use olivine_domain::text::InvalidText;
use olivine_domain::time::Timestamp;
use olivine_records::{Constraint, Write, ca_certificates, device_certificates, devices};

use crate::devices::moves::Moves;
use crate::distribution::changes::{Change, note};
use crate::error::Error;
use crate::{Context, events};

/// Why no device was made.
#[derive(Debug, thiserror::Error)]
pub enum NotProvisioned {
    /// It is not to be.
    #[error(transparent)]
    Refused(#[from] ProvisioningRefusal),
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
    /// The authority is registered, but without settings for provisioning.
    #[error(
        "the CA certificate {0} does not provision: register the device's certificate, or give the CA certificate jitp settings"
    )]
    Off(Id<CaCertificate>),
    /// It was not signed by the authority.
    #[error("the CA certificate {0} did not sign it")]
    NotSigned(Id<CaCertificate>),
    /// The authority is over.
    #[error(
        "the CA certificate has expired on {0}: register its successor, or register the device's certificate"
    )]
    AuthorityExpired(Timestamp),
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

/// Makes a device of a certificate that `ca` signed and that nobody knows. Two connections that do so at once make one device.
pub async fn provision(
    ctx: &Context,
    ca: &CaCertificate,
    certificate: &Certificate,
    origin: Origin,
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    // One more try, after somebody else did the same at the same moment.
    match attempt(ctx, ca, certificate, &origin).await {
        Err(NotProvisioned::Failed(Error::Conflict(_))) => attempt(ctx, ca, certificate, &origin).await,
        other => other,
    }
}

async fn attempt(
    ctx: &Context,
    ca: &CaCertificate,
    certificate: &Certificate,
    origin: &Origin,
) -> Result<(Device, DeviceCertificate), NotProvisioned> {
    let identifier = check(ca, certificate, ctx.now())?;
    let w = ctx.db().write().await?;
    if let Some(known) = already_known(&w, ca, certificate).await? {
        return Ok(known);
    }
    // As it is now: it may have been changed or deleted since the caller looked.
    let ca = ca_certificates::find(&w, ca.organization, ca.id).await?;
    let ca = ca.ok_or(Error::Conflict("the CA certificate was deleted at the same moment"))?;
    let jitp = ca.jitp.clone().ok_or(ProvisioningRefusal::Off(ca.id))?;
    if devices::find_by_identifier(&w, ca.organization, &identifier).await?.is_some() {
        // Another connection may have been faster since the first look: a device comes together with its certificate.
        let known = already_known(&w, &ca, certificate).await?;
        return known.ok_or_else(|| ProvisioningRefusal::DeviceExists(identifier).into());
    }
    let device = new_device(ctx, &ca, jitp, identifier);
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
    record(ctx, &w, &device, &registered, origin).await?;
    let mut moves = Moves::default();
    moves.join(&device);
    let mut changes = moves.count(ctx, &w, ca.organization).await?;
    changes.push(Change::certificate(&certificate.facts().fingerprint));
    let noted = note(ctx, &w, &changes).await?;
    w.commit().await?;
    noted.apply(ctx);
    Ok((device, registered))
}

/// What can be said of the certificates alone; returns the new device's identifier.
fn check(
    ca: &CaCertificate,
    certificate: &Certificate,
    now: Timestamp,
) -> Result<Identifier, ProvisioningRefusal> {
    let (authority, facts) = (ca.certificate.facts(), certificate.facts());
    if ca.jitp.is_none() {
        return Err(ProvisioningRefusal::Off(ca.id));
    }
    if !certificate.is_signed_by(&ca.certificate) {
        return Err(ProvisioningRefusal::NotSigned(ca.id));
    }
    if now > authority.not_after {
        return Err(ProvisioningRefusal::AuthorityExpired(authority.not_after));
    }
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
    ca: &CaCertificate,
    certificate: &Certificate,
) -> Result<Option<(Device, DeviceCertificate)>, NotProvisioned> {
    let fingerprint = certificate.facts().fingerprint;
    let known = device_certificates::find_by_fingerprint_of_any_organization(w, &fingerprint).await?;
    let Some(known) = known else { return Ok(None) };
    let device = known.device.filter(|_| !known.is_removed && known.organization == ca.organization);
    let device = device.ok_or(ProvisioningRefusal::Removed)?;
    let registered = device_certificates::get(w, ca.organization, known.id).await?;
    Ok(Some((devices::get(w, ca.organization, device).await?, registered)))
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
    origin: &Origin,
) -> Result<(), Error> {
    let itself = Actor::device(device.organization, device.id, origin.clone());
    let mut data = crate::devices::facts(device);
    data["ca_certificate"] = registered.ca_certificate.map(|ca| ca.to_string()).into();
    data["fingerprint"] = registered.certificate.facts().fingerprint.to_hex().into();
    events::record(ctx, w, &itself, EventType::DeviceProvisioned, Subject::of(device.id), data).await
}
