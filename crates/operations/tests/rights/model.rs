//! What everybody was given, by the steps that succeeded, and what that allows: one scope, at one place.

use std::collections::BTreeMap;

use olivine_domain::api_keys::ApiKey;
use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::{Allowed, Grant, Grants, Reach, Reaching, Scope};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;

/// Where something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// The organization as a whole.
    Whole,
    /// A cohort, of the only product.
    Cohort(Id<Product>, Id<Cohort>),
}

/// A key that was made.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: Id<ApiKey>,
    pub(crate) secret: String,
    pub(crate) grants: Grants,
    /// The person whose key it is.
    pub(crate) owner: Option<usize>,
    pub(crate) is_revoked: bool,
}

/// What is known of the organization.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// What members were given, by the number of the person.
    pub(crate) members: BTreeMap<usize, Grants>,
    pub(crate) keys: Vec<Key>,
    /// Who has a second factor.
    pub(crate) second_factors: [bool; super::world::PEOPLE],
    pub(crate) requires_second_factor: bool,
}

/// Whether one of the grants allows the scope at a place.
pub(crate) fn allow(grants: &Grants, scope: Scope, spot: Spot) -> bool {
    grants.as_slice().iter().any(|grant| allows(grant, scope) && reaches(grant, scope, spot))
}

fn allows(grant: &Grant, scope: Scope) -> bool {
    match &grant.allowed {
        Allowed::Role(role) => role.includes(scope.role()),
        Allowed::Scopes(scopes) => {
            scopes.contains(&scope) || scope.implied_by().is_some_and(|wider| scopes.contains(&wider))
        }
    }
}

fn reaches(grant: &Grant, scope: Scope, spot: Spot) -> bool {
    match (&grant.reach, scope.reaching(), spot) {
        (Reach::Whole, ..) | (_, Reaching::Anywhere, _) => true,
        (_, Reaching::Organization, _) | (_, _, Spot::Whole) => false,
        (Reach::Part(part), Reaching::Places, Spot::Cohort(product, cohort)) => {
            part.products.contains(&product) || part.cohorts.contains(&cohort)
        }
    }
}

impl Model {
    /// Whether a person may do it.
    pub(crate) fn person_may(&self, person: usize, scope: Scope, spot: Spot) -> bool {
        let is_led_to_one = self.requires_second_factor && !self.second_factors[person];
        !is_led_to_one && self.members.get(&person).is_some_and(|grants| allow(grants, scope, spot))
    }

    /// Whether a key may.
    pub(crate) fn key_may(&self, key: &Key, scope: Scope, spot: Spot) -> bool {
        let of_owner = |owner: usize| self.person_may(owner, scope, spot) && !scope.hands_out_rights();
        !key.is_revoked && allow(&key.grants, scope, spot) && key.owner.is_none_or(of_owner)
    }
}
