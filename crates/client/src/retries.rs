//! How often and when a request is tried again: exponential backoff with jitter, and never sooner than the server asks.

use std::time::Duration;

use aws_lc_rs::rand;
use backon::{ExponentialBuilder, Retryable};

use crate::{Cause, Client, Error, Notice};

/// If a server asks to wait for longer than this, the request fails.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

impl Client {
    /// Runs `attempt` until it succeeds, fails for good, or was tried often enough. It must be safe to run twice.
    pub(crate) async fn retrying<T, F, Fut>(&self, attempt: F) -> Result<T, Error>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, Error>>,
    {
        attempt
            .retry(backoff(self.settings().retries))
            .when(|error| (error.is_transient() && !self.is_wrong_address(error)) || error.is_stale_link())
            .adjust(|error: &Error, delay: Option<Duration>| wait(error.retry_after(), delay))
            .notify(|error, delay| self.notify(Notice::Retrying(error, delay)))
            .await
    }

    /// Whether the address is wrong, or no server runs there. One that has answered before is only being restarted.
    fn is_wrong_address(&self, error: &Error) -> bool {
        matches!(error.cause(), Some(Cause::Refused | Cause::UnknownHost)) && !self.has_answered()
    }
}

fn backoff(retries: usize) -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(15))
        .with_factor(2.0)
        .with_max_times(retries)
        .with_jitter()
        .with_jitter_seed(seed())
}

/// Many clients that lost the same server must not retry at the same moment.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness the jitter is the same everywhere, which is no reason to fail.
    let _ = rand::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

fn wait(asked: Option<Duration>, delay: Option<Duration>) -> Option<Duration> {
    match (asked, delay?) {
        (Some(asked), _) if asked > LONGEST_WAIT => None,
        (Some(asked), delay) => Some(delay.max(asked)),
        (None, delay) => Some(delay),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_at_least_as_long_as_the_server_asks() {
        let seconds = Duration::from_secs;
        assert_eq!(wait(None, Some(seconds(1))), Some(seconds(1)));
        assert_eq!(wait(Some(seconds(7)), Some(seconds(1))), Some(seconds(7)));
        assert_eq!(wait(Some(seconds(0)), Some(seconds(1))), Some(seconds(1)));
        assert_eq!(wait(Some(seconds(500)), Some(seconds(1))), None);
        assert_eq!(wait(Some(seconds(7)), None), None);
    }
}
