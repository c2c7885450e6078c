//! Bundles: immutable, ordered sets of binaries, and what of them a device gets.

use crate::artifact_versions::ArtifactVersion;
use crate::binaries::{Binary, BinaryState};
use crate::hash::Sha256Digest;
use crate::metadata::CustomMetadata;
use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::target::Target;
use crate::text::Name;
use crate::time::Timestamp;

/// The fields by which lists of bundles can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "hash", kind: FieldKind::Text },
    Field { name: "binary_prn", kind: FieldKind::Prn },
    Field { name: "artifact_version_prn", kind: FieldKind::Prn },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// The most binaries of one bundle.
pub const MOST_BINARIES: usize = 1_000;

/// An immutable set of binaries; only its name can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Its key.
    pub id: Id<Bundle>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// Unique in the organization, where there is one.
    pub name: Option<Name>,
    /// Of its ordered content: bundles with the same hash are the same.
    pub hash: Sha256Digest,
    /// When it was archived. Lists leave an archived record out, and nothing new can use it.
    pub archived_at: Option<Timestamp>,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

crate::changes::change! {
    Bundle { name: Option<Name> }
}

impl Resource for Bundle {
    const TYPE: Option<&'static str> = Some("bundle");
    const A_NAME: &'static str = "a bundle";
}

impl Searchable for Bundle {
    const FIELDS: FieldTable = SEARCH;
    const IS_ARCHIVABLE: bool = true;
}

/// One binary's place in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleBinary {
    /// The binary.
    pub binary: Id<Binary>,
    /// What it is the content of.
    pub artifact_version: Id<ArtifactVersion>,
    /// The most specific metadata that there was when the bundle was made.
    pub custom_metadata: Option<CustomMetadata>,
}

/// The most specific metadata that there is: the whole object of the first level that has one, nothing merged.
pub fn inherit(levels: [Option<&CustomMetadata>; 4]) -> Option<CustomMetadata> {
    levels.into_iter().flatten().next().cloned()
}

/// What deciding on a binary of a bundle takes: for whom it is, and whether it can be served.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// What it is the content of.
    pub artifact_version: Id<ArtifactVersion>,
    /// For whom it is.
    pub target: &'a Target,
    /// Whether it is signed and not destroyed.
    pub is_servable: bool,
}

impl<'a> Candidate<'a> {
    /// A binary with its state, and the size of its content, which is known of everything that ever was signed.
    pub fn new(
        artifact_version: Id<ArtifactVersion>,
        target: &'a Target,
        state: BinaryState,
        size: Option<u64>,
    ) -> Self {
        Self { artifact_version, target, is_servable: state == BinaryState::Signed && size.is_some() }
    }
}

/// Why a bundle can't be delivered to a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the artifact version {artifact_version} {}", self.problem())]
pub struct Undeliverable {
    /// The first artifact version that has nothing to serve.
    pub artifact_version: Id<ArtifactVersion>,
    /// The device's target, where it has one.
    pub target: Option<Target>,
}

impl Undeliverable {
    /// What is wrong with the artifact version, in words that follow its name.
    pub fn problem(&self) -> String {
        match &self.target {
            Some(target) => {
                format!("has no signed binary for the target '{target}', and no signed portable one")
            }
            None => "has no signed portable binary, and the device has no target".to_owned(),
        }
    }
}

/// Which of a bundle's binaries a device of this target gets: for each artifact version the one for just this target, else the
/// portable one. The result has the places of the chosen ones, in the bundle's order.
pub fn select(bundle: &[Candidate<'_>], target: Option<&Target>) -> Result<Vec<usize>, Undeliverable> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut done: Vec<Id<ArtifactVersion>> = Vec::new();
    for candidate in bundle {
        let version = candidate.artifact_version;
        if done.contains(&version) {
            continue;
        }
        done.push(version);
        let servable = |wanted: &dyn Fn(&Target) -> bool| {
            bundle.iter().position(|other| {
                other.artifact_version == version && other.is_servable && wanted(other.target)
            })
        };
        let own = target.and_then(|target| servable(&|other| other == target));
        let place = own.or_else(|| servable(&Target::is_portable));
        chosen
            .push(place.ok_or_else(|| Undeliverable { artifact_version: version, target: target.cloned() })?);
    }
    chosen.sort_unstable();
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn served(bundle: &[(u128, &str, bool)], target: Option<&str>) -> Result<Vec<usize>, u128> {
        let targets: Vec<Target> = bundle.iter().map(|(_, target, _)| target.parse().unwrap()).collect();
        let candidates: Vec<_> = bundle
            .iter()
            .zip(&targets)
            .map(|((version, _, is_servable), target)| Candidate {
                artifact_version: Id::new(Uuid::from_u128(*version)),
                target,
                is_servable: *is_servable,
            })
            .collect();
        let target = target.map(|target| target.parse().unwrap());
        select(&candidates, target.as_ref()).map_err(|error| error.artifact_version.uuid().as_u128())
    }

    #[test]
    fn the_own_target_goes_before_the_portable_one() {
        let bundle = [(1, "portable", true), (1, "arm", true), (2, "universal", true), (1, "x86", true)];
        assert_eq!(served(&bundle, Some("arm")), Ok(vec![1, 2]));
        assert_eq!(served(&bundle, Some("x86")), Ok(vec![2, 3]));
        assert_eq!(served(&bundle, Some("mips")), Ok(vec![0, 2]));
        assert_eq!(served(&bundle, None), Ok(vec![0, 2]));
    }

    #[test]
    fn each_artifact_version_needs_one_that_can_be_served() {
        let bundle = [(1, "arm", true), (2, "arm", false), (2, "portable", true), (3, "x86", true)];
        assert_eq!(served(&bundle[..3], Some("arm")), Ok(vec![0, 2]));
        assert_eq!(served(&bundle, Some("arm")), Err(3));
        assert_eq!(served(&bundle, None), Err(1));
    }

    #[test]
    fn metadata_is_inherited_whole() {
        let metadata = |text| CustomMetadata::from_json(text).unwrap();
        let (binary, artifact) = (metadata("{\"a\":1}"), metadata("{\"b\":2}"));
        assert_eq!(inherit([None, Some(&binary), None, Some(&artifact)]), Some(binary));
        assert_eq!(inherit([None; 4]), None);
    }
}
