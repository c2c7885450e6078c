//! Device certificates: register, read, remove.

use olivine_domain::ca_certificates::{CaCertificate, ProofRefusal, proven_code};
use olivine_domain::certificates::{Certificate, SignatureCheck};
use olivine_domain::device_certificates::{DeviceCertificate, Proof};
use olivine_domain::devices::Device;
use olivine_domain::events::Subject;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use olivine_records::device_certificates::KnownCertificate;
use olivine_records::{
    Constraint, Reader, Write, ca_certificates, device_certificates, devices, verification_codes,
};

use crate::error::{Error, Taken};
use crate::events::{Because, EventData, OfDevice, Whole};
use crate::lists::{ListQuery, NewId};
use crate::work::Work;
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
    /// A certificate that its key signed, whose common name is a verification code.
    pub verification_certificate: Option<Certificate>,
}

/// Registers a certificate for a device. One that the organization removed before is good again. Whether another organization has it is not
/// said: without a proof this is a claim, and with one it ends the claims of others.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::DeviceCertificateCreate>,
    new: Create,
) -> Result<DeviceCertificate, Error> {
    let now = ctx.now();
    check_new(&new.certificate, now).map_err(|problem| Error::Invalid { field: "certificate", problem })?;
    let code = new.verification_certificate.as_ref().map(|proof| proven_code(&new.certificate, proof));
    let code = code.transpose().map_err(|refusal| not_proven(&refusal))?;
    let mut certificate = DeviceCertificate {
        id: new.id.take(ctx),
        organization: by.organization,
        device: new.device,
        ca_certificate: None,
        proof: None,
        certificate: new.certificate.clone(),
        inserted_at: now,
    };
    let fingerprint = certificate.certificate.facts().fingerprint;
    let mut w = ctx.work().await?;
    let device = devices::lock(&w, &by.tenancy(), new.device).await.map_err(Error::missing(new.device))?;
    let known = device_certificates::find_known(&w, by.organization, &fingerprint).await?;
    let known = known.filter(|known| !known.is_removed);
    if let Some(known) = known.filter(|known| new.id.is_replayable() && known.id == certificate.id) {
        return Ok(device_certificates::get(&w, &by.tenancy(), known.id).await?);
    }
    certificate.proof = proof(&w, by.organization, &certificate.certificate, code, now).await?;
    let mut claimed = None;
    if let Some(known) = known {
        let is_proof = known.device == Some(new.device) && known.proof.is_none();
        let Some(proof) = certificate.proof.filter(|_| is_proof) else {
            return Err(taken(&w, &by.tenancy(), &known).await?);
        };
        device_certificates::prove(&w, by.organization, known.id, proof, now).await?;
        certificate = device_certificates::get(&w, &by.tenancy(), known.id).await?;
        claimed = Some(DeviceCertificate { proof: None, ..certificate.clone() });
    } else {
        device_certificates::forget_removed(&w, by.organization, &[&certificate.certificate]).await?;
        device_certificates::insert(&w, &certificate).await.map_err(at_once)?;
    }
    let of_device = OfDevice { identifier: device.identifier.clone() };
    let data = match &claimed {
        Some(from) => {
            EventData::DeviceCertificateProven((events::Change { from, to: &certificate }, of_device))
        }
        None => EventData::DeviceCertificateCreated((Whole(&certificate), of_device)),
    };
    w.event(by, Subject::of(certificate.id), data);
    take_over(&mut w, by, &[&certificate]).await?;
    w.commit().await?;
    Ok(certificate)
}

fn not_proven(refusal: &ProofRefusal) -> Error {
    Error::Invalid { field: "verification_certificate", problem: refusal.to_string() }
}

fn at_once(error: olivine_records::Error) -> Error {
    match error {
        olivine_records::Error::Duplicate(Constraint::DeviceFingerprint) => Error::Conflict(
            "this certificate was registered at the same moment by another request: look where",
        ),
        other => other.into(),
    }
}

/// What shows that the organization may say who the certificate is: a verification code, which is used up by it, or an authority.
async fn proof(
    w: &Write,
    organization: Id<Organization>,
    certificate: &Certificate,
    code: Option<&str>,
    now: Timestamp,
) -> Result<Option<Proof>, Error> {
    if let Some(code) = code {
        let is_good = verification_codes::use_up(w, organization, code, now).await?;
        return if is_good { Ok(Some(Proof::Key)) } else { Err(not_proven(&ProofRefusal::OtherName)) };
    }
    let issuer = certificate.facts().issuer_hash;
    let authorities = own_authorities(w, organization, &[issuer]).await?;
    let is_signed = authorities.iter().any(|ca| is_signed_by(certificate, ca));
    Ok(is_signed.then_some(Proof::Authority))
}

/// The organization's authorities with these names.
pub(crate) async fn own_authorities(
    reader: &impl Reader,
    organization: Id<Organization>,
    subjects: &[Sha256Digest],
) -> Result<Vec<CaCertificate>, Error> {
    let mut named = ca_certificates::list_by_subjects_of_any_organization(reader, subjects).await?;
    named.retain(|ca| ca.organization == organization);
    Ok(named)
}

/// Whether an authority's signature proves whose a certificate is.
pub(crate) fn is_signed_by(certificate: &Certificate, ca: &CaCertificate) -> bool {
    certificate.signature_by(&ca.certificate) == SignatureCheck::Signed
        && ca.certificate.check_authority(0).is_ok()
}

/// Ends the claims of other organizations to certificates that are proven now. Both sides get an event, which does not name the other one.
pub(crate) async fn take_over(w: &mut Work, by: &Actor, proven: &[&DeviceCertificate]) -> Result<(), Error> {
    let proven: Vec<_> = proven.iter().filter(|one| one.proof.is_some()).collect();
    let fingerprints: Vec<_> = proven.iter().map(|one| one.certificate.facts().fingerprint).collect();
    let ended =
        device_certificates::end_claims_of_other_organizations(w, by.organization, &fingerprints).await?;
    for claim in &ended {
        let loser = Actor::system(claim.organization);
        let reason = "another organization proved that this certificate is one of its devices'".to_owned();
        let data = EventData::DeviceCertificateClaimEnded((Whole(claim), Because { reason }));
        w.event(&loser, Subject::of(claim.id), data);
    }
    let was_claimed =
        |one: &DeviceCertificate| ended.iter().any(|claim| claim.certificate == one.certificate);
    for winner in proven.into_iter().filter(|one| was_claimed(one)) {
        let data = EventData::DeviceCertificateTakenOver(Whole(winner));
        w.event(by, Subject::of(winner.id), data);
    }
    Ok(())
}

/// Refuses a certificate that is over, that is too weak to be a device's, or that has several forms; says why.
pub(crate) fn check_new(certificate: &Certificate, now: Timestamp) -> Result<(), String> {
    certificate.check_form().map_err(|unfit| unfit.to_string())?;
    let until = certificate.facts().not_after;
    if now <= until {
        return Ok(());
    }
    Err(format!("it has expired on {until}: register one that is still valid"))
}

/// Says which device of the organization has a certificate, where the caller may see that device.
pub(crate) async fn taken(
    reader: &impl Reader,
    tenancy: &Tenancy,
    known: &KnownCertificate,
) -> Result<Error, Error> {
    let device = match known.device {
        Some(device) => devices::find(reader, &tenancy.to_see(), device).await?,
        None => None,
    };
    let device = device.map(|device| device.id.prn(device.organization).to_string());
    let named =
        device.as_ref().map_or_else(|| "another device".to_owned(), |prn| format!("the device {prn}"));
    let message = format!("this certificate is registered for {named} already: remove it there first");
    Ok(Error::Taken { what: Taken::Certificate, message, by: device })
}

/// Lists device certificates.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::DeviceCertificateRead>,
    query: &ListQuery,
) -> Result<Page<DeviceCertificate>, Error> {
    Ok(device_certificates::list(&ctx.reads_for(by), &by.tenancy(), query).await?)
}

/// Reads one device certificate.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::DeviceCertificateRead>,
    id: Id<DeviceCertificate>,
) -> Result<DeviceCertificate, Error> {
    device_certificates::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))
}

/// The devices of these certificates, for `expand[]=device`: one query, whatever their number.
pub async fn devices_of(
    ctx: &Context,
    by: &Actor,
    certificates: impl IntoIterator<Item = &DeviceCertificate>,
) -> Result<Vec<Device>, Error> {
    let by = by.authorize::<scope::DeviceRead>()?;
    let ids: Vec<_> = certificates.into_iter().map(|certificate| certificate.device).collect();
    Ok(devices::get_many(ctx.db(), &by.tenancy(), &ids).await?)
}

/// Removes a certificate: at once, also where its device is connected. It does not come back by provisioning.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::DeviceCertificateDelete>,
    id: Id<DeviceCertificate>,
) -> Result<(), Error> {
    let certificate =
        device_certificates::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))?;
    let mut w = ctx.work().await?;
    // A renewal locks the device, too: of a removal and a renewal at once, the later one sees what the first did.
    devices::lock(&w, &by.tenancy(), certificate.device).await.map_err(Error::missing(id))?;
    let certificate = device_certificates::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    device_certificates::remove(&w, by.organization, id, ctx.now()).await.map_err(Error::missing(id))?;
    let data = EventData::DeviceCertificateDeleted(Whole(&certificate));
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(())
}
