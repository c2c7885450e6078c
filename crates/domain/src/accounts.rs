//! Who may change another person's account.
//!
//! Users may be in organizations that know nothing of each other. So an organization's administrator decides about memberships, not about
//! people: otherwise an administrator could invite a consultant, create a link to reset the password, and act as that person in every
//! organization.

use crate::memberships::Membership;
use crate::organizations::Organization;
use crate::permissions::Grants;
use crate::prn::Id;
use crate::refusals::{Meaning, Refusal};
use crate::users::User;

/// Who wants to do something to an account.
#[derive(Clone, Debug)]
pub enum AccountActor<'a> {
    /// The operator on the server's machine, or an administrator of the installation.
    Installation,
    /// A person who may change people in one organization, with what they may do there.
    Organization(Id<Organization>, &'a Grants),
}

/// The account belongs to somebody who is more than a member of the caller's organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "only an administrator of the installation can do that to this account: the person has another membership, administrates the \
     installation, or may do something here that you may not. What you can change is the membership"
)]
pub struct NotYourAccount;

impl Refusal for NotYourAccount {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "not_your_account"
    }
}

/// Checks whether `actor` may reset, disable or delete the account of `user`, who has these memberships.
pub fn check_account(
    actor: &AccountActor<'_>,
    user: &User,
    memberships: &[Membership],
) -> Result<(), NotYourAccount> {
    match (actor, memberships) {
        (AccountActor::Installation, _) => Ok(()),
        (AccountActor::Organization(organization, grants), [only])
            if only.organization == *organization
                && !user.is_administrator
                && grants.first_exceeded_by(&only.grants).is_none() =>
        {
            Ok(())
        }
        (AccountActor::Organization(..), _) => Err(NotYourAccount),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::organizations::Revision;
    use crate::permissions::Role;
    use crate::time::Timestamp;

    const A: Id<Organization> = Id::new(Uuid::from_u128(1));
    const B: Id<Organization> = Id::new(Uuid::from_u128(2));

    fn user(is_administrator: bool) -> User {
        let now = Timestamp::from_micros(0).unwrap();
        User {
            id: Id::new(Uuid::from_u128(3)),
            email: "ada@example.com".parse().unwrap(),
            name: "Ada".parse().unwrap(),
            is_administrator,
            second_factor_since: None,
            disabled_at: None,
            revision: Revision::FIRST,
            inserted_at: now,
            updated_at: now,
        }
    }

    fn member(organization: Id<Organization>, role: Role) -> Membership {
        let User { id: user, inserted_at, updated_at, revision, .. } = user(false);
        let grants = Grants::of_role(role);
        Membership { id: Id::new(Uuid::nil()), organization, user, grants, revision, inserted_at, updated_at }
    }

    /// Who × whose account: the table of takeovers.
    #[test]
    fn an_organization_decides_only_about_accounts_that_are_all_its_own() {
        let admin = Grants::of_role(Role::Admin);
        let lesser = Grants::of_role(Role::Writer);
        for (actor, is_administrator, memberships, allowed) in [
            (AccountActor::Installation, true, vec![member(A, Role::Admin), member(B, Role::Admin)], true),
            (AccountActor::Organization(A, &admin), false, vec![member(A, Role::Admin)], true),
            (
                AccountActor::Organization(A, &admin),
                false,
                vec![member(A, Role::Viewer), member(B, Role::Viewer)],
                false,
            ),
            (AccountActor::Organization(A, &admin), false, vec![member(B, Role::Viewer)], false),
            (AccountActor::Organization(A, &admin), false, vec![], false),
            (AccountActor::Organization(A, &admin), true, vec![member(A, Role::Viewer)], false),
            (AccountActor::Organization(A, &lesser), false, vec![member(A, Role::Admin)], false),
            (AccountActor::Organization(A, &lesser), false, vec![member(A, Role::Developer)], true),
        ] {
            let checked = check_account(&actor, &user(is_administrator), &memberships);
            assert_eq!(checked.is_ok(), allowed, "{actor:?} {is_administrator} {memberships:?}");
        }
    }
}
