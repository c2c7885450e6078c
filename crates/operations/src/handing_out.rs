//! Callers can grant to others, and take from others, only what they may do themselves.

use olivine_domain::permissions::{Actor, Grants, MOST_PLACES, MissingScope, Reach, Scope, scope};
use olivine_domain::refusals::{Facts, Meaning, Refusal};
use olivine_records::{Reader, cohorts, products};

use crate::Error;

/// What hands rights out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handed {
    /// An API key.
    Key,
    /// A membership, or an invitation to one.
    Membership,
}

impl Handed {
    /// What can't be done.
    const fn forbidden(self) -> &'static str {
        match self {
            Self::Key => "can neither create, change nor revoke a key that has it",
            Self::Membership => "can't give it to others or take it from them",
        }
    }
}

/// The caller tries to change something that has more scopes than the caller itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}, so {it} {what}", it = .0.identity.pronoun(), what = .1.forbidden())]
pub struct GrantExceeded(pub MissingScope, pub Handed);

impl Refusal for GrantExceeded {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "unauthorized"
    }

    fn facts(&self) -> Facts {
        vec![("missing_scope", self.0.scope.as_str().into())]
    }
}

/// Refuses grants that reach too many places, or such that `by` can't see.
pub(crate) async fn check_places(reader: &impl Reader, by: &Actor, grants: &Grants) -> Result<(), Error> {
    let mut tenancy = None;
    for grant in grants.as_slice() {
        let Reach::Part(part) = &grant.reach else { continue };
        if part.is_empty() || part.len() > MOST_PLACES {
            let problem = format!("name 1 to {MOST_PLACES} products and cohorts, or none for all of them");
            return Err(Error::Invalid { field: "cohort_prns", problem });
        }
        if tenancy.is_none() {
            tenancy = Some(by.authorize::<scope::CohortRead>()?.tenancy());
        }
        let Some(tenancy) = &tenancy else { continue };
        for product in &part.products {
            products::get(reader, tenancy, *product).await.map_err(Error::missing(*product))?;
        }
        for cohort in &part.cohorts {
            cohorts::get(reader, tenancy, *cohort).await.map_err(Error::missing(*cohort))?;
        }
    }
    Ok(())
}

/// Refuses grants with a scope that `by` lacks.
pub(crate) fn check_within(by: &Actor, grants: &Grants, handed: Handed) -> Result<(), Error> {
    by.first_exceeded_by(grants).map_or(Ok(()), |scope| Err(exceeded(by, scope, handed)))
}

/// The refusal of what has a scope that `by` lacks.
pub(crate) fn exceeded(by: &Actor, scope: Scope, handed: Handed) -> Error {
    Error::refused(GrantExceeded(MissingScope { identity: by.identity, scope }, handed))
}
