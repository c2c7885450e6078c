//! How often one caller may ask, as this process counts.
//!
//! Counted in a table of fixed size, however many callers there are: each has two places in it, and half of its rate at each. Two callers
//! may share one of their places. Sharing both is practically impossible, and cannot be provoked, because the hash keys are random per
//! process.

use std::fmt;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use http::StatusCode;
use ipnet::IpNet;
use olivine_api::errors::{ErrorCode, ErrorItem};

use crate::http::error::ApiError;

/// How many seconds' worth of requests may come at once.
const BURST_SECONDS: u32 = 10;

/// How many places a caller has.
const CHOICES: u32 = 2;

/// A limit for each caller by itself; or none.
pub struct Rates<K: Hash + Eq + Clone, C: Clock = DefaultClock>(Option<Limiter<K, C>>);

type Limiter<K, C> = RateLimiter<K, Places<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

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
    /// At most `per_second` requests of each caller, on average; with 0 any number. `places` should be many more than the callers that
    /// come often; each takes eight bytes.
    pub fn new(per_second: u32, places: usize) -> Self {
        Self::by(DefaultClock::default(), per_second, places)
    }

    /// At most so many requests of each caller in a minute, all of which may come at once; with 0 any number.
    pub fn per_minute(most: u32, places: usize) -> Self {
        let quota = NonZeroU32::new(most.div_ceil(CHOICES)).map(Quota::per_minute);
        Self(quota.map(|quota| RateLimiter::new(quota, Places::new(places), DefaultClock::default())))
    }
}

impl<K: Hash + Eq + Clone, C: Clock> Rates<K, C> {
    fn by(clock: C, per_second: u32, places: usize) -> Self {
        Self(quota(per_second).map(|quota| RateLimiter::new(quota, Places::new(places), clock)))
    }

    /// Counts one request of `caller`, unless that is one too many.
    pub fn admit(&self, caller: &K) -> Result<(), TooOften> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter
            .check_key(caller)
            .map_err(|until| TooOften { wait: until.wait_time_from(limiter.clock().now()) })
    }
}

/// The network that an address counts with: the owner of one IPv6 address usually has its whole /64.
pub fn network(address: Option<IpAddr>) -> IpNet {
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    let length = if address.is_ipv6() { 64 } else { 32 };
    IpNet::new(address, length).expect("the lengths are possible").trunc()
}

/// What one place may take, or nothing if there is no limit.
fn quota(per_second: u32) -> Option<Quota> {
    let one_in = Duration::from_secs(CHOICES.into()).checked_div(per_second)?;
    let burst = NonZeroU32::new(per_second.saturating_mul(BURST_SECONDS) / CHOICES)?;
    Some(Quota::with_period(one_in)?.allow_burst(burst))
}

impl From<TooOften> for ApiError {
    fn from(refused: TooOften) -> Self {
        let message = "you ask more often than this server allows one caller: slow down, and try again after the time in \
                       Retry-After";
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorItem::new(ErrorCode::RateLimited, message));
        error.retry_after(refused.wait)
    }
}

/// The table.
struct Places<K> {
    states: Box<[InMemoryState]>,
    /// Random per process, so that nobody can find out which callers share a place.
    hashers: [RandomState; CHOICES as usize],
    callers: PhantomData<fn(K)>,
}

impl<K: Hash> Places<K> {
    fn new(places: usize) -> Self {
        let states = std::iter::repeat_with(InMemoryState::default).take(places.max(1)).collect();
        Self { states, hashers: [RandomState::new(), RandomState::new()], callers: PhantomData }
    }
}

impl<K: Hash> StateStore for Places<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, caller: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let measured_by = |hasher: &RandomState| {
            let number = hasher.hash_one(caller) % self.states.len() as u64;
            let place = usize::try_from(number).expect("less than the number of places");
            self.states[place].measure_and_replace(&NotKeyed::NonKey, &measure)
        };
        let [first, second] = &self.hashers;
        measured_by(first).or_else(|_| measured_by(second))
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const PLACES: usize = 1 << 20;

    fn rates(clock: &FakeRelativeClock, per_second: u32) -> Rates<u32, FakeRelativeClock> {
        Rates::by(clock.clone(), per_second, PLACES)
    }

    /// How many requests in a row are admitted.
    fn admitted(rates: &Rates<u32, FakeRelativeClock>, caller: u32) -> usize {
        (0..1000).take_while(|_| rates.admit(&caller).is_ok()).count()
    }

    #[test]
    fn ten_seconds_worth_come_at_once_and_then_as_many_as_time_passes() {
        let clock = FakeRelativeClock::default();
        let rates = rates(&clock, 4);
        assert_eq!(admitted(&rates, 1), 40);
        assert_eq!(rates.admit(&1), Err(TooOften { wait: Duration::from_millis(500) }));
        clock.advance(Duration::from_secs(3));
        assert_eq!(admitted(&rates, 1), 12);
        clock.advance(Duration::from_hours(1));
        assert_eq!(admitted(&rates, 1), 40);
    }

    #[test]
    fn the_least_rate_is_one_per_second() {
        let clock = FakeRelativeClock::default();
        let rates = rates(&clock, 1);
        assert_eq!(admitted(&rates, 1), 10);
        clock.advance(Duration::from_secs(8));
        assert_eq!(admitted(&rates, 1), 8);
    }

    #[test]
    fn zero_is_no_limit_and_the_greatest_number_works() {
        for per_second in [0, u32::MAX] {
            assert_eq!(admitted(&rates(&FakeRelativeClock::default(), per_second), 1), 1000);
        }
    }

    #[test]
    fn those_who_ask_too_often_are_in_nobodys_way() {
        let rates = rates(&FakeRelativeClock::default(), 4);
        for hasty in 0..10 {
            assert!(admitted(&rates, hasty) <= 40);
            assert!(rates.admit(&hasty).is_err());
        }
        for patient in 10..10_000 {
            assert_eq!(rates.admit(&patient), Ok(()));
        }
    }
}
