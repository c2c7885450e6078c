//! What a process remembers, so that a device that is known and unchanged costs no query. All of it can be read again at any time.

use uuid::Uuid;

use super::changes::Heard;

/// All that is remembered.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(super) heard: Heard,
}

impl Memory {
    /// Forgets what an announcement names.
    #[expect(clippy::unused_self, reason = "nothing is remembered yet")]
    pub(super) const fn forget(&self, _kind: &str, _subject: Uuid) {}

    /// Forgets all.
    #[expect(clippy::unused_self, reason = "nothing is remembered yet")]
    pub(super) const fn forget_all(&self) {}
}
