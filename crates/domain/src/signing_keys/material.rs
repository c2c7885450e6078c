//! What users register as a signing key: a PEM public key, a PEM certificate or a raw Ed25519 key in base64.
//!
//! The text may be anything, above all a private key by mistake: no error ever shows any of it.

use super::certificate::Certificate;
use super::public_key::PublicKey;
use super::refusals::{InvalidKey, MAX_LENGTH};
use crate::key_files::{self, Item, NotRead, OpenSshKey};

/// A public key, and the certificate that it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMaterial {
    public_key: PublicKey,
    certificate: Option<Certificate>,
}

impl KeyMaterial {
    /// Reads what a user registers.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        Self::read(text.as_bytes())
    }

    /// Reads a file, in whatever form public keys and certificates have.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidKey> {
        let length = bytes.trim_ascii().len();
        if length > MAX_LENGTH {
            let has_private_key = key_files::shows_private_key(bytes);
            return Err(if has_private_key { InvalidKey::PrivateKey } else { InvalidKey::TooLong(length) });
        }
        let contents = key_files::read(bytes)?;
        match contents.items.as_slice() {
            _ if contents.has_private_key => Err(InvalidKey::PrivateKey),
            [Item::Certificate(own), chain @ ..] if !chain.iter().any(|item| certificate(item).is_none()) => {
                let chain: Vec<_> = chain.iter().filter_map(certificate).collect();
                Self::from_certificates(own, &chain, contents.pem.as_deref())
            }
            [item] => public_key(item).map(Self::from),
            [] => Err(InvalidKey::NotAKey),
            several => Err(InvalidKey::SeveralKeys(several.len())),
        }
    }

    /// Puts together what was stored: [`PublicKey::spki_der`] and [`Certificate::pem`].
    pub fn from_stored(spki_der: &[u8], certificate_pem: Option<&str>) -> Result<Self, InvalidKey> {
        let public_key = PublicKey::from_spki_der(spki_der)?;
        match certificate_pem.map(Self::parse).transpose()? {
            None => Ok(public_key.into()),
            Some(material) if material.public_key == public_key => Ok(material),
            Some(_) => Err(InvalidKey::OtherCertificate),
        }
    }

    /// The chain is only kept; but what is kept must be certificates. The text is kept as it was given, if it is PEM that databases take:
    /// `PostgreSQL` refuses zeros.
    fn from_certificates(own: &[u8], chain: &[&[u8]], text: Option<&str>) -> Result<Self, InvalidKey> {
        let whole =
            || [&[own], chain].concat().iter().map(|der| crate::pem::text("CERTIFICATE", der)).collect();
        let text = text.filter(|text| !text.contains('\0')).map_or_else(whole, str::to_owned);
        let (certificate, spki) = Certificate::from_der(own, text.trim())?;
        chain.iter().try_for_each(|der| Certificate::from_der(der, "").map(drop))?;
        Ok(Self { public_key: PublicKey::from_spki_der(&spki)?, certificate: Some(certificate) })
    }

    /// The public key.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The certificate that the key was registered with, if it was.
    pub const fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }
}

impl From<PublicKey> for KeyMaterial {
    fn from(public_key: PublicKey) -> Self {
        Self { public_key, certificate: None }
    }
}

impl From<NotRead> for InvalidKey {
    fn from(problem: NotRead) -> Self {
        match problem {
            NotRead::Damaged => Self::Malformed { what: "PEM text" },
            NotRead::NotText(problem) => Self::NotText(problem),
            NotRead::Unknown => Self::NotAKey,
        }
    }
}

fn certificate(item: &Item) -> Option<&[u8]> {
    if let Item::Certificate(der) = item { Some(der) } else { None }
}

fn public_key(item: &Item) -> Result<PublicKey, InvalidKey> {
    match item {
        Item::PublicKey(der) => PublicKey::from_spki_der(der),
        Item::RsaPublicKey(der) | Item::OpenSsh(OpenSshKey::Rsa(der)) => PublicKey::from_rsa_pkcs1(der),
        Item::OpenSsh(OpenSshKey::Ed25519(bytes)) => PublicKey::from_ed25519(bytes),
        Item::OpenSsh(OpenSshKey::P256(point)) => PublicKey::from_p256_point(point),
        Item::OpenSsh(OpenSshKey::Unsupported(found)) => {
            Err(InvalidKey::Unsupported { found: (*found).to_owned() })
        }
        Item::Raw(bytes) if bytes.len() == 32 => PublicKey::from_ed25519(bytes),
        Item::Raw(bytes) => Err(InvalidKey::NotRawEd25519(bytes.len())),
        Item::Certificate(_) => Err(InvalidKey::NotAKey),
        Item::Other(kind) => Err(InvalidKey::OtherFile(*kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,60}|-----BEGIN [A-Z ]{0,20}-----\n[A-Za-z0-9+/=\n]{0,80}\n-----END |[A-Za-z0-9+/]{43}=?") {
            if let Ok(material) = KeyMaterial::parse(&text) {
                let stored = KeyMaterial::from_stored(material.public_key().spki_der(), None);
                prop_assert_eq!(stored.as_ref(), Ok(&material));
                prop_assert_eq!(KeyMaterial::parse(&material.public_key().public_value()), stored);
            }
        }
    }
}
