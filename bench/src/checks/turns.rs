//! Two services that are measured alternately, so that a disturbance affects both, and the comparison of their best rounds.

use std::fmt;
use std::time::Duration;

use super::load::Outcome;
use crate::processor;
use crate::table::{Goal, Table};

/// The rounds of one service.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    pid: u32,
    outcomes: Vec<Outcome>,
    /// The lowest processor time per answer.
    cost: Cost,
    /// The processor time used before the current round.
    before: Cost,
}

/// Processor time of the server and of the client.
#[derive(Clone, Copy, Debug)]
struct Cost {
    server: Duration,
    client: Duration,
}

impl Cost {
    fn so_far(pid: u32) -> anyhow::Result<Self> {
        Ok(Self { server: processor::taken_by(pid)?, client: processor::taken_by_us()? })
    }

    /// The processor time per answer since `before`.
    fn since(self, before: Self, answers: u64) -> Self {
        let answers = u32::try_from(answers.max(1)).unwrap_or(u32::MAX);
        Self {
            server: self.server.saturating_sub(before.server) / answers,
            client: self.client.saturating_sub(before.client) / answers,
        }
    }

    fn least(self, other: Self) -> Self {
        Self { server: self.server.min(other.server), client: self.client.min(other.client) }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        write!(f, "{:.1} µs (the client {:.1})", micros(self.server), micros(self.client))
    }
}

impl Rounds {
    /// Rounds of the service that runs in this process.
    pub(crate) const fn of(pid: u32) -> Self {
        let most = Cost { server: Duration::MAX, client: Duration::MAX };
        Self { pid, outcomes: Vec::new(), cost: most, before: most }
    }

    /// Begins a round.
    pub(crate) fn begin(&mut self) -> anyhow::Result<()> {
        self.before = Cost::so_far(self.pid)?;
        Ok(())
    }

    /// Ends a round.
    pub(crate) fn end(&mut self, outcome: Outcome) -> anyhow::Result<()> {
        self.cost = self.cost.least(Cost::so_far(self.pid)?.since(self.before, outcome.answers));
        self.outcomes.push(outcome);
        Ok(())
    }

    fn best_rate(&self) -> f64 {
        self.outcomes.iter().map(|outcome| outcome.rate).fold(0.0, f64::max)
    }

    fn worst_rate(&self) -> f64 {
        self.outcomes.iter().map(|outcome| outcome.rate).fold(f64::MAX, f64::min)
    }

    fn best(&self, what: impl Fn(&Outcome) -> Duration) -> Duration {
        self.outcomes.iter().map(what).min().unwrap_or_default()
    }
}

/// The answers per second of the best round, and how much lower the worst round was.
impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (best, worst) = (self.best_rate(), self.worst_rate());
        write!(f, "{best:.0}/s (−{:.0} %)", (1.0 - worst / best) * 100.0)
    }
}

/// Adds the rates of both services, their processor times and their latencies to the table.
pub(crate) fn compare_rates(what: &str, ours: &Rounds, theirs: &Rounds, least: f64, table: &mut Table) {
    let ratio = ours.best_rate() / theirs.best_rate();
    table.ratio(&format!("{what}: answers per second"), ours, theirs, ratio, Goal::AtLeast(least));
    let cost = ours.cost.server.as_secs_f64() / theirs.cost.server.as_secs_f64();
    let name = format!("{what}: processor time for an answer");
    table.ratio(&name, ours.cost, theirs.cost, cost, Goal::None);
    tell_times(what, ours, theirs, Goal::None, table);
}

/// Adds the latencies of both services to the table.
pub(crate) fn compare_times(what: &str, ours: &Rounds, theirs: &Rounds, most: f64, table: &mut Table) {
    tell_times(what, ours, theirs, Goal::AtMost(most), table);
}

fn tell_times(what: &str, ours: &Rounds, theirs: &Rounds, goal: Goal, table: &mut Table) {
    type Of = fn(&Outcome) -> Duration;
    let percentiles: [(&str, Of); 2] = [("p50", |outcome| outcome.p50), ("p99", |outcome| outcome.p99)];
    for (name, of) in percentiles {
        let (our_time, their_time) = (ours.best(of), theirs.best(of));
        let shown = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
        let ratio = our_time.as_secs_f64() / their_time.as_secs_f64();
        table.ratio(&format!("{what}: {name}"), shown(our_time), shown(their_time), ratio, goal);
    }
}
