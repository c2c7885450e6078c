//! Why a text can't be registered as a signing key, and why a key may not sign.

use crate::key_files::{Kind, LEAKED};
use crate::refusals::{Meaning, Refusal};
use crate::text::Undecodable;
use crate::time::Timestamp;

/// The most bytes of text that a key can be registered with: room for a long chain of certificates.
pub const MAX_LENGTH: usize = 65_536;

/// Why a text can't be registered as a signing key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// A private key, given by mistake.
    #[error(
        "THIS IS A PRIVATE KEY. {LEAKED}. Register its public key, which 'openssl pkey -in key.pem -pubout' prints"
    )]
    PrivateKey,
    /// A sound key of a kind that may not sign.
    #[error("found {found}; a signing key is Ed25519, RSA with 2048 to 8192 bits, or ECDSA P-256")]
    Unsupported {
        /// What it is, in words.
        found: String,
    },
    /// An Ed25519 point that verifies almost anything.
    #[error("this Ed25519 key is a point of low order, which any signature would fit; generate a proper key")]
    LowOrderPoint,
    /// More than one key.
    #[error(
        "found {0} keys; register each one as a signing key of its own, by its public key or its certificate"
    )]
    SeveralKeys(usize),
    /// The form is known, but what it holds is broken.
    #[error("the {what} is damaged or incomplete; give the whole file, with its line breaks")]
    Malformed {
        /// What it should have been.
        what: &'static str,
    },
    /// Base64 of something else than a raw Ed25519 key.
    #[error(
        "base64 of {0} bytes found; a raw Ed25519 public key has 32. Give any other key as PEM \
         ('-----BEGIN PUBLIC KEY-----')"
    )]
    NotRawEd25519(usize),
    /// Nothing that looks like a key.
    #[error("{}", Kind::Unknown.in_place_of_key())]
    NotAKey,
    /// Bytes that are no text, and no other form that is known.
    #[error("{0}, or give the key as PEM ('-----BEGIN PUBLIC KEY-----')")]
    NotText(Undecodable),
    /// Another file.
    #[error("{}", .0.in_place_of_key())]
    OtherFile(Kind),
    /// More than [`MAX_LENGTH`].
    #[error("a key has at most {MAX_LENGTH} bytes of text; this one has {0}")]
    TooLong(usize),
    /// A stored certificate of another key than the stored one.
    #[error("the certificate belongs to another key")]
    OtherCertificate,
}

/// Why a key may not sign now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// Disabled.
    #[error("this signing key is disabled: it makes no new signatures; enable it or sign with another one")]
    Disabled,
    /// Revoked.
    #[error("this signing key is revoked: none of its signatures counts; sign with another one")]
    Revoked,
    /// Before its certificate's time.
    #[error("this signing key's certificate is not valid before {not_before}")]
    CertificateNotYetValid {
        /// The first valid moment.
        not_before: Timestamp,
    },
    /// After its certificate's time.
    #[error("this signing key's certificate expired at {not_after}; sign with a key that has a valid one")]
    CertificateExpired {
        /// The last valid moment.
        not_after: Timestamp,
    },
}

impl Refusal for KeyRefusal {
    fn meaning(&self) -> Meaning {
        Meaning::Invalid
    }

    fn code(&self) -> &'static str {
        "signing_key_unusable"
    }
}
