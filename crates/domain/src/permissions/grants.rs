//! The permissions of a caller: any number of grants, each a role or single scopes.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::reach::{Part, Reach};
use super::roles::{Role, UnknownRole};
use super::scopes::{Reaching, Scope, UnknownScope};
use crate::prn::Id;

/// A role, or single scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// All scopes of a role, also those that later versions add to it.
    Role(Role),
    /// Just these.
    Scopes(BTreeSet<Scope>),
}

/// What is allowed, and how far it reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What.
    pub allowed: Allowed,
    /// The products and cohorts that it reaches. Records of neither, such as artifacts and bundles, are reached in any case.
    pub reach: Reach,
}

impl Grant {
    /// A role in the whole organization.
    pub const fn role(role: Role) -> Self {
        Self { allowed: Allowed::Role(role), reach: Reach::Whole }
    }

    /// Whether `scope` is among it, or a scope that implies it.
    pub fn contains(&self, scope: Scope) -> bool {
        match &self.allowed {
            Allowed::Role(role) => role.includes(scope.role()),
            Allowed::Scopes(scopes) => {
                let implied = || scope.implied_by().is_some_and(|wider| scopes.contains(&wider));
                scopes.contains(&scope) || implied()
            }
        }
    }
}

/// The permissions of a caller: everything that at least one of the grants allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(Vec<Grant>);

impl Grants {
    /// Nothing.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// What one role allows.
    pub fn of_role(role: Role) -> Self {
        Self(vec![Grant::role(role)])
    }

    /// Single scopes.
    pub fn of_scopes(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(vec![Grant { allowed: Allowed::Scopes(scopes.into_iter().collect()), reach: Reach::Whole }])
    }

    /// The grants one by one.
    pub fn as_slice(&self) -> &[Grant] {
        &self.0
    }

    /// Whether `scope` is among them.
    pub fn contains(&self, scope: Scope) -> bool {
        self.reach(&[scope]).is_some()
    }

    /// How far those grants reach together that have any of the scopes; `None` where none has. A grant that reaches only a part has no
    /// scopes for the whole organization; scopes for records without a product always reach all of them.
    pub fn reach(&self, scopes: &[Scope]) -> Option<Reach> {
        let reaches = self.0.iter().flat_map(|grant| {
            let having = scopes.iter().filter(|scope| grant.contains(**scope));
            having.filter_map(|scope| match (scope.reaching(), &grant.reach) {
                (Reaching::Organization, Reach::Part(_)) => None,
                (Reaching::Anywhere, _) => Some(Reach::Whole),
                (_, reach) => Some(reach.clone()),
            })
        });
        reaches.reduce(|reach, other| reach.joined(&other))
    }

    /// Whether the role `admin` is among them, for the whole organization.
    pub fn is_admin(&self) -> bool {
        self.0.contains(&Grant::role(Role::Admin))
    }

    /// Whether nothing is allowed.
    pub fn is_nothing(&self) -> bool {
        self.scopes().next().is_none()
    }

    /// The roles among them.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().filter_map(|grant| match grant.allowed {
            Allowed::Role(role) => Some(role),
            Allowed::Scopes(_) => None,
        })
    }

    /// The one role that they are, in the whole organization; `None` if there are several, single scopes, or only a part is reached.
    pub fn role(&self) -> Option<Role> {
        match self.0.as_slice() {
            [Grant { allowed: Allowed::Role(role), reach: Reach::Whole }] => Some(*role),
            _ => None,
        }
    }

    /// All scopes, in the order of their declaration.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        Scope::ALL.iter().copied().filter(|scope| self.contains(*scope))
    }

    /// The first scope that `other` has and these don't, or don't reach as far with: callers can't grant more than they have.
    pub fn first_exceeded_by(&self, other: &Self) -> Option<Scope> {
        Scope::ALL.iter().copied().find(|scope| match (other.reach(&[*scope]), self.reach(&[*scope])) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(given), Some(own)) => !own.includes(&given),
        })
    }
}

/// The form in storage: a line for each grant, `role developer` or `scopes binary.create binary.upload`; one that reaches a part only goes on
/// with `in` and its products and cohorts, as in `role support in product/<uuid> cohort/<uuid>`.
impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, grant) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match &grant.allowed {
                Allowed::Role(role) => write!(f, "role {}", role.as_str())?,
                Allowed::Scopes(scopes) => {
                    f.write_str("scopes")?;
                    scopes.iter().try_for_each(|scope| write!(f, " {}", scope.as_str()))?;
                }
            }
            if let Reach::Part(part) = &grant.reach {
                f.write_str(IN)?;
                part.products.iter().try_for_each(|id| write!(f, " {PRODUCT}{}", id.uuid()))?;
                part.cohorts.iter().try_for_each(|id| write!(f, " {COHORT}{}", id.uuid()))?;
            }
        }
        Ok(())
    }
}

const IN: &str = " in";
const PRODUCT: &str = "product/";
const COHORT: &str = "cohort/";

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
        text.lines().map(grant).collect()
    }
}

fn grant(line: &str) -> Result<Grant, InvalidGrants> {
    let malformed = || InvalidGrants::Malformed(line.to_owned());
    let mut words = line.split(' ');
    let kind = words.next();
    let names: Vec<_> = words.by_ref().take_while(|word| *word != IN.trim_start()).collect();
    let places: Vec<_> = words.collect();
    let allowed = match (kind, names.as_slice()) {
        (Some("role"), [name]) => Allowed::Role(Role::parse(name)?),
        (Some("scopes"), names) => {
            Allowed::Scopes(names.iter().map(|name| Scope::parse(name)).collect::<Result<_, _>>()?)
        }
        _ => return Err(malformed()),
    };
    // A part that names nothing reaches nothing. It must not be read as the whole organization.
    if !line.contains(&format!("{IN} ")) && !line.ends_with(IN) {
        return Ok(Grant { allowed, reach: Reach::Whole });
    }
    let mut part = Part::default();
    for place in places {
        let id = |kind| place.strip_prefix(kind).and_then(|id: &str| id.parse::<Uuid>().ok());
        match (id(PRODUCT), id(COHORT)) {
            (Some(product), _) => part.products.insert(Id::new(product)),
            (_, Some(cohort)) => part.cohorts.insert(Id::new(cohort)),
            (None, None) => return Err(malformed()),
        };
    }
    Ok(Grant { allowed, reach: Reach::Part(part) })
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

    fn in_part(role: Role, products: &[u128], cohorts: &[u128]) -> Grant {
        let part = Part {
            products: products.iter().map(|id| Id::new(Uuid::from_u128(*id))).collect(),
            cohorts: cohorts.iter().map(|id| Id::new(Uuid::from_u128(*id))).collect(),
        };
        Grant { allowed: Allowed::Role(role), reach: Reach::Part(part) }
    }

    #[test]
    fn a_scope_reaches_as_far_as_all_grants_that_have_it() {
        let grants = Grants::from_iter([
            Grant::role(Role::Viewer),
            in_part(Role::ReleaseManager, &[], &[1]),
            in_part(Role::Support, &[2], &[]),
        ]);
        let part = |products: &[u128], cohorts: &[u128]| Some(in_part(Role::Viewer, products, cohorts).reach);
        assert_eq!(grants.reach(&[Scope::DeviceRead]), Some(Reach::Whole));
        assert_eq!(grants.reach(&[Scope::ReleaseCreate]), part(&[], &[1]));
        assert_eq!(grants.reach(&[Scope::DeviceCheckForUpdate]), part(&[2], &[1]));
        assert_eq!(grants.reach(&[Scope::ApiKeyCreate]), None);
        assert!(!Grants::from_iter([in_part(Role::Admin, &[1], &[])]).is_admin());
    }

    #[test]
    fn nobody_hands_out_a_longer_reach() {
        let own = Grants::from_iter([in_part(Role::ReleaseManager, &[], &[1, 2]), Grant::role(Role::Viewer)]);
        let exceeds = |grant| own.first_exceeded_by(&Grants::from_iter([grant]));
        assert_eq!(exceeds(in_part(Role::ReleaseManager, &[], &[1])), None);
        assert_eq!(exceeds(Grant::role(Role::Viewer)), None);
        assert!(exceeds(in_part(Role::ReleaseManager, &[], &[3])).is_some());
        assert!(exceeds(in_part(Role::ReleaseManager, &[1], &[])).is_some());
        assert!(exceeds(Grant::role(Role::ReleaseManager)).is_some());
    }

    #[test]
    fn grants_are_read_as_they_are_written() {
        let scopes = BTreeSet::from([Scope::BinaryCreate, Scope::BinaryUpload]);
        let scopes = Grant { allowed: Allowed::Scopes(scopes), reach: Reach::Whole };
        let both: Grants = [Grant::role(Role::ReleaseManager), scopes].into_iter().collect();
        assert_eq!(both.to_string(), "role release_manager\nscopes binary.create binary.upload");
        let part = Grants::from_iter([in_part(Role::Support, &[1], &[2, 3])]);
        let id = |number: u128| Uuid::from_u128(number);
        let written = format!("role support in product/{} cohort/{} cohort/{}", id(1), id(2), id(3));
        assert_eq!(part.to_string(), written);
        let nowhere = Grants::from_iter([in_part(Role::Support, &[], &[])]);
        for grants in
            [both, Grants::none(), Grants::of_scopes([]), Grants::of_role(Role::Admin), part, nowhere]
        {
            assert_eq!(grants.to_string().parse(), Ok(grants));
        }
        for wrong in [
            "admin",
            "role",
            "role root",
            "scopes binary.read everything",
            "reach all",
            "role admin in all",
            "role admin inside",
            "role admin in product/1",
        ] {
            assert!(wrong.parse::<Grants>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_scope_that_was_split_is_implied_by_the_wider_one() {
        let wider = Grants::of_scopes([Scope::ReleaseUpdate]);
        assert!(wider.contains(Scope::ReleaseStop));
        assert_eq!(wider.first_exceeded_by(&Grants::of_scopes([Scope::ReleaseStop])), None);
        assert_eq!(wider.to_string(), "scopes release.update", "it is stored as it was given");
        let narrow = Grants::of_scopes([Scope::ReleaseStop]);
        assert!(!narrow.contains(Scope::ReleaseUpdate));
        assert_eq!(narrow.first_exceeded_by(&wider), Some(Scope::ReleaseUpdate));
    }

    /// What implies a scope is had by all roles that have the scope to change things with; else a role could do less than a key.
    #[test]
    fn roles_with_the_wider_scope_have_what_it_implies() {
        for scope in Scope::ALL {
            let Some(wider) = scope.implied_by() else { continue };
            for role in Role::ALL {
                assert!(!role.includes(wider.role()) || role.includes(scope.role()), "{role:?} {scope:?}");
            }
        }
    }

    #[test]
    fn several_grants_allow_what_any_of_them_allows() {
        let both = Grants::from_iter([Grant::role(Role::Developer), Grant::role(Role::Signer)]);
        assert!(both.contains(Scope::BinaryUpload) && both.contains(Scope::BinarySign));
        assert!(!both.contains(Scope::ReleaseCreate));
        assert_eq!(both.role(), None);
        assert_eq!(Grants::of_role(Role::Signer).role(), Some(Role::Signer));
        assert!(Grants::none().is_nothing() && Grants::of_scopes([]).is_nothing());
    }
}
