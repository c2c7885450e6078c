//! CA certificates: authorities whose devices are welcome, and what a device is made into when it first appears.

use std::time::Duration;

use crate::certificates::{Certificate, CertificateFacts};
use crate::cohorts::Cohort;
use crate::organizations::{Organization, Revision};
use crate::prn::Id;
use crate::products::Product;
use crate::search::{Field, FieldKind, FieldTable};
use crate::tags::Tags;
use crate::target::Target;
use crate::text::Description;
use crate::time::Timestamp;

/// What lists of CA certificates can be searched by.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "fingerprint", kind: FieldKind::Text },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// How long a verification code is good for: one week.
pub const CODE_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// An authority whose devices are welcome. Its fingerprint is unique on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaCertificate {
    /// Its key.
    pub id: Id<CaCertificate>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// The certificate.
    pub certificate: Certificate,
    /// What people say of it.
    pub description: Option<Description>,
    /// What devices become that it signed and nobody knows; `None` where such devices are refused.
    pub jitp: Option<Jitp>,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Just-in-time provisioning: what a device is made with when it first appears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jitp {
    /// Its product.
    pub product: Id<Product>,
    /// Its cohort, one of the product's.
    pub cohort: Option<Id<Cohort>>,
    /// Its tags.
    pub tags: Tags,
    /// Its target.
    pub target: Option<Target>,
    /// What is said of it.
    pub description: Option<Description>,
}

/// Why a certificate can't be registered as an authority's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaRefusal {
    /// It is not an authority.
    #[error("it is not a CA certificate: it needs the basic constraint CA:TRUE")]
    NotAnAuthority,
    /// It is over.
    #[error("it has expired on {0}: make a new one")]
    Expired(Timestamp),
    /// The proof is by somebody else.
    #[error(
        "it was not signed by the CA's key: sign the verification certificate with the key that belongs to the CA certificate"
    )]
    NotSigned,
    /// The proof does not say the code.
    #[error(
        "its common name is not a verification code that is open: ask for one (verification_codes) and sign a certificate with it as common name"
    )]
    OtherName,
}

/// Whether a certificate can be registered as an authority's.
pub fn check_authority(facts: &CertificateFacts, now: Timestamp) -> Result<(), CaRefusal> {
    if !facts.is_authority {
        Err(CaRefusal::NotAnAuthority)
    } else if now > facts.not_after {
        Err(CaRefusal::Expired(facts.not_after))
    } else {
        Ok(())
    }
}

/// Whether `proof` shows that who gives it holds the authority's key; returns the code that it names.
pub fn proven_code<'a>(authority: &Certificate, proof: &'a Certificate) -> Result<&'a str, CaRefusal> {
    if !proof.is_signed_by(authority) {
        return Err(CaRefusal::NotSigned);
    }
    proof.facts().common_name.as_deref().ok_or(CaRefusal::OtherName)
}
