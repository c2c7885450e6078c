//! X.509 certificates of devices and of their authorities: what they say, and who signed them.
//!
//! Must never be taken for a proof that somebody holds a certificate's key: that is the handshake's part.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

use crate::hash::Sha256Digest;
use crate::time::Timestamp;

/// The most bytes of one certificate.
pub const MAX_BYTES: usize = 16 * 1024;

/// A certificate that could be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    facts: CertificateFacts,
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
    /// The common name of its subject.
    pub common_name: Option<String>,
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
    /// Whether it says that it may sign others: as a basic constraint, or by being of version 1 and signed by itself.
    pub is_authority: bool,
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
        Ok(Self { der: der.to_vec(), facts: facts(der, &parsed) })
    }

    /// Its DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it says of itself.
    pub const fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// Its PEM.
    pub fn pem(&self) -> String {
        crate::pem::text("CERTIFICATE", &self.der)
    }

    /// Whether `authority` signed it: the names fit, and so does the signature.
    pub fn is_signed_by(&self, authority: &Self) -> bool {
        if self.facts.issuer_hash != authority.facts.subject_hash {
            return false;
        }
        let parsed = (X509Certificate::from_der(&self.der), X509Certificate::from_der(&authority.der));
        let (Ok((_, own)), Ok((_, signer))) = parsed else { return false };
        own.verify_signature(Some(signer.public_key())).is_ok()
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
    let constraint = parsed.basic_constraints().ok().flatten();
    let is_self_issued = parsed.subject().as_raw() == parsed.issuer().as_raw();
    let common_name = parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    CertificateFacts {
        fingerprint: Sha256Digest::of(der),
        version: parsed.version().0 + 1,
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        common_name: common_name.map(str::to_owned),
        serial: hex::encode(parsed.raw_serial()),
        subject_hash: Sha256Digest::of(parsed.subject().as_raw()),
        issuer_hash: Sha256Digest::of(parsed.issuer().as_raw()),
        not_before: moment(parsed.validity().not_before),
        not_after: moment(parsed.validity().not_after),
        is_authority: constraint.map_or(parsed.version().0 == 0 && is_self_issued, |found| found.value.ca),
    }
}

/// Stops at the end of what a timestamp can say: RFC 5280's "no expiry" is some hours later.
pub(crate) fn moment(time: ASN1Time) -> Timestamp {
    let epoch = Timestamp::from(jiff::Timestamp::UNIX_EPOCH);
    let seconds = time.timestamp();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { epoch.minus(distance) } else { epoch.plus(distance) }
}
