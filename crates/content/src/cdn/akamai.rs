//! Akamai's edge authorization token ("Auth Token 2.0"): expiry and path with an HMAC-SHA256 over both.
//!
//! <https://github.com/akamai/EdgeAuth-Token-Python>; in the property: Auth Token 2.0 Verification, location query string,
//! algorithm SHA256. The path is the whole access list, so a token opens one object.

use std::fmt;

use aws_lc_rs::hmac;

use super::fields::{InvalidCdn, Secret, argument};
use super::signing::Target;

/// Signs for Akamai.
#[derive(Clone)]
pub struct Akamai {
    key: hmac::Key,
    argument: String,
}

impl Akamai {
    /// Signs with the property's `key` in hexadecimal digits, into a query argument (by default `hdnts`).
    pub fn new(key: &Secret, token_argument: Option<&str>) -> Result<Self, InvalidCdn> {
        let key = hex::decode(key.expose()).ok().filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| InvalidCdn::new("key", "use an even number of hexadecimal digits"))?;
        let argument = argument("token_argument", token_argument, "hdnts")?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), argument })
    }

    pub(super) fn query(&self, target: &Target, expires: i64) -> String {
        let said = format!("exp={expires}~acl={}", target.path);
        let mac = hex::encode(hmac::sign(&self.key, said.as_bytes()));
        format!("{}={said}~hmac={mac}", self.argument)
    }
}

impl fmt::Debug for Akamai {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Akamai").field("argument", &self.argument).finish_non_exhaustive()
    }
}
