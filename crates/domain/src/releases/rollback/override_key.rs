//! The keys of the bundle overrides that bring devices back from a release that was taken back.

use uuid::Uuid;

use crate::bundle_overrides::BundleOverride;
use crate::prn::Id;
use crate::releases::Release;

/// What the UUIDs of rollbacks' overrides begin with, where others have their time: "rollbk".
const MARK: u128 = 0x726f_6c6c_626b << 80;
/// After it, version 8: custom.
const VERSION: u128 = 0x8 << 76;
/// The rest, which is the release's own.
const REST: u128 = (1 << 76) - 1;

/// The key of the bundle override that brings devices back from a release. It follows from the release's key, so that a repeated
/// rollback finds the override, and so that resolution knows for which release it is.
pub fn override_of(release: Id<Release>) -> Id<BundleOverride> {
    Id::new(Uuid::from_u128(MARK | VERSION | (release.uuid().as_u128() & REST)))
}

/// Whether an active override applies to a device that is on the release `current`. That of a rollback only applies while the device is
/// on the release that was taken back: a device that came back goes on as if there was no override.
pub(crate) fn applies(forced: Id<BundleOverride>, current: Option<Id<Release>>) -> bool {
    let is_of_a_rollback = forced.uuid().as_u128() & !REST == MARK | VERSION;
    !is_of_a_rollback || current.is_some_and(|release| override_of(release) == forced)
}
