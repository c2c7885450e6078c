//! People, as events show them.

use olivine_domain::invitations::Invitation;
use olivine_domain::memberships::Membership;
use olivine_domain::organizations::Revision;
use olivine_domain::permissions::{Grants, Identity, Role};
use olivine_domain::users::User;
use olivine_domain::views::{Audience, View};

use super::{ORGANIZATION, at, id};

pub(in super::super) struct PeopleSamples {
    pub(in super::super) user: (User, User),
    pub(in super::super) disabled: (User, User),
    pub(in super::super) membership: (Membership, Membership),
    pub(in super::super) accepted: (Invitation, Invitation),
    pub(in super::super) revoked: (Invitation, Invitation),
    pub(in super::super) view: (View, View),
}

impl PeopleSamples {
    pub(super) fn new() -> Self {
        let (user, membership, invitation, view) = (user(), membership(), invitation(), view());
        let renamed = User { name: "Ada King".parse().unwrap(), ..user.clone() };
        let disabled = User { disabled_at: Some(at(4)), ..user.clone() };
        let promoted = Membership { grants: Grants::of_role(Role::Admin), ..membership.clone() };
        let accepted = Invitation { accepted_at: Some(at(2)), ..invitation.clone() };
        let revoked = Invitation { revoked_at: Some(at(2)), ..invitation.clone() };
        Self {
            disabled: (user.clone(), disabled),
            user: (user, renamed),
            membership: (membership, promoted),
            accepted: (invitation.clone(), accepted),
            revoked: (invitation, revoked),
            view: (view.clone(), View { name: "Canaries, silent".parse().unwrap(), ..view }),
        }
    }
}

fn user() -> User {
    User {
        id: id(0x81),
        email: "ada@example.com".parse().unwrap(),
        name: "Ada Lovelace".parse().unwrap(),
        is_administrator: false,
        second_factor_since: None,
        disabled_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn membership() -> Membership {
    Membership {
        id: id(0x82),
        organization: id(ORGANIZATION),
        user: id(0x81),
        grants: Grants::of_role(Role::Developer),
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn invitation() -> Invitation {
    Invitation {
        id: id(0x83),
        organization: id(ORGANIZATION),
        email: "ada@example.com".parse().unwrap(),
        grants: Grants::of_role(Role::Developer),
        invited_by: Identity::System.into(),
        expires_at: at(9),
        accepted_at: None,
        revoked_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn view() -> View {
    View {
        id: id(0x84),
        organization: id(ORGANIZATION),
        owner: id(0x81),
        name: "Canaries".parse().unwrap(),
        path: "/devices".parse().unwrap(),
        query: "q=tag:%27canary%27".parse().unwrap(),
        audience: Audience::Organization,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}
