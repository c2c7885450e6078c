//! Which registered authorities signed a certificate: itself, or an intermediate one that the device sent. Organizations are not asked for.

use std::collections::HashSet;

use olivine_domain::ca_certificates::{CaCertificate, Signer};
use olivine_domain::certificates::{Link, SignatureCheck, links};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use olivine_records::{Error, Reader, ca_certificates};

use crate::distribution::certificates::Shown;

/// How many authorities of one name are tried. More can only be a mistake, or meant to keep the server busy.
const MOST_TRIED: usize = 32;

/// How many of them are noted.
const MOST_NOTES: usize = 3;

/// Who signed a certificate.
#[derive(Debug, Default)]
pub(crate) struct Signers {
    /// The authorities that did, each by the shortest way.
    pub(crate) found: Vec<Signer>,
    /// The organization of the first authority that bears the name of an issuer, whether it signed or not.
    pub(crate) namesake: Option<Id<Organization>>,
    /// What could not be found out because of what the device showed.
    pub(crate) doubts: Vec<String>,
    /// What could not be found out because of authorities that bear the name of an issuer. Only for their organization: devices are not
    /// told which authorities are registered.
    pub(crate) notes: Vec<String>,
    /// The names of the issuers.
    issuers: Vec<Sha256Digest>,
}

/// Finds the authorities that signed what a device shows.
pub(crate) async fn find_signers(
    reader: &impl Reader,
    shown: &Shown<'_>,
    now: Timestamp,
) -> Result<Signers, Error> {
    let mut signers = Signers::default();
    let intermediates = shown.intermediates.read(&mut signers.doubts);
    let links = links(shown.certificate, &intermediates, now, &mut signers.doubts);
    let issuers: HashSet<_> = links.iter().map(|link| link.certificate.facts().issuer_hash).collect();
    for problem in links.iter().filter_map(|link| link.certificate.signature_problem()) {
        signers.doubts.push(format!("who signed it can't be told: {problem}"));
    }
    signers.issuers = issuers.into_iter().collect();
    let named = ca_certificates::list_by_subjects_of_any_organization(reader, &signers.issuers).await?;
    signers.namesake = named.first().map(|ca| ca.organization);
    for ca in named.into_iter().take(MOST_TRIED) {
        signers.try_one(ca, &links);
    }
    Ok(signers)
}

impl Signers {
    fn try_one(&mut self, ca: CaCertificate, links: &[Link<'_>]) {
        for link in links {
            match link.certificate.signature_by(&ca.certificate) {
                SignatureCheck::Signed => {
                    self.found.push(Signer { ca, below: link.below });
                    return;
                }
                SignatureCheck::OtherIssuer => {}
                SignatureCheck::NotSigned => {
                    self.note(&ca, "has the name of its issuer, but did not sign it");
                }
                SignatureCheck::Unknown(reason) => {
                    self.note(
                        &ca,
                        &format!("has the name of its issuer, but whether it signed can't be told: {reason}"),
                    );
                }
            }
        }
    }

    fn note(&mut self, ca: &CaCertificate, problem: &str) {
        if self.namesake == Some(ca.organization) && self.notes.len() < MOST_NOTES {
            self.notes.push(format!("{} {problem}", ca.id.prn(ca.organization)));
        }
    }

    /// The same authorities as they are now. Who signed what does not change.
    pub(crate) async fn again(self, reader: &impl Reader) -> Result<Self, Error> {
        let now = ca_certificates::list_by_subjects_of_any_organization(reader, &self.issuers).await?;
        let below = |ca: &CaCertificate| {
            let before = self.found.iter().find(|before| before.ca.id == ca.id);
            before.map(|before| before.below)
        };
        let found = now.into_iter().filter_map(|ca| below(&ca).map(|below| Signer { ca, below })).collect();
        Ok(Self { found, ..self })
    }
}
