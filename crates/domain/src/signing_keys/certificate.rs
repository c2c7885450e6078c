//! X.509 certificates that signing keys come in. Must never be taken for proof of who a signer is: the organization
//! trusts the key because it registered it; the certificate only limits when the key may sign.

use x509_parser::prelude::{FromDer, X509Certificate};

use super::refusals::{InvalidKey, KeyRefusal};
use crate::certificates::certificate::moment;
use crate::time::Timestamp;

/// A signing key's certificate, with the further ones that were given after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pem: String,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Takes a certificate out of its DER, together with the PEM text that it was given in, and returns the DER of
    /// its `SubjectPublicKeyInfo` too.
    pub(super) fn from_der(der: &[u8], pem: &str) -> Result<(Self, Vec<u8>), InvalidKey> {
        let malformed = InvalidKey::Malformed { what: "certificate" };
        let Ok(([], certificate)) = X509Certificate::from_der(der) else {
            return Err(malformed);
        };
        let validity = certificate.validity();
        let (not_before, not_after) = (moment(validity.not_before), moment(validity.not_after));
        let spki = certificate.public_key().raw.to_vec();
        Ok((Self { pem: pem.to_owned(), not_before, not_after }, spki))
    }

    /// The PEM text as it was given: the key's own certificate, then the others.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The first moment at which the key may sign.
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last moment at which the key may sign.
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Both moments are part of the validity period (RFC 5280, 4.1.2.5).
    pub(super) fn check_valid_at(&self, now: Timestamp) -> Result<(), KeyRefusal> {
        let Self { not_before, not_after, .. } = *self;
        if now < not_before {
            Err(KeyRefusal::CertificateNotYetValid { not_before })
        } else if now > not_after {
            Err(KeyRefusal::CertificateExpired { not_after })
        } else {
            Ok(())
        }
    }
}
