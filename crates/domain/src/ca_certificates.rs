//! CA certificates: authorities whose devices may connect, and the settings with which a device is created when it first connects.

pub mod renewals;

use std::cmp::Reverse;
use std::time::Duration;

use crate::certificates::{
    CannotVerify, Certificate, IdentifierSource, SignatureCheck, Unfit, UnreadableText,
};
use crate::cohorts::Cohort;
use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::products::Product;
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::tags::Tags;
use crate::target::Target;
use crate::text::Description;
use crate::time::Timestamp;

pub use self::renewals::{InvalidRenewals, Renewals};

/// The fields by which lists of CA certificates can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "fingerprint", kind: FieldKind::Text },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// How long a verification code is good for: one week.
pub const CODE_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// An authority whose devices may connect. Its fingerprint is unique on the server.
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
    /// The settings for creating unknown devices whose certificates it signed; `None` if such devices are refused.
    pub jitp: Option<Jitp>,
    /// Which new certificates of its devices are registered automatically as renewals.
    pub renewals: Renewals,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

crate::changes::change! {
    CaCertificate { description: Option<Description>, jitp: Option<Jitp>, renewals: Renewals }
}

impl Resource for CaCertificate {
    const TYPE: Option<&'static str> = Some("ca_certificate");
    const A_NAME: &'static str = "a CA certificate";
}

impl Searchable for CaCertificate {
    const FIELDS: FieldTable = SEARCH;
}

/// Just-in-time provisioning: the settings with which a device is created when it first connects.
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
    /// Which of a certificate's names becomes its identifier.
    pub identifier: IdentifierSource,
}

/// Why a certificate can't be registered as an authority's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaRefusal {
    /// It is not an authority's, or not a good one's.
    #[error("{0}")]
    Unfit(#[from] Unfit),
    /// It is over.
    #[error("it has expired on {0}: make a new one")]
    Expired(Timestamp),
}

/// Why a verification certificate does not prove that somebody holds a certificate's key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefusal {
    /// It is by somebody else.
    #[error(
        "its issuer is not the subject of the certificate that it is to prove the key of: sign it with that one"
    )]
    OtherIssuer,
    /// It is by another key.
    #[error(
        "it was not signed by the certificate's key: sign the verification certificate with the private key that belongs to the certificate"
    )]
    NotSigned,
    /// This can't be found out.
    #[error("it can't be verified: {0}")]
    Unknown(#[from] CannotVerify),
    /// It names no code that can be read.
    #[error("{0}")]
    Unreadable(#[from] UnreadableText),
    /// It does not name the code.
    #[error(
        "its common name is not a verification code that can be used now: make a code ('peridio ca-certificates create-verification-code'), and \
         sign a certificate with the code as its common name"
    )]
    OtherName,
}

/// Why a CA certificate can't provision a device now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotProvision {
    /// It has no settings for provisioning.
    #[error("has no jitp settings")]
    Off,
    /// It is over.
    #[error("has expired on {0}")]
    Expired(Timestamp),
    /// It has not begun.
    #[error("is valid from {0} on")]
    NotYetValid(Timestamp),
    /// It may not sign devices' certificates, or not this one.
    #[error("can't provision: {0}")]
    Unfit(#[from] Unfit),
}

/// A registered authority that signed a device's certificate, itself or by way of intermediate ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The authority.
    pub ca: CaCertificate,
    /// How many intermediate CA certificates are between.
    pub below: u32,
}

/// Which of several CA certificates, all of which signed a device's certificate, provisions the device: of those that can do so now, the
/// nearest; if several are equally near, those of the organization that registered the first of them; of these, the newest. So an
/// organization can't take new devices over by registering another certificate of an authority that another organization has registered,
/// not even if it has the key. If none can provision the device, the result says what each one lacks, in the same order.
pub fn choose_provisioner(
    signers: &[Signer],
    now: Timestamp,
) -> Result<(&CaCertificate, &Jitp), Vec<(&CaCertificate, CannotProvision)>> {
    let mut best_first: Vec<_> = signers.iter().collect();
    let registered_first = |signer: &Signer| {
        let same = signers
            .iter()
            .filter(|other| (other.below, other.ca.organization) == (signer.below, signer.ca.organization));
        same.map(|other| (other.ca.inserted_at, other.ca.organization)).min()
    };
    best_first.sort_by_key(|signer| (signer.below, registered_first(signer), Reverse(signer.ca.age())));
    let mut lacking = Vec::new();
    for Signer { ca, below } in best_first {
        match ca.can_provision(*below, now) {
            Ok(jitp) => return Ok((ca, jitp)),
            Err(lack) => lacking.push((ca, lack)),
        }
    }
    Err(lacking)
}

impl CaCertificate {
    /// Sorts certificates of one authority from the oldest to the newest. A renewed one usually begins later; where both begin at the
    /// same moment, the one that lasts longer is the successor.
    fn age(&self) -> impl Ord + use<> {
        let facts = self.certificate.facts();
        (facts.not_before, facts.not_after, self.inserted_at, self.id)
    }

    /// Whether it is a certificate of the same authority: of the same key and name.
    pub fn is_same_authority(&self, other: &Self) -> bool {
        let of = |ca: &Self| (ca.certificate.facts().subject_hash, ca.certificate.marks().key);
        of(self) == of(other)
    }

    /// The settings to make a device with, if it may do so now.
    fn can_provision(&self, below: u32, now: Timestamp) -> Result<&Jitp, CannotProvision> {
        self.check_now(below, now)?;
        self.jitp.as_ref().ok_or(CannotProvision::Off)
    }

    /// Whether it may sign devices' certificates now. It was registered once, but perhaps by a version that asked for less.
    fn check_now(&self, below: u32, now: Timestamp) -> Result<(), CannotProvision> {
        let facts = self.certificate.facts();
        self.certificate.check_authority(below)?;
        if now > facts.not_after {
            Err(CannotProvision::Expired(facts.not_after))
        } else if now < facts.not_before {
            Err(CannotProvision::NotYetValid(facts.not_before))
        } else {
            Ok(())
        }
    }
}

/// The authorities that take renewals now, of all those that signed a certificate: the nearest first, and of several equally near the
/// newest.
pub fn renewing(signers: &[Signer], now: Timestamp) -> Vec<&Signer> {
    let mut best_first: Vec<_> = signers
        .iter()
        .filter(|signer| {
            signer.ca.renewals != Renewals::Refuse && signer.ca.check_now(signer.below, now).is_ok()
        })
        .collect();
    best_first.sort_by_key(|signer| (signer.below, Reverse(signer.ca.age())));
    best_first
}

/// Whether a certificate can be registered as an authority's. One that has not begun can be, so that a successor is ready in time.
pub fn check_authority(certificate: &Certificate, now: Timestamp) -> Result<(), CaRefusal> {
    certificate.check_form()?;
    certificate.check_authority(0)?;
    let until = certificate.facts().not_after;
    if now > until { Err(CaRefusal::Expired(until)) } else { Ok(()) }
}

/// Whether `proof` shows that its sender holds the key of `certificate`, an authority's or a device's; returns the code that it names.
pub fn proven_code<'a>(certificate: &Certificate, proof: &'a Certificate) -> Result<&'a str, ProofRefusal> {
    match proof.signature_by(certificate) {
        SignatureCheck::Signed => {}
        SignatureCheck::OtherIssuer => return Err(ProofRefusal::OtherIssuer),
        SignatureCheck::NotSigned => return Err(ProofRefusal::NotSigned),
        SignatureCheck::Unknown(reason) => return Err(reason.into()),
    }
    let name = proof.facts().common_name.as_ref().map_err(Clone::clone)?;
    name.as_deref().ok_or(ProofRefusal::OtherName)
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
    use uuid::Uuid;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    /// Day by day since 1970.
    fn day(number: u32) -> Timestamp {
        Timestamp::from_micros(0).unwrap().plus(DAY * number)
    }

    /// Certificates of one key and one name.
    struct Authority(KeyPair);

    impl Authority {
        fn certificate(&self, id: u128, from: u32, until: u32) -> CaCertificate {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.not_before = date_time_ymd(1970, 1, 1) + DAY * from;
            params.not_after = date_time_ymd(1970, 1, 1) + DAY * until;
            let made = params.self_signed(&self.0).unwrap();
            CaCertificate {
                id: Id::new(Uuid::from_u128(id)),
                organization: Id::new(Uuid::nil()),
                certificate: Certificate::from_der(made.der()).unwrap(),
                description: None,
                jitp: Some(Jitp {
                    product: Id::new(Uuid::from_u128(id)),
                    cohort: None,
                    tags: Tags::default(),
                    target: None,
                    description: None,
                    identifier: IdentifierSource::default(),
                }),
                renewals: Renewals::default(),
                revision: Revision::FIRST,
                inserted_at: day(0),
                updated_at: day(0),
            }
        }
    }

    /// Which of them provisions on a day, or what each lacks.
    fn chosen(signers: &[CaCertificate], on: u32) -> Result<u128, Vec<(u128, CannotProvision)>> {
        let id = |ca: &CaCertificate| ca.id.uuid().as_u128();
        let signers: Vec<_> = signers.iter().map(|ca| Signer { ca: ca.clone(), below: 0 }).collect();
        match choose_provisioner(&signers, day(on)) {
            Ok((ca, jitp)) => {
                assert_eq!(ca.jitp.as_ref(), Some(jitp));
                Ok(id(ca))
            }
            Err(lacking) => Err(lacking.into_iter().map(|(ca, lack)| (id(ca), lack)).collect()),
        }
    }

    #[test]
    fn of_a_renewed_authority_the_newest_certificate_that_can_provision_does() {
        let authority = Authority(KeyPair::generate().unwrap());
        let (old, new) = (authority.certificate(1, 100, 200), authority.certificate(2, 150, 300));
        for signers in [[old.clone(), new.clone()], [new.clone(), old.clone()]] {
            assert_eq!(chosen(&signers, 120), Ok(1), "the successor has not begun");
            assert_eq!(chosen(&signers, 170), Ok(2), "both are valid");
            assert_eq!(chosen(&signers, 250), Ok(2), "the old one has expired");
            let over = vec![(2, CannotProvision::Expired(day(300))), (1, CannotProvision::Expired(day(200)))];
            assert_eq!(chosen(&signers, 301), Err(over));
            let early = vec![
                (2, CannotProvision::NotYetValid(day(150))),
                (1, CannotProvision::NotYetValid(day(100))),
            ];
            assert_eq!(chosen(&signers, 99), Err(early));
        }
        // Both moments are part of the validity period.
        assert_eq!(chosen(std::slice::from_ref(&old), 100), Ok(1));
        assert_eq!(chosen(std::slice::from_ref(&old), 200), Ok(1));
        let without = CaCertificate { jitp: None, ..new };
        assert_eq!(chosen(&[without.clone(), old.clone()], 170), Ok(1), "the successor does not provision");
        let lacking = vec![(2, CannotProvision::Off), (1, CannotProvision::Expired(day(200)))];
        assert_eq!(chosen(&[without, old], 250), Err(lacking));
        assert_eq!(chosen(&[], 250), Err(Vec::new()));
    }

    #[test]
    fn a_newer_certificate_of_an_authority_in_another_organization_takes_no_devices_over() {
        let authority = Authority(KeyPair::generate().unwrap());
        let of = |ca: CaCertificate, organization, registered| CaCertificate {
            organization: Id::new(Uuid::from_u128(organization)),
            inserted_at: day(registered),
            ..ca
        };
        let first = of(authority.certificate(1, 100, 200), 7, 110);
        let theirs = of(authority.certificate(2, 150, 300), 5, 151);
        let successor = of(authority.certificate(3, 140, 250), 7, 160);
        let mut signers = [theirs.clone(), first.clone()];
        for _ in 0..2 {
            signers.reverse();
            assert_eq!(chosen(&signers, 170), Ok(1));
            assert_eq!(chosen(&signers, 201), Ok(2), "the first organization's is over");
        }
        assert_eq!(chosen(&[theirs, successor, first], 170), Ok(3), "its own successor does");
    }

    #[test]
    fn of_two_that_begin_at_once_the_one_that_lasts_longer_is_the_successor() {
        let authority = Authority(KeyPair::generate().unwrap());
        let (short, long) = (authority.certificate(2, 100, 200), authority.certificate(1, 100, 300));
        assert_eq!(chosen(&[short.clone(), long.clone()], 150), Ok(1));
        assert_eq!(chosen(&[long, short], 150), Ok(1));
    }
}
