//! How far this process has read the log of announcements, and when it last did. Must never claim that a read was completed if it was not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use olivine_records::announcements::{Announcement, Position};
use tokio::sync::Notify;

/// For how many looks an announcement of this process is expected to turn up. If it turns up later, something is read once more.
const LOOKS: u64 = 100;
/// How old a look may be where nothing else is configured.
pub(crate) const USUAL_STALE_AFTER: Duration = Duration::from_secs(5);

/// What a process knows of the announcements of all processes.
#[derive(Debug)]
pub(crate) struct AnnouncementLog {
    progress: Mutex<Progress>,
    bell: Notify,
    stale_after: Duration,
}

#[derive(Debug, Default)]
struct Progress {
    position: Option<Position>,
    /// When the last look that was completed began.
    last_look: Option<Instant>,
    looks: u64,
    /// What this process announced itself and has applied already, and after how many looks.
    made_here: HashMap<i64, (Announcement, u64)>,
}

impl AnnouncementLog {
    /// A log that no look was taken at. A look is too old after `stale_after`; with zero, it counts as too old after the usual time, for
    /// those who watch the server.
    pub(crate) fn new(stale_after: Duration) -> Self {
        let stale_after = if stale_after.is_zero() { USUAL_STALE_AFTER } else { stale_after };
        Self { progress: Mutex::default(), bell: Notify::new(), stale_after }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There may be news.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits until there may be news, or for `longest`.
    pub(super) async fn news(&self, longest: Duration) {
        tokio::select! {
            () = self.bell.notified() => {}
            () = tokio::time::sleep(longest) => {}
        }
    }

    /// Where to go on; `None` before the first look.
    pub(super) fn position(&self) -> Option<Position> {
        self.progress().position.clone()
    }

    /// A look was completed that began at `began` and came to `position`. Returns whether the look before was too old by then.
    pub(super) fn looked(&self, began: Instant, position: Position) -> bool {
        let mut progress = self.progress();
        let was_stale = progress.is_stale(self.stale_after);
        progress.position = Some(position);
        progress.last_look = Some(began);
        progress.looks += 1;
        let looks = progress.looks;
        if looks.is_multiple_of(LOOKS) {
            progress.made_here.retain(|_, (_, then)| *then + LOOKS > looks);
        }
        was_stale
    }

    /// This process has applied an announcement of its own.
    pub(super) fn made_here(&self, announcement: Announcement) {
        let mut progress = self.progress();
        let looks = progress.looks;
        progress.made_here.insert(announcement.number, (announcement, looks));
    }

    /// Whether this process has applied it already.
    pub(super) fn was_made_here(&self, announcement: &Announcement) -> bool {
        let mut progress = self.progress();
        let made_here =
            progress.made_here.get(&announcement.number).is_some_and(|(own, _)| own == announcement);
        if made_here {
            progress.made_here.remove(&announcement.number);
        }
        made_here
    }

    /// Whether changes of other processes may have been missed: no look was completed that began recently.
    pub(crate) fn is_stale(&self) -> bool {
        self.progress().is_stale(self.stale_after)
    }

    /// How long ago the last completed look began; `None` before the first one.
    pub(crate) fn last_look(&self) -> Option<Duration> {
        self.progress().last_look.map(|began| began.elapsed())
    }
}

impl Progress {
    fn is_stale(&self, after: Duration) -> bool {
        self.last_look.is_none_or(|began| began.elapsed() > after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn announcement(number: i64, subject: u128) -> Announcement {
        Announcement { number, kind: "device".to_owned(), subject: Uuid::from_u128(subject) }
    }

    async fn position() -> Position {
        let database = olivine_records::testing::sqlite().await;
        olivine_records::announcements::position(&*database).await.unwrap()
    }

    #[tokio::test]
    async fn only_a_look_that_was_completed_and_began_recently_counts() {
        let log = AnnouncementLog::new(Duration::from_mins(1));
        assert!(log.is_stale(), "no look was taken");
        let long_ago = Instant::now().checked_sub(Duration::from_mins(2)).unwrap();
        assert!(log.looked(long_ago, position().await), "the look before was missing");
        assert!(log.is_stale(), "what changed while it ran may be missing");
        assert!(log.looked(Instant::now(), position().await));
        assert!(!log.is_stale());
        assert!(!log.looked(Instant::now(), position().await));
    }

    #[tokio::test]
    async fn an_announcement_of_this_process_is_applied_once() {
        let log = AnnouncementLog::new(Duration::ZERO);
        log.made_here(announcement(3, 1));
        // A log that went back uses its numbers again.
        assert!(!log.was_made_here(&announcement(3, 2)));
        assert!(log.was_made_here(&announcement(3, 1)));
        assert!(!log.was_made_here(&announcement(3, 1)));
        log.made_here(announcement(4, 1));
        let position = position().await;
        for _ in 0..2 * LOOKS {
            log.looked(Instant::now(), position.clone());
        }
        assert!(!log.was_made_here(&announcement(4, 1)), "one that never turned up is not kept for ever");
    }
}
