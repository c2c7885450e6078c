//! How far a grant reaches: the whole organization, or some of its products and cohorts. "May release to the cohort `staging` only."
//!
//! Records of a product or a cohort can only be found through a [`Tenancy`], which an actor gets from the proof of a scope. So no operation
//! can forget to check the reach.

use std::collections::BTreeSet;

use super::scopes::Scope;
use crate::cohorts::Cohort;
use crate::organizations::Organization;
use crate::prn::Id;
use crate::products::Product;
use crate::refusals::{Meaning, Refusal};

/// The most products and cohorts that one grant may name.
pub const MOST_PLACES: usize = 100;

/// Some products and cohorts, with all that is of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Whole products: all of their cohorts and devices, also later ones.
    pub products: BTreeSet<Id<Product>>,
    /// Single cohorts.
    pub cohorts: BTreeSet<Id<Cohort>>,
}

impl Part {
    /// How many products and cohorts it names.
    pub fn len(&self) -> usize {
        self.products.len() + self.cohorts.len()
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How far a grant reaches in its organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    #[default]
    Whole,
    /// These products and cohorts only.
    Part(Part),
}

impl Reach {
    /// What either of them reaches.
    #[must_use]
    pub fn joined(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Part(mut own), Self::Part(other)) => {
                own.products.extend(&other.products);
                own.cohorts.extend(&other.cohorts);
                Self::Part(own)
            }
            _ => Self::Whole,
        }
    }

    /// Whether it surely reaches all that `other` does. A cohort counts where it is named itself: which product it is of is not known here,
    /// and a caller must never grant too much.
    pub fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whole, _) => true,
            (Self::Part(_), Self::Whole) => false,
            (Self::Part(own), Self::Part(other)) => {
                other.products.is_subset(&own.products) && other.cohorts.is_subset(&own.cohorts)
            }
        }
    }
}

/// All that has to contain something for it to be reached: nothing for the whole organization, and two parts where a personal key and its
/// owner both reach a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits(Vec<Part>);

impl Limits {
    /// Of several reaches, what all of them reach.
    pub fn of_all(reaches: impl IntoIterator<Item = Reach>) -> Self {
        let parts = reaches.into_iter().filter_map(|reach| match reach {
            Reach::Whole => None,
            Reach::Part(part) => Some(part),
        });
        Self(parts.collect())
    }

    /// The parts that each have to contain it.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether something of this product and this cohort is reached. What is of neither takes the whole organization.
    pub fn contain(&self, product: Option<Id<Product>>, cohort: Option<Id<Cohort>>) -> bool {
        self.0.iter().all(|part| {
            product.is_some_and(|product| part.products.contains(&product))
                || cohort.is_some_and(|cohort| part.cohorts.contains(&cohort))
        })
    }

    /// A text that is the same for the same limits, and empty for the whole organization.
    pub fn fingerprint(&self) -> String {
        let part = |part: &Part| {
            let products = part.products.iter().map(|id| format!("product:{id}"));
            let cohorts = part.cohorts.iter().map(|id| format!("cohort:{id}"));
            let places: Vec<_> = products.chain(cohorts).collect();
            format!("[{}]", places.join(","))
        };
        self.0.iter().map(part).collect()
    }

    /// Whether it is the whole organization.
    pub const fn is_whole(&self) -> bool {
        self.0.is_empty()
    }
}

/// In which organization, and in which part of it, records are looked for.
///
/// A caller gets one only from [`super::Authorized`]. The server itself, for answers to devices and its own work, uses
/// [`Tenancy::of_server`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenancy {
    organization: Id<Organization>,
    seen: Limits,
    changed: Option<Limits>,
}

impl Tenancy {
    pub(super) const fn new(organization: Id<Organization>, seen: Limits, changed: Option<Limits>) -> Self {
        Self { organization, seen, changed }
    }

    /// The whole organization, for the server itself.
    pub const fn of_server(organization: Id<Organization>) -> Self {
        Self { organization, seen: Limits(Vec::new()), changed: None }
    }

    /// The organization.
    pub const fn organization(&self) -> Id<Organization> {
        self.organization
    }

    /// What may be seen. Everything else is as if it did not exist.
    pub const fn seen(&self) -> &Limits {
        &self.seen
    }

    /// What may be changed, of what is seen; `None` where that is all of the organization, or nothing is to be changed.
    pub const fn changed(&self) -> Option<&Limits> {
        self.changed.as_ref()
    }

    /// The same, where nothing is seen but what may be changed.
    #[must_use]
    pub fn to_change(&self) -> Self {
        let seen = self.changed.as_ref().unwrap_or(&self.seen).clone();
        Self { organization: self.organization, seen, changed: None }
    }

    /// The same, to look at what the change is not about.
    #[must_use]
    pub fn to_see(&self) -> Self {
        Self { changed: None, ..self.clone() }
    }
}

/// The caller may do this, but not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutsideReach {
    /// They may see the record.
    #[error(
        "you may see this, but what you may change reaches other products or cohorts only: ask an administrator of your organization for it"
    )]
    Record,
    /// It concerns more than the products and cohorts that they reach.
    #[error(
        "'{}' concerns the whole organization, and what you were given reaches some products or cohorts only: ask an administrator of your \
         organization to do it",
        .0.as_str()
    )]
    Organization(Scope),
    /// Tags are on any devices.
    #[error(
        "a bundle override for tags concerns devices of all products and cohorts, and what you may do reaches some of them only: choose a \
         cohort or devices instead"
    )]
    Tags,
}

impl Refusal for OutsideReach {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "outside_reach"
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn reach() -> impl Strategy<Value = Reach> {
        let ids = || proptest::collection::btree_set(0_u128..5, 0..4);
        let part = (ids(), ids()).prop_map(|(products, cohorts)| {
            Reach::Part(Part {
                products: products.into_iter().map(|id| Id::new(Uuid::from_u128(id))).collect(),
                cohorts: cohorts.into_iter().map(|id| Id::new(Uuid::from_u128(id))).collect(),
            })
        });
        prop_oneof![1 => Just(Reach::Whole), 4 => part]
    }

    /// Whether a cohort of a product is reached.
    fn contains(reach: &Reach, product: u128, cohort: u128) -> bool {
        match reach {
            Reach::Whole => true,
            Reach::Part(part) => {
                part.products.contains(&Id::new(Uuid::from_u128(product)))
                    || part.cohorts.contains(&Id::new(Uuid::from_u128(cohort)))
            }
        }
    }

    proptest! {
        /// Joined reaches are what any of them reaches, and included ones never more than what includes them.
        #[test]
        fn reaches_are_sets_of_places(one in reach(), other in reach(), product in 0_u128..5, cohort in 0_u128..5) {
            let both = one.clone().joined(&other);
            let (in_one, in_other) = (contains(&one, product, cohort), contains(&other, product, cohort));
            prop_assert_eq!(contains(&both, product, cohort), in_one || in_other);
            prop_assert!(both.includes(&one) && both.includes(&other));
            prop_assert!(!one.includes(&other) || in_one || !in_other);
        }
    }
}
