//! Invitations to an organization, and links that work once: to set up the installation, to join, to choose a new password.
//!
//! A link is shown once to its creator, who passes it on in a trusted way. Opening a link does not use it up, because programs that show a
//! preview of a link open it too.

use std::time::Duration;

use crate::organizations::{Organization, Revision};
use crate::permissions::{Grants, RecordedIdentity};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::time::Timestamp;
use crate::users::{Email, User};

/// For how long an invitation can be accepted.
pub const INVITATION_LASTS: Duration = Duration::from_hours(72);
/// For how long a link to choose a new password is good.
pub const RESET_LASTS: Duration = Duration::from_hours(24);

/// The fields by which lists of invitations can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "email", kind: FieldKind::Text },
    Field { name: "accepted_at", kind: FieldKind::DateTime },
    Field { name: "revoked_at", kind: FieldKind::DateTime },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
];

crate::secrets::secret! {
    /// What a link carries behind its `#`, where no server's log sees it.
    LinkToken, "oll_"
}

/// An invitation to join an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its key.
    pub id: Id<Invitation>,
    /// Where to.
    pub organization: Id<Organization>,
    /// Whom. Who accepts it can't change that.
    pub email: Email,
    /// What the person may do there.
    pub grants: Grants,
    /// Who made it. If the inviter may no longer grant something when it is accepted, it is not granted.
    pub invited_by: RecordedIdentity,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// When it was accepted, if it was.
    pub accepted_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Resource for Invitation {
    const TYPE: Option<&'static str> = Some("invitation");
    const A_NAME: &'static str = "an invitation";
}

impl Searchable for Invitation {
    const FIELDS: FieldTable = SEARCH;
}

impl Invitation {
    /// Whether it can be accepted.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none() && now < self.expires_at
    }
}

/// What a link that is not an invitation is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// To become the first person of the installation.
    SetUp,
    /// To show a second factor, after the password.
    SecondFactor {
        /// Whose.
        user: Id<User>,
    },
    /// To choose a new password. Void when the user got a membership, or lost one, since: who may reset an account depends on them.
    ResetPassword {
        /// Whose.
        user: Id<User>,
        /// How many changes the user's memberships had seen when it was made.
        memberships: i64,
    },
}
