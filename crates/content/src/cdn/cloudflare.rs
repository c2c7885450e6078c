//! Cloudflare's `is_timed_hmac_valid_v0()`: an HMAC-SHA256 over the path and the moment of issue.
//!
//! <https://developers.cloudflare.com/waf/custom-rules/use-cases/configure-token-authentication/>. How long a token holds is
//! written in Cloudflare's rule and not in the URL, so it has to be known here too.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fields::{InvalidCdn, Secret, argument, quotable};
use super::signing::{Signed, Target};

/// A rule's lifetime. It is limited, because with a longer one a URL would practically never expire.
const LIFETIMES: std::ops::RangeInclusive<u32> = 60..=7 * 24 * 60 * 60;

/// Signs for Cloudflare.
#[derive(Clone)]
pub struct Cloudflare {
    key: hmac::Key,
    lifetime: i64,
    argument: String,
}

impl Cloudflare {
    /// Signs with the rule's secret for the rule's lifetime, into a query argument (by default `verify`).
    pub fn new(
        secret: &Secret,
        lifetime_seconds: u32,
        token_argument: Option<&str>,
    ) -> Result<Self, InvalidCdn> {
        let secret = quotable("secret", secret)?;
        if !LIFETIMES.contains(&lifetime_seconds) {
            let (least, most) = (LIFETIMES.start(), LIFETIMES.end());
            let problem = format!("repeat the lifetime in Cloudflare's rule: {least} to {most}");
            return Err(InvalidCdn::new("lifetime_seconds", problem));
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let argument = argument("token_argument", token_argument, "verify")?;
        Ok(Self { key, lifetime: lifetime_seconds.into(), argument })
    }

    /// For a shorter lifetime than the rule's, the moment of issue is set back. A longer lifetime is not possible, since that moment can't
    /// be in the future.
    pub(super) fn sign(&self, target: &Target, expires: i64) -> Signed {
        let issued = expires.saturating_sub(self.lifetime).min(target.now);
        let mac = hmac::sign(&self.key, format!("{}{issued}", target.path).as_bytes());
        let mac = STANDARD.encode(mac).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        Signed {
            query: format!("{}={issued}-{mac}", self.argument),
            expires: issued.saturating_add(self.lifetime),
        }
    }
}

impl fmt::Debug for Cloudflare {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Cloudflare");
        shown.field("lifetime", &self.lifetime).field("argument", &self.argument).finish_non_exhaustive()
    }
}
