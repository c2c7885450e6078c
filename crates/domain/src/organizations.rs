//! Organizations: the tenants. Everything belongs to exactly one, and nothing of one is visible to another.

use crate::prn::Id;
use crate::text::Name;
use crate::time::Timestamp;

/// A tenant: the owner of all other records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its key.
    pub id: Id<Organization>,
    /// Unique on the server.
    pub name: Name,
    /// What it takes for a binary to count as signed.
    pub signature_policy: SignaturePolicy,
    /// The most bytes of content that it may hold; `None` for no limit.
    pub storage_quota: Option<u64>,
    /// The bytes of content that it holds or has declared for upload.
    pub storage_used: u64,
    /// Whether a device whose certificate has expired is refused, instead of only noted.
    pub strict_certificate_expiry: bool,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Organization {
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

/// What it takes for a binary to be `signed`.
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
