//! Private keys: read from a PEM file, used to sign a digest on this machine. None of their bytes is ever printed or sent.

mod openssh;
mod pem;

use std::path::Path;

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::key_files::pem_text;
use olivine_domain::signing_keys::PublicKey;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode;

use crate::failure::Failure;
use pem::Form;

/// A key that signs. Each type signs as described in lifecycle.md, which `openssl` can do as well.
pub(crate) enum PrivateKey {
    /// Signs the SHA-256 of the content, written as 64 lowercase hexadecimal digits.
    Ed25519(Ed25519KeyPair),
    /// Signs the content with PKCS#1 v1.5.
    Rsa(RsaKeyPair),
    /// Signs the content. The signature is in DER.
    EcdsaP256(EcdsaKeyPair),
}

const ED25519: &str = "1.3.101.112";
const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";

impl PrivateKey {
    /// Reads a key file. `passphrase` is called only if the key is encrypted.
    pub(crate) fn read(
        path: &Path,
        passphrase: impl FnOnce() -> Result<String, Failure>,
    ) -> Result<Self, Failure> {
        if let Some(uri) = path.to_str().filter(|text| text.starts_with("pkcs11:")) {
            return Err(Failure::new(format!(
                "keys in hardware ('{}…') are not supported yet: give a PEM file, or sign with your own tool and attach with \
                 'peridio binary-signatures create'",
                &uri[..7]
            )));
        }
        let bytes = std::fs::read(path)
            .map_err(|error| Failure::with_source(format!("can't read the key {}", path.display()), error))?;
        let problem = |text: String| Failure::new(format!("{}: {text}", path.display()));
        let text = pem_text(&bytes).unwrap_or_default();
        if let Some(key) = openssh::read(&text) {
            return key.map(Self::Ed25519).map_err(problem);
        }
        let (form, der) = pem::read(&text, &bytes).map_err(problem)?;
        let key = match form {
            Form::Encrypted => {
                let opened = pem::decrypt(der.as_bytes(), &passphrase()?).map_err(problem)?;
                Self::from_pkcs8(opened.as_bytes())
            }
            Form::Pkcs8 => Self::from_pkcs8(der.as_bytes()),
            Form::Pkcs1 => RsaKeyPair::from_der(der.as_bytes()).map(Self::Rsa).map_err(|_| damaged("RSA")),
            Form::Sec1 => EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, der.as_bytes())
                .map(Self::EcdsaP256)
                .map_err(|_| not_p256()),
        };
        key.map_err(problem)
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, String> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| damaged("PKCS#8"))?;
        match info.algorithm.oid.to_string().as_str() {
            ED25519 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
                .map(Self::Ed25519)
                .map_err(|_| damaged("Ed25519")),
            RSA => RsaKeyPair::from_pkcs8(der).map(Self::Rsa).map_err(|_| damaged("RSA")),
            EC => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der)
                .map(Self::EcdsaP256)
                .map_err(|_| not_p256()),
            other => Err(format!(
                "a key of the algorithm {other} can't sign here; take Ed25519, RSA or ECDSA P-256"
            )),
        }
    }

    /// The key that verifies its signatures.
    pub(crate) fn public_key(&self) -> Result<PublicKey, Failure> {
        let der: Result<PublicKeyX509Der<'_>, _> = match self {
            Self::Ed25519(key) => key.public_key().as_der(),
            Self::Rsa(key) => key.public_key().as_der(),
            Self::EcdsaP256(key) => key.public_key().as_der(),
        };
        let der = der.map_err(|_| Failure::new("the key has no usable public half"))?;
        PublicKey::from_spki_der(der.as_ref()).map_err(|error| Failure::new(error.to_string()))
    }

    /// Signs a content, given its digest.
    pub(crate) fn sign(&self, digest: &Sha256Digest) -> Result<Vec<u8>, Failure> {
        let imported =
            Digest::import_less_safe(digest.as_bytes(), &SHA256).expect("a SHA-256 digest has 32 bytes");
        let signature = match self {
            Self::Ed25519(key) => Ok(key.sign(digest.to_hex().as_bytes()).as_ref().to_vec()),
            Self::EcdsaP256(key) => key.sign_digest(&imported).map(|signature| signature.as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign_digest(&RSA_PKCS1_SHA256, &imported, &mut signature).map(|()| signature)
            }
        };
        signature.map_err(|_| Failure::new("the key could not sign"))
    }
}

fn damaged(what: &str) -> String {
    format!("this {what} key is damaged, or of a size that is not supported (RSA: 2048 to 8192 bits)")
}

fn not_p256() -> String {
    "this EC key is damaged, or not on the curve P-256 (prime256v1), the only one that can sign here"
        .to_owned()
}

#[cfg(test)]
mod tests;
