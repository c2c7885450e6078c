//! Renewals: the new certificate of a device that is known by another one, where the authority that signed both takes renewals.
//!
//! Must never decide on what was read outside of the transaction that registers the certificate: the device is locked, and looked at anew.

use olivine_domain::ca_certificates::renewals::{
    Candidate, Confidence, Held, Holdings, Kinship, MOST_CERTIFICATES, Renewal, RenewalRefusal, name_the_same,
};
use olivine_domain::ca_certificates::{CaCertificate, Signer, renewing};
use olivine_domain::certificates::{SignatureCheck, links};
use olivine_domain::device_certificates::{DeviceCertificate, Proof};
use olivine_domain::devices::{Device, Identifier};
use olivine_domain::events::Subject;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Origin, Tenancy};
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use olivine_records::device_certificates::{KnownCertificate, list_known_of_any_organization};
use olivine_records::{Reader, Write, ca_certificates, device_certificates, devices};

use super::signers::Signers;
use super::{
    NotProvisioned, ProvisioningRefusal, already_known, at_once, check, claim, complete_marks,
    identifier_source,
};
use crate::Context;
use crate::device_certificates::take_over;
use crate::distribution::certificates::Shown;
use crate::error::Error;
use crate::events::{EventData, Fingerprint, RenewalFacts, Whole};
use crate::work::Work;

/// A device together with the certificate that it is known by now.
type Recognized = (Device, DeviceCertificate);

/// What is found for a certificate under one authority.
enum Found {
    /// The organization has no device of that name.
    NoDevice,
    /// The organization has the certificate by now.
    Known(Box<Recognized>),
    /// It renews this device's certificate.
    Renews(Box<Renews>),
}

struct Renews {
    device: Device,
    renewal: Renewal,
    registered: Vec<DeviceCertificate>,
}

impl Renews {
    fn find(&self, id: Id<DeviceCertificate>) -> Result<&DeviceCertificate, Error> {
        let found = self.registered.iter().find(|one| one.id == id);
        found.ok_or_else(|| Error::not_found(id))
    }
}

/// Registers a certificate for the device that it names, if one of the authorities that signed it takes it as a renewal. `None` where
/// there is no such device, or no such authority.
pub(super) async fn renew(
    ctx: &Context,
    shown: &Shown<'_>,
    signers: &Signers,
    origin: &Origin,
) -> Result<Option<Recognized>, NotProvisioned> {
    let mut refused: Option<(Id<Organization>, ProvisioningRefusal)> = None;
    for signer in renewing(&signers.found, ctx.now()) {
        let organization = signer.ca.organization;
        if refused.as_ref().is_some_and(|(by, refusal)| *by == organization && !is_of_another(refusal)) {
            continue;
        }
        complete_marks(ctx, organization).await?;
        // Without a transaction first: those that are to be refused need none.
        match find(ctx.db(), shown, signer, ctx.now()).await {
            Ok(Found::NoDevice) => {}
            Ok(Found::Known(_) | Found::Renews(_)) => {
                return register(ctx, shown, signer, origin).await.map(Some);
            }
            Err(NotProvisioned::Refused(by, refusal)) => {
                let is_first = refused
                    .as_ref()
                    .is_none_or(|(by, refusal)| *by == organization && is_of_another(refusal));
                if is_first {
                    refused = Some((by, refusal));
                }
            }
            Err(other) => return Err(other),
        }
    }
    refused.map_or(Ok(None), |(organization, refusal)| Err(NotProvisioned::Refused(organization, refusal)))
}

/// Whether one more authority may be asked: the device's own may come later.
const fn is_of_another(refusal: &ProvisioningRefusal) -> bool {
    matches!(refusal, ProvisioningRefusal::NotRenewed(_, RenewalRefusal::OtherAuthority))
}

/// Looks for the device that a certificate names, and decides.
async fn find(
    reader: &impl Reader,
    shown: &Shown<'_>,
    Signer { ca, .. }: &Signer,
    now: Timestamp,
) -> Result<Found, NotProvisioned> {
    let refused = |refusal| NotProvisioned::Refused(ca.organization, refusal);
    let identifier = match check(shown.certificate, identifier_source(ca), now) {
        Ok(identifier) => identifier,
        // Another authority may take another name for the identifier.
        Err(ProvisioningRefusal::NoName(_) | ProvisioningRefusal::BadName(_)) => return Ok(Found::NoDevice),
        Err(refusal) => return Err(refused(refusal)),
    };
    let device =
        devices::find_by_identifier(reader, &Tenancy::of_server(ca.organization), &identifier).await?;
    let Some(device) = device else { return Ok(Found::NoDevice) };
    if let Some(known) = already_known(reader, ca, shown.certificate).await? {
        return Ok(Found::Known(Box::new(known)));
    }
    let registered = registered(reader, &device).await?;
    let renewal = decide(reader, shown, ca, &device, &registered, now).await?;
    match renewal {
        Ok(renewal) => Ok(Found::Renews(Box::new(Renews { device, renewal, registered }))),
        Err(refusal) => Err(refused(ProvisioningRefusal::NotRenewed(identifier, refusal))),
    }
}

async fn registered(
    reader: &impl Reader,
    device: &Device,
) -> Result<Vec<DeviceCertificate>, olivine_records::Error> {
    let most = MOST_CERTIFICATES as u64 + 1;
    device_certificates::list_newest_of_device(reader, device.organization, device.id, most).await
}

async fn decide(
    reader: &impl Reader,
    shown: &Shown<'_>,
    ca: &CaCertificate,
    device: &Device,
    registered: &[DeviceCertificate],
    now: Timestamp,
) -> Result<Result<Renewal, RenewalRefusal>, NotProvisioned> {
    let newest_removed =
        device_certificates::newest_removed_of_device(reader, device.organization, device.id).await?;
    let confidence = if device.quarantined { Confidence::Quarantined } else { Confidence::Trusted };
    let holdings = Holdings { held: registered.iter().map(Held::from).collect(), newest_removed, confidence };
    let current = holdings.current().and_then(|held| registered.iter().find(|one| one.id == held.id));
    let kinship = match current {
        Some(current) => kinship(reader, shown, ca, current, now).await?,
        None => Kinship::OtherName,
    };
    let (not_before, key) = (shown.certificate.facts().not_before, shown.certificate.marks().key);
    Ok(holdings.renew(ca.renewals, &Candidate { not_before, key, kinship }, now))
}

/// What a new certificate has to do with the one that the device is known by now.
async fn kinship(
    reader: &impl Reader,
    shown: &Shown<'_>,
    ca: &CaCertificate,
    current: &DeviceCertificate,
    now: Timestamp,
) -> Result<Kinship, NotProvisioned> {
    if !is_by(reader, shown, ca, current, now).await? || !counts(reader, current).await? {
        return Ok(Kinship::OtherAuthority);
    }
    let is_same = name_the_same(identifier_source(ca), shown.certificate, &current.certificate);
    Ok(if is_same { Kinship::Same } else { Kinship::OtherName })
}

/// Whether an authority, or one of the same key and name that the organization had registered, signed a device's certificate: itself, or by
/// way of the intermediate certificates that the device sends.
async fn is_by(
    reader: &impl Reader,
    shown: &Shown<'_>,
    ca: &CaCertificate,
    current: &DeviceCertificate,
    now: Timestamp,
) -> Result<bool, NotProvisioned> {
    if current.ca_certificate == Some(ca.id) {
        return Ok(true);
    }
    let intermediates = shown.intermediates.read(&mut Vec::new());
    let links = links(&current.certificate, &intermediates, now, &mut Vec::new());
    if links.iter().any(|link| link.certificate.signature_by(&ca.certificate) == SignatureCheck::Signed) {
        return Ok(true);
    }
    let Some(before) = current.ca_certificate else { return Ok(false) };
    let before = ca_certificates::find(reader, &Tenancy::of_server(ca.organization), before).await?;
    Ok(before.is_some_and(|before| before.is_same_authority(ca)))
}

/// Whether it is this organization that says whose certificate it is, where several have registered it.
async fn counts(reader: &impl Reader, current: &DeviceCertificate) -> Result<bool, NotProvisioned> {
    let fingerprint = current.certificate.facts().fingerprint;
    let known = list_known_of_any_organization(reader, &[fingerprint]).await?;
    let first = known.into_iter().min_by_key(KnownCertificate::precedence);
    // A claim without a proof of another organization does not count either: this one's authority signed the certificate.
    Ok(first.is_some_and(|first| first.organization == current.organization || first.proof.is_none()))
}

/// Looks once more, now with the device locked, and registers the certificate.
async fn register(
    ctx: &Context,
    shown: &Shown<'_>,
    signer: &Signer,
    origin: &Origin,
) -> Result<Recognized, NotProvisioned> {
    let changed =
        || Error::Conflict("the device, or its authority, was changed at the same moment: try again");
    let organization = signer.ca.organization;
    let mut w = ctx.work().await?;
    let ca = ca_certificates::find(&w, &Tenancy::of_server(organization), signer.ca.id)
        .await?
        .ok_or_else(changed)?;
    let signer = Signer { ca, below: signer.below };
    if renewing(std::slice::from_ref(&signer), ctx.now()).is_empty() {
        return Err(changed().into());
    }
    lock(&w, shown, &signer, ctx.now()).await?;
    let renews = match find(&w, shown, &signer, ctx.now()).await? {
        Found::NoDevice => return Err(changed().into()),
        Found::Known(known) => return claim(ctx, w, *known).await,
        Found::Renews(renews) => *renews,
    };
    let registered = DeviceCertificate {
        id: ctx.new_id(),
        organization,
        device: renews.device.id,
        ca_certificate: Some(signer.ca.id),
        proof: Some(Proof::Authority),
        certificate: shown.certificate.clone(),
        inserted_at: ctx.now(),
    };
    make_room(&mut w, &renews).await?;
    device_certificates::insert(&w, &registered).await.map_err(at_once)?;
    let itself = Actor::device(organization, renews.device.id, origin.clone());
    record(&mut w, &itself, &registered, &renews, &signer.ca)?;
    take_over(&mut w, &itself, &[&registered]).await?;
    w.commit().await?;
    Ok((renews.device, registered))
}

/// Keeps the device, and with it its certificates, as they are until the transaction ends.
async fn lock(w: &Write, shown: &Shown<'_>, signer: &Signer, now: Timestamp) -> Result<(), NotProvisioned> {
    let organization = signer.ca.organization;
    let identifier: Identifier = check(shown.certificate, identifier_source(&signer.ca), now)
        .map_err(|refusal| NotProvisioned::Refused(organization, refusal))?;
    devices::lock_by_identifiers(w, &Tenancy::of_server(organization), &[&identifier]).await?;
    Ok(())
}

/// Deletes the expired certificate that makes room for a new one, where there would be too many.
async fn make_room(w: &mut Work, renews: &Renews) -> Result<(), Error> {
    let Some(id) = renews.renewal.makes_room else { return Ok(()) };
    let gone = renews.find(id)?;
    device_certificates::delete_expired(w, gone.organization, id, w.now()).await?;
    w.event(
        &Actor::system(gone.organization),
        Subject::of(id),
        EventData::DeviceCertificateDeleted(Whole(gone)),
    );
    Ok(())
}

fn record(
    w: &mut Work,
    itself: &Actor,
    registered: &DeviceCertificate,
    renews: &Renews,
    ca: &CaCertificate,
) -> Result<(), Error> {
    let former = renews.find(renews.renewal.of)?;
    let renewed = RenewalFacts {
        identifier: renews.device.identifier.clone(),
        ca_fingerprint: Fingerprint(ca.certificate.facts().fingerprint),
        renewed_certificate_prn: former.id.prn(former.organization),
        renewed_fingerprint: Fingerprint(former.certificate.facts().fingerprint),
        key_changed: renews.renewal.key.is_changed(),
    };
    let data = EventData::DeviceCertificateRenewed((Whole(registered), renewed));
    w.event(itself, Subject::of(registered.id), data);
    Ok(())
}
