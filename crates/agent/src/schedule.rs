//! When the agent asks again: not at the same moment as other agents, less and less often while requests fail, and never sooner than the
//! server asks.

use std::time::Duration;

use aws_lc_rs::rand;

use crate::agent::Agent;
use crate::stop::Stop;
use crate::{Error, Outcome};

/// After the first failure; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// The pause before the next question where the answer may be another one at once.
const SHORT_WAIT: Duration = Duration::from_secs(1);
/// How often in a row that is done.
const MOST_SHORT_WAITS: u32 = 16;
/// A server that asks for more patience gets no more: it must not be able to switch a fleet's updates off.
const LONGEST_ASKED: Duration = Duration::from_hours(24);

/// When to ask next.
#[derive(Debug)]
pub(crate) struct Schedule {
    interval: Duration,
    failures: u32,
    short_waits: u32,
}

impl Schedule {
    /// For an agent that asks this often.
    pub(crate) const fn new(interval: Duration) -> Self {
        Self { interval, failures: 0, short_waits: 0 }
    }

    /// The time until the next question. `random` is from 0 to 1.
    pub(crate) fn next(&mut self, result: &Result<Outcome, Error>, random: f64) -> Duration {
        match result {
            Ok(outcome) => self.after(outcome, random),
            Err(error) => {
                self.failures += 1;
                let doubled = FIRST_WAIT.saturating_mul(1 << (self.failures - 1).min(20)).min(self.longest());
                let asked = error.retry_after().unwrap_or_default().min(LONGEST_ASKED);
                // Only longer than asked, and not all at the same moment.
                jittered(doubled, random).max(asked.mul_f64(1.0 + 0.2 * random))
            }
        }
    }

    fn after(&mut self, outcome: &Outcome, random: f64) -> Duration {
        self.failures = 0;
        let may_change_soon = matches!(outcome, Outcome::Updated { .. } | Outcome::Arrived { .. });
        self.short_waits = if may_change_soon { self.short_waits + 1 } else { 0 };
        let wait = match outcome {
            _ if may_change_soon && self.short_waits <= MOST_SHORT_WAITS => SHORT_WAIT.min(self.interval),
            Outcome::HeldBack { left: Some(left), .. } => self.interval.min(*left),
            Outcome::Failed { .. } => self.interval.min(FIRST_WAIT),
            _ => self.interval,
        };
        jittered(wait, random)
    }

    fn longest(&self) -> Duration {
        self.interval.max(FIRST_WAIT)
    }
}

/// Up to a fifth sooner or later.
fn jittered(wait: Duration, random: f64) -> Duration {
    wait.mul_f64(0.8 + 0.4 * random)
}

/// The interval, not for all devices at the same moment.
pub(crate) fn about(interval: Duration) -> Duration {
    jittered(interval, random())
}

/// From 0 to 1.
fn random() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness all agents wait the same time, which is no reason to fail.
    let _ = rand::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

/// Asks again and again, until it is stopped.
pub(crate) async fn run(mut agent: Agent, interval: Duration, mut stop: Stop) {
    let mut schedule = Schedule::new(interval);
    loop {
        let result = agent.poll().await;
        match &result {
            Ok(Outcome::UpToDate) => tracing::debug!("{}", Outcome::UpToDate),
            Ok(outcome) if outcome.is_failure() => tracing::warn!("{outcome}"),
            Ok(outcome) => tracing::info!("{outcome}"),
            Err(Error::Stopped) => break,
            Err(error) => tracing::warn!("{}", crate::chain(error)),
        }
        for problem in agent.problems() {
            tracing::error!("{problem}");
        }
        let wait = schedule.next(&result, random());
        tracing::debug!(seconds = wait.as_secs_f64(), "waiting");
        tokio::select! {
            biased;
            () = stop.asked() => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
    tracing::info!("stopped");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn broken() -> Result<Outcome, Error> {
        Err(Error::Answer("no".to_owned()))
    }

    #[test]
    fn failures_double_the_wait_up_to_the_interval() {
        let mut schedule = Schedule::new(HOUR);
        let waits: Vec<_> = (0..12).map(|_| schedule.next(&broken(), 0.5).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
        assert_eq!(schedule.next(&Ok(Outcome::UpToDate), 0.5), HOUR);
        assert_eq!(schedule.next(&broken(), 0.5).as_secs(), 10);
    }

    #[test]
    fn the_server_is_heeded_but_not_for_ever() {
        let asks = |seconds| {
            Err(Error::Client(olivine_client::Error::Unexpected {
                origin: String::new(),
                status: 503,
                retry_after: Some(Duration::from_secs(seconds)),
            }))
        };
        assert_eq!(Schedule::new(HOUR).next(&asks(600), 0.0).as_secs(), 600);
        assert_eq!(Schedule::new(HOUR).next(&asks(u64::MAX), 0.0), LONGEST_ASKED);
    }

    #[test]
    fn a_server_that_always_has_a_new_release_is_not_asked_without_pause() {
        let mut schedule = Schedule::new(HOUR);
        let waits = (0..=MOST_SHORT_WAITS)
            .map(|_| schedule.next(&Ok(Outcome::Arrived { bundle: String::new() }), 0.5).as_secs());
        assert_eq!(waits.last(), Some(3600));
    }

    proptest! {
        #[test]
        fn nobody_waits_much_less_or_more_than_told(random in 0.0..=1.0_f64, failures in 0..200_u32) {
            let mut schedule = Schedule::new(HOUR);
            for _ in 0..failures {
                schedule.next(&broken(), random);
            }
            let wait = schedule.next(&Ok(Outcome::UpToDate), random);
            prop_assert!((2_880..=4_320).contains(&wait.as_secs()));
        }
    }
}
