//! API keys: how callers of the Admin API prove who they are.

use crate::organizations::{Organization, Revision};
use crate::permissions::{Grants, RecordedIdentity, Role};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::text::Name;
use crate::time::Timestamp;
use crate::users::User;

/// The fields by which lists of API keys can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "role", kind: FieldKind::Enum(Role::NAMES) },
    Field { name: "expires_at", kind: FieldKind::DateTime },
    Field { name: "revoked_at", kind: FieldKind::DateTime },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// What is known of a key: all but the key itself, of which only a hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its key as a record.
    pub id: Id<ApiKey>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// What it is for, as its creator described it.
    pub name: Name,
    /// The beginning of the secret, by which people tell keys apart.
    pub hint: String,
    /// What it may do.
    pub grants: Grants,
    /// When it stops working; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The user who owns the key: it may do no more than the user may, and ends with the user's membership. `None` for a key of the
    /// organization.
    pub owner: Option<Id<User>>,
    /// Who made it and so saw its secret; `None` where that is not on record.
    pub created_by: Option<RecordedIdentity>,
}

impl Resource for ApiKey {
    const TYPE: Option<&'static str> = Some("api_key");
    const A_NAME: &'static str = "an API key";
}

impl Searchable for ApiKey {
    const FIELDS: FieldTable = SEARCH;
}

/// Why a known key is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRejected {
    /// Its time is over.
    #[error("this API key expired at {0}: create a new one")]
    Expired(Timestamp),
    /// Somebody revoked it.
    #[error("this API key was revoked at {0}")]
    Revoked(Timestamp),
}

impl ApiKey {
    /// Whether the key is accepted at `now`.
    pub fn check_usable(&self, now: Timestamp) -> Result<(), KeyRejected> {
        match (self.revoked_at, self.expires_at) {
            (Some(revoked), _) => Err(KeyRejected::Revoked(revoked)),
            (None, Some(expiry)) if expiry <= now => Err(KeyRejected::Expired(expiry)),
            _ => Ok(()),
        }
    }

    /// Whether it is a key of the organization that administrates it and is accepted at `now`.
    pub fn is_usable_admin(&self, now: Timestamp) -> bool {
        self.owner.is_none() && self.grants.is_admin() && self.check_usable(now).is_ok()
    }

    /// The key as it is once it was revoked; `None` if it is already.
    pub fn revoked(&self, now: Timestamp) -> Option<Self> {
        let is_revoked = self.revoked_at.is_some();
        (!is_revoked).then(|| Self {
            revoked_at: Some(now),
            revision: self.revision.next(),
            updated_at: now,
            ..self.clone()
        })
    }

    /// Whether a key that expires at `expires_at` would be accepted longer than this one.
    pub fn is_outlived_by(&self, expires_at: Option<Timestamp>) -> bool {
        ends_later(expires_at, self.expires_at)
    }

    /// Whether it would be accepted for a shorter time as `changed` than it is now.
    pub fn is_cut_short_by(&self, changed: &Self) -> bool {
        let is_revoked = changed.revoked_at.is_some() && self.revoked_at.is_none();
        is_revoked || ends_later(self.expires_at, changed.expires_at)
    }
}

/// Whether the first expiry is later than the second one. `None` is never, and so later than any.
fn ends_later(first: Option<Timestamp>, second: Option<Timestamp>) -> bool {
    second.is_some_and(|second| first.is_none_or(|first| first > second))
}

crate::secrets::secret! {
    /// The secret itself. It must never be stored or logged.
    ApiKeySecret, "olv_"
}

/// So many characters of a secret are shown for people to tell keys apart.
const HINT_LENGTH: usize = "olv_".len() + 8;

impl ApiKeySecret {
    /// Its beginning, for people to tell keys apart.
    pub fn hint(&self) -> String {
        self.reveal()[..HINT_LENGTH].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_is_later_than_any_expiry() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).unwrap();
        assert!(ends_later(None, Some(at(1))));
        assert!(ends_later(Some(at(2)), Some(at(1))));
        assert!(!ends_later(Some(at(1)), Some(at(1))));
        assert!(!ends_later(Some(at(1)), None) && !ends_later(None, None));
    }

    #[test]
    fn a_secret_reads_back_and_stays_hidden() {
        let secret = ApiKeySecret::from_random([7; 32]);
        assert_eq!(ApiKeySecret::parse(secret.reveal()).unwrap(), secret);
        assert_eq!(secret.hint(), "olv_BwcHBwcH");
        assert!(!format!("{secret:?}").contains("Bwc"));
        for other in ["", "olv_", "olv_abc", &secret.reveal()[1..], &format!("{} ", secret.reveal())] {
            assert!(ApiKeySecret::parse(other).is_none(), "{other}");
        }
    }
}
