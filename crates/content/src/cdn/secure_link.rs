//! nginx's `secure_link`: the MD5 of expiry, path and a secret.
//!
//! <https://nginx.org/en/docs/http/ngx_http_secure_link_module.html>, with the expression `$secure_link_expires$uri SECRET`: the
//! documentation's, without the client's address, which we don't know.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use md5::{Digest as _, Md5};

use super::fields::{InvalidCdn, Secret, argument, quotable};
use super::signing::Target;

/// Signs for nginx.
#[derive(Clone)]
pub struct SecureLink {
    secret: String,
    md5_argument: String,
    expires_argument: String,
}

impl SecureLink {
    /// Signs with `secret`, into the query arguments that nginx reads the two values from (by default `md5` and `expires`).
    pub fn new(
        secret: &Secret,
        md5_argument: Option<&str>,
        expires_argument: Option<&str>,
    ) -> Result<Self, InvalidCdn> {
        let md5_argument = argument("md5_argument", md5_argument, "md5")?;
        let expires_argument = argument("expires_argument", expires_argument, "expires")?;
        if md5_argument.eq_ignore_ascii_case(&expires_argument) {
            return Err(InvalidCdn::new("expires_argument", "name another one than md5_argument"));
        }
        // nginx reads them as the variables $arg_NAME.
        for (field, name) in [("md5_argument", &md5_argument), ("expires_argument", &expires_argument)] {
            if name.contains('-') {
                return Err(InvalidCdn::new(
                    field,
                    "nginx has no variable for an argument with '-' in its name",
                ));
            }
        }
        Ok(Self { secret: quotable("secret", secret)?, md5_argument, expires_argument })
    }

    pub(super) fn query(&self, target: &Target, expires: i64) -> String {
        // MD5 is what nginx checks. An attacker can't choose two texts with the same hash here, and the secret comes last, so neither
        // collisions nor length extension produce a URL that nginx accepts.
        let md5 = Md5::digest(format!("{expires}{} {}", target.path, self.secret));
        let md5 = URL_SAFE_NO_PAD.encode(md5);
        format!("{}={md5}&{}={expires}", self.md5_argument, self.expires_argument)
    }
}

impl fmt::Debug for SecureLink {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SecureLink");
        shown.field("md5_argument", &self.md5_argument).field("expires_argument", &self.expires_argument);
        shown.finish_non_exhaustive()
    }
}
