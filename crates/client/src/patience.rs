//! How long a server asks to be left alone: `Retry-After`, in seconds or as a date.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// What `Retry-After` says. A date counts from the answer's own `Date`, because the clock of the caller may be wrong, as a device's
/// often is.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let answered = moment(headers.get(DATE)?.to_str().ok()?)?;
    let wait = moment(text)?.as_second().saturating_sub(answered.as_second());
    Some(Duration::from_secs(wait.try_into().unwrap_or(0)))
}

/// An HTTP date (RFC 9110, 5.6.7) has the form of those in mails.
fn moment(text: &str) -> Option<Timestamp> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    PARSER.parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(retry_after: &str, date: Option<&str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        super::retry_after(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(asked("120", None), Some(120));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:07 GMT", now), Some(30));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(0));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:07 GMT", None), None);
        assert_eq!(asked("soon", now), None);
        assert_eq!(asked("-5", now), None);
    }
}
