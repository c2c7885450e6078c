//! Chains: a device may show the intermediate authorities between its certificate and one that is registered.
//!
//! An intermediate certificate must not be trusted before a trusted authority has signed it: the result here is only a possible chain.

use std::sync::Arc;

use super::certificate::Certificate;
use super::invalid::MAX_BYTES;
use super::signatures::SignatureCheck;
use crate::time::Timestamp;

/// The most intermediate certificates that are looked at.
pub const MOST_INTERMEDIATES: usize = 4;

/// The certificates that a device sent besides its own, as DER. A chain that is too long, or larger than one certificate may be, is not
/// looked at.
#[derive(Clone, Debug, Default)]
pub struct Intermediates {
    sent: Arc<[Vec<u8>]>,
    is_outsized: bool,
}

/// A certificate on the way upwards from a device's.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The certificate: the device's own, or an intermediate one that leads to it.
    pub certificate: &'a Certificate,
    /// How many CA certificates are below its issuer: none for the device's own.
    pub below: u32,
}

impl Intermediates {
    /// Those that a device sent, without its own certificate.
    pub fn new<'a>(sent: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        for der in sent {
            bytes += der.len();
            if taken.len() == MOST_INTERMEDIATES || bytes > MAX_BYTES {
                return Self { sent: Arc::default(), is_outsized: true };
            }
            taken.push(der.to_vec());
        }
        Self { sent: taken.into(), is_outsized: false }
    }

    /// Whether there are none to look at.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// Reads them. What can't be used is said in `problems`.
    pub fn read(&self, problems: &mut Vec<String>) -> Vec<Certificate> {
        if self.is_outsized {
            let most = format!("at most {MOST_INTERMEDIATES}, with {MAX_BYTES} bytes together");
            problems.push(format!("the chain that was sent has too many or too large certificates ({most})"));
        }
        let mut read = Vec::with_capacity(self.sent.len());
        for der in self.sent.iter() {
            match Certificate::from_der(der) {
                Ok(certificate) => read.push(certificate),
                Err(problem) => problems
                    .push(format!("a certificate of the chain that was sent can't be used: {problem}")),
            }
        }
        read
    }
}

/// The ways upwards from a device's certificate, the shortest first, over those intermediates that may sign. What stands against one that
/// fits by its name is said in `problems`.
pub fn links<'a>(
    own: &'a Certificate,
    intermediates: &'a [Certificate],
    now: Timestamp,
    problems: &mut Vec<String>,
) -> Vec<Link<'a>> {
    let mut links = vec![Link { certificate: own, below: 0 }];
    let mut unused: Vec<_> = intermediates.iter().collect();
    let mut next = 0;
    while let Some(link) = links.get(next).copied() {
        next += 1;
        unused.retain(|issuer| match leads_up(link, issuer, now) {
            Ok(true) => {
                links.push(Link { certificate: issuer, below: link.below + 1 });
                false
            }
            Ok(false) => true,
            Err(problem) => {
                problems
                    .push(format!("the intermediate certificate '{}': {problem}", issuer.facts().subject));
                false
            }
        });
    }
    links
}

/// Whether an intermediate certificate signed this one, and may have.
fn leads_up(link: Link<'_>, issuer: &Certificate, now: Timestamp) -> Result<bool, String> {
    match link.certificate.signature_by(issuer) {
        SignatureCheck::Signed => {}
        SignatureCheck::OtherIssuer | SignatureCheck::NotSigned => return Ok(false),
        SignatureCheck::Unknown(reason) => return Err(format!("what it signed can't be verified: {reason}")),
    }
    issuer
        .check_form()
        .and_then(|()| issuer.check_authority(link.below))
        .map_err(|unfit| unfit.to_string())?;
    let facts = issuer.facts();
    if facts.is_valid_at(now) {
        Ok(true)
    } else {
        Err(format!("it is valid from {} to {}", facts.not_before, facts.not_after))
    }
}
