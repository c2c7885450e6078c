//! bunny.net's token authentication: an HMAC-SHA256 over path and expiry.
//!
//! <https://github.com/BunnyWay/BunnyCDN.TokenAuthentication>, the form `HS256-…`, without restrictions of network or country.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::fields::{InvalidCdn, Secret};
use super::signing::Target;

/// Signs for bunny.net.
#[derive(Clone)]
pub struct Bunny(hmac::Key);

impl Bunny {
    /// Signs with the pull zone's token authentication key.
    pub fn new(key: &Secret) -> Result<Self, InvalidCdn> {
        if key.expose().is_empty() {
            return Err(InvalidCdn::new("key", "copy the pull zone's token authentication key"));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes())))
    }

    pub(super) fn query(&self, target: &Target, expires: i64) -> String {
        let mac = hmac::sign(&self.0, format!("{}{expires}", target.path).as_bytes());
        format!("token=HS256-{}&expires={expires}", URL_SAFE_NO_PAD.encode(mac))
    }
}

impl fmt::Debug for Bunny {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bunny")
    }
}
