//! Google Cloud CDN: the whole URL with expiry and key name, signed by HMAC-SHA1.
//!
//! <https://cloud.google.com/cdn/docs/using-signed-urls>. SHA-1 is what Cloud CDN checks; HMAC does not depend on the property
//! that it has lost.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use super::fields::{InvalidCdn, Secret, name};
use super::signing::Target;

const KEY_BYTES: usize = 16;
const LONGEST_KEY_NAME: usize = 63;

/// Signs for Google Cloud CDN.
#[derive(Clone)]
pub struct Google {
    key_name: String,
    key: hmac::Key,
}

impl Google {
    /// Signs with `key` (16 bytes in URL-safe base64, as in the file that `gcloud` was given), which the backend knows as `key_name`.
    pub fn new(key_name: &str, key: &Secret) -> Result<Self, InvalidCdn> {
        let key_name = name("key_name", key_name, LONGEST_KEY_NAME)?;
        let key = URL_SAFE_NO_PAD.decode(key.expose().trim().trim_end_matches('='));
        let key = key.ok().filter(|key| key.len() == KEY_BYTES);
        let key = key
            .ok_or_else(|| InvalidCdn::new("key", "use 16 bytes in URL-safe base64, as gcloud takes them"))?;
        Ok(Self { key_name, key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key) })
    }

    pub(super) fn query(&self, target: &Target, expires: i64) -> String {
        let query = format!("Expires={expires}&KeyName={}", self.key_name);
        let mac = hmac::sign(&self.key, format!("{}?{query}", target.url).as_bytes());
        format!("{query}&Signature={}", URL_SAFE.encode(mac))
    }
}

impl fmt::Debug for Google {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Google").field("key_name", &self.key_name).finish_non_exhaustive()
    }
}
