//! How often one caller may ask, as this process counts.

use std::convert::Infallible;
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use http::StatusCode;
use olivine_api::errors::{ErrorCode, ErrorItem};
use quick_cache::sync::Cache;

use crate::admin::error::ApiError;

/// How many seconds' worth of requests may come at once.
const BURST_SECONDS: u32 = 10;

/// How many callers are remembered. One that is forgotten begins anew; those that come often are not.
const CALLERS: usize = 65_536;

/// A limit for each caller by itself; or none.
pub struct Rates<K: Hash + Eq + Clone, C: Clock = DefaultClock>(Option<Limiter<K, C>>);

type Limiter<K, C> = RateLimiter<K, Recent<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

impl<K: Hash + Eq + Clone, C: Clock> fmt::Debug for Rates<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rates")
    }
}

/// A caller asks more often than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften {
    /// When it may ask again.
    wait: Duration,
}

impl<K: Hash + Eq + Clone> Rates<K> {
    /// At most `per_second` requests of each caller, on average; with 0 any number.
    pub fn new(per_second: u32) -> Self {
        Self::by(DefaultClock::default(), per_second)
    }
}

impl<K: Hash + Eq + Clone, C: Clock> Rates<K, C> {
    fn by(clock: C, per_second: u32) -> Self {
        let limiter = NonZeroU32::new(per_second).map(|rate| {
            let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
            RateLimiter::new(Quota::per_second(rate).allow_burst(burst), Recent::new(CALLERS), clock)
        });
        Self(limiter)
    }

    /// Counts one request of `caller`, unless that is one too many.
    pub fn admit(&self, caller: &K) -> Result<(), TooOften> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter
            .check_key(caller)
            .map_err(|until| TooOften { wait: until.wait_time_from(limiter.clock().now()) })
    }
}

impl From<TooOften> for ApiError {
    fn from(refused: TooOften) -> Self {
        let message = "you ask more often than this server allows one caller: slow down, and try again after the time in \
                       Retry-After";
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorItem::new(ErrorCode::RateLimited, message));
        error.retry_after(refused.wait)
    }
}

/// The callers that came lately, with what the limiter knows of each. Bounded, however many there are.
struct Recent<K>(Cache<K, Arc<InMemoryState>>);

impl<K: Hash + Eq + Clone> Recent<K> {
    fn new(most: usize) -> Self {
        Self(Cache::new(most))
    }
}

impl<K: Hash + Eq + Clone> StateStore for Recent<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, caller: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let Ok(state) = self.0.get_or_insert_with(caller, || Ok::<_, Infallible>(Arc::default()));
        state.measure_and_replace(&NotKeyed::NonKey, measure)
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    /// How many requests in a row are admitted.
    fn admitted(rates: &Rates<&str, FakeRelativeClock>, caller: &'static str) -> usize {
        (0..1000).take_while(|_| rates.admit(&caller).is_ok()).count()
    }

    #[test]
    fn ten_seconds_worth_come_at_once_and_then_as_many_as_time_passes() {
        let clock = FakeRelativeClock::default();
        let rates = Rates::by(clock.clone(), 4);
        assert_eq!(admitted(&rates, "one"), 40);
        assert_eq!(admitted(&rates, "other"), 40);
        assert_eq!(rates.admit(&"one"), Err(TooOften { wait: Duration::from_millis(250) }));
        clock.advance(Duration::from_secs(3));
        assert_eq!(admitted(&rates, "one"), 12);
        clock.advance(Duration::from_hours(1));
        assert_eq!(admitted(&rates, "one"), 40);
    }

    #[test]
    fn zero_is_no_limit() {
        let rates = Rates::by(FakeRelativeClock::default(), 0);
        assert_eq!(admitted(&rates, "one"), 1000);
    }

    #[test]
    fn who_comes_often_is_remembered_among_very_many() {
        let rates = Rates::by(FakeRelativeClock::default(), 1);
        assert_eq!((0..1000).take_while(|_| rates.admit(&u64::MAX).is_ok()).count(), 10);
        for seldom in 0..2 * CALLERS as u64 {
            assert_eq!(rates.admit(&seldom), Ok(()));
            if seldom % 1000 == 0 {
                assert!(rates.admit(&u64::MAX).is_err(), "forgotten after {seldom} others");
            }
        }
        let limiter = rates.0.unwrap();
        assert!(limiter.into_state_store().0.len() <= CALLERS);
    }
}
