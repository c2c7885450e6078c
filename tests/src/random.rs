//! Randomness for tests: different in each run, printed, and repeatable with `OLIVINE_TEST_SEED`.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The environment variable with the seed of a run that is to be repeated.
const SEED: &str = "OLIVINE_TEST_SEED";

/// A number from an environment variable with which longer runs ask for more. `cargo xtask test --long` sets `OLIVINE_TEST_SERVER_KILLS`
/// and `OLIVINE_TEST_AGENT_KILLS`.
pub fn asked_for(variable: &str) -> Option<usize> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

/// A random number generator (`SplitMix64`): good enough for choosing times and bytes, and the same on every machine for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator with a new seed, or with the one in `OLIVINE_TEST_SEED`. A test that fails shows the seed.
    #[expect(clippy::print_stderr, reason = "under a failed test, this is read by a person")]
    pub fn new() -> Self {
        let given = std::env::var(SEED).ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(SEED));
        eprintln!("{SEED}={seed}");
        Self::seeded(seed)
    }

    /// A generator with this seed.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A random duration of at most `latest`.
    pub fn within(&mut self, latest: Duration) -> Duration {
        let micros = u64::try_from(latest.as_micros()).expect("a test does not wait that long");
        Duration::from_micros(self.next() % (micros + 1))
    }

    /// Random bytes, which can't be compressed.
    pub fn bytes(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(size + 8);
        while bytes.len() < size {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(size);
        bytes
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        let (mut one, mut other) = (Random::seeded(7), Random::seeded(7));
        assert_eq!(one.bytes(1001), other.bytes(1001));
        assert_ne!(one.next(), Random::seeded(8).next());
        let latest = Duration::from_millis(3);
        assert!((0..1000).all(|_| one.within(latest) <= latest));
    }
}
