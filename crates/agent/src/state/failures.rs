//! Bundles that failed: how long each is left alone, and which is given up.
//!
//! Only what an installer or a restart did makes a bundle be given up. What can't be fetched, checked or taken may be better later, so it
//! is tried for ever.

use std::time::Duration;

use olivine_domain::bundles::Bundle;
use olivine_domain::prn::Prn;
use olivine_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::status::Status;
use super::{Done, Phase, State};
use crate::as_text;
use crate::plan::Plan;

/// How many bundles that failed are remembered.
pub(super) const REMEMBERED: usize = 16;
/// The longest time that a bundle which failed is left alone.
const LONGEST_WAIT: Duration = Duration::from_hours(6);

/// A bundle that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    /// The bundle.
    #[serde(with = "as_text")]
    pub(crate) bundle: Prn<Bundle>,
    /// How often an installer failed.
    pub(crate) attempts: u32,
    /// Whether it is not tried any more.
    pub(crate) given_up: bool,
    /// When it failed last.
    #[serde(with = "as_text")]
    pub(crate) at: Timestamp,
    /// For how many seconds after that it is left alone.
    pub(crate) wait_seconds: u64,
}

/// How often and when the agent retries a bundle that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    /// After how many failures of installers it waits for a different bundle.
    pub(crate) max_attempts: u32,
    /// How long it waits after the first failure; twice as long after each further one.
    pub(crate) first_wait: Duration,
}

impl Patience {
    /// The wait after this many failures.
    fn wait(self, attempts: u32) -> Duration {
        self.first_wait.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_WAIT)
    }
}

/// What kept a bundle from being installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An installer, or a restart. It counts.
    Failed,
    /// It can't be had or taken now.
    Postponed,
    /// A connection. The waits grow up to the one after the last attempt of a failing installer, and then begin again, so that a device which
    /// is often offline does not miss the time when it is not.
    Interrupted,
}

/// Why a bundle is not tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeldBack {
    /// It failed too often, or was rolled back.
    GivenUp,
    /// It failed a moment ago.
    For(Duration),
}

impl State {
    /// An installer failed. What it did is taken back, as far as it can be; what can't, stays, and the next attempt goes on after it.
    pub(crate) fn failed(
        &mut self,
        (bundle, release): (&Prn<Bundle>, Option<String>),
        detail: &str,
        patience: Patience,
        now: Timestamp,
    ) {
        self.leave(bundle);
        let failure = self.remember(bundle, patience, now, Kind::Failed);
        failure.given_up |= failure.attempts >= patience.max_attempts;
        self.report(bundle, release, Status::Failed, Some(detail));
    }

    /// An installer failed, and something of the bundle could not be taken back: nobody knows what the device runs. It claims no bundle, and this
    /// one is not tried again.
    pub(crate) fn torn(&mut self, plan: &Plan, detail: &str, patience: Patience, now: Timestamp) {
        self.phase = Phase::Idle;
        (self.current.mixed, self.done) = (true, None);
        self.remember(&plan.bundle, patience, now, Kind::Failed).given_up = true;
        self.report_on(plan, Status::Failed, Some(detail));
    }

    /// The contents can't be reached: said when it has happened often, but never a reason to give up. True if it is said now.
    pub(crate) fn interrupted(
        &mut self,
        plan: &Plan,
        detail: &str,
        patience: Patience,
        now: Timestamp,
    ) -> bool {
        let failure = self.remember(&plan.bundle, patience, now, Kind::Interrupted);
        let most = patience.wait(patience.max_attempts);
        let is_often = most > Duration::ZERO && Duration::from_secs(failure.wait_seconds) >= most;
        if is_often {
            self.phase = Phase::Idle;
            self.report_on(plan, Status::Failed, Some(detail));
        }
        is_often
    }

    /// The device can't take the bundle now: said each time, at growing intervals, but never a reason to give up.
    pub(crate) fn postponed(
        &mut self,
        (bundle, release): (&Prn<Bundle>, Option<String>),
        detail: &str,
        patience: Patience,
        now: Timestamp,
    ) {
        self.leave(bundle);
        self.remember(bundle, patience, now, Kind::Postponed);
        self.report(bundle, release, Status::Failed, Some(detail));
    }

    /// Nothing is under way any more. What is installed of the bundle, and stays, is remembered.
    fn leave(&mut self, bundle: &Prn<Bundle>) {
        if let Phase::Installing { mut plan, next, restart, .. } = std::mem::take(&mut self.phase)
            && next > 0
        {
            self.current.mixed = true;
            plan.entries.truncate(next);
            self.done = Some(Done { bundle: *bundle, entries: plan.entries, restart });
        }
    }

    /// Why a bundle is not tried now, if so.
    pub(crate) fn held_back(&self, bundle: &Prn<Bundle>, now: Timestamp) -> Option<HeldBack> {
        let failure = self.failures.iter().find(|failure| failure.bundle == *bundle)?;
        let until = failure.at.plus(Duration::from_secs(failure.wait_seconds));
        let left = u64::try_from(until.as_seconds() - now.as_seconds()).unwrap_or(0);
        // A clock that was set back must not hold an update back.
        match (failure.given_up, failure.at <= now && now < until) {
            (true, _) => Some(HeldBack::GivenUp),
            (false, true) => Some(HeldBack::For(Duration::from_secs(left.max(1)))),
            (false, false) => None,
        }
    }

    pub(super) fn remember(
        &mut self,
        bundle: &Prn<Bundle>,
        patience: Patience,
        now: Timestamp,
        kind: Kind,
    ) -> &mut Failure {
        let known = self.failures.iter().position(|failure| failure.bundle == *bundle);
        let known = known.and_then(|at| self.failures.remove(at));
        let (attempts, waited) = known.map_or((0, 0), |known| (known.attempts, known.wait_seconds));
        let attempts = if kind == Kind::Failed { attempts.saturating_add(1) } else { attempts };
        let doubled =
            Duration::from_secs(waited.saturating_mul(2)).max(patience.first_wait).min(LONGEST_WAIT);
        let most = patience.wait(patience.max_attempts);
        let wait = match kind {
            Kind::Failed => patience.wait(attempts),
            Kind::Interrupted if Duration::from_secs(waited) >= most => patience.first_wait,
            Kind::Interrupted => doubled.min(most),
            Kind::Postponed => doubled,
        };
        if self.failures.len() >= REMEMBERED {
            self.failures.pop_front();
        }
        let (bundle, wait_seconds) = (*bundle, wait.as_secs());
        self.failures.push_back(Failure { bundle, attempts, given_up: false, at: now, wait_seconds });
        self.failures.back_mut().expect("it was just added")
    }
}
