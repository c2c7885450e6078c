//! What users register as a signing key: a PEM public key, a PEM certificate or a raw Ed25519 key in base64.
//!
//! The text may be anything, above all a private key by mistake: no error ever shows any of it.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use x509_parser::pem::Pem;

use super::{Certificate, PublicKey};

/// The most bytes of text that a key can be registered with: room for a long chain of certificates.
pub const MAX_LENGTH: usize = 65_536;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text can't be registered as a signing key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// A private key, given by mistake.
    #[error(
        "THIS IS A PRIVATE KEY. It was not kept, but it has left your machine: if it is in use, replace it. Register \
         its public key, which 'openssl pkey -in key.pem -pubout' prints"
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
    #[error(
        "no public key found; give a PEM public key ('-----BEGIN PUBLIC KEY-----'), a PEM certificate, or the base64 \
         of a raw 32-byte Ed25519 key"
    )]
    NotAKey,
    /// An OpenSSH public key.
    #[error(
        "this is an OpenSSH public key; 'ssh-keygen -e -m PKCS8 -f key.pub' prints the PEM form of RSA and ECDSA keys"
    )]
    OpenSsh,
    /// More than [`MAX_LENGTH`].
    #[error("a key has at most {MAX_LENGTH} bytes of text; this one has {0}")]
    TooLong(usize),
    /// A stored certificate of another key than the stored one.
    #[error("the certificate belongs to another key")]
    OtherCertificate,
}

/// A public key, and the certificate that it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMaterial {
    public_key: PublicKey,
    certificate: Option<Certificate>,
}

impl KeyMaterial {
    /// Reads what a user registers.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(InvalidKey::TooLong(text.len()));
        } else if text.contains("PRIVATE KEY") {
            return Err(InvalidKey::PrivateKey);
        } else if text.contains('\0') {
            // A certificate's text is stored as it was given, and PostgreSQL refuses this character.
            return Err(InvalidKey::NotAKey);
        } else if !text.contains("-----BEGIN ") {
            return parse_raw(text).map(Self::from);
        }
        let blocks = Pem::iter_from_buffer(text.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| InvalidKey::Malformed { what: "PEM text" })?;
        match blocks.as_slice() {
            [] => Err(InvalidKey::NotAKey),
            blocks if blocks.iter().any(|block| is_private_key(&block.contents)) => {
                Err(InvalidKey::PrivateKey)
            }
            [certificate, chain @ ..] if is_certificate(certificate) && chain.iter().all(is_certificate) => {
                Self::from_certificates(certificate, chain, text)
            }
            [key] => parse_block(key).map(Self::from),
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

    /// The chain is only kept; but what is kept must be certificates.
    fn from_certificates(own: &Pem, chain: &[Pem], text: &str) -> Result<Self, InvalidKey> {
        let (certificate, spki) = Certificate::from_der(&own.contents, text)?;
        chain.iter().try_for_each(|block| Certificate::from_der(&block.contents, "").map(drop))?;
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

fn is_certificate(block: &Pem) -> bool {
    matches!(block.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE")
}

fn parse_block(block: &Pem) -> Result<PublicKey, InvalidKey> {
    match block.label.as_str() {
        "PUBLIC KEY" => PublicKey::from_spki_der(&block.contents),
        "RSA PUBLIC KEY" => PublicKey::from_rsa_pkcs1(&block.contents),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
            Err(InvalidKey::Unsupported { found: "a certificate request".to_owned() })
        }
        _ => Err(InvalidKey::NotAKey),
    }
}

fn parse_raw(text: &str) -> Result<PublicKey, InvalidKey> {
    if text.starts_with("ssh-") || text.starts_with("ecdsa-sha2-") {
        return Err(InvalidKey::OpenSsh);
    }
    let digits: String = text.split_ascii_whitespace().collect();
    match BASE64.decode(&digits) {
        Ok(bytes) if is_private_key(&bytes) => Err(InvalidKey::PrivateKey),
        Ok(bytes) if bytes.windows(11).any(|window| window == b"PRIVATE KEY") => Err(InvalidKey::PrivateKey),
        Ok(bytes) if bytes.len() == 32 => PublicKey::from_ed25519(&bytes),
        Ok(bytes) if !bytes.is_empty() => Err(InvalidKey::NotRawEd25519(bytes.len())),
        _ => Err(InvalidKey::NotAKey),
    }
}

/// Whether it is the DER of a private key: PKCS#8, PKCS#1 and SEC1 all are a sequence that begins with the version
/// 0 or 1, which no public form does.
fn is_private_key(der: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = der else { return false };
    let skipped = if *length < 0x80 { 0 } else { usize::from(length & 0x7f) };
    matches!(rest.get(skipped..), Some([0x02, 0x01, 0 | 1, ..]))
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
