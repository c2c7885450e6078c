//! Artifacts: the types of binaries ("main-firmware", "ml-model").

use crate::metadata::CustomMetadata;
use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::text::{Description, Name};
use crate::time::Timestamp;

/// The fields by which lists of artifacts can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// The type of a binary. Its name is unique in the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its key.
    pub id: Id<Artifact>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// Unique in the organization.
    pub name: Name,
    /// What people say of it.
    pub description: Option<Description>,
    /// The user's own data, inherited by what has none of its own.
    pub custom_metadata: Option<CustomMetadata>,
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
    Artifact {
        name: Name,
        description: Option<Description>,
        custom_metadata: Option<CustomMetadata>,
    }
    at first { archived_at: None }
}

impl Resource for Artifact {
    const TYPE: Option<&'static str> = Some("artifact");
    const A_NAME: &'static str = "an artifact";
}

impl Searchable for Artifact {
    const FIELDS: FieldTable = SEARCH;
    const IS_ARCHIVABLE: bool = true;
}
