//! The results: printed while they are measured, and as one table at the end, in the form of docs/performance.md.
#![expect(clippy::print_stdout, reason = "the program's result")]

use std::fmt::Display;
use std::time::Duration;

/// The limit that a figure must keep.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Shown only, without a limit.
    None,
}

/// The finished measurements.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

#[derive(Debug)]
struct Row {
    what: String,
    ours: String,
    reference: String,
    figure: String,
    goal: String,
    verdict: &'static str,
}

impl Table {
    /// Adds the ratio between Olivine and a reference.
    pub(crate) fn ratio(
        &mut self,
        what: &str,
        ours: impl Display,
        reference: impl Display,
        ratio: f64,
        goal: Goal,
    ) {
        self.push(what, ours.to_string(), reference.to_string(), format!("{ratio:.2}"), ratio, goal, "×");
    }

    /// Adds a figure with a limit of its own.
    pub(crate) fn absolute(&mut self, what: &str, figure: f64, unit: &str, goal: Goal) {
        let decimals = if unit == "s" { 3 } else { 1 };
        let ours = format!("{figure:.decimals$} {unit}");
        self.push(what, ours, String::new(), String::new(), figure, goal, unit);
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of one row")]
    fn push(
        &mut self,
        what: &str,
        ours: String,
        reference: String,
        figure: String,
        value: f64,
        goal: Goal,
        unit: &str,
    ) {
        let (goal, is_met) = match goal {
            Goal::AtLeast(least) => (format!("≥ {least} {unit}"), Some(value >= least)),
            Goal::AtMost(most) => (format!("≤ {most} {unit}"), Some(value <= most)),
            Goal::None => (String::new(), None),
        };
        let verdict = is_met.map_or("", |is_met| if is_met { "ok" } else { "**missed**" });
        println!("  {what}: {ours}; {reference} {figure} {goal} {verdict}");
        self.0.push(Row { what: what.to_owned(), ours, reference, figure, goal, verdict });
    }

    /// Prints the table as Markdown.
    pub(crate) fn print(&self) {
        println!("\n| what | ours | reference | ratio | goal | |\n|---|---|---|---|---|---|");
        for Row { what, ours, reference, figure, goal, verdict } in &self.0 {
            println!("| {what} | {ours} | {reference} | {figure} | {goal} | {verdict} |");
        }
    }
}

/// Prints a line about the progress.
pub(crate) fn say(text: impl Display) {
    println!("{text}");
}

/// The times of an action that was repeated.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The shortest time: what it takes when nothing else runs on the machine.
    pub(crate) fn best(&self) -> f64 {
        self.0.iter().min().copied().unwrap_or_default().as_secs_f64()
    }

    /// How much longer the longest time was, in percent: the noise.
    fn spread(&self) -> f64 {
        let worst = self.0.iter().max().copied().unwrap_or_default().as_secs_f64();
        (worst / self.best() - 1.0) * 100.0
    }
}

impl Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} s (+{:.0} %)", self.best(), self.spread())
    }
}

/// [`Times`], shown as a speed.
#[derive(Debug)]
pub(crate) struct Speed<'a>(pub(crate) &'a Times, pub(crate) u64);

impl Display for Speed<'_> {
    #[expect(clippy::cast_precision_loss, reason = "shown with two decimals")]
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(times, bytes) = self;
        write!(
            f,
            "{:.2} GB/s (−{:.0} %)",
            *bytes as f64 / times.best() / 1e9,
            100.0 - 1e4 / (100.0 + times.spread())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_counts_and_the_spread_is_told() {
        let mut times = Times::default();
        [2500, 2000, 3000].map(Duration::from_millis).into_iter().for_each(|time| times.push(time));
        assert_eq!(times.to_string(), "2.00 s (+50 %)");
        assert_eq!(Speed(&times, 4_000_000_000).to_string(), "2.00 GB/s (−33 %)");
    }

    #[test]
    fn a_goal_is_met_or_missed() {
        let mut table = Table::default();
        table.ratio("a", 1, 2, 0.5, Goal::AtLeast(0.5));
        table.absolute("b", 41.0, "MiB", Goal::AtMost(40.0));
        table.absolute("c", 1.0, "s", Goal::None);
        let verdicts: Vec<_> = table.0.iter().map(|row| (row.goal.as_str(), row.verdict)).collect();
        assert_eq!(verdicts, [("≥ 0.5 ×", "ok"), ("≤ 40 MiB", "**missed**"), ("", "")]);
    }
}
