//! Grants of people and of keys: how they are given in requests, and shown in answers.

use std::collections::BTreeSet;

use olivine_api::memberships::Grant as ApiGrant;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Allowed, Grant, Grants, Part, Reach, Role, Scope};
use olivine_domain::prn::{Id, Prn, Resource};

use crate::http::error::ApiError;
use crate::http::fields::{Fields, own};

/// Grants as they are shown.
pub(super) fn shown_grants(grants: &Grants, organization: Id<Organization>) -> Vec<ApiGrant> {
    let shown = |grant: &Grant| {
        let (role, scopes) = match &grant.allowed {
            Allowed::Role(role) => (Some(role.as_str().to_owned()), None),
            Allowed::Scopes(scopes) => {
                (None, Some(scopes.iter().map(|scope| scope.as_str().to_owned()).collect()))
            }
        };
        let (product_prns, cohort_prns) = shown_reach(&grant.reach, organization);
        ApiGrant { role, scopes, product_prns, cohort_prns }
    };
    grants.as_slice().iter().map(shown).collect()
}

/// The products and the cohorts that a grant reaches; none for the whole organization.
pub(super) fn shown_reach(reach: &Reach, organization: Id<Organization>) -> (Vec<String>, Vec<String>) {
    let Reach::Part(part) = reach else { return Default::default() };
    let products = part.products.iter().map(|id| id.prn(organization).to_string());
    let cohorts = part.cohorts.iter().map(|id| id.prn(organization).to_string());
    (products.collect(), cohorts.collect())
}

/// Grants as they are given: each a role or scopes, and not both.
pub(super) fn given_grants(
    fields: &mut Fields,
    organization: Id<Organization>,
    grants: Vec<ApiGrant>,
) -> Result<Option<Grants>, ApiError> {
    let given = grants.into_iter().map(|grant| given_grant(fields, organization, grant));
    Ok(given.collect::<Result<Vec<_>, _>>()?.into_iter().collect::<Option<Vec<_>>>().map(Grants::from_iter))
}

/// One grant; `None` where something is wrong with it. A product or cohort of another organization does not exist.
fn given_grant(
    fields: &mut Fields,
    organization: Id<Organization>,
    given: ApiGrant,
) -> Result<Option<Grant>, ApiError> {
    let allowed = match (given.role, given.scopes) {
        (Some(name), None) => fields.take("role", Role::parse(&name)).map(Allowed::Role),
        (None, Some(names)) if !names.is_empty() => {
            let scopes: Result<_, _> = names.iter().map(|name| Scope::parse(name)).collect();
            fields.take("scopes", scopes).map(Allowed::Scopes)
        }
        _ => {
            fields.refuse("role", "give either a role, such as developer, or a list of scopes");
            None
        }
    };
    let is_whole = given.product_prns.is_empty() && given.cohort_prns.is_empty();
    let products = ids(fields, organization, "product_prns", &given.product_prns)?;
    let cohorts = ids(fields, organization, "cohort_prns", &given.cohort_prns)?;
    let part = products.zip(cohorts).map(|(products, cohorts)| Part { products, cohorts });
    let reach = if is_whole { Some(Reach::Whole) } else { part.map(Reach::Part) };
    Ok(allowed.zip(reach).map(|(allowed, reach)| Grant { allowed, reach }))
}

fn ids<R: Resource>(
    fields: &mut Fields,
    organization: Id<Organization>,
    field: &'static str,
    prns: &[String],
) -> Result<Option<BTreeSet<Id<R>>>, ApiError> {
    let parsed: Result<Vec<_>, _> = prns.iter().map(|prn| prn.parse::<Prn<R>>()).collect();
    let parsed = fields.take(field, parsed);
    parsed.map(|prns| prns.into_iter().map(|prn| own(prn, organization)).collect()).transpose()
}
