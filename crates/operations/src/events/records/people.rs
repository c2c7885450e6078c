//! The same of records about people. No event names an address.

use olivine_domain::invitations::Invitation;
use olivine_domain::memberships::Membership;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Allowed, Grants, Reach, Role, Scope};
use olivine_domain::prn::Id;
use olivine_domain::users::User;
use olivine_domain::views::View;

use super::super::fields::{Field, Recorded};

/// The roles and the single scopes of grants.
fn granted(grants: &Grants) -> (Vec<&'static str>, Vec<&'static str>) {
    let has_by_role = |scope: Scope| grants.roles().any(|role| role.includes(scope.role()));
    let alone = grants.scopes().filter(|scope| !has_by_role(*scope)).map(Scope::as_str);
    (grants.roles().map(Role::as_str).collect(), alone.collect())
}

/// What grants are limited to that don't reach the whole organization: as one reads them, with the PRNs of products and cohorts.
pub(super) fn limits(grants: &Grants, organization: Id<Organization>) -> Vec<String> {
    let limits = grants.as_slice().iter().filter_map(|grant| {
        let Reach::Part(part) = &grant.reach else { return None };
        let what = match &grant.allowed {
            Allowed::Role(role) => role.as_str().to_owned(),
            Allowed::Scopes(scopes) => {
                scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
            }
        };
        let products = part.products.iter().map(|id| id.prn(organization).to_string());
        let cohorts = part.cohorts.iter().map(|id| id.prn(organization).to_string());
        Some(format!("{what}: {}", products.chain(cohorts).collect::<Vec<_>>().join(" ")))
    });
    limits.collect()
}

impl Recorded for User {
    const KNOWN_BY: &'static [&'static str] = &["name"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            email: _,
            name,
            is_administrator,
            second_factor_since,
            disabled_at,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "name" = name, "is_administrator" = is_administrator, "second_factor_since" = second_factor_since,
            "disabled_at" = disabled_at,
        }
    }
}

impl Recorded for Membership {
    const KNOWN_BY: &'static [&'static str] = &["user_prn"];

    fn fields(&self) -> Vec<Field> {
        let Self { id: _, organization, user, grants, revision: _, inserted_at: _, updated_at: _ } = self;
        let (roles, scopes) = granted(grants);
        fields! {
            "user_prn" = user.prn(*organization), "roles" = roles, "scopes" = scopes,
            "limited_to" = limits(grants, *organization),
        }
    }
}

impl Recorded for Invitation {
    const KNOWN_BY: &'static [&'static str] = &[];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            email: _,
            grants,
            // It is who caused the event.
            invited_by: _,
            expires_at,
            accepted_at,
            revoked_at,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        let (roles, scopes) = granted(grants);
        fields! {
            "roles" = roles, "scopes" = scopes, "limited_to" = limits(grants, *organization),
            "expires_at" = expires_at, "accepted_at" = accepted_at, "revoked_at" = revoked_at,
        }
    }
}

impl Recorded for View {
    const KNOWN_BY: &'static [&'static str] = &["name"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            owner,
            name,
            path,
            query,
            audience: _,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "owner_prn" = owner.prn(*organization), "name" = name, "path" = path, "query" = query,
            "shared" = self.is_shared(),
        }
    }
}
