//! What a file can have in it.

use super::kinds::Kind;
use super::openssh::OpenSshKey;

/// One thing that is in a content.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// The DER of a certificate.
    Certificate(Vec<u8>),
    /// The DER of a `SubjectPublicKeyInfo`.
    PublicKey(Vec<u8>),
    /// The DER of an `RSAPublicKey` (PKCS#1).
    RsaPublicKey(Vec<u8>),
    /// A public key in OpenSSH's form.
    OpenSsh(OpenSshKey),
    /// Bytes in base64 that have no form of their own, such as a raw Ed25519 key.
    Raw(Vec<u8>),
    /// Something that is neither.
    Other(Kind),
}

impl Item {
    /// What it is called where something else was wanted.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Certificate(_) => Kind::Certificate,
            Self::PublicKey(_) | Self::RsaPublicKey(_) => Kind::PublicKey,
            Self::OpenSsh(_) => Kind::OpenSshKey,
            Self::Raw(_) => Kind::Unknown,
            Self::Other(kind) => *kind,
        }
    }
}
