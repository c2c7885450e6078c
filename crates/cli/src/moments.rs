//! Times as people write them: `7d`, `2026-12-03` or `2026-12-03T08:00:00Z`.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use olivine_domain::Timestamp;

/// A time that was given on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        read(text, now()).map(Self)
    }
}

/// A time in the past: a duration such as `7d` is counted back from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PastMoment(Timestamp);

impl fmt::Display for PastMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PastMoment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let now = now();
        distance(text).map_or_else(|| read(text, now), |distance| Ok(now.minus(distance))).map(Self)
    }
}

/// The time of this machine's clock. It is used for the ages in tables, and for times given as a duration.
pub(crate) fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the edge of the program; there is no context that has a clock"
    )]
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(0).expect("1970 is a time").plus(since)
}

fn read(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    const FORMS: &str = "give now, a time from now, such as 30min, 12h, 7d or 2w, a date, such as 2026-12-03 (its beginning in UTC), or a date and \
                         a time, such as 2026-12-03T08:00:00Z";
    if text == "now" {
        return Ok(now);
    }
    if let Some(distance) = distance(text) {
        return Ok(now.plus(distance));
    }
    let is_date = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    let whole = if is_date { format!("{text}T00:00:00Z") } else { text.to_owned() };
    whole.parse().map_err(|_| FORMS.to_owned())
}

fn distance(text: &str) -> Option<Duration> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let count: u64 = text[..text.len() - unit.len()].parse().ok()?;
    let seconds = match unit {
        "min" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return None,
    };
    count.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_as_people_write_them() {
        let now: Timestamp = "2026-11-26T12:30:00Z".parse().unwrap();
        for (text, expected) in [
            ("now", "2026-11-26T12:30:00Z"),
            ("7d", "2026-12-03T12:30:00Z"),
            ("2w", "2026-12-10T12:30:00Z"),
            ("12h", "2026-11-27T00:30:00Z"),
            ("30min", "2026-11-26T13:00:00Z"),
            ("2026-12-03", "2026-12-03T00:00:00Z"),
            ("2026-12-03T08:00:00+01:00", "2026-12-03T07:00:00Z"),
        ] {
            assert_eq!(read(text, now).unwrap(), expected.parse().unwrap(), "{text}");
        }
        for text in
            ["", "7", "d", "7 d", "-7d", "7y", "2026-12", "2026-13-01", "tomorrow", "99999999999999999999d"]
        {
            assert!(read(text, now).unwrap_err().contains("7d"), "{text}");
        }
    }
}
