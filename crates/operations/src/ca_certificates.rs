//! CA certificates: prove to have the key, register, read, change, delete.

use std::fmt::Display;

pub use olivine_domain::ca_certificates::Change;
use olivine_domain::ca_certificates::{CODE_LIFETIME, CaCertificate, Jitp, ProofRefusal, Renewals};
use olivine_domain::ca_certificates::{check_authority, proven_code};
use olivine_domain::certificates::Certificate;
use olivine_domain::cohorts::Cohort;
use olivine_domain::events::Subject;
use olivine_domain::organizations::Revision;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::text::Description;
use olivine_domain::time::Timestamp;
use olivine_records::{Constraint, Reader, Write, ca_certificates, verification_codes};

use crate::archiving::to_use;
use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::{Context, events};

/// A code to prove possession of a CA's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationCode {
    /// The common name of a certificate that the CA is to sign.
    pub code: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// A new CA certificate.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key.
    pub id: NewId,
    /// The certificate.
    pub certificate: Certificate,
    /// A certificate that it signed, whose common name is a verification code.
    pub verification_certificate: Certificate,
    /// What people say of it.
    pub description: Option<Description>,
    /// The settings for creating unknown devices whose certificates it signed.
    pub jitp: Option<Jitp>,
    /// Which new certificates of its devices are registered automatically as renewals.
    pub renewals: Renewals,
}

/// Makes a verification code.
pub async fn create_verification_code(
    ctx: &Context,
    by: &Authorized<scope::CaCertificateCreate>,
) -> Result<VerificationCode, Error> {
    let now = ctx.now();
    let code = format!("{:032x}", u128::from_be_bytes(ctx.random_bytes()));
    let new = VerificationCode { code, expires_at: now.plus(CODE_LIFETIME) };
    let mut w = ctx.work().await?;
    verification_codes::insert(&w, by.organization, &new.code, now, new.expires_at).await?;
    let data = events::VerificationCodeCreated { expires_at: new.expires_at };
    let data = EventData::VerificationCodeCreated(data);
    w.event(by, Subject::of(by.organization), data);
    w.commit().await?;
    Ok(new)
}

/// Registers a CA certificate. The code that the proof names is used up by it.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::CaCertificateCreate>,
    new: Create,
) -> Result<CaCertificate, Error> {
    let now = ctx.now();
    check_authority(&new.certificate, now).map_err(|refusal| refused("certificate", &refusal))?;
    let code = proven_code(&new.certificate, &new.verification_certificate)
        .map_err(|refusal| refused("verification_certificate", &refusal))?;
    let certificate = CaCertificate {
        id: new.id.take(ctx),
        organization: by.organization,
        certificate: new.certificate.clone(),
        description: new.description,
        jitp: new.jitp,
        renewals: new.renewals,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    };
    let mut w = ctx.work().await?;
    let registered = registered(&w, &certificate).await?;
    let is_replay = |other: &CaCertificate| new.id.is_replayable() && other.id == certificate.id;
    if let Some(other) = registered.as_ref().filter(|other| is_replay(other)) {
        // The answer to the same request, whose code is used up already.
        return Ok(other.clone());
    }
    check_jitp(&w, &by.tenancy(), certificate.jitp.as_ref(), None).await?;
    if !verification_codes::use_up(&w, by.organization, code, now).await? {
        return Err(refused("verification_certificate", &ProofRefusal::OtherName));
    }
    // Only somebody who has the key learns that it is registered. The code is not used up by that.
    if let Some(other) = registered {
        return Err(taken(&w, &by.tenancy(), &other).await?);
    }
    match ca_certificates::insert(&w, &certificate).await {
        Err(olivine_records::Error::Duplicate(Constraint::CaFingerprint)) => {
            return Err(Error::Conflict(
                "this CA certificate was registered at the same moment by another request",
            ));
        }
        other => other?,
    }
    let data = EventData::CaCertificateCreated(Whole(&certificate));
    w.event(by, Subject::of(certificate.id), data);
    w.commit().await?;
    Ok(certificate)
}

async fn registered(reader: &impl Reader, new: &CaCertificate) -> Result<Option<CaCertificate>, Error> {
    let fingerprint = &new.certificate.facts().fingerprint;
    Ok(ca_certificates::find_by_fingerprint_of_any_organization(reader, fingerprint).await?)
}

fn refused(field: &'static str, refusal: &impl Display) -> Error {
    Error::Invalid { field, problem: refusal.to_string() }
}

/// Says where a CA certificate is registered, but nothing about other organizations, nor of what the caller does not reach.
async fn taken(reader: &impl Reader, tenancy: &Tenancy, other: &CaCertificate) -> Result<Error, Error> {
    let own = ca_certificates::find(reader, &tenancy.to_see(), other.id).await?;
    let own = own.map(|own| own.id.prn(own.organization).to_string());
    let message = own.as_ref().map_or_else(
        || "this CA certificate is registered on this server already: make another one".to_owned(),
        |prn| format!("this CA certificate is registered already, as {prn}: use or change that one"),
    );
    Ok(Error::Taken { what: Taken::Certificate, message, by: own })
}

/// Refuses settings with which no device could be created. Unchanged settings are not checked again.
async fn check_jitp(
    w: &Write,
    tenancy: &Tenancy,
    jitp: Option<&Jitp>,
    old: Option<&Jitp>,
) -> Result<(), Error> {
    let Some(jitp) = jitp.filter(|jitp| Some(*jitp) != old) else { return Ok(()) };
    let Some(cohort) = jitp.cohort else {
        return to_use::<Product>(w, tenancy, jitp.product).await.map(drop);
    };
    to_use::<Product>(w, &tenancy.to_see(), jitp.product).await?;
    let cohort = to_use::<Cohort>(w, tenancy, cohort).await?;
    if cohort.product == jitp.product {
        return Ok(());
    }
    let own = cohort.product.prn(tenancy.organization());
    let problem = format!(
        "this cohort is one of the product {own}: choose a cohort of the jitp's own product, or none"
    );
    Err(Error::Invalid { field: "jitp.cohort_prn", problem })
}

/// Lists CA certificates.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::CaCertificateRead>,
    query: &ListQuery,
) -> Result<Page<CaCertificate>, Error> {
    Ok(ca_certificates::list(&ctx.reads_for(by), &by.tenancy(), query).await?)
}

/// Reads one CA certificate.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::CaCertificateRead>,
    id: Id<CaCertificate>,
) -> Result<CaCertificate, Error> {
    ca_certificates::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))
}

/// Changes what is said of a CA certificate, and what it provisions.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::CaCertificateUpdate>,
    id: Id<CaCertificate>,
    expected: Expected,
    change: Change,
) -> Result<CaCertificate, Error> {
    let mut w = ctx.work().await?;
    let old = ca_certificates::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(old) };
    check_jitp(&w, &by.tenancy(), new.jitp.as_ref(), old.jitp.as_ref()).await?;
    ca_certificates::update(&w, &old, &new).await?;
    let data = EventData::CaCertificateUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(new)
}

/// Deletes a CA certificate. The devices that it provisioned stay.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::CaCertificateDelete>,
    id: Id<CaCertificate>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let certificate = ca_certificates::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    ca_certificates::delete(&w, by.organization, id).await?;
    let data = EventData::CaCertificateDeleted(Whole(&certificate));
    w.event(by, Subject::of(id), data);
    w.commit().await
}
