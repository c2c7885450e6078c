//! Emergency stops: while one is on, its devices get no update, from no release and from no bundle override. Stops of the organization, of
//! its products and of its cohorts are independent of each other: each one is ended separately.

use std::collections::HashMap;
use std::fmt;

use crate::cohorts::Cohort;
use crate::organizations::Organization;
use crate::permissions::RecordedIdentity;
use crate::prn::Id;
use crate::products::Product;
use crate::refusals::{Facts, Meaning, Refusal};
use crate::text::Reason;
use crate::time::Timestamp;

/// The most products and cohorts of an organization that are stopped at once. The organization itself can always be stopped besides.
pub const MAX_PARTS: u64 = 100;

/// Whose devices are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extent {
    /// All devices of the organization.
    Organization,
    /// Those of a product.
    Product(Id<Product>),
    /// Those of a cohort.
    Cohort(Id<Cohort>),
}

impl Extent {
    /// The product, if it is one.
    pub const fn product(self) -> Option<Id<Product>> {
        match self {
            Self::Product(id) => Some(id),
            Self::Organization | Self::Cohort(_) => None,
        }
    }

    /// The cohort, if it is one.
    pub const fn cohort(self) -> Option<Id<Cohort>> {
        match self {
            Self::Cohort(id) => Some(id),
            Self::Organization | Self::Product(_) => None,
        }
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organization => "the whole organization",
            Self::Product(_) => "its product",
            Self::Cohort(_) => "its cohort",
        })
    }
}

/// One stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The organization that it is in.
    pub organization: Id<Organization>,
    /// Whose devices are stopped.
    pub extent: Extent,
    /// Why.
    pub reason: Reason,
    /// Who did it.
    pub stopped_by: RecordedIdentity,
    /// Since when.
    pub stopped_at: Timestamp,
}

/// All stops of an organization, to be asked for each device.
#[derive(Debug, Default)]
pub struct Stops {
    organization: Option<Stop>,
    products: HashMap<Id<Product>, Stop>,
    cohorts: HashMap<Id<Cohort>, Stop>,
}

impl FromIterator<Stop> for Stops {
    fn from_iter<I: IntoIterator<Item = Stop>>(all: I) -> Self {
        let mut stops = Self::default();
        for stop in all {
            match stop.extent {
                Extent::Organization => stops.organization = Some(stop),
                Extent::Product(id) => drop(stops.products.insert(id, stop)),
                Extent::Cohort(id) => drop(stops.cohorts.insert(id, stop)),
            }
        }
        stops
    }
}

impl Stops {
    /// The stop of all devices.
    pub const fn of_organization(&self) -> Option<&Stop> {
        self.organization.as_ref()
    }

    /// The stop that a device is under, the widest one first.
    pub fn of_device(&self, product: Id<Product>, cohort: Option<Id<Cohort>>) -> Option<&Stop> {
        let of_product = || self.products.get(&product);
        let of_cohort = || self.cohorts.get(&cohort?);
        self.organization.as_ref().or_else(of_product).or_else(of_cohort)
    }
}

/// Whether one more can be stopped beside `stopped`.
pub fn check_room(stopped: &[Stop], extent: Extent) -> Result<(), TooManyStops> {
    let parts = stopped.iter().filter(|stop| stop.extent != Extent::Organization).count() as u64;
    if extent != Extent::Organization && parts >= MAX_PARTS { Err(TooManyStops) } else { Ok(()) }
}

/// The largest number of products and cohorts is stopped; stop the whole organization instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{MAX_PARTS} products and cohorts are stopped already: stop the whole organization, or resume some of them first"
)]
pub struct TooManyStops;

impl Refusal for TooManyStops {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "too_many_stops"
    }

    fn facts(&self) -> Facts {
        vec![("limit", MAX_PARTS.into())]
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::permissions::Identity;

    fn id<T>(number: u128) -> Id<T> {
        Id::new(Uuid::from_u128(number))
    }

    fn stop(extent: Extent) -> Stop {
        Stop {
            organization: id(1),
            extent,
            reason: "bricks in the field".parse().unwrap(),
            stopped_by: Identity::System.into(),
            stopped_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn a_device_is_stopped_with_its_cohort_its_product_or_all() {
        let (product, cohort) = (Extent::Product(id(2)), Extent::Cohort(id(3)));
        let of = |extents: &[Extent], product, cohort: Option<u128>| {
            let stops: Stops = extents.iter().copied().map(stop).collect();
            stops.of_device(id(product), cohort.map(id)).map(|stop| stop.extent)
        };
        assert_eq!(of(&[], 2, Some(3)), None);
        assert_eq!(of(&[cohort], 2, Some(3)), Some(cohort));
        assert_eq!(of(&[cohort], 2, Some(4)), None);
        assert_eq!(of(&[cohort], 2, None), None);
        assert_eq!(of(&[product], 2, None), Some(product));
        assert_eq!(of(&[product], 5, Some(3)), None);
        assert_eq!(of(&[product, cohort], 2, Some(3)), Some(product));
        let all = [cohort, Extent::Organization, product];
        assert_eq!(of(&all, 7, None), Some(Extent::Organization));
    }

    #[test]
    fn the_organization_can_always_be_stopped() {
        let many: Vec<_> = (0..MAX_PARTS).map(|number| stop(Extent::Cohort(id(number.into())))).collect();
        assert_eq!(check_room(&many, Extent::Product(id(9))), Err(TooManyStops));
        assert_eq!(check_room(&many, Extent::Organization), Ok(()));
        let [_, fewer @ ..] = many.as_slice() else { unreachable!() };
        assert_eq!(check_room(fewer, Extent::Product(id(9))), Ok(()));
    }
}
