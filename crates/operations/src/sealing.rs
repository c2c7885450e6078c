//! Secrets that are stored: encrypted with a key that is derived from the server's secret key, so that a copy of the database alone
//! gives none of them away. What is sealed for one record can't be opened as another's.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, hmac};
use olivine_domain::storage_backends::Sealed;

/// The length of a nonce, which a sealed text begins with.
const NONCE: usize = 12;

/// Seals and opens.
pub struct SealKey {
    aead: RandomizedNonceKey,
    mac: hmac::Key,
}

/// It was sealed with another key, for another record, or altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret can't be decrypted: the server's secret key is not the one that it was stored with")]
pub struct NotOurs;

impl SealKey {
    /// The key that follows from the server's secret.
    pub fn derive(secret: &[u8]) -> Self {
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(secret);
        let key = |name: &[u8]| {
            let mut key = [0; 32];
            let expanded = secret.expand(&[name], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut key));
            expanded.expect("one block of output is always possible");
            key
        };
        let aead = RandomizedNonceKey::new(&AES_256_GCM, &key(b"olivine sealed secrets 1"));
        Self {
            aead: aead.expect("32 bytes are a key"),
            mac: hmac::Key::new(hmac::HMAC_SHA256, &key(b"olivine keyed hashes 1")),
        }
    }

    /// A keyed hash that replaces a text which must not be stored: equal texts have equal hashes, and without the server's secret the text
    /// can't be found out. `purpose` keeps different uses apart.
    pub(crate) fn keyed_hash(&self, purpose: &str, text: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.mac);
        for piece in [purpose.as_bytes(), text] {
            context.update(&(piece.len() as u64).to_be_bytes());
            context.update(piece);
        }
        hex::encode(context.sign())
    }

    /// Encrypts a secret of the record that `context` names.
    pub(crate) fn seal(&self, context: &str, secret: &[u8]) -> Sealed {
        let mut text = secret.to_vec();
        let nonce = self.aead.seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut text);
        let nonce = nonce.expect("the system's random numbers never run out, and a secret is short");
        Sealed::new([nonce.as_ref().as_slice(), &text].concat())
    }

    /// Decrypts what was sealed for the same `context`.
    pub(crate) fn open(&self, context: &str, sealed: &Sealed) -> Result<Vec<u8>, NotOurs> {
        let (nonce, text) = sealed.as_bytes().split_at_checked(NONCE).ok_or(NotOurs)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotOurs)?;
        let mut text = text.to_vec();
        let opened = self.aead.open_in_place(nonce, Aad::from(context.as_bytes()), &mut text);
        Ok(opened.map_err(|_| NotOurs)?.to_vec())
    }
}

impl fmt::Debug for SealKey {
    /// Shows nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_with_its_key_for_its_record() {
        let key = SealKey::derive(b"secret");
        let sealed = key.seal("credentials of a", b"password");
        assert_eq!(key.open("credentials of a", &sealed).as_deref(), Ok(&b"password"[..]));
        assert_ne!(sealed, key.seal("credentials of a", b"password"), "the same text twice must not show");
        assert_eq!(key.open("credentials of b", &sealed), Err(NotOurs));
        assert_eq!(SealKey::derive(b"other").open("credentials of a", &sealed), Err(NotOurs));
        for place in 0..sealed.as_bytes().len() {
            let mut altered = sealed.as_bytes().to_vec();
            altered[place] ^= 1;
            assert_eq!(key.open("credentials of a", &Sealed::new(altered)), Err(NotOurs), "{place}");
        }
        assert_eq!(key.open("credentials of a", &Sealed::new(vec![1, 2])), Err(NotOurs));
    }
}
