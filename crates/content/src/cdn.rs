//! Download URLs of a CDN that stands in front of a storage, signed as that CDN checks them.
//!
//! Nothing here talks to a CDN or knows what time it is: a URL is computed from the settings, the key and two moments. It must
//! never sign a path that a CDN could read as another one, nor show a secret in `Debug`.

mod akamai;
mod bunny;
mod cloudflare;
mod cloudfront;
mod fields;
mod google;
mod secure_link;
mod settings;
mod signing;

use std::net::Ipv6Addr;

use olivine_domain::Timestamp;

pub use akamai::Akamai;
pub use bunny::Bunny;
pub use cloudflare::Cloudflare;
pub use cloudfront::{CloudFront, Policy};
pub use fields::{InvalidCdn, Secret};
pub use google::Google;
pub use secure_link::SecureLink;
pub use settings::{CdnSettings, PolicyKind};

use self::signing::{Signed, Target};
use crate::downloads::SignedUrl;
use crate::error::Error;

/// A CDN in front of a storage: where it answers, and how it wants its URLs signed.
#[derive(Clone, Debug)]
pub struct Cdn {
    base: BaseUrl,
    signer: Signer,
}

/// How a CDN wants its URLs signed.
#[derive(Clone, Debug)]
pub enum Signer {
    /// Amazon CloudFront: a policy signed with a private key.
    CloudFront(CloudFront),
    /// nginx with its `secure_link` module.
    SecureLink(SecureLink),
    /// Akamai: an edge authorization token.
    Akamai(Akamai),
    /// Cloudflare: a timed HMAC.
    Cloudflare(Cloudflare),
    /// Google Cloud CDN: a signed URL.
    Google(Google),
    /// bunny.net: a token.
    Bunny(Bunny),
}

impl Cdn {
    /// A CDN that serves the objects of a storage below `base_url`.
    pub fn new(base_url: &str, signer: Signer) -> Result<Self, InvalidCdn> {
        let base = BaseUrl::parse(base_url).map_err(|problem| InvalidCdn::new("url", problem))?;
        Ok(Self { base, signer })
    }

    /// The URL that downloads the object `key_path`, until `expires_at` in whole seconds, or earlier where the CDN's own settings
    /// allow no later moment: the answer says when.
    ///
    /// Errors: [`Error::Unavailable`] for a key that is not made of plain segments, and if the key cannot sign.
    pub fn sign(&self, key_path: &str, expires_at: Timestamp, now: Timestamp) -> Result<SignedUrl, Error> {
        if !is_plain_path(key_path) {
            return Err(Error::unavailable("a CDN's URL is signed for plain keys only"));
        }
        let path = format!("{}/{key_path}", self.base.path);
        let target = Target { url: format!("{}{path}", self.base.origin), path, now: now.as_seconds() };
        let signed = self.signer.sign(&target, expires_at.as_seconds())?;
        let expires_at = signed.expires.checked_mul(1_000_000).and_then(Timestamp::from_micros);
        Ok(SignedUrl {
            url: format!("{}?{}", target.url, signed.query),
            expires_at: expires_at.ok_or_else(|| Error::unavailable("the expiry is out of range"))?,
        })
    }
}

impl Signer {
    fn sign(&self, target: &Target, expires: i64) -> Result<Signed, Error> {
        let query = match self {
            Self::CloudFront(signer) => signer.query(target, expires)?,
            Self::SecureLink(signer) => signer.query(target, expires),
            Self::Akamai(signer) => signer.query(target, expires),
            Self::Cloudflare(signer) => return Ok(signer.sign(target, expires)),
            Self::Google(signer) => signer.query(target, expires),
            Self::Bunny(signer) => signer.query(target, expires),
        };
        Ok(Signed { query, expires })
    }
}

/// Scheme and authority as clients send them, and the path that all keys are below, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BaseUrl {
    origin: String,
    path: String,
}

impl BaseUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let scheme = ["https://", "http://"].into_iter().find(|scheme| lower.starts_with(scheme));
        let scheme = scheme.ok_or("begin it with https:// (or http://)")?;
        let rest = &text[scheme.len()..];
        if rest.contains(['?', '#']) {
            return Err("leave out the query and the fragment".to_owned());
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err("leave out the user and password".to_owned());
        }
        let path = path.trim_end_matches('/');
        if !path.is_empty() && !is_plain_path(&path[1..]) {
            return Err(
                "use only letters, digits, '-', '_' and '.' between the slashes of its path".to_owned()
            );
        }
        let authority = canonical_authority(authority, scheme)
            .ok_or_else(|| format!("'{authority}' is no host name with an optional port"))?;
        Ok(Self { origin: format!("{scheme}{authority}"), path: path.to_owned() })
    }
}

/// As every client sends it, since CDNs sign what they are asked for: in lower case, without the scheme's own port.
fn canonical_authority(authority: &str, scheme: &str) -> Option<String> {
    let authority = authority.to_ascii_lowercase();
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    let colon = authority[after_brackets..].find(':').map(|colon| after_brackets + colon);
    let (host, port) = authority.split_at(colon.unwrap_or(authority.len()));
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.split('.').all(is_host_label),
    };
    let port = match port.strip_prefix(':') {
        Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port != 0)?),
        None => None,
    };
    match port {
        _ if !is_host => None,
        None => Some(host.to_owned()),
        Some(443) if scheme == "https://" => Some(host.to_owned()),
        Some(80) if scheme == "http://" => Some(host.to_owned()),
        Some(port) => Some(format!("{host}:{port}")),
    }
}

fn is_host_label(label: &str) -> bool {
    let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plain && !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
}

/// Segments that no client, proxy or CDN rewrites or decodes: there is one way to write such a path.
fn is_plain_path(path: &str) -> bool {
    path.split('/').all(|segment| {
        let plain = segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        plain && !matches!(segment, "" | "." | "..")
    })
}

#[cfg(test)]
mod tests;
