//! Organizations: the tenants. Everything belongs to exactly one, and nothing of one is visible to another.

use crate::prn::{Id, Resource};
use crate::refusals::{Facts, Meaning, Refusal};
use crate::storage_backends::StorageBackend;
use crate::text::Name;
use crate::time::Timestamp;

/// A tenant: the owner of all other records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its key.
    pub id: Id<Organization>,
    /// Unique on the server.
    pub name: Name,
    /// The condition under which a binary counts as signed.
    pub signature_policy: SignaturePolicy,
    /// The most bytes of content that it may hold; `None` for no limit.
    pub storage_quota: Option<u64>,
    /// The bytes of content that it holds or has declared for upload.
    pub storage_used: u64,
    /// Whether a device whose certificate has expired is refused, instead of only noted.
    pub strict_certificate_expiry: bool,
    /// Whether members without a second factor may do nothing here, nor their personal keys.
    pub require_second_factor: bool,
    /// Where the contents of new binaries go; `None` for the server's own storage.
    pub storage: Option<Id<StorageBackend>>,
    /// The storage for contents of archived versions that nothing can serve; `None`: they stay where they are.
    pub archive_storage: Option<Id<StorageBackend>>,
    /// For how many seconds download URLs are good; `None` for what the server's operator decided.
    pub download_url_seconds: Option<u32>,
    /// What download URLs of its devices are like.
    pub download_url_style: DownloadUrlStyle,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

crate::changes::change! {
    Organization {
        name: Name,
        signature_policy: SignaturePolicy,
        storage_quota: Option<u64>,
        strict_certificate_expiry: bool,
        require_second_factor: bool,
        storage: Option<Id<StorageBackend>>,
        archive_storage: Option<Id<StorageBackend>>,
        download_url_seconds: Option<u32>,
        download_url_style: DownloadUrlStyle,
    }
}

impl Resource for Organization {
    const TYPE: Option<&'static str> = None;
    const A_NAME: &'static str = "an organization";
}

impl Organization {
    /// Whether one storage is for new contents and for archived ones. Nothing can be moved there, so such a choice is refused.
    pub fn archives_where_new_contents_go(&self) -> bool {
        self.archive_storage.is_some() && self.archive_storage == self.storage
    }

    /// Whether `more` bytes of content would fit into the quota.
    pub fn check_room(&self, more: u64) -> Result<(), QuotaExceeded> {
        match self.storage_quota {
            Some(allowed) if more > 0 && self.storage_used.saturating_add(more) > allowed => {
                Err(QuotaExceeded { used: self.storage_used, allowed, asked: more })
            }
            _ => Ok(()),
        }
    }
}

/// What a download URL leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DownloadUrlStyle {
    /// To the storage or its CDN at once. Such a URL may have a thousand characters and more.
    #[default]
    Direct,
    /// A URL of some hundred characters that redirects there, for devices with small buffers.
    Short,
    /// The same, but the server gives out the bytes itself, for devices that can't follow a redirect.
    Streamed,
}

impl DownloadUrlStyle {
    /// All styles.
    pub const ALL: [Self; 3] = [Self::Direct, Self::Short, Self::Streamed];
    /// Their names.
    pub const NAMES: [&'static str; 3] = ["direct", "short", "streamed"];

    /// As it is stored and displayed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Short => "short",
            Self::Streamed => "streamed",
        }
    }

    /// The style of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.as_str() == name)
    }
}

/// How often a record was changed; the source of its `ETag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(i64);

impl Revision {
    /// That of a record that was just created.
    pub const FIRST: Self = Self(1);

    /// From storage.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// For storage.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// That of the record after one more change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The condition under which a binary is `signed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignaturePolicy {
    required: u8,
}

/// A policy that no binary could meet, or that would let unsigned binaries pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a binary needs 1 to {most} signatures by different keys; {0} is not possible", most = SignaturePolicy::MOST)]
pub struct InvalidPolicy(u8);

impl SignaturePolicy {
    /// The most signatures that a policy may ask for.
    pub const MOST: u8 = 10;

    /// Asks for signatures by `required` different keys. Zero is refused: signatures are mandatory.
    pub const fn new(required: u8) -> Result<Self, InvalidPolicy> {
        if required == 0 || required > Self::MOST {
            Err(InvalidPolicy(required))
        } else {
            Ok(Self { required })
        }
    }

    /// How many signatures by different keys a binary needs.
    pub const fn required(self) -> u8 {
        self.required
    }

    /// Whether `valid` signatures by different, not revoked keys are enough.
    pub fn is_met_by(self, valid: usize) -> bool {
        valid >= usize::from(self.required)
    }
}

impl Default for SignaturePolicy {
    /// One signature.
    fn default() -> Self {
        Self { required: 1 }
    }
}

/// Content that does not fit into an organization's quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the storage quota is {allowed} bytes, {used} are used, and this takes {asked} more: destroy or delete binaries that \
     are no longer needed, or raise the quota"
)]
pub struct QuotaExceeded {
    /// Bytes in use, including those declared for uploads.
    pub used: u64,
    /// The quota in bytes.
    pub allowed: u64,
    /// The additional bytes that were asked for.
    pub asked: u64,
}

impl Refusal for QuotaExceeded {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "quota_exceeded"
    }

    fn facts(&self) -> Facts {
        vec![("used", self.used.into()), ("allowed", self.allowed.into()), ("asked", self.asked.into())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_never_lets_unsigned_binaries_pass() {
        assert_eq!(SignaturePolicy::new(0), Err(InvalidPolicy(0)));
        assert_eq!(SignaturePolicy::new(11), Err(InvalidPolicy(11)));
        assert!(!SignaturePolicy::default().is_met_by(0));
        assert!(SignaturePolicy::new(2).is_ok_and(|policy| policy.is_met_by(2) && !policy.is_met_by(1)));
    }
}
