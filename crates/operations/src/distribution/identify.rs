//! Which device a client certificate stands for. The connection has proven that it holds the certificate's key; whether that certificate
//! is accepted is decided here, for each request.

use std::fmt;
use std::sync::Arc;

use olivine_domain::ca_certificates::Signer;
use olivine_domain::certificates::CertificateFacts;
use olivine_domain::device_credentials::DeviceCredential;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Origin;
use olivine_domain::prn::Id;

use super::certificates::{CertificateRefusal, Shown};
use super::facts::{CredentialFacts, DeviceFacts, Standing};
use super::refusals::{RefusedCertificate, note};
use crate::events::{CertificateExpired, EventData};
use crate::provisioning::{self, NotProvisioned, find_signers};
use crate::{Context, Error};

/// A device that was recognized, for one request.
#[derive(Clone)]
pub struct KnownDevice {
    /// Its owner.
    pub organization: Id<Organization>,
    /// Which one.
    pub device: Id<Device>,
    /// What it proved that by.
    pub credential: DeviceCredential,
    /// What is remembered of it, if that was found on the way: so it is looked up once.
    facts: Option<Arc<DeviceFacts>>,
}

impl KnownDevice {
    /// A device of which no more is at hand.
    pub const fn new(
        organization: Id<Organization>,
        device: Id<Device>,
        credential: DeviceCredential,
    ) -> Self {
        Self { organization, device, credential, facts: None }
    }

    /// What is remembered of it, if that is at hand.
    pub(super) fn facts(&self) -> Option<Arc<DeviceFacts>> {
        self.facts
            .clone()
            .filter(|facts| (facts.belongs.organization, facts.id) == (self.organization, self.device))
    }
}

impl fmt::Debug for KnownDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { organization, device, credential, facts: _ } = self;
        let mut shown = f.debug_struct("KnownDevice");
        shown.field("organization", organization).field("device", device).field("credential", credential);
        shown.finish_non_exhaustive()
    }
}

/// Finds out which device a certificate stands for; makes a device of it where a CA certificate that signed it says so.
pub async fn authenticate(ctx: &Context, shown: Shown<'_>, origin: &Origin) -> Result<KnownDevice, Error> {
    let facts = shown.certificate.facts();
    let credential = DeviceCredential::from(facts);
    let Some((known, remembered)) = ctx.memory().credential(ctx, &credential).await? else {
        return appear(ctx, shown, Registration::None, origin).await;
    };
    if yields(ctx, shown, known).await? {
        return appear(ctx, shown, Registration::Unproven, origin).await;
    }
    let CredentialFacts { organization, device, .. } = known;
    let Some(device) = device else {
        let refused =
            RefusedCertificate { organization: Some(organization), ..RefusedCertificate::default() };
        return refuse(ctx, refused, facts, CertificateRefusal::Removed, origin).await;
    };
    if !facts.is_valid_at(ctx.now()) && ctx.memory().organization(ctx, organization).await?.is_strict {
        let CertificateFacts { not_before, not_after, .. } = *facts;
        let refused = RefusedCertificate {
            organization: Some(organization),
            device: Some(device),
            ..RefusedCertificate::default()
        };
        return refuse(ctx, refused, facts, CertificateRefusal::NotValid { not_before, not_after }, origin)
            .await;
    }
    Ok(KnownDevice { facts: remembered, ..KnownDevice::new(organization, device, credential) })
}

/// Whether what an organization claims without a proof does not count, because another one's authority signed the certificate. That it
/// counts is remembered, until somebody registers another authority.
async fn yields(ctx: &Context, shown: Shown<'_>, known: CredentialFacts) -> Result<bool, Error> {
    let is_settled = match known.standing {
        Standing::Proven | Standing::Settled => true,
        Standing::Claimed => shown.intermediates.is_empty(),
        Standing::Contested => false,
    };
    if is_settled {
        return Ok(false);
    }
    let before = ctx.memory().moment();
    let signers = find_signers(ctx.db(), &shown, ctx.now()).await?.found;
    let is_own = |signer: &Signer| signer.ca.organization == known.organization;
    if !signers.is_empty() && !signers.iter().any(is_own) {
        return Ok(true);
    }
    let settled = CredentialFacts { standing: Standing::Settled, ..known };
    let key = DeviceCredential::from(shown.certificate.facts()).key();
    ctx.memory().keep_credential(&before, key, settled);
    Ok(false)
}

/// Whether somebody registered a certificate, as far as it does not count.
#[derive(Clone, Copy)]
enum Registration {
    None,
    Unproven,
}

/// A certificate that nobody registered, or nobody who counts.
async fn appear(
    ctx: &Context,
    shown: Shown<'_>,
    registration: Registration,
    origin: &Origin,
) -> Result<KnownDevice, Error> {
    let facts = shown.certificate.facts();
    let mut refused = RefusedCertificate::default();
    let refusal = match provisioning::provision(ctx, &shown, origin).await {
        Ok((device, certificate)) => {
            let credential = DeviceCredential::from(certificate.certificate.facts());
            return Ok(KnownDevice::new(device.organization, device.id, credential));
        }
        Err(NotProvisioned::Failed(error)) => return Err(error),
        Err(NotProvisioned::Unknown { organization, doubts, notes }) => {
            refused = RefusedCertificate { organization, notes, ..refused };
            match registration {
                Registration::None => CertificateRefusal::Unknown { version: facts.version, doubts },
                Registration::Unproven => CertificateRefusal::Unproven { doubts },
            }
        }
        Err(NotProvisioned::Refused(organization, reason)) => {
            refused.organization = Some(organization);
            CertificateRefusal::NotProvisioned(reason)
        }
    };
    refuse(ctx, refused, facts, refusal, origin).await
}

async fn refuse(
    ctx: &Context,
    refused: RefusedCertificate,
    facts: &CertificateFacts,
    refusal: CertificateRefusal,
    origin: &Origin,
) -> Result<KnownDevice, Error> {
    note(ctx, refused, facts, &refusal, origin).await?;
    Err(Error::refused(refusal))
}

/// Notes, once in a while, that a device comes with a certificate that is over.
pub(super) fn note_expiry(ctx: &Context, known: &KnownDevice, device: &DeviceFacts, origin: &Origin) {
    match known.credential {
        DeviceCredential::Certificate { not_after, .. } => {
            if not_after < ctx.now() && device.last_answer.note_expiry() {
                let data = EventData::DeviceCertificateExpired(CertificateExpired { not_after });
                ctx.memory().check_ins.tell(ctx, device, origin, data);
            }
        }
    }
}
