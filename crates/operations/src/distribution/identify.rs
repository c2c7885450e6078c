//! Which device a client certificate stands for. The connection has proven that it holds the certificate's key; whether that certificate
//! is welcome is decided here, for each request anew.

use olivine_domain::certificates::{Certificate, CertificateFacts};
use olivine_domain::devices::Device;
use olivine_domain::events::EventType;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Origin;
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use serde_json::json;

use super::facts::Credential;
use super::refusals::{Suspect, note};
use crate::provisioning::{self, NotProvisioned, ProvisioningRefusal};
use crate::{Context, Error};

/// A device that was recognized, for one request.
#[derive(Clone, Copy, Debug)]
pub struct KnownDevice {
    /// Its owner.
    pub organization: Id<Organization>,
    /// Which one.
    pub device: Id<Device>,
    /// When its certificate expires, or has.
    pub not_after: Timestamp,
}

/// Why a client certificate is not welcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody knows it.
    #[error(
        "no device is known by this certificate, and no registered CA certificate with provisioning signed it: register it \
         (device_certificates), or the CA that signed it (ca_certificates, with jitp){}", hint(*.version)
    )]
    Unknown {
        /// The version of X.509 that it is of.
        version: u32,
    },
    /// It was registered once.
    #[error(
        "this certificate was removed, or its device was deleted: to let it in again, register it (device_certificates)"
    )]
    Removed,
    /// It is not valid now, and the organization is strict about it.
    #[error(
        "this certificate is valid from {not_before} to {not_after}, and this organization takes no other: renew it"
    )]
    NotValid {
        /// From when.
        not_before: Timestamp,
        /// Until when.
        not_after: Timestamp,
    },
    /// A CA that signed it provisions, but not this.
    #[error("{0}")]
    NotProvisioned(ProvisioningRefusal),
}

/// Version 1 is what plain `openssl x509 -req` makes.
const fn hint(version: u32) -> &'static str {
    if version < 3 {
        ". (It is an X.509 version 1 certificate; these work here, this is not what is wrong)"
    } else {
        ""
    }
}

impl Refusal {
    /// For programs: the reason in one word.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "certificate_unknown",
            Self::Removed => "certificate_removed",
            Self::NotValid { .. } => "certificate_expired",
            Self::NotProvisioned(_) => "provisioning_refused",
        }
    }
}

/// Finds out which device a certificate stands for; makes a device of it where a CA certificate that signed it says so.
pub async fn authenticate(
    ctx: &Context,
    certificate: &Certificate,
    origin: &Origin,
) -> Result<KnownDevice, Error> {
    let facts = certificate.facts();
    let Some(credential) = ctx.memory().credential(ctx, &facts.fingerprint).await? else {
        return appear(ctx, certificate, origin).await;
    };
    let Credential { organization, device, .. } = credential;
    let Some(device) = device else {
        let suspect = Suspect { organization: Some(organization), device: None };
        return refuse(ctx, suspect, facts, Refusal::Removed, origin).await;
    };
    if !facts.is_valid_at(ctx.now()) && ctx.memory().organization(ctx, organization).await?.is_strict {
        let CertificateFacts { not_before, not_after, .. } = *facts;
        let suspect = Suspect { organization: Some(organization), device: Some(device) };
        return refuse(ctx, suspect, facts, Refusal::NotValid { not_before, not_after }, origin).await;
    }
    Ok(KnownDevice { organization, device, not_after: credential.not_after })
}

/// A certificate that nobody registered.
async fn appear(ctx: &Context, certificate: &Certificate, origin: &Origin) -> Result<KnownDevice, Error> {
    let facts = certificate.facts();
    let (organization, refusal) = match provisioning::provision(ctx, certificate, origin).await {
        Ok((device, certificate)) => {
            return Ok(KnownDevice {
                organization: device.organization,
                device: device.id,
                not_after: certificate.certificate.facts().not_after,
            });
        }
        Err(NotProvisioned::Failed(error)) => return Err(error),
        Err(NotProvisioned::Unknown(organization)) => {
            (organization, Refusal::Unknown { version: facts.version })
        }
        Err(NotProvisioned::Refused(organization, reason)) => {
            (Some(organization), Refusal::NotProvisioned(reason))
        }
    };
    refuse(ctx, Suspect { organization, device: None }, facts, refusal, origin).await
}

async fn refuse(
    ctx: &Context,
    suspect: Suspect,
    facts: &CertificateFacts,
    refusal: Refusal,
    origin: &Origin,
) -> Result<KnownDevice, Error> {
    note(ctx, suspect, facts, &refusal, origin).await?;
    Err(Error::Stranger(refusal))
}

/// Notes, once in a while, that a device comes with a certificate that is over.
pub(super) fn note_expiry(
    ctx: &Context,
    known: &KnownDevice,
    device: &super::facts::DeviceFacts,
    origin: &Origin,
) {
    if known.not_after < ctx.now() && device.told.note_expiry() {
        let data = json!({"not_after": known.not_after.to_string()});
        ctx.memory().check_ins.tell(ctx, device, origin, EventType::DeviceCertificateExpired, &data);
    }
}
