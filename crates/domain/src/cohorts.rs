//! Cohorts: groups of a product's devices, each with a release graph of its own.

use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::products::Product;
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::text::{Description, Name};
use crate::time::Timestamp;

/// The fields by which lists of cohorts can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "product_prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// A group of a product's devices. Its name is unique in the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// Its key.
    pub id: Id<Cohort>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// The product that its devices are of.
    pub product: Id<Product>,
    /// Unique in the product.
    pub name: Name,
    /// What people say of it.
    pub description: Option<Description>,
    /// How many devices it has.
    pub devices: u64,
    /// When it was archived. Lists leave an archived record out, and nothing new can use it.
    pub archived_at: Option<Timestamp>,
    /// Grows with each change of the fields above, except for the number of devices.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

crate::changes::given! {
    Cohort {
        name: Name,
        description: Option<Description>,
    }
    once { product: Id<Product> }
    at first { devices: 0, archived_at: None }
}

impl Resource for Cohort {
    const TYPE: Option<&'static str> = Some("cohort");
    const A_NAME: &'static str = "a cohort";
}

impl Searchable for Cohort {
    const FIELDS: FieldTable = SEARCH;
    const IS_ARCHIVABLE: bool = true;
}
