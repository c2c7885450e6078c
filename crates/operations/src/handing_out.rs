//! Nobody hands out, or takes from others, more than they may do themselves.

use olivine_domain::permissions::{Actor, Grants, MissingScope};
use olivine_domain::refusals::{Facts, Meaning, Refusal};

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

/// Somebody handles what has more scopes than themselves.
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

/// Refuses grants with a scope that `by` lacks.
pub(crate) fn check_within(by: &Actor, grants: &Grants, handed: Handed) -> Result<(), Error> {
    by.grants.first_exceeded_by(grants).map_or(Ok(()), |scope| {
        let lacks = MissingScope { identity: by.identity, scope };
        Err(Error::refused(GrantExceeded(lacks, handed)))
    })
}
