//! Reading a certificate, and what it says of itself.

use std::fmt;
use std::time::Duration;

use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

use super::invalid::{InvalidCertificate, MAX_BYTES};
use super::marks::Marks;
use super::names::{self, UnreadableText};
use super::unfit::Unfit;
use super::weakness::{Weakness, weakness};
use crate::hash::Sha256Digest;
use crate::key_files::{self, Item};
use crate::time::Timestamp;

/// A certificate that could be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    pub(super) der: Vec<u8>,
    pub(super) facts: CertificateFacts,
    marks: Marks,
    pub(super) weakness: Option<Weakness>,
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

impl Certificate {
    /// Reads PEM, or base64 of PEM or of DER.
    pub fn from_text(text: &str) -> Result<Self, InvalidCertificate> {
        Self::from_file(text.as_bytes())
    }

    /// Reads a file, in whatever form certificates have.
    pub fn from_file(bytes: &[u8]) -> Result<Self, InvalidCertificate> {
        if bytes.len() > 4 * MAX_BYTES {
            let has_private_key = key_files::shows_private_key(bytes);
            return Err(if has_private_key {
                InvalidCertificate::PrivateKey
            } else {
                InvalidCertificate::TooLarge
            });
        }
        let contents = key_files::read(bytes)?;
        let certificates = contents.items.iter().filter(|item| matches!(item, Item::Certificate(_))).count();
        match contents.items.as_slice() {
            _ if contents.has_private_key && certificates > 0 => Err(InvalidCertificate::PrivateKeyBeside),
            _ if contents.has_private_key => Err(InvalidCertificate::PrivateKey),
            [Item::Certificate(der)] => Self::from_der(der),
            [] => Err(InvalidCertificate::Malformed),
            [other] => Err(InvalidCertificate::OtherFile(other.kind())),
            _ if certificates > 1 => Err(InvalidCertificate::Several),
            _ => Err(InvalidCertificate::Besides),
        }
    }

    /// Reads DER.
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidCertificate> {
        if der.len() > MAX_BYTES {
            return Err(InvalidCertificate::TooLarge);
        }
        let Ok(([], parsed)) = X509Certificate::from_der(der) else {
            return Err(InvalidCertificate::Malformed);
        };
        let (marks, weakness) = (Marks::of(&parsed), weakness(&parsed));
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
    pub(super) fn parsed(&self) -> Result<X509Certificate<'_>, Unfit> {
        match X509Certificate::from_der(&self.der) {
            Ok(([], parsed)) => Ok(parsed),
            _ => Err(Unfit::NotDer("it can't be read")),
        }
    }
}

impl CertificateFacts {
    /// Both moments are part of the validity period (RFC 5280, 4.1.2.5).
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
