//! How many lines of the log anybody can cause. A caller that is known has a limit of its own (`limits.requests_per_second`); all others
//! have one together.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Lines per second, on average.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Lines that may come at once.
const BURST: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// Marks the answer to a caller that was found to be known.
#[derive(Clone, Copy, Debug)]
pub struct Known;

/// The lines about callers that nobody knows.
#[derive(Debug)]
pub struct LineBudget {
    lines: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl Default for LineBudget {
    fn default() -> Self {
        let lines = RateLimiter::direct(Quota::per_second(PER_SECOND).allow_burst(BURST));
        Self { lines, left_out: AtomicU64::new(0) }
    }
}

impl LineBudget {
    /// Whether one more line may be written; with it goes how many were left out before.
    pub fn admit(&self) -> Option<u64> {
        if self.lines.check().is_ok() {
            Some(self.left_out.swap(0, Ordering::Relaxed))
        } else {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_budget_are_counted_instead() {
        let budget = LineBudget::default();
        let written =
            (0..5000).filter_map(|_| budget.admit()).inspect(|left_out| assert_eq!(*left_out, 0)).count();
        assert!((1000..1100).contains(&written), "{written} lines");
        assert_eq!(budget.left_out.load(Ordering::Relaxed), 5000 - written as u64);
    }
}
