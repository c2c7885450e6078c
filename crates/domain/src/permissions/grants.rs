//! What somebody may do: any number of grants, each a role or single scopes.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::roles::{Role, UnknownRole};
use super::scopes::{Scope, UnknownScope};

/// A role, or single scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// All scopes of a role, also those that later versions add to it.
    Role(Role),
    /// Just these.
    Scopes(BTreeSet<Scope>),
}

impl Grant {
    /// Whether `scope` is among it.
    pub fn contains(&self, scope: Scope) -> bool {
        match self {
            Self::Role(role) => role.includes(scope.role()),
            Self::Scopes(scopes) => scopes.contains(&scope),
        }
    }
}

/// What somebody may do: whatever one of the grants allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(Vec<Grant>);

impl Grants {
    /// Nothing.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// What one role allows.
    pub fn of_role(role: Role) -> Self {
        Self(vec![Grant::Role(role)])
    }

    /// Single scopes.
    pub fn of_scopes(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(vec![Grant::Scopes(scopes.into_iter().collect())])
    }

    /// The grants one by one.
    pub fn as_slice(&self) -> &[Grant] {
        &self.0
    }

    /// Whether `scope` is among them.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.iter().any(|grant| grant.contains(scope))
    }

    /// Whether the role `admin` is among them.
    pub fn is_admin(&self) -> bool {
        self.0.contains(&Grant::Role(Role::Admin))
    }

    /// Whether nothing is allowed.
    pub fn is_nothing(&self) -> bool {
        self.scopes().next().is_none()
    }

    /// The roles among them.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().filter_map(|grant| match grant {
            Grant::Role(role) => Some(*role),
            Grant::Scopes(_) => None,
        })
    }

    /// The one role that they are; `None` if there are several, or single scopes.
    pub fn role(&self) -> Option<Role> {
        match self.0.as_slice() {
            [Grant::Role(role)] => Some(*role),
            _ => None,
        }
    }

    /// All scopes, in the order of their declaration.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        Scope::ALL.iter().copied().filter(|scope| self.contains(*scope))
    }

    /// What both allow.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        Self::of_scopes(self.scopes().filter(|scope| other.contains(*scope)))
    }

    /// The first scope that `other` has and these don't: nobody hands out more than they have.
    pub fn first_exceeded_by(&self, other: &Self) -> Option<Scope> {
        other.scopes().find(|scope| !self.contains(*scope))
    }
}

/// The form in storage: a line for each grant, `role developer` or `scopes binary.create binary.upload`.
impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, grant) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match grant {
                Grant::Role(role) => write!(f, "role {}", role.as_str())?,
                Grant::Scopes(scopes) => {
                    f.write_str("scopes")?;
                    scopes.iter().try_for_each(|scope| write!(f, " {}", scope.as_str()))?;
                }
            }
        }
        Ok(())
    }
}

/// Why a stored text does not say what is granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrants {
    /// A role that this version does not know.
    #[error(transparent)]
    Role(#[from] UnknownRole),
    /// A scope that this version does not know.
    #[error(transparent)]
    Scope(#[from] UnknownScope),
    /// A line of another form.
    #[error("'{0}' is not a grant")]
    Malformed(String),
}

impl FromStr for Grants {
    type Err = InvalidGrants;

    fn from_str(text: &str) -> Result<Self, InvalidGrants> {
        let grant = |line: &str| match line.split_once(' ').unwrap_or((line, "")) {
            ("role", name) => Ok(Grant::Role(Role::parse(name)?)),
            ("scopes", names) => {
                let scopes = names.split_ascii_whitespace().map(Scope::parse).collect::<Result<_, _>>()?;
                Ok(Grant::Scopes(scopes))
            }
            _ => Err(InvalidGrants::Malformed(line.to_owned())),
        };
        text.lines().map(grant).collect()
    }
}

impl FromIterator<Grant> for Grants {
    /// The grants, each once.
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        let mut each = Vec::new();
        for grant in grants {
            if !each.contains(&grant) {
                each.push(grant);
            }
        }
        Self(each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_read_as_they_are_written() {
        let scopes = BTreeSet::from([Scope::BinaryCreate, Scope::BinaryUpload]);
        let both: Grants = [Grant::Role(Role::ReleaseManager), Grant::Scopes(scopes)].into_iter().collect();
        assert_eq!(both.to_string(), "role release_manager\nscopes binary.create binary.upload");
        for grants in [both, Grants::none(), Grants::of_scopes([]), Grants::of_role(Role::Admin)] {
            assert_eq!(grants.to_string().parse(), Ok(grants));
        }
        for wrong in ["admin", "role", "role root", "scopes binary.read everything", "reach all"] {
            assert!(wrong.parse::<Grants>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn several_grants_allow_what_any_of_them_allows() {
        let both: Grants = [Grant::Role(Role::Developer), Grant::Role(Role::Signer)].into_iter().collect();
        assert!(both.contains(Scope::BinaryUpload) && both.contains(Scope::BinarySign));
        assert!(!both.contains(Scope::ReleaseCreate));
        assert_eq!(both.role(), None);
        assert_eq!(Grants::of_role(Role::Signer).role(), Some(Role::Signer));
        assert!(Grants::none().is_nothing() && Grants::of_scopes([]).is_nothing());
    }
}
