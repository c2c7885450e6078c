//! Whether a signature by a key is valid for a content: the one place that decides.
//!
//! The content is known by its SHA-256, which the caller must have computed itself from the bytes; a digest that
//! someone only declares proves nothing. Whether the key may sign, or its signatures count, is not asked here.

use std::fmt;

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPssSaltLength, VerificationAlgorithm,
};
use ed25519_dalek::{Signature, StreamVerifier, VerifyingKey};

use super::{Scheme, SignatureBytes};
use crate::hash::{Sha256Digest, Sha256Hasher};
use crate::signing_keys::{KeyAlgorithm, PublicKey};

/// PSS with the longest salt that fits, which `openssl` before 3.1 makes unless told otherwise.
static RSA_PSS_LONGEST_SALT: RsaParameters =
    RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);

/// What can be said of a signature without the content at hand.
#[derive(Debug)]
pub enum Verdict {
    /// Valid, in this form.
    Valid(Scheme),
    /// Not valid over the digest; it may still be an Ed25519 signature over the content itself, which has to be read.
    NeedsContent(Box<ContentVerifier>),
    /// Not a signature by this key for this content.
    Invalid,
}

/// Why a signature over a content is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureInvalid {
    /// Not a signature by this key for this content.
    #[error("the signature is not by this key for this content")]
    DoesNotVerify,
    /// The bytes that were read are not the content that the verification began with.
    #[error("the content has changed: {expected} was expected, {actual} was read")]
    OtherContent {
        /// The content's digest.
        expected: Sha256Digest,
        /// That of the bytes that were read.
        actual: Sha256Digest,
    },
}

/// Whether `signature` is by `key` for the content that has this digest.
pub fn verify(key: &PublicKey, signature: &SignatureBytes, digest: &Sha256Digest) -> Verdict {
    match key.algorithm() {
        KeyAlgorithm::Rsa { .. } => verify_digest(
            key,
            signature,
            digest,
            &[
                (&RSA_PKCS1_2048_8192_SHA256, Scheme::RsaPkcs1v15Sha256),
                (&RSA_PSS_2048_8192_SHA256, Scheme::RsaPssSha256),
                (&RSA_PSS_LONGEST_SALT, Scheme::RsaPssSha256),
            ],
        ),
        KeyAlgorithm::EcdsaP256 => {
            verify_digest(key, signature, digest, &[(&ECDSA_P256_SHA256_ASN1, Scheme::EcdsaP256Sha256)])
        }
        KeyAlgorithm::Ed25519 => verify_ed25519(key, signature, digest).unwrap_or(Verdict::Invalid),
    }
}

/// Tries one form after the other; a signature is valid in at most one.
fn verify_digest(
    key: &PublicKey,
    signature: &SignatureBytes,
    digest: &Sha256Digest,
    forms: &[(&'static dyn VerificationAlgorithm, Scheme)],
) -> Verdict {
    let digest = Digest::import_less_safe(digest.as_bytes(), &SHA256).expect("a SHA-256 digest has 32 bytes");
    let verifies = |algorithm: &'static dyn VerificationAlgorithm| {
        ParsedPublicKey::new(algorithm, key.spki_der())
            .is_ok_and(|key| key.verify_digest_sig(&digest, signature.as_bytes()).is_ok())
    };
    forms
        .iter()
        .find(|(algorithm, _)| verifies(*algorithm))
        .map_or(Verdict::Invalid, |(_, scheme)| Verdict::Valid(*scheme))
}

/// `None` for what can be no signature over anything.
fn verify_ed25519(key: &PublicKey, signature: &SignatureBytes, digest: &Sha256Digest) -> Option<Verdict> {
    let key = VerifyingKey::from_bytes(key.ed25519_bytes()?).ok().filter(|key| !key.is_weak())?;
    let signature = Signature::from_slice(signature.as_bytes()).ok()?;
    // The streaming verifier is not strict; what `verify_strict` refuses in R is refused here for both forms.
    VerifyingKey::from_bytes(signature.r_bytes()).ok().filter(|r| !r.is_weak())?;
    if key.verify_strict(digest.to_hex().as_bytes(), &signature).is_ok() {
        return Some(Verdict::Valid(Scheme::Ed25519HexDigest));
    }
    let stream = key.verify_stream(&signature).ok()?;
    Some(Verdict::NeedsContent(Box::new(ContentVerifier {
        stream,
        hasher: Sha256Hasher::new(),
        expected: *digest,
        bytes: 0,
        only_hex: true,
    })))
}

/// Verifies an Ed25519 signature over a content that is read piece by piece.
///
/// It checks the content's digest as well, so that a valid signature over other bytes, such as those of an older
/// version that took the content's place in storage, is never taken for one over this content.
pub struct ContentVerifier {
    stream: StreamVerifier,
    hasher: Sha256Hasher,
    expected: Sha256Digest,
    bytes: u64,
    only_hex: bool,
}

impl ContentVerifier {
    /// Adds the next bytes of the content.
    pub fn update(&mut self, bytes: &[u8]) {
        self.stream.update(bytes);
        self.hasher.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        self.only_hex =
            self.only_hex && self.bytes <= 64 && bytes.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    }

    /// The verdict, once the whole content was added.
    ///
    /// A message of 64 lowercase hexadecimal digits always means the content with that digest, never a content that
    /// consists of them: else one signature would stand for two contents.
    pub fn finish(self) -> Result<Scheme, SignatureInvalid> {
        let actual = self.hasher.finish();
        if actual != self.expected {
            return Err(SignatureInvalid::OtherContent { expected: self.expected, actual });
        }
        let means_a_digest = self.only_hex && self.bytes == 64;
        match self.stream.finalize_and_verify() {
            Ok(()) if !means_a_digest => Ok(Scheme::Ed25519Content),
            _ => Err(SignatureInvalid::DoesNotVerify),
        }
    }
}

impl fmt::Debug for ContentVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentVerifier({} bytes of {})", self.bytes, self.expected)
    }
}
