//! Versions of artifacts, and which of two is the newer.
//!
//! A version is free text; nothing here refuses one for its form.

use std::cmp::Ordering;

use crate::artifacts::Artifact;
use crate::metadata::CustomMetadata;
use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::text::{Description, VersionText};
use crate::time::Timestamp;
use crate::versions::Version;

/// The fields by which lists of artifact versions can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "artifact_prn", kind: FieldKind::Prn },
    Field { name: "version", kind: FieldKind::Text },
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// One version of an artifact. Its `version` is unique in the artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactVersion {
    /// Its key.
    pub id: Id<ArtifactVersion>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// What it is a version of.
    pub artifact: Id<Artifact>,
    /// Unique in the artifact.
    pub version: VersionText,
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
    ArtifactVersion {
        description: Option<Description>,
        custom_metadata: Option<CustomMetadata>,
    }
    once { artifact: Id<Artifact>, version: VersionText }
    at first { archived_at: None }
}

impl Resource for ArtifactVersion {
    const TYPE: Option<&'static str> = Some("artifact_version");
    const A_NAME: &'static str = "an artifact version";
}

impl Searchable for ArtifactVersion {
    const FIELDS: FieldTable = SEARCH;
    const IS_ARCHIVABLE: bool = true;
}

/// Which version is the older: by the order of [`Version`] where both are one, else by natural order (`r9` before `r10`).
///
/// To be a total order also where an artifact mixes both, every text that is no [`Version`] is older than every
/// one that is. Versions that differ only in what the rules ignore (natural order skips spaces) are ordered as plain
/// text, so that only the same text is equal.
pub fn compare(a: &VersionText, b: &VersionText) -> Ordering {
    let (a, b) = (a.as_str(), b.as_str());
    let by_rule = match (a.parse::<Version>(), b.parse::<Version>()) {
        (Ok(a), Ok(b)) => a.cmp_precedence(&b).then_with(|| a.cmp_build(&b)),
        (Ok(_), Err(_)) => Ordering::Greater,
        (Err(_), Ok(_)) => Ordering::Less,
        (Err(_), Err(_)) => natord::compare(a, b),
    };
    by_rule.then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(texts: &[&str]) -> Vec<String> {
        let mut versions: Vec<VersionText> = texts.iter().map(|text| text.parse().unwrap()).collect();
        versions.sort_by(compare);
        versions.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn semver_where_both_parse() {
        let order = ["1.0.0-alpha", "1.0.0-rc.2", "1.0.0-rc.11", "1.0.0", "1.0.0+b.7", "1.2.0", "1.10.0"];
        let mut shuffled = order;
        shuffled.reverse();
        assert_eq!(sorted(&shuffled), order);
    }

    #[test]
    fn what_git_describes_comes_after_its_tag() {
        let order = ["v1.1.0", "1.2.0", "v1.2.0-9-gcdef", "v1.2.0-10-gabcd", "v1.2.1-rc.1", "1.2.1"];
        let mut shuffled = order;
        shuffled.reverse();
        assert_eq!(sorted(&shuffled), order);
    }

    #[test]
    fn natural_order_else() {
        assert_eq!(sorted(&["r10", "r9", "r1"]), ["r1", "r9", "r10"]);
        assert_eq!(sorted(&["2026-01-15", "2025-12-31"]), ["2025-12-31", "2026-01-15"]);
    }

    #[test]
    fn what_is_not_semver_comes_first() {
        assert_eq!(sorted(&["1.0.0", "v2", "0.1.0", "2026.1"]), ["2026.1", "v2", "0.1.0", "1.0.0"]);
    }

    /// Texts near to each other and to `SemVer`, so that each rule meets each other one.
    fn version() -> impl Strategy<Value = VersionText> {
        prop_oneof![
            "v?[0-2]\\.[0-2]\\.[01](-[a0-2]{1,2})?(-[1-2]-gabcd)?(\\+[0-1]{1,2})?",
            "[v0-2. a\u{e9}\u{660}-]{1,6}",
            "\\PC{1,8}",
        ]
        .prop_filter_map("has spaces around it", |text| text.parse().ok())
    }

    proptest! {
        #[test]
        fn is_a_total_order(a in version(), b in version(), c in version()) {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b) == Ordering::Equal, a == b);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le(), "{a} <= {b} <= {c}");
            }
        }
    }
}
