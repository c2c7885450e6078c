//! Which storage a content belongs in, where the organization has an archive storage: contents of archived artifact versions that nothing
//! can serve belong there, and nowhere else. All others don't belong there.
//!
//! The rule is only here. The job that looks for contents to move asks it, and it is asked again in the transaction that moves one.

use crate::organizations::Organization;
use crate::prn::Id;
use crate::storage_backends::StorageBackend;

/// The storages that an organization chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChosenStorages {
    /// Where the contents of new binaries go.
    pub usual: Id<StorageBackend>,
    /// The storage for contents that nothing can serve. `None`: contents stay where they are.
    pub archive: Option<Id<StorageBackend>>,
}

impl ChosenStorages {
    /// Those of an organization on a server that keeps contents in `server` unless an organization chose otherwise. Where one storage
    /// is both, which only versions of the server without archive storages allow, there is no archive storage.
    pub fn of(organization: &Organization, server: Id<StorageBackend>) -> Self {
        let archive = organization.archive_storage.filter(|_| !organization.archives_where_new_contents_go());
        Self { usual: organization.storage.unwrap_or(server), archive }
    }
}

/// What decides whether a content may rest in the archive storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Uses {
    /// Whether its artifact version is archived, or the artifact of that.
    pub is_archived: bool,
    /// Whether a release that is not archived has it, also one that is disabled or not due yet.
    pub is_released: bool,
    /// Whether a bundle override that is not over has it, also one that has yet to begin.
    pub is_forced: bool,
}

impl Uses {
    /// Whether no device can be given it, unless somebody takes something back from the archive first.
    pub const fn may_rest(self) -> bool {
        self.is_archived && !self.is_released && !self.is_forced
    }
}

/// Where a verified content belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// Where it is.
    Stays,
    /// In the archive storage, without replicas elsewhere.
    Archive(Id<StorageBackend>),
    /// In the storage of new contents, with the replicas that contents have there: it is in the archive storage, but something may serve it.
    Back(Id<StorageBackend>),
}

impl Destination {
    /// Where it belongs, if that is decided; it may be there already.
    pub const fn storage(self) -> Option<Id<StorageBackend>> {
        match self {
            Self::Stays => None,
            Self::Archive(storage) | Self::Back(storage) => Some(storage),
        }
    }
}

/// Where a verified content belongs that is in the storage `at`.
pub fn destination(at: Id<StorageBackend>, uses: Uses, chosen: ChosenStorages) -> Destination {
    match chosen.archive {
        Some(archive) if uses.may_rest() => Destination::Archive(archive),
        Some(archive) if at == archive => Destination::Back(chosen.usual),
        _ => Destination::Stays,
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const fn storage(number: u128) -> Id<StorageBackend> {
        Id::new(Uuid::from_u128(number))
    }

    const USUAL: Id<StorageBackend> = storage(1);
    const ARCHIVE: Id<StorageBackend> = storage(2);
    const ELSEWHERE: Id<StorageBackend> = storage(3);

    #[test]
    fn a_content_rests_in_the_archive_storage_if_it_is_archived_and_nothing_can_serve_it() {
        use Destination::{Archive, Back, Stays};
        let rests = [Archive(ARCHIVE); 3];
        let needed = [Stays, Back(USUAL), Stays];
        let with_archive = ChosenStorages { usual: USUAL, archive: Some(ARCHIVE) };
        let without = ChosenStorages { usual: USUAL, archive: None };
        for (is_archived, is_released, is_forced, expected) in [
            (false, false, false, needed),
            (false, false, true, needed),
            (false, true, false, needed),
            (false, true, true, needed),
            (true, false, false, rests),
            (true, false, true, needed),
            (true, true, false, needed),
            (true, true, true, needed),
        ] {
            let uses = Uses { is_archived, is_released, is_forced };
            let found = [USUAL, ARCHIVE, ELSEWHERE].map(|at| destination(at, uses, with_archive));
            assert_eq!(found, expected, "{uses:?}");
            let found = [USUAL, ARCHIVE, ELSEWHERE].map(|at| destination(at, uses, without));
            assert_eq!(found, [Stays; 3], "{uses:?}");
        }
    }

    fn chosen() -> impl Strategy<Value = ChosenStorages> {
        let archive = option::of((1..5_u128).prop_map(storage));
        ((1..5_u128).prop_map(storage), archive).prop_map(|(usual, archive)| ChosenStorages {
            usual,
            archive: archive.filter(|archive| *archive != usual),
        })
    }

    fn uses() -> impl Strategy<Value = Uses> {
        any::<[bool; 3]>().prop_map(|[is_archived, is_released, is_forced]| Uses {
            is_archived,
            is_released,
            is_forced,
        })
    }

    proptest! {
        // Whatever was before, a content that was moved stays until something changes, and nothing that can be served stays in the archive.
        #[test]
        fn a_content_moves_once_and_is_then_where_it_belongs(
            at in (1..5_u128).prop_map(storage), uses in uses(), chosen in chosen(),
        ) {
            let first = destination(at, uses, chosen);
            let now = first.storage().unwrap_or(at);
            let second = destination(now, uses, chosen);
            prop_assert!(second.storage().is_none_or(|again| again == now), "{first:?} {second:?}");
            if let Some(archive) = chosen.archive {
                prop_assert_eq!(now == archive, uses.may_rest());
            } else {
                prop_assert_eq!(first, Destination::Stays);
            }
            prop_assert!(now == at || now == chosen.usual || Some(now) == chosen.archive);
        }
    }
}
