//! X.509 certificates of devices and of their authorities: what they say, who signed them, and what they may be used for.
//!
//! Must never be taken for a proof that somebody holds a certificate's key: that is the handshake's part.

mod chains;
mod der;
mod fitness;
mod identifiers;
mod marks;
mod names;
mod signatures;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

pub use self::chains::{Intermediates, Link, MOST_INTERMEDIATES, links};
pub use self::fitness::{Unfit, Weakness};
pub use self::identifiers::{IdentifierSource, InvalidIdentifierSource, NoIdentifier};
pub use self::marks::Marks;
pub use self::names::UnreadableText;
pub use self::signatures::{CannotVerify, SignatureCheck};
use crate::hash::Sha256Digest;
use crate::time::Timestamp;

/// The most bytes of one certificate.
pub const MAX_BYTES: usize = 16 * 1024;

/// A certificate that could be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    facts: CertificateFacts,
    marks: Marks,
    weakness: Option<Weakness>,
}

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The SHA-256 of its DER.
    pub fingerprint: Sha256Digest,
    /// 1 to 3. Version 1 has no extensions, so it can't say whether it is an authority.
    pub version: u32,
    /// Its subject, for people.
    pub subject: String,
    /// Its issuer, for people.
    pub issuer: String,
    /// The common name of its subject, if it has one; an error if that is not text.
    pub common_name: Result<Option<String>, UnreadableText>,
    /// Its serial number in hexadecimal digits.
    pub serial: String,
    /// The SHA-256 of its subject's DER.
    pub subject_hash: Sha256Digest,
    /// The SHA-256 of its issuer's DER: the `subject_hash` of who signed it.
    pub issuer_hash: Sha256Digest,
    /// The first moment at which it is valid.
    pub not_before: Timestamp,
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
}

/// The text or bytes are no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    /// It has not the form.
    #[error(
        "it is not an X.509 certificate: give it as PEM (-----BEGIN CERTIFICATE-----), or as base64 of PEM"
    )]
    Malformed,
    /// There is more than one.
    #[error("it has more than one certificate: give just the one")]
    Several,
    /// It is larger than any certificate should be.
    #[error("a certificate has at most {MAX_BYTES} bytes")]
    TooLarge,
}

impl Certificate {
    /// Reads PEM, or base64 of PEM.
    pub fn from_text(text: &str) -> Result<Self, InvalidCertificate> {
        if text.len() > 4 * MAX_BYTES {
            return Err(InvalidCertificate::TooLarge);
        }
        if text.contains("-----BEGIN") {
            return Self::from_pem(text.as_bytes());
        }
        let compact: String = text.split_ascii_whitespace().collect();
        let pem = STANDARD.decode(compact).map_err(|_| InvalidCertificate::Malformed)?;
        Self::from_pem(&pem)
    }

    fn from_pem(pem: &[u8]) -> Result<Self, InvalidCertificate> {
        let (rest, found) = parse_x509_pem(pem).map_err(|_| InvalidCertificate::Malformed)?;
        if found.label != "CERTIFICATE" && found.label != "TRUSTED CERTIFICATE" {
            return Err(InvalidCertificate::Malformed);
        }
        if rest.windows(11).any(|window| window == b"-----BEGIN ") {
            return Err(InvalidCertificate::Several);
        }
        Self::from_der(&found.contents)
    }

    /// Reads DER.
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidCertificate> {
        if der.len() > MAX_BYTES {
            return Err(InvalidCertificate::TooLarge);
        }
        let Ok(([], parsed)) = X509Certificate::from_der(der) else {
            return Err(InvalidCertificate::Malformed);
        };
        let (marks, weakness) = (Marks::of(&parsed), fitness::weakness(&parsed));
        Ok(Self { der: der.to_vec(), facts: facts(der, &parsed), marks, weakness })
    }

    /// Its DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it says of itself.
    pub const fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// What it is recognized by after it was removed.
    pub const fn marks(&self) -> Marks {
        self.marks
    }

    /// What makes it prove nothing, if anything does. Such a certificate is not taken any more; one that is known stays.
    pub const fn weakness(&self) -> Option<Weakness> {
        self.weakness
    }

    /// Its PEM.
    pub fn pem(&self) -> String {
        crate::pem::text("CERTIFICATE", &self.der)
    }

    /// The certificate as x509-parser reads it.
    fn parsed(&self) -> Result<X509Certificate<'_>, Unfit> {
        match X509Certificate::from_der(&self.der) {
            Ok(([], parsed)) => Ok(parsed),
            _ => Err(Unfit::NotDer("it can't be read")),
        }
    }
}

impl CertificateFacts {
    /// Both ends belong to the time in between (RFC 5280, 4.1.2.5).
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.facts.fingerprint)
    }
}

fn facts(der: &[u8], parsed: &X509Certificate<'_>) -> CertificateFacts {
    CertificateFacts {
        fingerprint: Sha256Digest::of(der),
        version: parsed.version().0 + 1,
        subject: names::printed(parsed.subject()),
        issuer: names::printed(parsed.issuer()),
        common_name: names::common_name(parsed.subject()),
        serial: hex::encode(parsed.raw_serial()),
        subject_hash: Sha256Digest::of(parsed.subject().as_raw()),
        issuer_hash: Sha256Digest::of(parsed.issuer().as_raw()),
        not_before: moment(parsed.validity().not_before),
        not_after: moment(parsed.validity().not_after),
    }
}

/// Stops at the end of what a timestamp can say: RFC 5280's "no expiry" is some hours later.
pub(crate) fn moment(time: ASN1Time) -> Timestamp {
    let epoch = Timestamp::from(jiff::Timestamp::UNIX_EPOCH);
    let seconds = time.timestamp();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { epoch.minus(distance) } else { epoch.plus(distance) }
}
