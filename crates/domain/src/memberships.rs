//! Memberships: which user may do what in which organization.

use crate::organizations::{Organization, Revision};
use crate::permissions::Grants;
use crate::prn::{Id, Resource};
use crate::refusals::{Meaning, Refusal};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::text::Name;
use crate::time::Timestamp;
use crate::users::User;

/// The fields by which lists of memberships can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "user_prn", kind: FieldKind::Prn },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// The most grants of one membership.
pub const MOST_GRANTS: usize = 20;

/// A user in an organization. A user has at most one membership in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its key.
    pub id: Id<Membership>,
    /// Where it is.
    pub organization: Id<Organization>,
    /// Who has it.
    pub user: Id<User>,
    /// What the user may do there.
    pub grants: Grants,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Resource for Membership {
    const TYPE: Option<&'static str> = Some("membership");
    const A_NAME: &'static str = "a membership";
}

impl Searchable for Membership {
    const FIELDS: FieldTable = SEARCH;
}

/// A user with all of their memberships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// Where they are a member, the oldest first.
    pub places: Vec<Place>,
}

/// A membership, with what its organization demands of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The membership.
    pub membership: Membership,
    /// What the organization is called.
    pub organization_name: Name,
    /// Whether a member without a second factor may do nothing there.
    pub requires_second_factor: bool,
}

impl Place {
    /// What the user may do there at this moment. It is their own membership.
    pub fn grants_of(&self, user: &User) -> Result<&Grants, SecondFactorRequired> {
        let is_missing = self.requires_second_factor && user.second_factor_since.is_none();
        if is_missing { Err(SecondFactorRequired) } else { Ok(&self.membership.grants) }
    }
}

impl Member {
    /// Their membership in an organization.
    pub fn place(&self, organization: Id<Organization>) -> Option<&Place> {
        self.places.iter().find(|place| place.membership.organization == organization)
    }

    /// What the user may do in an organization at this moment: nothing, if the user is not a member, is disabled, or lacks the second
    /// factor that the organization requires.
    pub fn grants_in(&self, organization: Id<Organization>) -> Grants {
        let place = self.place(organization).filter(|_| self.user.disabled_at.is_none());
        place.and_then(|place| place.grants_of(&self.user).ok()).cloned().unwrap_or_default()
    }
}

/// The organization requires a second factor, and the member has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this organization requires a second factor, and your account has none: set up an authenticator app (POST /v1/users/me/totp). Until \
     then, neither you nor your personal keys can do anything here"
)]
pub struct SecondFactorRequired;

impl Refusal for SecondFactorRequired {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "second_factor_missing"
    }
}

/// An organization with people keeps one who administrates it and can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is the last person who administrates the organization: give somebody else the role admin first"
)]
pub struct LastAdmin;

impl Refusal for LastAdmin {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "last_admin"
    }
}

/// Checks that somebody administrates the organization after a change. `others` are its memberships but the one that changes, each with
/// whether its user can sign in; `before` and `after` say whether the one that changes counts among the administrators.
pub fn check_admin_stays<'a>(
    others: impl IntoIterator<Item = (&'a Membership, bool)>,
    before: bool,
    after: bool,
) -> Result<(), LastAdmin> {
    let is_lost = before && !after;
    let has_another = others.into_iter().any(|(other, can_sign_in)| can_sign_in && other.grants.is_admin());
    if is_lost && !has_another { Err(LastAdmin) } else { Ok(()) }
}
