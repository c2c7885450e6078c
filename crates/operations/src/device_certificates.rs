//! Device certificates: register, read, remove.

use olivine_domain::certificates::Certificate;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::Device;
use olivine_domain::events::{EventType, Subject};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use olivine_records::device_certificates::KnownCertificate;
use olivine_records::{Constraint, device_certificates, devices};
use serde_json::json;

use crate::distribution::changes::{Change, note};
use crate::error::{Error, Taken};
use crate::lists::{ListQuery, NewId};
use crate::{Context, events};

/// A new device certificate.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key.
    pub id: NewId,
    /// Who is known by it.
    pub device: Id<Device>,
    /// The certificate.
    pub certificate: Certificate,
}

/// Registers a certificate for a device. One that the organization removed before is good again.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::DeviceCertificateCreate>,
    new: Create,
) -> Result<DeviceCertificate, Error> {
    let now = ctx.now();
    check_expiry(&new.certificate, now)?;
    let certificate = DeviceCertificate {
        id: new.id.take(ctx),
        organization: by.organization,
        device: new.device,
        ca_certificate: None,
        certificate: new.certificate,
        inserted_at: now,
    };
    let fingerprint = certificate.certificate.facts().fingerprint;
    let w = ctx.db().write().await?;
    let device = devices::lock(&w, by.organization, new.device).await.map_err(Error::missing(new.device))?;
    let known = device_certificates::find_by_fingerprint_of_any_organization(&w, &fingerprint).await?;
    if let Some(known) = known {
        if new.id.is_replayable() && known.id == certificate.id && !known.is_removed {
            return Ok(device_certificates::get(&w, by.organization, known.id).await?);
        }
        if !is_free(&known, by.organization) {
            return Err(taken(&known, by.organization));
        }
        device_certificates::forget_removed(&w, by.organization, &[fingerprint]).await?;
    }
    match device_certificates::insert(&w, &certificate).await {
        Err(olivine_records::Error::Duplicate(Constraint::DeviceFingerprint)) => {
            return Err(Error::Conflict(
                "this certificate was registered at the same moment by another request: look where",
            ));
        }
        other => other?,
    }
    let mut data = facts(&certificate);
    data["identifier"] = json!(device.identifier.as_str());
    let subject = Subject::of(certificate.id);
    events::record(ctx, &w, by, EventType::DeviceCertificateCreated, subject, data).await?;
    let noted = note(ctx, &w, &[Change::certificate(&fingerprint)]).await?;
    w.commit().await?;
    noted.apply(ctx);
    Ok(certificate)
}

/// Refuses a certificate that is over.
pub(crate) fn check_expiry(certificate: &Certificate, now: Timestamp) -> Result<(), Error> {
    let until = certificate.facts().not_after;
    if now <= until {
        return Ok(());
    }
    let problem = format!("it has expired on {until}: register one that is still valid");
    Err(Error::Invalid { field: "certificate", problem })
}

/// Whether `organization` may register a certificate that is on record.
pub(crate) fn is_free(known: &KnownCertificate, organization: Id<Organization>) -> bool {
    known.is_removed && known.organization == organization
}

/// Says who has a certificate, but nothing about other organizations.
pub(crate) fn taken(known: &KnownCertificate, organization: Id<Organization>) -> Error {
    let device = known.device.filter(|_| known.organization == organization);
    let device = device.map(|device| device.prn(organization).to_string());
    let message = device.as_ref().map_or_else(
        || "this certificate is registered on this server already: make another one".to_owned(),
        |device| {
            format!("this certificate is registered for the device {device} already: remove it there first")
        },
    );
    Error::Taken { what: Taken::Certificate, message, by: device }
}

/// What an event says of a certificate.
pub(crate) fn facts(certificate: &DeviceCertificate) -> serde_json::Value {
    let facts = certificate.certificate.facts();
    json!({
        "device": certificate.device.to_string(),
        "fingerprint": facts.fingerprint.to_hex(),
        "not_after": facts.not_after.to_string(),
    })
}

/// Lists device certificates.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::DeviceCertificateRead>,
    query: &ListQuery,
) -> Result<Page<DeviceCertificate>, Error> {
    Ok(device_certificates::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// Reads one device certificate.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::DeviceCertificateRead>,
    id: Id<DeviceCertificate>,
) -> Result<DeviceCertificate, Error> {
    device_certificates::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}

/// The devices of these certificates, for `expand[]=device`: one query, whatever their number.
pub async fn devices_of(
    ctx: &Context,
    by: &Actor,
    certificates: impl IntoIterator<Item = &DeviceCertificate>,
) -> Result<Vec<Device>, Error> {
    by.authorize::<scope::DeviceRead>()?;
    let ids: Vec<_> = certificates.into_iter().map(|certificate| certificate.device).collect();
    Ok(devices::get_many(ctx.db(), by.organization, &ids).await?)
}

/// Removes a certificate: at once, also where its device is connected. It does not come back by provisioning.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::DeviceCertificateDelete>,
    id: Id<DeviceCertificate>,
) -> Result<(), Error> {
    let w = ctx.db().write().await?;
    let certificate = device_certificates::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    device_certificates::remove(&w, by.organization, id, ctx.now()).await.map_err(Error::missing(id))?;
    let kind = EventType::DeviceCertificateDeleted;
    events::record(ctx, &w, by, kind, Subject::of(id), facts(&certificate)).await?;
    let changed = Change::certificate(&certificate.certificate.facts().fingerprint);
    let noted = note(ctx, &w, &[changed]).await?;
    w.commit().await?;
    noted.apply(ctx);
    Ok(())
}
