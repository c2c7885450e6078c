//! The credentials of devices. Limits, caches and lookups use the credential as their key, so that another kind of credentials is another
//! variant here. Decides nothing: which device a credential stands for is on record.

use std::fmt;

use uuid::Uuid;

use crate::certificates::CertificateFacts;
use crate::hash::Sha256Digest;
use crate::time::Timestamp;

/// The credential by which a device authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCredential {
    /// A client certificate. The connection has proven that the device holds its key.
    Certificate {
        /// The SHA-256 of the certificate.
        fingerprint: Sha256Digest,
        /// When it expires, or has.
        not_after: Timestamp,
    },
}

/// A credential by the first half of a SHA-256: 128 bits that nobody can choose, and that tell nothing that would help to use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialKey(Uuid);

impl DeviceCredential {
    /// What it is counted and remembered by.
    pub fn key(&self) -> CredentialKey {
        match self {
            Self::Certificate { fingerprint, .. } => fingerprint.into(),
        }
    }
}

impl From<&CertificateFacts> for DeviceCredential {
    fn from(facts: &CertificateFacts) -> Self {
        Self::Certificate { fingerprint: facts.fingerprint, not_after: facts.not_after }
    }
}

/// As logs name it, without anything secret.
impl fmt::Display for DeviceCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { fingerprint, .. } => write!(f, "certificate {fingerprint}"),
        }
    }
}

impl CredentialKey {
    /// The key as it is announced to other processes.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// The key that another process announced.
    pub const fn announced(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl From<&Sha256Digest> for CredentialKey {
    fn from(digest: &Sha256Digest) -> Self {
        let mut first = [0; 16];
        first.copy_from_slice(&digest.as_bytes()[..16]);
        Self(Uuid::from_bytes(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_known_by_its_fingerprint_alone() {
        let certificate = |bytes: &[u8], micros| DeviceCredential::Certificate {
            fingerprint: Sha256Digest::of(bytes),
            not_after: Timestamp::from_micros(micros).unwrap(),
        };
        let one = certificate(b"one", 1);
        assert_eq!(one.key(), certificate(b"one", 2).key());
        assert_ne!(one.key(), certificate(b"other", 1).key());
        let fingerprint = Sha256Digest::of(b"one");
        assert_eq!(one.key().uuid().as_bytes()[..], fingerprint.as_bytes()[..16]);
        assert_eq!(CredentialKey::announced(one.key().uuid()), one.key());
        assert_eq!(one.to_string(), format!("certificate {fingerprint}"));
    }
}
