//! Amazon CloudFront: a policy (which URL, until when), signed with the private half of a key pair.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html>. Signed with SHA-256
//! and said so in `Hash-Algorithm` (CloudFront takes that since April 2026; without it, SHA-1, which aws-lc-rs does not sign).
//! It must never sign a policy for more than one URL.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

use super::fields::{InvalidCdn, LONGEST_NAME, Secret, name};
use super::signing::Target;
use crate::error::Error;

/// CloudFront takes no other length.
const RSA_BYTES: usize = 2048 / 8;

/// Signs for CloudFront.
#[derive(Clone)]
pub struct CloudFront {
    key_pair_id: String,
    key: Arc<Key>,
    policy: Policy,
}

/// How much of the policy is in the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Only when it ends: CloudFront makes the rest up from the request. The shorter URL.
    Canned,
    /// All of it.
    Custom {
        /// The URL begins to be accepted this long before the moment of signing; without it, it always was.
        starts_before: Option<Duration>,
    },
}

enum Key {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl CloudFront {
    /// Signs with `private_key` (PEM: RSA with 2048 bits, or ECDSA P-256), whose public half CloudFront knows as `key_pair_id`.
    pub fn new(key_pair_id: &str, private_key: &Secret, policy: Policy) -> Result<Self, InvalidCdn> {
        let key_pair_id = name("key_pair_id", key_pair_id, LONGEST_NAME)?;
        let key =
            Key::parse(private_key.expose()).map_err(|problem| InvalidCdn::new("private_key", problem))?;
        Ok(Self { key_pair_id, key: Arc::new(key), policy })
    }

    pub(super) fn query(&self, target: &Target, expires: i64) -> Result<String, Error> {
        let (policy, said) = match self.policy {
            Policy::Canned => (policy(&target.url, expires, None), format!("Expires={expires}")),
            Policy::Custom { starts_before } => {
                let starts = starts_before.map(|before| starts(target.now, before));
                let policy = policy(&target.url, expires, starts);
                let said = format!("Policy={}", url_safe(policy.as_bytes()));
                (policy, said)
            }
        };
        let signature = url_safe(&self.key.sign(policy.as_bytes())?);
        Ok(format!("{said}&Signature={signature}&Key-Pair-Id={}&Hash-Algorithm=SHA256", self.key_pair_id))
    }
}

impl fmt::Debug for CloudFront {
    /// Without the private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("CloudFront");
        shown.field("key_pair_id", &self.key_pair_id).field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Key {
    fn parse(pem: &str) -> Result<Self, &'static str> {
        const WANTED: &str = "CloudFront takes RSA keys with 2048 bits and ECDSA keys on P-256";
        if pem.contains("ENCRYPTED") {
            return Err("it is encrypted: store it without a passphrase (openssl pkey -in key.pem)");
        }
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| "it is no PEM private key (-----BEGIN PRIVATE KEY-----)")?;
        let rsa = match &der {
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            key => RsaKeyPair::from_pkcs8(key.secret_der()),
        };
        if let Ok(key) = rsa {
            return if key.public_modulus_len() == RSA_BYTES { Ok(Self::Rsa(key)) } else { Err(WANTED) };
        }
        let ecdsa = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, der.secret_der());
        ecdsa.map(Self::Ecdsa).map_err(|_| WANTED)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map(|()| signature)
            }
            Self::Ecdsa(key) => key.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
        };
        signature.map_err(Error::unavailable)
    }
}

fn starts(now: i64, before: Duration) -> i64 {
    now.saturating_sub_unsigned(before.as_secs())
}

/// The policy's text. CloudFront computes the canned one itself, so each of its bytes counts. A URL of plain segments needs no
/// escaping in JSON.
fn policy(url: &str, expires: i64, starts: Option<i64>) -> String {
    let mut condition = format!(r#""DateLessThan":{{"AWS:EpochTime":{expires}}}"#);
    if let Some(starts) = starts {
        let _ = write!(condition, r#","DateGreaterThan":{{"AWS:EpochTime":{starts}}}"#);
    }
    format!(r#"{{"Statement":[{{"Resource":"{url}","Condition":{{{condition}}}}}]}}"#)
}

/// Base64 with CloudFront's own replacements of what means something in a query.
fn url_safe(bytes: &[u8]) -> String {
    STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}

#[cfg(test)]
mod tests;
