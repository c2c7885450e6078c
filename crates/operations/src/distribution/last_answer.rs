//! The last answer to a device, so that only a new answer becomes an event.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What a device was told last, for as long as it is remembered.
#[derive(Debug, Default)]
pub(super) struct LastAnswer {
    answer: AtomicU32,
    pub(super) is_connected: AtomicBool,
    is_expiry_noted: AtomicBool,
}

impl Clone for LastAnswer {
    fn clone(&self) -> Self {
        Self {
            answer: self.answer.load(Ordering::Relaxed).into(),
            is_connected: self.is_connected.load(Ordering::Relaxed).into(),
            is_expiry_noted: self.is_expiry_noted.load(Ordering::Relaxed).into(),
        }
    }
}

impl LastAnswer {
    /// Whether this answer differs from the one before. `None` is "no update", which is no news by itself.
    pub(super) fn is_news(&self, answer: Option<u32>) -> bool {
        let new = answer.map_or(0, |answer| answer | 1);
        self.answer.swap(new, Ordering::Relaxed) != new && new != 0
    }

    /// Whether this is the first time that the expiry of its certificate is noted.
    pub(super) fn note_expiry(&self) -> bool {
        !self.is_expiry_noted.swap(true, Ordering::Relaxed)
    }
}
