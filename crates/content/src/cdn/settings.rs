//! A CDN's settings, as people write them and as they are stored (the caller encrypts them).
//!
//! Stored settings are checked like new ones: there is only one way from settings to a [`Cdn`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::akamai::Akamai;
use super::bunny::Bunny;
use super::cloudflare::Cloudflare;
use super::cloudfront::{CloudFront, Policy};
use super::fields::{InvalidCdn, Secret};
use super::google::Google;
use super::secure_link::SecureLink;
use super::{Cdn, Signer};

/// How much of CloudFront's policy is in the URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// Only when it ends.
    #[default]
    Canned,
    /// All of it.
    Custom,
}

/// A CDN's settings, one kind per signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum CdnSettings {
    /// Amazon CloudFront.
    #[serde(rename = "cloudfront")]
    CloudFront {
        /// The address of the CDN, with the path before the storage's keys, if any.
        url: String,
        /// CloudFront's id of the public key.
        key_pair_id: String,
        /// The private key in PEM: RSA with 2048 bits, or ECDSA P-256.
        private_key: Secret,
        /// By default the canned one.
        #[serde(default)]
        policy: PolicyKind,
        /// With a custom policy: how long before the moment of signing the URL begins to be accepted (room for clocks that differ).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        starts_seconds_before: Option<u32>,
    },
    /// nginx with `secure_link`.
    SecureLink {
        /// The address of the CDN, with the path before the storage's keys, if any.
        url: String,
        /// The secret in nginx's expression.
        secret: Secret,
        /// The query argument with the hash; by default `md5`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        md5_argument: Option<String>,
        /// The query argument with the expiry; by default `expires`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_argument: Option<String>,
    },
    /// Akamai.
    Akamai {
        /// The address of the CDN, with the path before the storage's keys, if any.
        url: String,
        /// The property's key, in hexadecimal digits.
        key: Secret,
        /// The query argument with the token; by default `hdnts`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token_argument: Option<String>,
    },
    /// Cloudflare.
    Cloudflare {
        /// The address of the CDN, with the path before the storage's keys, if any.
        url: String,
        /// The secret in Cloudflare's rule.
        secret: Secret,
        /// The lifetime in Cloudflare's rule.
        lifetime_seconds: u32,
        /// The query argument with the token; by default `verify`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token_argument: Option<String>,
    },
    /// Google Cloud CDN.
    Google {
        /// The address of the CDN, with the path before the storage's keys, if any.
        url: String,
        /// The backend's name of the key.
        key_name: String,
        /// The key: 16 bytes in URL-safe base64.
        key: Secret,
    },
    /// bunny.net.
    Bunny {
        /// The address of the CDN, with the path before the storage's keys, if any.
        url: String,
        /// The pull zone's token authentication key.
        key: Secret,
    },
}

impl CdnSettings {
    /// Where the CDN answers.
    pub fn url(&self) -> &str {
        match self {
            Self::CloudFront { url, .. }
            | Self::SecureLink { url, .. }
            | Self::Akamai { url, .. }
            | Self::Cloudflare { url, .. }
            | Self::Google { url, .. }
            | Self::Bunny { url, .. } => url,
        }
    }
}

impl TryFrom<&CdnSettings> for Cdn {
    type Error = InvalidCdn;

    fn try_from(settings: &CdnSettings) -> Result<Self, InvalidCdn> {
        Self::new(settings.url(), signer(settings)?)
    }
}

impl TryFrom<CdnSettings> for Cdn {
    type Error = InvalidCdn;

    fn try_from(settings: CdnSettings) -> Result<Self, InvalidCdn> {
        Self::try_from(&settings)
    }
}

fn signer(settings: &CdnSettings) -> Result<Signer, InvalidCdn> {
    Ok(match settings {
        CdnSettings::CloudFront { key_pair_id, private_key, policy, starts_seconds_before, .. } => {
            let policy = cloudfront_policy(*policy, *starts_seconds_before)?;
            Signer::CloudFront(CloudFront::new(key_pair_id, private_key, policy)?)
        }
        CdnSettings::SecureLink { secret, md5_argument, expires_argument, .. } => {
            let (md5, expires) = (md5_argument.as_deref(), expires_argument.as_deref());
            Signer::SecureLink(SecureLink::new(secret, md5, expires)?)
        }
        CdnSettings::Akamai { key, token_argument, .. } => {
            Signer::Akamai(Akamai::new(key, token_argument.as_deref())?)
        }
        CdnSettings::Cloudflare { secret, lifetime_seconds, token_argument, .. } => {
            Signer::Cloudflare(Cloudflare::new(secret, *lifetime_seconds, token_argument.as_deref())?)
        }
        CdnSettings::Google { key_name, key, .. } => Signer::Google(Google::new(key_name, key)?),
        CdnSettings::Bunny { key, .. } => Signer::Bunny(Bunny::new(key)?),
    })
}

fn cloudfront_policy(kind: PolicyKind, starts_seconds_before: Option<u32>) -> Result<Policy, InvalidCdn> {
    let starts_before = starts_seconds_before.map(|seconds| Duration::from_secs(seconds.into()));
    match kind {
        PolicyKind::Custom => Ok(Policy::Custom { starts_before }),
        PolicyKind::Canned if starts_before.is_none() => Ok(Policy::Canned),
        PolicyKind::Canned => {
            let problem = "a canned policy has no beginning: leave it out, or use the custom policy";
            Err(InvalidCdn::new("starts_seconds_before", problem))
        }
    }
}
