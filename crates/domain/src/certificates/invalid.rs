//! Why a text or a file is no certificate.

use crate::key_files::{Kind, LEAKED, NotRead};
use crate::text::Undecodable;

/// The most bytes of one certificate.
pub const MAX_BYTES: usize = 16 * 1024;

/// The text or bytes are no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    /// It has not the form.
    #[error("{}", Kind::Unknown.in_place_of_certificate())]
    Malformed,
    /// It begins as a certificate does, but is not whole.
    #[error("the PEM text is damaged or incomplete: give the whole file")]
    Damaged,
    /// Its bytes are no text, and no other form that is known.
    #[error("{0}, or give the certificate as PEM (-----BEGIN CERTIFICATE-----)")]
    NotText(Undecodable),
    /// It is another file.
    #[error("{}", .0.in_place_of_certificate())]
    OtherFile(Kind),
    /// A private key, given by mistake.
    #[error("THIS IS A PRIVATE KEY. {LEAKED}. Give the certificate that was made for it")]
    PrivateKey,
    /// A certificate and a private key, given by mistake.
    #[error(
        "THERE IS A PRIVATE KEY beside the certificate. {LEAKED}. Give the certificate alone, which 'openssl x509 -in FILE' prints"
    )]
    PrivateKeyBeside,
    /// There is more than one.
    #[error("it has more than one certificate: give just the one")]
    Several,
    /// There is something else.
    #[error(
        "it has something else beside the certificate: give the certificate alone, which 'openssl x509 -in FILE' prints"
    )]
    Besides,
    /// It is larger than any certificate should be.
    #[error("a certificate has at most {MAX_BYTES} bytes")]
    TooLarge,
}

impl From<NotRead> for InvalidCertificate {
    fn from(problem: NotRead) -> Self {
        match problem {
            NotRead::Damaged => Self::Damaged,
            NotRead::NotText(problem) => Self::NotText(problem),
            NotRead::Unknown => Self::Malformed,
        }
    }
}
