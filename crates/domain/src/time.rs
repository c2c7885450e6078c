//! Moments, in UTC, to the microsecond: the precision that both databases and the wire format keep.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A moment in UTC with microsecond precision. Displays and parses as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 date-time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a date-time in RFC 3339 form, such as 2026-01-15T10:30:00Z")]
pub struct InvalidTimestamp(pub String);

/// The range that jiff takes in microseconds: the years -9999 to 9999.
const MIN: i64 = -377_705_023_201_000_000;
const MAX: i64 = 253_402_207_200_000_000;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// From microseconds since 1970-01-01T00:00:00Z; `None` outside of the years -9999 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (MIN..=MAX).contains(&micros).then_some(Self(micros))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This moment plus `duration`, stopping at the end of time instead of overflowing.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros).min(MAX))
    }

    /// This moment minus `duration`, stopping at the beginning of time instead of overflowing.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros).max(MIN))
    }

    /// How long before this moment `earlier` was; zero if it was not before it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The day of this moment in UTC, as `YYYY-MM-DD`.
    pub fn day(self) -> String {
        self.to_jiff().strftime("%Y-%m-%d").to_string()
    }

    fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).expect("checked when it was made")
    }
}

impl From<jiff::Timestamp> for Timestamp {
    /// Cuts what is finer than a microsecond.
    fn from(moment: jiff::Timestamp) -> Self {
        Self(moment.as_microsecond().clamp(MIN, MAX))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.to_jiff())
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(Self::from).map_err(|_| InvalidTimestamp(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_with_six_digits_and_parses_back() {
        let moment: Timestamp = "2026-01-15T11:30:00.5+01:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-01-15T10:30:00.500000Z");
        assert_eq!(moment.to_string().parse(), Ok(moment));
        assert_eq!(moment.day(), "2026-01-15");
    }

    #[test]
    fn refuses_what_is_not_a_moment() {
        for text in ["", "yesterday", "2026-01-15", "2026-13-01T00:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn never_overflows() {
        let moment: Timestamp = "9999-12-30T00:00:00Z".parse().unwrap();
        let end = moment.plus(Duration::from_secs(u64::MAX));
        assert!(end.to_string().starts_with("9999-12-30"));
        assert!(end.minus(Duration::MAX).to_string().starts_with("-009999"));
    }
}
