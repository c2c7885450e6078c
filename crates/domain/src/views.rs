//! Saved views: pages of the console with a search, under names. A view is a link and holds no data: what somebody sees who opens it is
//! asked of the server then, by what they may see themselves.
//!
//! A shared view is a link in the browsers of other people. So its path must never lead anywhere but to a page of the console.

mod links;

pub use links::{InvalidPagePath, InvalidPageQuery, PagePath, PageQuery, is_page};

use crate::organizations::{Organization, Revision};
use crate::permissions::{Actor, Scope};
use crate::prn::{Id, Resource};
use crate::refusals::{Facts, Meaning, Refusal};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::text::Name;
use crate::time::Timestamp;
use crate::users::User;

/// The most views of one user in one organization.
pub const MOST_OF_OWNER: u64 = 100;
/// The most shared views of one organization.
pub const MOST_SHARED: u64 = 500;

/// What lists of views can be searched by.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "owner_prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "path", kind: FieldKind::Text },
    Field { name: "shared", kind: FieldKind::Boolean },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// Who sees a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Its owner alone.
    Owner,
    /// Everybody in the organization, and its API keys.
    Organization,
}

/// A page of the console that somebody saved. Its name is unique among those of its owner in the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its key.
    pub id: Id<View>,
    /// In which organization it is.
    pub organization: Id<Organization>,
    /// Whose it is. It goes with the owner's membership.
    pub owner: Id<User>,
    /// What people call it.
    pub name: Name,
    /// Which page it is.
    pub path: PagePath,
    /// What the page shows.
    pub query: PageQuery,
    /// Who sees it.
    pub audience: Audience,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

crate::changes::given! {
    View {
        name: Name,
        path: PagePath,
        query: PageQuery,
        audience: Audience,
    }
    once { owner: Id<User> }
}

impl Resource for View {
    const TYPE: Option<&'static str> = Some("view");
    const A_NAME: &'static str = "a view";
}

impl Searchable for View {
    const FIELDS: FieldTable = SEARCH;
}

impl View {
    /// Whether everybody in the organization sees it.
    pub fn is_shared(&self) -> bool {
        self.audience == Audience::Organization
    }

    /// Whether it is the caller's: the person's, or that of the owner of a personal key.
    pub fn is_of(&self, by: &Actor) -> bool {
        by.person == Some(self.owner)
    }

    /// Whether the caller sees it.
    pub fn is_seen_by(&self, by: &Actor) -> bool {
        self.is_shared() || self.is_of(by)
    }

    /// Whether the caller may change it, of those that they see: a shared one is also changed by who may change the organization.
    pub fn is_changed_by(&self, by: &Actor) -> bool {
        self.is_of(by) || (self.is_shared() && by.may(Scope::OrganizationUpdate))
    }
}

/// How many views there are where another one is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Of the same owner.
    pub of_owner: u64,
    /// Shared ones of the organization.
    pub shared: u64,
}

impl Room {
    /// Whether its owner may have one more.
    pub const fn check_owner(self) -> Result<(), TooManyViews> {
        if self.of_owner < MOST_OF_OWNER { Ok(()) } else { Err(TooManyViews::OfOwner) }
    }

    /// Whether one more may be seen by this audience.
    pub fn check_audience(self, audience: Audience) -> Result<(), TooManyViews> {
        if audience == Audience::Owner || self.shared < MOST_SHARED {
            Ok(())
        } else {
            Err(TooManyViews::Shared)
        }
    }
}

/// There are as many views as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooManyViews {
    /// Of one owner.
    #[error("you have {MOST_OF_OWNER} views in this organization, and may have no more: delete one first")]
    OfOwner,
    /// That are shared.
    #[error(
        "this organization has {MOST_SHARED} shared views, and may have no more: delete one first, or keep this one to yourself"
    )]
    Shared,
}

impl Refusal for TooManyViews {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "too_many_views"
    }

    fn facts(&self) -> Facts {
        let limit = match self {
            Self::OfOwner => MOST_OF_OWNER,
            Self::Shared => MOST_SHARED,
        };
        vec![("limit", limit.into())]
    }
}

/// The caller is nobody's: an API key of the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a view belongs to a person: sign in, or use a personal API key; the organization's keys only read shared views"
)]
pub struct NoOwner;

impl Refusal for NoOwner {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "owner_required"
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::permissions::{Grants, Identity, Role};

    const OWNER: u128 = 1;
    const OTHER: u128 = 2;

    fn view(audience: Audience) -> View {
        let new = New {
            owner: Id::new(Uuid::from_u128(OWNER)),
            name: "canaries".parse().unwrap(),
            path: "/devices".parse().unwrap(),
            query: "q=tag:%27canary%27".parse().unwrap(),
            audience,
        };
        new.record(Id::new(Uuid::nil()), Id::new(Uuid::nil()), Timestamp::from_micros(0).unwrap())
    }

    fn person(id: u128, role: Role) -> Actor {
        let id = Id::new(Uuid::from_u128(id));
        let grants = Grants::of_role(role);
        Actor {
            identity: Identity::User(id),
            person: Some(id),
            grants,
            ..Actor::system(Id::new(Uuid::nil()))
        }
    }

    fn key(owner: Option<u128>, role: Role) -> Actor {
        let person = owner.map(|id| Id::new(Uuid::from_u128(id)));
        let identity = Identity::ApiKey(Id::new(Uuid::nil()));
        let owner_grants = owner.map(|_| Grants::of_role(Role::Admin));
        Actor { identity, person, owner_grants, ..person_less(role) }
    }

    fn person_less(role: Role) -> Actor {
        Actor { grants: Grants::of_role(role), ..Actor::system(Id::new(Uuid::nil())) }
    }

    #[test]
    fn who_sees_and_who_changes_it() {
        use Audience::{Organization as Shared, Owner as Private};
        for (by, audience, sees, changes) in [
            (person(OWNER, Role::Viewer), Private, true, true),
            (person(OWNER, Role::Viewer), Shared, true, true),
            (person(OTHER, Role::ReleaseManager), Private, false, false),
            (person(OTHER, Role::ReleaseManager), Shared, true, false),
            (person(OTHER, Role::Admin), Private, false, false),
            (person(OTHER, Role::Admin), Shared, true, true),
            (key(Some(OWNER), Role::Reader), Private, true, true),
            (key(Some(OTHER), Role::Reader), Shared, true, false),
            (key(Some(OTHER), Role::Admin), Shared, true, true),
            (key(None, Role::Reader), Private, false, false),
            (key(None, Role::Reader), Shared, true, false),
            (key(None, Role::Admin), Private, false, false),
            (key(None, Role::Admin), Shared, true, true),
        ] {
            let view = view(audience);
            let may = (view.is_seen_by(&by), view.is_changed_by(&by));
            assert_eq!(may, (sees, changes), "{:?} with {:?}: {audience:?}", by.identity, by.grants);
        }
    }

    #[test]
    fn there_is_room_up_to_the_limits() {
        let room = |of_owner, shared| Room { of_owner, shared };
        assert_eq!(room(MOST_OF_OWNER - 1, MOST_SHARED).check_owner(), Ok(()));
        assert_eq!(room(MOST_OF_OWNER, 0).check_owner(), Err(TooManyViews::OfOwner));
        assert_eq!(room(0, MOST_SHARED).check_audience(Audience::Owner), Ok(()));
        assert_eq!(room(0, MOST_SHARED - 1).check_audience(Audience::Organization), Ok(()));
        assert_eq!(room(0, MOST_SHARED).check_audience(Audience::Organization), Err(TooManyViews::Shared));
    }
}
