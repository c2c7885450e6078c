//! Guessed passwords: how long the next try has to wait after failures.
//!
//! The wait stops programs that guess. It must never lock a person out of a browser in which the person signed in before because of tries
//! elsewhere: those failures are counted separately.

use std::time::Duration;

use crate::time::Timestamp;

/// So many failures cost nothing: people mistype.
const FREE: u32 = 4;
/// The first wait. It doubles with each further failure.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
pub const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// Failures are forgotten when there was none for so long.
pub const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

/// The failures that are on record for one address, or for one account in one browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many there were in a row.
    pub count: u32,
    /// When the last one was.
    pub last_at: Timestamp,
}

impl Failures {
    /// With one more, at `now`.
    pub fn and_one(before: Option<Self>, now: Timestamp) -> Self {
        let before = before.filter(|before| !before.is_forgotten(now));
        Self { count: before.map_or(0, |before| before.count).saturating_add(1), last_at: now }
    }

    /// Whether they don't count any more.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        self.last_at.plus(FORGOTTEN_AFTER) <= now
    }

    /// Until when nothing is tried.
    pub fn wait_until(&self) -> Timestamp {
        self.last_at.plus(wait(self.count))
    }

    /// How long is still to be waited at `now`; `None` if a try is free.
    pub fn wait_left(&self, now: Timestamp) -> Option<Duration> {
        let left = self.wait_until().since(now);
        (!left.is_zero()).then_some(left)
    }
}

/// How long the next try has to wait after so many failures in a row.
pub fn wait(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(FREE + 1) else { return Duration::ZERO };
    let wait = 2_u32.checked_pow(doublings).and_then(|factor| FIRST_WAIT.checked_mul(factor));
    wait.map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_begins_with_the_fifth_failure_and_doubles() {
        let seconds: Vec<_> = [0, 4, 5, 6, 7, 14, 15, 40, u32::MAX].map(|n| wait(n).as_secs()).to_vec();
        assert_eq!(seconds, [0, 0, 1, 2, 4, 512, 900, 900, 900]);
    }

    #[test]
    fn failures_add_up_and_are_forgotten_after_a_day() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).unwrap();
        let mut failures = None;
        for second in 0..6 {
            failures = Some(Failures::and_one(failures, at(second)));
        }
        let failures = failures.unwrap();
        assert_eq!((failures.count, failures.wait_left(at(5))), (6, Some(Duration::from_secs(2))));
        assert_eq!(failures.wait_left(at(7)), None);
        assert_eq!(Failures::and_one(Some(failures), at(5 + 86_400)).count, 1);
    }
}
