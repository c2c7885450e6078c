//! Products: the types of devices.

use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::target::Target;
use crate::text::{Description, Name};
use crate::time::Timestamp;

/// The fields by which lists of products can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// A type of device. Its name is unique in the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its key.
    pub id: Id<Product>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// Unique in the organization.
    pub name: Name,
    /// What people say of it.
    pub description: Option<Description>,
    /// The target of its devices that have none of their own.
    pub target: Option<Target>,
    /// When it was archived. Lists leave an archived record out, and nothing new can use it.
    pub archived_at: Option<Timestamp>,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

crate::changes::given! {
    Product {
        name: Name,
        description: Option<Description>,
        target: Option<Target>,
    }
    at first { archived_at: None }
}

impl Resource for Product {
    const TYPE: Option<&'static str> = Some("product");
    const A_NAME: &'static str = "a product";
}

impl Searchable for Product {
    const FIELDS: FieldTable = SEARCH;
    const IS_ARCHIVABLE: bool = true;
}
